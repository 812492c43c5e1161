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

// States of a row of work.
const (
	StatePending   = "pending"
	StateDone      = "done"
	StateRejected  = "rejected"
	StateAttention = "attention" // a person has to decide
	StateSkipped   = "skipped"   // only of a step: there was nothing to do
)

// Share is how many writebacks of one tenant have a River job at once. The tick admits as many of
// its webhooks and of its stage entries. The rest wait as rows, which costs nothing.
const Share = 5

// WebhookJob returns the args of the job that works on a webhook of an event, or nil if nothing is
// done with the event.
type WebhookJob func(event string, tenant, webhook uuid.UUID) river.JobArgs

func (t *Ticker) admitWritebacks(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitWritebacks(ctx, tx, gen.SystemAdmitWritebacksParams{
		PerTenant: Share, Burst: t.Bucket.burst, PerSecond: t.Bucket.perSecond,
		Calls: t.Bucket.stepCalls(), MaxTenants: BatchRows,
	})
	jobs := make([]river.InsertManyParams, len(rows))
	for i, row := range rows {
		jobs[i].Args = StepArgs(row.TenantID, row.WritebackID, row.Step, int(row.Part))
	}
	return jobs, err
}

func (t *Ticker) admitWebhooks(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitWebhooks(ctx, tx, Share, BatchRows)
	jobs := make([]river.InsertManyParams, 0, len(rows))
	for _, row := range rows {
		if args := t.WebhookJob(row.Event, row.TenantID, row.WebhookID); args != nil {
			jobs = append(jobs, river.InsertManyParams{Args: args})
		}
	}
	return jobs, err
}

func (t *Ticker) admitStageEntries(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitStageEntries(ctx, tx, Share, BatchRows)
	jobs := make([]river.InsertManyParams, len(rows))
	for i, row := range rows {
		jobs[i].Args = ResolveStageEntry{TenantID: row.TenantID, ActivityID: row.ActivityID}
	}
	return jobs, err
}

func (t *Ticker) admitEvents(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitEvents(ctx, tx, BatchRows)
	jobs := make([]river.InsertManyParams, len(rows))
	for i, row := range rows {
		jobs[i].Args = DeliverEvent{TenantID: row.TenantID, Sequence: row.Sequence}
	}
	return jobs, err
}

// sweep releases rows whose job is gone, so that they are admitted again.
func (t *Ticker) sweep(ctx context.Context) error {
	return db.InTx(ctx, t.Beginner, func(tx pgx.Tx) error {
		for _, release := range []func(context.Context, gen.DBTX, time.Duration) (int64, error){
			gen.New().SystemReleaseWritebacks, gen.New().SystemReleaseWebhooks,
			gen.New().SystemReleaseEvents, gen.New().SystemReleaseStageEntries,
		} {
			if _, err := release(ctx, tx, sweepGrace); err != nil {
				return fmt.Errorf("release rows without a job: %w", err)
			}
		}
		return nil
	})
}
