package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

const (
	// A full pass ends itself after fullLimit. River would end it after fullTimeout. A backfill goes on
	// from there; a later pass that was not complete begins anew the next night. The limit is enough
	// for about 280,000 rows.
	fullLimit   = 50 * time.Minute
	fullTimeout = 55 * time.Minute
)

// FullSyncWorker reads a tenant's lists of people from end to end.
type FullSyncWorker struct {
	river.WorkerDefaults[queue.FullSync]
	*Mirror
}

// Timeout is longer than that of other jobs: a full pass makes hundreds of calls, one after the
// other.
func (w *FullSyncWorker) Timeout(*river.Job[queue.FullSync]) time.Duration { return fullTimeout }

// Work runs one full pass.
func (w *FullSyncWorker) Work(ctx context.Context, job *river.Job[queue.FullSync]) error {
	s := &fullSync{w.Mirror, work.Reader{Accounts: w.Accounts, Until: time.Now().Add(fullLimit)}}
	err := s.reader.Open(ctx, job.Args.TenantID)
	if errors.Is(err, queue.ErrNotConnected) { // since the job was made
		work.SetOutcome(ctx, work.NotConnected)
		return nil
	}
	if err != nil {
		return err
	}
	return work.StopsHere(ctx, s.run(ctx))
}

// fullSync is a full pass over a tenant's lists. The first one over a list is the backfill: it
// takes in what stood there before, and goes on where it was stopped. Each later one announces what
// polls have missed, and who is gone.
type fullSync struct {
	mirror *Mirror
	reader work.Reader
}

func (s *fullSync) run(ctx context.Context) error {
	var unfinished int32
	err := db.InTenant(ctx, s.mirror.Pool, s.reader.Account.Tenant, func(tx db.TenantTx) (err error) {
		unfinished, err = tx.Q.UnfinishedBackfills(ctx, tx, tx.Tenant)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for unfinished backfills: %w", err)
	}
	backfill := unfinished > 0
	if backfill {
		if err := s.mirrorOpenings(ctx); err != nil {
			return err
		}
	}
	if err := fullPass(ctx, s, s.mirror.applicantList(s.reader.Account.Tenant, patientReader{&s.reader}), backfill); err != nil {
		return err
	}
	if err := fullPass(ctx, s, s.mirror.linkList(s.reader.Account.Tenant, patientReader{&s.reader}), backfill); err != nil {
		return err
	}
	if backfill {
		return nil
	}
	return s.activities(ctx)
}

// fullPass reads a list from end to end. In a backfill it begins where an earlier job stopped, and
// leaves out a list that was read to its end before.
func fullPass[T any](ctx context.Context, s *fullSync, l list[T], backfill bool) error {
	w, err := l.window(ctx)
	if err == nil && w.first { // asked for before any poll
		if err = l.poll(ctx, w); err == nil {
			w, err = l.window(ctx)
		}
	}
	if err != nil || (backfill && w.filled) {
		return err
	}
	began, err := db.Now(ctx, s.mirror.Pool)
	if err != nil {
		return err
	}
	listed, missed := map[string]bool{}, 0
	_, err = pass[T]{
		name: "all " + l.name, of: l.of, latest: w.latest,
		from:  w.page, // one page again where it was stopped, since rows shift
		read:  func(ctx context.Context, page int) (jazzhr.Page[T], error) { return l.read(ctx, "", page) },
		until: func(string) string { return "" },
		keep: func(ctx context.Context, rows []T, page int, _ string) (int, error) {
			more, err := fullPage(ctx, l, rows, page)
			s.mirror.Missed(l.name, more)
			if missed += more; err != nil {
				return more, err
			}
			for _, id := range l.ids(rows) {
				listed[id] = true
			}
			return more, nil
		},
	}.run(ctx)
	if err != nil {
		return err
	}
	if w.filled && l.name == ListApplicants {
		if err := s.tellGone(ctx, listed, began); err != nil {
			return err
		}
	}
	return s.end(ctx, l.name, missed)
}

// fullPage takes in the rows of a page that polls will not come to. What stood there at the first
// poll is taken in silently until a full pass was complete. Every other row has been missed: it is
// announced. fullPage returns how many were missed.
func fullPage[T any](ctx context.Context, l list[T], rows []T, page int) (int, error) {
	w, err := l.window(ctx) // polls go on meanwhile
	if err != nil {
		return 0, err
	}
	unknown, err := l.unknown(ctx, rows)
	if err != nil {
		return 0, err
	}
	var before, missed []T
	for _, row := range unknown {
		_, day := l.of(row)
		switch {
		case w.holds(day):
		case !w.filled && day < w.baseline:
			before = append(before, row)
		default:
			missed = append(missed, row)
		}
	}
	taken, err := l.take(ctx, missed, true, nil)
	if err != nil {
		return taken, err
	}
	_, err = l.take(ctx, before, false, func(tx db.TenantTx) error {
		if l.name == ListApplicants {
			if err := tx.Q.FindApplicantsAgain(ctx, tx, tx.Tenant, l.ids(rows)); err != nil {
				return fmt.Errorf("note who is there again: %w", err)
			}
		}
		return work.Wrap("note the page", tx.Q.KeepFullPage(ctx, tx, int32(page), tx.Tenant, l.name))
	})
	return taken, err
}

// end stores what a full pass came to. The backfill is complete when that of the links is.
func (s *fullSync) end(ctx context.Context, name string, missed int) error {
	return db.InTenant(ctx, s.mirror.Pool, s.reader.Account.Tenant, func(tx db.TenantTx) error {
		known, err := tx.Q.ListedRows(ctx, tx, tx.Tenant)
		if err != nil {
			return fmt.Errorf("count what is known: %w", err)
		}
		end := gen.EndFullPassParams{TenantID: tx.Tenant, List: name, FullMissed: int64(missed)}
		switch name {
		case ListApplicants:
			end.FullRows = known.Applicants
		case ListLinks:
			end.FullRows = known.Links
		}
		first, err := tx.Q.EndFullPass(ctx, tx, end)
		if err != nil {
			return fmt.Errorf("end the full pass: %w", err)
		}
		if !first || name != ListLinks {
			return nil
		}
		return outbox.Announce(ctx, tx, s.mirror.Client, outbox.Event{Type: intrvio.BackfillCompleted, Data: intrvio.Backfill{
			Applicants: known.Applicants, Links: known.Links, Jobs: known.Jobs,
		}})
	})
}

// activities reads further back in the activities than polls do.
func (s *fullSync) activities(ctx context.Context) error {
	state, err := s.mirror.pollState(ctx, s.reader.Account.Tenant)
	if err != nil {
		return err
	}
	p := s.mirror.newActivities(s.reader.Account, state)
	page := p.page
	p.page = func(ctx context.Context, number int) (jazzhr.Page[jazzhr.Activity], error) {
		return work.Ask(ctx, &s.reader, func() (jazzhr.Page[jazzhr.Activity], error) { return page(ctx, number) })
	}
	missed, err := p.deep(ctx)
	s.mirror.Missed(ListActivities, missed)
	if err != nil {
		return err
	}
	return s.end(ctx, ListActivities, missed)
}

// mirrorOpenings reads the job openings if they were never read, so that the backfill can say how many
// there are.
func (s *fullSync) mirrorOpenings(ctx context.Context) error {
	var known bool
	err := db.InTenant(ctx, s.mirror.Pool, s.reader.Account.Tenant, func(tx db.TenantTx) error {
		at, err := tx.Q.OpeningsCompleteAt(ctx, tx, tx.Tenant)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		known = at != nil
		return err
	})
	if err != nil {
		return fmt.Errorf("ask for the mirror of the jobs: %w", err)
	}
	if known {
		return nil
	}
	_, err = work.Ask(ctx, &s.reader, func() (struct{}, error) {
		pass := openingsPass{mirror: s.mirror, account: s.reader.Account, seen: map[string]bool{}}
		return struct{}{}, pass.run(ctx)
	})
	return err
}
