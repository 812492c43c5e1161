package mirror

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// list is one of JazzHR's lists of people: applicants or links. Its rows come and stay.
type list[T any] struct {
	mirror *Mirror
	tenant uuid.UUID
	name   string // of its cursor
	// read reads a page, without the rows of the days before since if JazzHR has a filter for that.
	read func(ctx context.Context, since string, page int) (jazzhr.Page[T], error)
	of   func(row T) (id, day string)
	// known returns those of the ids that a pass has taken in.
	known func(ctx context.Context, tx db.TenantTx, ids []string) ([]string, error)
	// take takes rows in, oldest first, and announces those that nobody else took in meanwhile. It
	// returns how many these are. What it could take in before an error stays taken in. also is
	// done in the same transaction once all are.
	take func(ctx context.Context, rows []T, announce bool, also func(db.TenantTx) error) (int, error)
}

// wholeEvery is how often the whole window is read at least. In between, a list that begins as it
// did has nothing new, and a pass ends at the first page that holds nothing new. So a row that JazzHR
// lists below a page of older news is found within this time.
const wholeEvery = time.Hour

// window says which rows the incremental passes read. Each reads all rows from the day on that
// precedes the newest day of the last complete pass: days have no zone, and rows are not strictly
// in order within a day.
type window struct {
	first    bool   // no pass was complete
	cut      cut    // where the last pass was stopped
	from     string // the first day; empty for all rows
	baseline string // what is older stood there at the first pass; empty if nothing did
	latest   string // the latest day that can be today anywhere
	// head is the list's first page in the last complete pass; nil if that is too long ago to go
	// by.
	head []byte
	// filled says that the first full pass was complete, page how far it came.
	filled bool
	page   int
}

func (l list[T]) window(ctx context.Context) (window, error) {
	state, err := l.mirror.pollState(ctx, l.tenant)
	if err != nil {
		return window{}, err
	}
	return state.window(l.name), nil
}

// holds reports whether a row of that day is in the window. A row without a day may be of any day:
// until a full pass has taken in all that stood there, it is left to that.
func (w window) holds(day string) bool { return day >= w.from || day == "" && w.filled }

// poll is an incremental pass. Only a whole one moves the cursor's day. The first one announces
// nothing, and leaves what is older than the window to the full passes.
func (l list[T]) poll(ctx context.Context, w window) error {
	since := w.from
	end := passEnd{mirror: l.mirror, tenant: l.tenant, list: l.name, before: w.cut}
	done, err := pass[T]{
		name: l.name, of: l.of, latest: w.latest, head: w.head, cut: w.cut, short: w.head != nil,
		read:  func(ctx context.Context, page int) (jazzhr.Page[T], error) { return l.read(ctx, since, page) },
		until: func(string) string { return w.from },
		keep: func(ctx context.Context, rows []T, page int, begins string) (int, error) {
			if w.first && page == 1 {
				w.from = daysBefore(begins, 1)
			}
			fresh, err := l.unknown(ctx, slices.DeleteFunc(slices.Clone(rows), func(row T) bool { return !l.within(w, row) }))
			if err != nil || len(fresh) == 0 {
				return 0, err
			}
			_, err = l.take(ctx, fresh, !w.first, func(tx db.TenantTx) error {
				return end.mark(ctx, tx, cut{page + 1, begins}, len(fresh) < len(rows))
			})
			return len(fresh), err
		},
	}.run(ctx)
	if err != nil {
		return end.stopped(ctx, done, err)
	}
	if done.unchanged {
		return nil
	}
	return db.InTenant(ctx, l.mirror.Pool, l.tenant, func(tx db.TenantTx) error { return end.complete(ctx, tx, done) })
}

func (l list[T]) within(w window, row T) bool {
	_, day := l.of(row)
	return w.holds(day)
}

// ids returns the ids of the rows, each once.
func (l list[T]) ids(rows []T) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i], _ = l.of(row)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// unknown returns the rows that no pass has taken in, oldest first, and of each id the oldest.
func (l list[T]) unknown(ctx context.Context, rows []T) (unknown []T, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var known []string
	err = db.InTenant(ctx, l.mirror.Pool, l.tenant, func(tx db.TenantTx) error {
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
