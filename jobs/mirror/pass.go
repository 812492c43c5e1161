package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// pass reads one of JazzHR's lists page by page. JazzHR lists rows newest first, but not strictly
// in order within a day, and rows shift between pages while they are read. So a whole pass reads on
// until a page lies wholly before a day, and each row counts once, by its id.
type pass[T any] struct {
	name string
	from int // the first page; 0 is 1
	read func(ctx context.Context, page int) (jazzhr.Page[T], error)
	of   func(row T) (id, day string)
	// latest is the latest day that can be today anywhere; empty for no bound. A later one says
	// nothing of how new a row is, and would hide all others until then.
	latest string
	// head is what the list began with in the last complete pass. A list that begins so has nothing
	// new, and is not read on: an idle account costs one call. Nil reads in any case.
	head []byte
	// cut is where the pass before was stopped. This one reads what has come since, down to the
	// first page without news, and goes on from there.
	cut cut
	// short has the pass end at the first page that holds nothing new.
	short bool
	// until returns the day before which all rows of the last page lie, or "" to read to the end.
	// begins is the newest day of the first page.
	until func(begins string) string
	// keep stores a page before the next one is read. It returns how many rows were new.
	keep func(ctx context.Context, rows []T, page int, begins string) (fresh int, err error)
}

// cut is the page at which a pass was stopped, and the newest day of the page that it began with.
// Without a page there is none.
type cut struct {
	page   int
	begins string
}

// below reports whether a pass that is stopped before a page had better go on at the cut. So it is if
// the page before that one has shown known rows: all that has come since the cut is then read, unless
// JazzHR lists it out of order.
func (c cut) below(page int, known bool) bool { return known && page < c.page }

// passed is what a pass came to.
type passed struct {
	newest    string // day, of all rows; if the pass went on from a cut, of those before it
	head      []byte
	unchanged bool // the list begins as it did in the last complete pass
	whole     bool // all was read, down to the day
	// cut is where the next pass goes on, if this one ended with an error after a page.
	cut cut
}

func (p pass[T]) run(ctx context.Context) (done passed, err error) {
	first, goOn := max(1, p.from), p.cut.page
	var begins string
	for page := first; ; page++ {
		rows, err := p.read(ctx, page)
		if err != nil {
			return done, fmt.Errorf("read %s: %w", p.name, err)
		}
		done.newest = max(done.newest, p.newestDay(rows.Items))
		if page == first {
			begins, done.head = done.newest, p.headOf(rows.Items)
			if goOn > 0 {
				begins = p.cut.begins
			} else if bytes.Equal(p.head, done.head) {
				done.unchanged = true
				return done, nil
			}
		}
		fresh, err := p.keep(ctx, rows.Items, page, begins)
		if err != nil {
			return done, err
		}
		until := p.until(begins)
		done.whole = rows.Last || until != "" && p.allBefore(rows.Items, until)
		if done.whole || fresh == 0 && p.short && p.cut.page == 0 {
			break
		}
		if fresh == 0 && page+1 < goOn {
			page = goOn - 1
		}
		if done.cut = (cut{page + 1, begins}); p.cut.below(page+1, fresh < len(rows.Items)) {
			done.cut = p.cut
		}
	}
	done.cut = cut{}
	if goOn > 0 {
		done.newest = begins // what has come since may be incomplete
	}
	return done, nil
}

// newestDay is the newest of the rows' days that are not to come; empty if none has one.
func (p pass[T]) newestDay(rows []T) (newest string) {
	for _, row := range rows {
		if _, on := p.of(row); day(on) != nil && (p.latest == "" || on <= p.latest) {
			newest = max(newest, on)
		}
	}
	return newest
}

// allBefore reports whether every row is of an earlier day. A row without a day may be of any day.
func (p pass[T]) allBefore(rows []T, date string) bool {
	return !slices.ContainsFunc(rows, func(row T) bool {
		_, on := p.of(row)
		return day(on) == nil || on >= date
	})
}

// headOf tells a first page from others.
func (p pass[T]) headOf(rows []T) []byte {
	hash := sha256.New()
	for _, row := range rows {
		id, _ := p.of(row)
		_, _ = fmt.Fprintln(hash, id) // a hash's Write never fails
	}
	return hash.Sum(nil)
}

// day is a date as the database takes it; nil for a text that is no date.
func day(date string) *time.Time {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil
	}
	return &at
}

// dayText is the reverse of day.
func dayText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format(time.DateOnly)
}

// daysBefore is the day so many days before another; empty for no day.
func daysBefore(date string, days int) string {
	at := day(date)
	if at == nil {
		return ""
	}
	return at.AddDate(0, 0, -days).Format(time.DateOnly)
}
