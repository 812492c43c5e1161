package mirror

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

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
	rows, err := gen.New().PollState(ctx, m.Pool, tenant)
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

// latest is the latest day that can be today anywhere.
func (s pollState) latest() string { return s.now.UTC().AddDate(0, 0, 1).Format(time.DateOnly) }

// cursor returns the cursor of a list of which only incremental passes are made.
func (s pollState) cursor(list string) cursor {
	row, ok := s.lists[list]
	if !ok || row.Passes == nil || *row.Passes == 0 {
		return cursor{first: true}
	}
	return cursor{newest: dayText(row.NewestDay), baseline: dayText(row.BaselineDay), head: row.Head}
}

// filled reports whether the backfill of every list of people is complete.
func (s pollState) filled() bool {
	return s.lists[ListApplicants].FullAt != nil && s.lists[ListLinks].FullAt != nil
}

// window returns the window of a list of people.
func (s pollState) window(list string) window {
	row, known := s.lists[list]
	w := window{
		first: !known, latest: s.latest(), filled: row.FullAt != nil,
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
