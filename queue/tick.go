package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

const (
	tickInterval = time.Second
	// A row whose job is gone gets another one within a minute: the sweep runs every sweepEvery and
	// leaves alone what was admitted within sweepGrace.
	sweepEvery = 15 * time.Second
	sweepGrace = 20 * time.Second
	// BatchRows is how many rows one statement takes at most. The next tick, a second later, takes
	// the rest.
	BatchRows = 2000
)

// Ticker does what is due, once a second: it admits waiting rows, starts polls, full passes and
// audits, and has rejected keys tried again. Each of these is a short transaction of its own. It
// skips rows that another transaction has locked, so two ticks at once do each thing once.
type Ticker struct {
	Beginner     db.Beginner
	Client       *Client
	PollInterval time.Duration // of tenants that have none of their own
	Bucket       *Bucket       // the calls of polls are taken from it
	Limits       Limits
	SendTimeout  time.Duration // no send is under way for longer
	WebhookJob   WebhookJob
	lastSweep    time.Time
}

// Tick does everything that is due, and returns how many jobs it inserted.
func (t *Ticker) Tick(ctx context.Context) (inserted int, err error) {
	steps := []struct {
		name string
		do   func(context.Context, pgx.Tx) ([]river.InsertManyParams, error)
	}{
		{"admit writebacks", t.admitWritebacks},
		{"admit webhooks", t.admitWebhooks},
		{"admit stage entries", t.admitStageEntries},
		{"admit events", t.admitEvents},
		{"start polls", t.startPolls},
		{"start polls of openings", t.startOpenings},
		{"check keys", t.checkKeys},
		{"end work of the disconnected", t.endWork},
		{"start audits", t.startAudits},
		{"start full passes", t.startFullSyncs},
	}
	if time.Since(t.lastSweep) >= sweepEvery {
		if err := t.sweep(ctx); err != nil {
			return 0, err
		}
		t.lastSweep = time.Now()
	}
	if err := t.bringBack(ctx); err != nil {
		return 0, err
	}
	for _, step := range steps {
		err := db.InTx(ctx, t.Beginner, func(tx pgx.Tx) error {
			jobs, err := step.do(ctx, tx)
			if err != nil || len(jobs) == 0 {
				return err
			}
			inserted += len(jobs)
			_, err = t.Client.InsertManyTx(ctx, tx, jobs)
			return err
		})
		if err != nil {
			return inserted, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return inserted, nil
}

// quietPollCalls is how many calls a poll makes if nothing is new: the first page of each of three
// lists.
const quietPollCalls = 3

// startPolls inserts the polls that are due. It takes the place of a PeriodicJob of River's for
// each tenant: 100,000 of those took 0.3 of a core and 30 MB on every node (River 0.51.1), and
// forget their phase when the leader changes. startPolls took 0.018 of a core.
//
// The calls of a poll that finds nothing new are taken here, from tenants that can spare them.
// Every other call is taken when it is made.
func (t *Ticker) startPolls(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDuePolls(ctx, tx, t.PollInterval, BatchRows)
	if err != nil || len(tenants) == 0 {
		return nil, err
	}
	paid, err := t.Bucket.Prepay(ctx, tx, tenants, quietPollCalls, Bulk)
	if err != nil {
		return nil, err
	}
	return jobsFor(tenants, func(tenant uuid.UUID) river.JobArgs {
		if paid[tenant] {
			return PollActivities{TenantID: tenant, Prepaid: quietPollCalls}
		}
		return PollActivities{TenantID: tenant}
	}), nil
}

// startOpenings inserts the polls of job openings that are due: one an hour for each tenant.
func (t *Ticker) startOpenings(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueOpenings(ctx, tx, BatchRows)
	return jobsFor(tenants, func(tenant uuid.UUID) river.JobArgs { return PollOpenings{TenantID: tenant} }), err
}

func (t *Ticker) checkKeys(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueKeyChecks(ctx, tx, BatchRows)
	return jobsFor(tenants, func(tenant uuid.UUID) river.JobArgs { return CheckKey{TenantID: tenant} }), err
}

// endWork goes on with disconnects that were not done with. Each job ends all that is left, unless it
// is lost.
func (t *Ticker) endWork(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueEndWork(ctx, tx, BatchRows)
	return jobsFor(tenants, func(tenant uuid.UUID) river.JobArgs { return EndWork{TenantID: tenant} }), err
}

func (t *Ticker) startAudits(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueAudits(ctx, tx, int64(t.Limits.Audits))
	return jobsFor(tenants, func(tenant uuid.UUID) river.JobArgs { return AuditDuplicates{TenantID: tenant} }), err
}

func (t *Ticker) startFullSyncs(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueFullSyncs(ctx, tx, int64(t.Limits.FullSyncs))
	return jobsFor(tenants, func(tenant uuid.UUID) river.JobArgs { return FullSync{TenantID: tenant} }), err
}

// jobsFor returns one job for each tenant.
func jobsFor(tenants []uuid.UUID, args func(tenant uuid.UUID) river.JobArgs) []river.InsertManyParams {
	jobs := make([]river.InsertManyParams, len(tenants))
	for i, tenant := range tenants {
		jobs[i].Args = args(tenant)
	}
	return jobs
}
