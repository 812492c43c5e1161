package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// PollOpeningsWorker brings the copy of a tenant's job openings up to date.
type PollOpeningsWorker struct {
	river.WorkerDefaults[queue.PollOpenings]
	*Mirror
}

// Work runs one pass. What went wrong is not tried again: the next pass reads the same.
func (w *PollOpeningsWorker) Work(ctx context.Context, job *river.Job[queue.PollOpenings]) error {
	tenantID := job.Args.TenantID
	account, err := w.Accounts.Open(ctx, tenantID, queue.Bulk)
	if errors.Is(err, queue.ErrNotConnected) { // since the tick made the job
		work.SetOutcome(ctx, work.NotConnected)
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.Accounts.MayRead(ctx, tenantID); err != nil {
		return work.StopsHere(ctx, err)
	}
	pass := openingsPass{mirror: w.Mirror, account: account, seen: map[string]bool{}}
	err = pass.run(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	wait, known := work.WaitAfter(err, 0)
	if !known {
		return err
	}
	work.SetOutcome(ctx, "stopped_"+string(wait.Why))
	return w.Accounts.Hold(ctx, tenantID, account.KeyVersion, wait)
}

// openingsPass reads a tenant's whole list of jobs, page by page. Rows shift between pages while
// they are read, so an opening that was on no page may still be there: it is read by itself.
type openingsPass struct {
	mirror  *Mirror
	account work.Account
	seen    map[string]bool // by id
}

func (p *openingsPass) run(ctx context.Context) error {
	for page := 1; ; page++ {
		asked, err := db.Now(ctx, p.mirror.Pool)
		if err != nil {
			return err
		}
		rows, err := p.account.Read.Jobs(ctx, jazzhr.JobFilter{}, page)
		if err != nil {
			return fmt.Errorf("read jobs: %w", err)
		}
		for _, row := range rows.Items {
			p.seen[row.ID] = true
		}
		if err := p.observe(ctx, seen(rows.Items...), asked); err != nil {
			return err
		}
		if rows.Last {
			break
		}
	}
	if err := p.lookForMissing(ctx); err != nil {
		return err
	}
	return db.InTenant(ctx, p.mirror.Pool, p.account.Tenant, func(tx db.TenantTx) error {
		return work.Wrap("note the pass", tx.Q.CompleteOpenings(ctx, tx, tx.Tenant))
	})
}

// maxMissing is how many openings that were on no page one pass reads. Later passes read the others.
const maxMissing = 200

// lookForMissing reads each opening of the mirror that was on no page.
func (p *openingsPass) lookForMissing(ctx context.Context) error {
	var known []string
	err := db.InTenant(ctx, p.mirror.Pool, p.account.Tenant, func(tx db.TenantTx) (err error) {
		known, err = tx.Q.OpeningIDs(ctx, tx, tx.Tenant)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the mirror of openings: %w", err)
	}
	missing := slices.DeleteFunc(known, func(id string) bool { return p.seen[id] })
	for _, id := range missing[:min(len(missing), maxMissing)] {
		asked, err := db.Now(ctx, p.mirror.Pool)
		if err != nil {
			return err
		}
		found := sighting{}
		found.Job, err = p.account.Read.Job(ctx, id)
		if errors.Is(err, jazzhr.ErrNotFound) {
			found = sighting{Job: jazzhr.Job{ID: id}, gone: true}
		} else if err != nil {
			return fmt.Errorf("read job: %w", err)
		}
		if err := p.observe(ctx, []sighting{found}, asked); err != nil {
			return err
		}
	}
	return nil
}

func (p *openingsPass) observe(ctx context.Context, sightings []sighting, asked time.Time) error {
	return db.InTenant(ctx, p.mirror.Pool, p.account.Tenant, func(tx db.TenantTx) error {
		return observeOpenings(ctx, tx, p.mirror.Client, sightings, asked)
	})
}
