package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// list is one of JazzHR's lists of what comes and stays. It is read newest first, and rows shift between its pages
// meanwhile; each row counts once, by its id.
type list[T any] struct {
	*Runner
	tenant uuid.UUID
	name   string // of its cursor
	// read reads a page; if it can, without the rows of the days before since.
	read func(ctx context.Context, since string, page int) (jazzhr.Page[T], error)
	of   func(row T) (id, day string)
	// known returns those of the ids that a pass has taken in.
	known func(ctx context.Context, tx db.TenantTx, ids []string) ([]string, error)
	// take takes rows in, the oldest first, and announces those that nobody else took in meanwhile. It returns how many.
	// What it could take in before an error stays taken in. also is done in its transaction once all are.
	take func(ctx context.Context, rows []T, announce bool, also func(db.TenantTx) error) (int, error)
}

// wholeEvery is how often the whole window is read at least. In between, a list that begins as it did has nothing new.
const wholeEvery = time.Hour

// window tells which rows are left to the incremental passes. Each reads whole what is from the day on that precedes the
// newest day of the last complete pass: days have no zone, and rows are not strictly in order within one.
type window struct {
	first    bool   // no pass was complete
	from     string // empty for all rows
	baseline string // what is older stood there at the first pass; empty if nothing did
	latest   string // the latest day that can be today anywhere
	// head tells the list's first page in the last complete pass; nil if that is too long ago to go by.
	head []byte
	// Of the full passes: whether the first was complete, and how far it came.
	filled bool
	page   int
}

func (l list[T]) window(ctx context.Context) (window, error) {
	state, err := l.pollState(ctx, l.tenant)
	if err != nil {
		return window{}, err
	}
	return state.window(l.name), nil
}

// holds reports whether a row of that day is in the window. One without a day may be of any, and is left to full passes.
func (w window) holds(day string) bool { return day >= w.from }

// pass is an incremental pass. Only a complete one moves the cursor. The first announces nothing, and what is older than
// the window is left to the full passes.
func (l list[T]) pass(ctx context.Context, w window) error {
	since, newest := w.from, ""
	var head []byte
	for page := 1; ; page++ {
		rows, err := l.read(ctx, since, page)
		if err != nil {
			return fmt.Errorf("read %s: %w", l.name, err)
		}
		if page == 1 {
			if head = l.head(rows.Items); bytes.Equal(head, w.head) {
				return nil
			}
		}
		newest = max(newest, min(l.newest(rows.Items), w.latest)) // a day to come would hide those until then
		if w.first && page == 1 {
			w.from = daysBefore(newest, 1)
		}
		fresh, err := l.unknown(ctx, slices.DeleteFunc(slices.Clone(rows.Items), func(row T) bool { return !l.within(w, row) }))
		if err != nil {
			return err
		}
		if _, err := l.take(ctx, fresh, !w.first, nil); err != nil {
			return err
		}
		if rows.Last || l.liesBefore(w, rows.Items) {
			break
		}
	}
	return db.InTenant(ctx, l.config.Pool, l.tenant, func(tx db.TenantTx) error {
		return wrap("move the cursor of "+l.name, tx.Q.MovePollCursor(ctx, tx, gen.MovePollCursorParams{
			TenantID: tx.Tenant, List: l.name, NewestDay: day(newest), Head: head,
		}))
	})
}

func (l list[T]) within(w window, row T) bool {
	_, day := l.of(row)
	return w.holds(day)
}

func (l list[T]) newest(rows []T) (newest string) {
	for _, row := range rows {
		_, day := l.of(row)
		newest = max(newest, day)
	}
	return newest
}

// liesBefore reports whether every row is older than the window.
func (l list[T]) liesBefore(w window, rows []T) bool {
	return w.from != "" && !slices.ContainsFunc(rows, func(row T) bool {
		_, day := l.of(row)
		return day == "" || w.holds(day)
	})
}

// ids are those of the rows, each once.
func (l list[T]) ids(rows []T) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i], _ = l.of(row)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// head tells a first page from others.
func (l list[T]) head(rows []T) []byte {
	hash := sha256.New()
	for _, row := range rows {
		id, _ := l.of(row)
		_, _ = fmt.Fprintln(hash, id) // never fails
	}
	return hash.Sum(nil)
}

// unknown returns the rows that no pass has taken in, the oldest first, and of each id the oldest.
func (l list[T]) unknown(ctx context.Context, rows []T) (unknown []T, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var known []string
	err = db.InTenant(ctx, l.config.Pool, l.tenant, func(tx db.TenantTx) error {
		known, err = l.known(ctx, tx, l.ids(rows))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for what is new in %s: %w", l.name, err)
	}
	for _, row := range slices.Backward(rows) {
		if id, _ := l.of(row); !slices.Contains(known, id) {
			unknown, known = append(unknown, row), append(known, id)
		}
	}
	return unknown, nil
}
