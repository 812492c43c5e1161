package mirror

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

// pollState is what a poll needs to know, read in one query: a poll that finds nothing new makes
// three trips to the database.
type pollState struct {
	now   time.Time
	lists map[string]gen.PollStateRow // by the name of their cursor
	// stopped tells why the account must not be read now; nil if it may.
	stopped error
}

func (m *Mirror) pollState(ctx context.Context, tenant uuid.UUID) (pollState, error) {
	rows, err := gen.New().PollState(ctx, db.Of(m.Pool, tenant), tenant)
	if err != nil {
		return pollState{}, fmt.Errorf("read the cursors: %w", err)
	}
	if len(rows) == 0 {
		return pollState{}, fmt.Errorf("read the cursors: there is no tenant %s", tenant)
	}
	s := pollState{now: rows[0].Now, lists: make(map[string]gen.PollStateRow, len(rows))}
	s.stopped = work.Readable(rows[0].Connected, rows[0].PausedAt, rows[0].KeyState)
	for _, row := range rows {
		if row.List != nil {
			s.lists[*row.List] = row
		}
	}
	return s, nil
}

// turns returns the lists that polls read, those first whose turn is longest ago: what one list took
// of the call budget must not be taken from the same others each time.
func (s pollState) turns() []string {
	lists := []string{ListActivities, ListApplicants, ListLinks}
	slices.SortStableFunc(lists, func(a, b string) int {
		return s.turn(a).Compare(s.turn(b))
	})
	return lists
}

func (s pollState) turn(list string) time.Time {
	if at := s.lists[list].TurnAt; at != nil {
		return *at
	}
	return time.Time{}
}

// cut returns where the last pass over a list was stopped.
func (s pollState) cut(list string) cut {
	row := s.lists[list]
	if row.CutPage == nil {
		return cut{}
	}
	return cut{int(*row.CutPage), dayText(row.CutDay)}
}

// begun reports whether a pass over a list was complete.
func (s pollState) begun(list string) bool {
	row, ok := s.lists[list]
	return ok && row.Passes != nil && *row.Passes > 0
}

// wholeDue reports whether short passes have gone on for long enough.
func (s pollState) wholeDue(list string) bool {
	since := s.lists[list].ShortSince
	return since != nil && s.now.Sub(*since) >= wholeEvery
}

// latest is the latest day that can be today anywhere.
func (s pollState) latest() string { return s.now.UTC().AddDate(0, 0, 1).Format(time.DateOnly) }

// cursor returns the cursor of a list of which only incremental passes are made.
func (s pollState) cursor(list string) cursor {
	if !s.begun(list) {
		return cursor{first: true}
	}
	row := s.lists[list]
	return cursor{newest: dayText(row.NewestDay), baseline: dayText(row.BaselineDay), head: row.Head}
}

// filled reports whether the backfill of every list of people is complete.
func (s pollState) filled() bool {
	return s.lists[ListApplicants].FullAt != nil && s.lists[ListLinks].FullAt != nil
}

// window returns the window of a list of people.
func (s pollState) window(list string) window {
	row := s.lists[list]
	w := window{
		first: !s.begun(list), cut: s.cut(list), latest: s.latest(), filled: row.FullAt != nil,
		from: daysBefore(dayText(row.NewestDay), 1), baseline: daysBefore(dayText(row.BaselineDay), 1),
	}
	if row.FullPage != nil {
		w.page = int(*row.FullPage)
	}
	if row.PassedAt != nil && s.now.Sub(*row.PassedAt) < wholeEvery {
		w.head = row.Head
	}
	return w
}
