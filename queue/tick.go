package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

const (
	tickInterval = time.Second
	// sweepEvery and sweepGrace: a row whose job is gone gets another within a minute.
	sweepEvery = 15 * time.Second
	sweepGrace = 20 * time.Second
	// tickRows bounds one statement of a tick; what is left over is a second away.
	tickRows = 2000
	// auditsAtOnce bounds the audits of all tenants together: most of an audit is waiting for its turn to call.
	auditsAtOnce = 4
	// syncsAtOnce likewise bounds full passes.
	syncsAtOnce = 8
)

// Ticker does what is due, once a second: it admits waiting rows, starts polls, full passes and audits, and has rejected keys tried again. Each
// is a short transaction of its own that passes over what another holds, so that two at once do each thing once.
type Ticker struct {
	Beginner     db.Beginner
	Client       *Client
	PollInterval time.Duration // of tenants that have none of their own
	Bucket       *Bucket       // of which polls' calls are taken
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
		{"start audits", t.startAudits},
		{"start full passes", t.startFullSyncs},
	}
	if time.Since(t.lastSweep) >= sweepEvery {
		if err := t.sweep(ctx); err != nil {
			return 0, err
		}
		t.lastSweep = time.Now()
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

func (t *Ticker) admitWritebacks(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitWritebacks(ctx, tx, gen.SystemAdmitWritebacksParams{
		PerTenant: Share, Burst: t.Bucket.burst, PerSecond: t.Bucket.perSecond, Calls: t.Bucket.stepCalls(), MaxTenants: tickRows,
	})
	jobs := make([]river.InsertManyParams, len(rows))
	for i, row := range rows {
		jobs[i].Args = StepArgs(row.TenantID, row.WritebackID, row.Step, int(row.Part))
	}
	return jobs, err
}

func (t *Ticker) admitWebhooks(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitWebhooks(ctx, tx, Share, tickRows)
	jobs := make([]river.InsertManyParams, len(rows))
	for i, row := range rows {
		jobs[i].Args = ResolveExport{TenantID: row.TenantID, WebhookID: row.WebhookID}
	}
	return jobs, err
}

func (t *Ticker) admitEvents(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitEvents(ctx, tx, tickRows)
	jobs := make([]river.InsertManyParams, len(rows))
	for i, row := range rows {
		jobs[i].Args = DeliverEvent{TenantID: row.TenantID, Sequence: row.Sequence}
	}
	return jobs, err
}

// startPolls is each tenant's periodic job. One River PeriodicJob a tenant was measured at 0.3 of a core and 30 MB on
// every node for 100,000 tenants, and forgets its phase when the leader changes; this at 0.018 of a core, in river.md.
//
// The calls of a poll that finds nothing new are taken here, from tenants that can spare them. Any other call is taken as it is
// made.
func (t *Ticker) startPolls(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDuePolls(ctx, tx, t.PollInterval, tickRows)
	if err != nil || len(tenants) == 0 {
		return nil, err
	}
	paid, err := t.Bucket.Prepay(ctx, tx, tenants, quietPollCalls, Bulk)
	if err != nil {
		return nil, err
	}
	jobs := make([]river.InsertManyParams, len(tenants))
	for i, tenant := range tenants {
		args := PollActivities{TenantID: tenant}
		if paid[tenant] {
			args.Prepaid = quietPollCalls
		}
		jobs[i].Args = args
	}
	return jobs, nil
}

// quietPollCalls is what the poll of an account costs in which nothing is new: the first page of each of its three lists.
const quietPollCalls = 3

func (t *Ticker) checkKeys(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueKeyChecks(ctx, tx, tickRows)
	jobs := make([]river.InsertManyParams, len(tenants))
	for i, tenant := range tenants {
		jobs[i].Args = CheckKey{TenantID: tenant}
	}
	return jobs, err
}

func (t *Ticker) startAudits(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueAudits(ctx, tx, auditsAtOnce)
	jobs := make([]river.InsertManyParams, len(tenants))
	for i, tenant := range tenants {
		jobs[i].Args = AuditDuplicates{TenantID: tenant}
	}
	return jobs, err
}

func (t *Ticker) startFullSyncs(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueFullSyncs(ctx, tx, syncsAtOnce)
	jobs := make([]river.InsertManyParams, len(tenants))
	for i, tenant := range tenants {
		jobs[i].Args = FullSync{TenantID: tenant}
	}
	return jobs, err
}

// sweep releases rows whose job is gone; the next admission gives them another.
func (t *Ticker) sweep(ctx context.Context) error {
	return db.InTx(ctx, t.Beginner, func(tx pgx.Tx) error {
		for _, release := range []func(context.Context, gen.DBTX, time.Duration) (int64, error){
			gen.New().SystemReleaseWritebacks, gen.New().SystemReleaseWebhooks, gen.New().SystemReleaseEvents,
			gen.New().SystemReleaseStageEntries,
		} {
			if _, err := release(ctx, tx, sweepGrace); err != nil {
				return fmt.Errorf("release rows without a job: %w", err)
			}
		}
		return nil
	})
}
