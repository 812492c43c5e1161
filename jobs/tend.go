package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/breaker"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

type tickWorker struct {
	river.WorkerDefaults[queue.Tick]
	ticker  *queue.Ticker
	breaker *breaker.Breaker
	pool    *pgxpool.Pool
}

// Work admits waiting rows, starts polls, looks after the breakers, and chains what was recorded.
func (w *tickWorker) Work(ctx context.Context, _ *river.Job[queue.Tick]) error {
	if _, err := w.ticker.Tick(ctx); err != nil {
		return err
	}
	if err := w.breaker.Tend(ctx); err != nil {
		return err
	}
	_, err := record.Chain(ctx, w.pool)
	return err
}

type checkKeyWorker struct {
	river.WorkerDefaults[queue.CheckKey]
	accounts work.Accounts
}

// Work tries a rejected key again. If JazzHR takes it, the tenant's rows go on.
func (w *checkKeyWorker) Work(ctx context.Context, job *river.Job[queue.CheckKey]) error {
	tenantID := job.Args.TenantID
	account, err := w.accounts.Open(ctx, tenantID, queue.Live)
	if errors.Is(err, queue.ErrNotConnected) { // since the tick made the job
		work.SetOutcome(ctx, work.NotConnected)
		return nil
	}
	if err != nil {
		return err
	}
	_, err = account.Read.Jobs(ctx, jazzhr.JobFilter{}, 1)
	var failed *jazzhr.Error
	switch {
	case err == nil:
		work.SetOutcome(ctx, "restored")
		return db.InTenant(ctx, w.accounts.Pool, tenantID, func(tx db.TenantTx) error {
			return w.accounts.Keys.RestoreKey(ctx, tx, account.KeyVersion)
		})
	case errors.As(err, &failed) && failed.Kind == jazzhr.Unauthorized:
		work.SetOutcome(ctx, "refused")
		return db.InTenant(ctx, w.accounts.Pool, tenantID, func(tx db.TenantTx) error {
			return w.accounts.Keys.RefuseKey(ctx, tx, account.KeyVersion, true)
		})
	}
	// JazzHR could not be asked: the tick starts another check in a minute.
	wait, known := work.WaitAfter(err, 0)
	if !known {
		return err
	}
	work.SetOutcome(ctx, "not_asked")
	return w.accounts.Hold(ctx, tenantID, account.KeyVersion, wait)
}

type endWorkWorker struct {
	river.WorkerDefaults[queue.EndWork]
	pool   *pgxpool.Pool
	client *queue.Client
}

// Work ends what a disconnect has left, batch by batch. What is left at an error, the next attempt
// ends.
func (w *endWorkWorker) Work(ctx context.Context, job *river.Job[queue.EndWork]) error {
	if err := writeback.EndWork(ctx, w.pool, w.client, job.Args.TenantID, writeback.AllBatches); err != nil {
		return err
	}
	work.SetOutcome(ctx, "ended")
	return nil
}

type deliverEventWorker struct {
	river.WorkerDefaults[queue.DeliverEvent]
	pool      *pgxpool.Pool
	deliverer *intrvio.Deliverer // nil leaves events to be pulled
}

// errNoReceiver is why events wait if no receiver is set.
var errNoReceiver = errors.New("no INTRVIO_EVENTS_URL is set")

// Work pushes one event. An event that can't be delivered holds back no other.
func (w *deliverEventWorker) Work(ctx context.Context, job *river.Job[queue.DeliverEvent]) error {
	tenantID, sequence := job.Args.TenantID, job.Args.Sequence
	event, attempts, pending, err := outbox.Find(ctx, db.Of(w.pool, tenantID), tenantID, sequence)
	if err != nil || !pending {
		return err
	}
	failed := errNoReceiver
	if w.deliverer != nil {
		failed = w.deliverer.Deliver(ctx, event)
	}
	if failed != nil && ctx.Err() != nil { // a shutdown says nothing of the receiver
		return fmt.Errorf("deliver event: %w", ctx.Err())
	}
	return db.InTenant(ctx, w.pool, tenantID, func(tx db.TenantTx) error {
		// An event may be delivered twice, so an attempt that has lost its job may still say how
		// its delivery went.
		if _, err := queue.Complete(ctx, tx.Tx, job); err != nil {
			return err
		}
		if failed == nil {
			work.SetOutcome(ctx, "delivered")
			return work.Wrap("record delivery", tx.Q.EventDelivered(ctx, tx, tx.Tenant, sequence))
		}
		work.SetOutcome(ctx, "not_delivered")
		delay := intrvio.RetryDelay(attempts+1, rand.Float64())
		if answer, ok := errors.AsType[*intrvio.DeliveryError](failed); ok {
			delay = max(delay, answer.RetryAfter)
		}
		text := failed.Error()
		_, err := tx.Q.EventNotDelivered(ctx, tx, gen.EventNotDeliveredParams{
			TenantID: tx.Tenant, Sequence: sequence,
			LastError: &text, Delay: delay,
		})
		if errors.Is(err, pgx.ErrNoRows) { // another attempt delivered it
			return nil
		}
		return work.Wrap("record failed delivery", err)
	})
}

type purgeWorker struct {
	river.WorkerDefaults[queue.Purge]
	pool      *pgxpool.Pool
	retention time.Duration // of webhook bodies and transcripts
	record    time.Duration // how long the record is kept
}

// purgeRows bounds one statement of a purge.
const purgeRows = 1000

// Work empties and deletes what has been kept long enough, in small statements that hold no lock
// for long.
func (w *purgeWorker) Work(ctx context.Context, _ *river.Job[queue.Purge]) error {
	q, pool, retention := gen.New(), w.pool, w.retention
	steps := []struct {
		name string
		do   func() (int64, error)
	}{
		{"empty webhook bodies", func() (int64, error) { return q.SystemEmptyWebhookBodies(ctx, pool, retention, purgeRows) }},
		{"empty transcripts", func() (int64, error) { return q.SystemEmptyTranscripts(ctx, pool, retention, purgeRows) }},
		{"delete events", func() (int64, error) { return q.SystemPurgeEvents(ctx, pool, intrvio.Retention, purgeRows) }},
		{"purge the record", func() (int64, error) { return w.purgeRecord(ctx) }},
		{"delete sessions", func() (int64, error) { return q.SystemPurgeSessions(ctx, pool) }},
	}
	until := time.Now().Add(10 * time.Minute)
	for _, step := range steps {
		for time.Now().Before(until) {
			rows, err := step.do()
			if err != nil {
				return fmt.Errorf("%s: %w", step.name, err)
			}
			if rows == 0 {
				break
			}
		}
	}
	return nil
}

func (w *purgeWorker) purgeRecord(ctx context.Context) (int64, error) {
	if w.record == 0 {
		return 0, nil
	}
	return record.Purge(ctx, w.pool, w.record)
}
