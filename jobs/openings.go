package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

type pollOpeningsWorker struct {
	river.WorkerDefaults[queue.PollOpenings]
	r *Runner
}

// Work brings the mirror of a tenant's job openings up to date. What went wrong is not tried again: the next pass reads
// the same.
func (w *pollOpeningsWorker) Work(ctx context.Context, job *river.Job[queue.PollOpenings]) error {
	tenantID := job.Args.TenantID
	account, err := w.r.openAccount(ctx, tenantID, queue.Bulk)
	if errors.Is(err, tenant.ErrNotConnected) { // since the tick made the job
		setOutcome(ctx, "not_connected")
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.r.mayRead(ctx, tenantID); err != nil {
		return stopsHere(ctx, err)
	}
	pass := openingsPass{Runner: w.r, account: account, seen: map[string]bool{}}
	err = pass.run(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	wait, known := waitAfter(err, 0)
	if !known {
		return err
	}
	setOutcome(ctx, "stopped_"+wait.reason)
	return w.r.holdTenant(ctx, tenantID, account.keyVersion, wait)
}

// openingsPass reads a tenant's whole list of jobs, page by page. Rows shift between pages while they are read, so what
// was not among them may still be there: only a read of its own tells that it is gone.
type openingsPass struct {
	*Runner
	account account
	seen    map[string]bool // by id
}

func (p *openingsPass) run(ctx context.Context) error {
	for page := 1; ; page++ {
		asked, err := p.databaseNow(ctx)
		if err != nil {
			return err
		}
		rows, err := p.account.read.Jobs(ctx, jazzhr.JobFilter{}, page)
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
	return db.InTenant(ctx, p.config.Pool, p.account.tenant, func(tx db.TenantTx) error {
		return wrap("note the pass", tx.Q.CompleteOpenings(ctx, tx, tx.Tenant))
	})
}

// maxMissing is how many openings one pass reads for being on no page. The others are left to later passes.
const maxMissing = 200

// lookForMissing reads each opening of the mirror that was on no page.
func (p *openingsPass) lookForMissing(ctx context.Context) error {
	var known []string
	err := db.InTenant(ctx, p.config.Pool, p.account.tenant, func(tx db.TenantTx) (err error) {
		known, err = tx.Q.OpeningIDs(ctx, tx, tx.Tenant)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the mirror of openings: %w", err)
	}
	missing := slices.DeleteFunc(known, func(id string) bool { return p.seen[id] })
	for _, id := range missing[:min(len(missing), maxMissing)] {
		asked, err := p.databaseNow(ctx)
		if err != nil {
			return err
		}
		found := sighting{}
		found.Job, err = p.account.read.Job(ctx, id)
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
	return db.InTenant(ctx, p.config.Pool, p.account.tenant, func(tx db.TenantTx) error {
		return observeOpenings(ctx, tx, p.client, sightings, asked)
	})
}

// databaseNow is the time by which reads are put in order.
func (r *Runner) databaseNow(ctx context.Context) (time.Time, error) {
	now, err := gen.New().SystemDatabaseNow(ctx, r.config.Pool)
	if err != nil {
		return now, fmt.Errorf("read the database's time: %w", err)
	}
	return now, nil
}
