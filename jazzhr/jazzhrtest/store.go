package jazzhrtest

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// sortKey orders the rows of a list. Lists are kept oldest first, because new rows belong near the
// end and are cheap to insert there.
type sortKey struct {
	day     int // 20260102
	within  uint64
	created uint64 // order of creation, over all days
}

// day returns a date as a number that sorts like the date.
func day(t time.Time) int { return t.Year()*10000 + int(t.Month())*100 + t.Day() }

// newSortKey returns the sort key of a new row. Like JazzHR's, rows of a day are only roughly in
// the order of creation: each run of eight is permuted.
func (s *Sim) newSortKey(at time.Time) sortKey {
	s.sequence++
	block := s.sequence >> 3
	return sortKey{day: day(at), within: s.sequence ^ (block*0x9E3779B97F4A7C15>>61)&7, created: s.sequence}
}

func (p sortKey) before(q sortKey) bool {
	return p.day < q.day || p.day == q.day && p.within < q.within
}

// sortable is a row of a list.
type sortable interface {
	comparable
	order() sortKey
}

func (p sortKey) order() sortKey { return p }

// table is a sorted list.
type table[T sortable] []T

func (t *table[T]) insert(row T) {
	p := row.order()
	i := sort.Search(len(*t), func(i int) bool { return p.before((*t)[i].order()) })
	*t = append(*t, row)
	copy((*t)[i+1:], (*t)[i:])
	(*t)[i] = row
}

// remove removes the row, if the table has it.
func (t *table[T]) remove(row T) {
	for i, r := range *t {
		if r == row {
			*t = append((*t)[:i], (*t)[i+1:]...)
			return
		}
	}
}

// inCreationOrder returns the rows in the order they were created.
func (t table[T]) inCreationOrder() []T {
	rows := slices.Clone([]T(t))
	slices.SortFunc(rows, func(a, b T) int { return cmp.Compare(a.order().created, b.order().created) })
	return rows
}

// between returns the rows from one day to another, both included.
func (t table[T]) between(from, to int) table[T] {
	i := sort.Search(len(t), func(i int) bool { return t[i].order().day >= from })
	j := sort.Search(len(t), func(j int) bool { return t[j].order().day > to })
	if j < i {
		return nil
	}
	return t[i:j]
}

// pageSize is the number of rows of a full page.
const pageSize = 100

// page returns the nth page, from 1, of the rows that match, the newest first.
func (t table[T]) page(n int, match func(T) bool) []T {
	skip := (n - 1) * pageSize
	var rows []T
	for i := len(t) - 1; i >= 0 && len(rows) < pageSize; i-- {
		if !match(t[i]) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		rows = append(rows, t[i])
	}
	return rows
}

// hold hides a written row from readers. A nil hold hides nothing.
type hold struct {
	until    time.Time // of lists; zero means until released
	detail   time.Time // of the applicant's detail; zero means as lists
	released bool
}

func (h *hold) visible(now time.Time) bool {
	return h == nil || h.released || !h.until.IsZero() && !now.Before(h.until)
}

// detailed reports whether an applicant's detail shows the row.
func (h *hold) detailed(now time.Time) bool {
	if h == nil || h.detail.IsZero() {
		return h.visible(now)
	}
	return h.released || !now.Before(h.detail)
}

// nameIndex finds rows by a part of a name. A search looks only at the names that contain the
// rarest three bytes of the part.
type nameIndex struct {
	rows  map[string][]*row
	grams map[string][]string
}

func newNameIndex() nameIndex {
	return nameIndex{rows: make(map[string][]*row), grams: make(map[string][]string)}
}

func (x nameIndex) insert(r *row) {
	for _, name := range r.names() {
		if _, known := x.rows[name]; !known {
			for g := range grams(name) {
				x.grams[g] = append(x.grams[g], name)
			}
		}
		x.rows[name] = append(x.rows[name], r)
	}
}

func (x nameIndex) remove(r *row) {
	for _, name := range r.names() {
		for i, have := range x.rows[name] {
			if have == r {
				x.rows[name] = append(x.rows[name][:i:i], x.rows[name][i+1:]...)
				break
			}
		}
	}
}

// search returns the rows whose first or last name contains the part, in order.
func (x nameIndex) search(part string) table[*row] {
	part = fold(part)
	seen := make(map[*row]bool)
	var found table[*row]
	for _, name := range x.names(part) {
		for _, r := range x.rows[name] {
			if !seen[r] {
				seen[r] = true
				found = append(found, r)
			}
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].before(found[j].sortKey) })
	return found
}

// names returns the folded names that contain the part.
func (x nameIndex) names(part string) []string {
	var names []string
	if len(part) < gram {
		for name := range x.rows {
			if strings.Contains(name, part) {
				names = append(names, name)
			}
		}
		return names
	}
	var rarest []string
	first := true
	for g := range grams(part) {
		if have := x.grams[g]; first || len(have) < len(rarest) {
			rarest, first = have, false
		}
	}
	for _, name := range rarest {
		if strings.Contains(name, part) {
			names = append(names, name)
		}
	}
	return names
}

// gram is the length in bytes of the pieces that index a name.
const gram = 3

// grams returns the pieces of a name, each once.
func grams(name string) map[string]struct{} {
	set := make(map[string]struct{})
	for i := 0; i+gram <= len(name); i++ {
		set[name[i:i+gram]] = struct{}{}
	}
	return set
}

// fold returns a name in the form used for comparison: without case and accents, as in MySQL's
// usual collation.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.TrimSpace(name)))
}

// containsFolded reports whether value contains want, ignoring case and accents.
func containsFolded(want, value string) bool { return strings.Contains(fold(value), fold(want)) }
