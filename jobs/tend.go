package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

type tickWorker struct {
	river.WorkerDefaults[queue.Tick]
	ticker *queue.Ticker
}

// Work admits waiting rows and starts polls.
func (w *tickWorker) Work(ctx context.Context, _ *river.Job[queue.Tick]) error {
	_, err := w.ticker.Tick(ctx)
	return err
}

type checkKeyWorker struct {
	river.WorkerDefaults[queue.CheckKey]
	r *Runner
}

// Work tries a rejected key again. If JazzHR takes it, the tenant's rows go on.
func (w *checkKeyWorker) Work(ctx context.Context, job *river.Job[queue.CheckKey]) error {
	r, tenantID := w.r, job.Args.TenantID
	account, err := r.openAccount(ctx, tenantID, queue.Live)
	if errors.Is(err, tenant.ErrNotConnected) { // since the tick made the job
		setOutcome(ctx, "not_connected")
		return nil
	}
	if err != nil {
		return err
	}
	_, err = account.read.Jobs(ctx, jazzhr.JobFilter{}, 1)
	var failed *jazzhr.Error
	switch {
	case err == nil:
		setOutcome(ctx, "restored")
		return db.InTenant(ctx, r.config.Pool, tenantID, func(tx db.TenantTx) error { return r.restoreKey(ctx, tx, account.keyVersion) })
	case errors.As(err, &failed) && failed.Kind == jazzhr.Unauthorized:
		setOutcome(ctx, "refused")
		return db.InTenant(ctx, r.config.Pool, tenantID, func(tx db.TenantTx) error {
			return r.refuseKey(ctx, tx, account.keyVersion, true)
		})
	}
	// JazzHR could not be asked: the tick starts another check in a minute.
	wait, known := waitAfter(err, 0)
	if !known {
		return err
	}
	setOutcome(ctx, "not_asked")
	return r.holdTenant(ctx, tenantID, account.keyVersion, wait)
}

// restoreKey lets a tenant's rows go on, and tells Intrvio if it was told of the refusal.
func (r *Runner) restoreKey(ctx context.Context, tx db.TenantTx, version int32) error {
	before, err := tx.Q.TenantForChange(ctx, tx, tx.Tenant)
	if err != nil {
		return fmt.Errorf("lock tenant: %w", err)
	}
	restored, err := r.config.Tenants.RestoreKey(ctx, tx, version)
	if err != nil || !restored || before.KeyRefusals < announcedRefusal {
		return err
	}
	return queue.AnnounceConnection(ctx, tx, r.client, intrvio.ConnectionRestored)
}

type deliverEventWorker struct {
	river.WorkerDefaults[queue.DeliverEvent]
	r *Runner
}

// errNoReceiver is why events wait on a service that knows no receiver.
var errNoReceiver = errors.New("no INTRVIO_EVENTS_URL is set")

// Work pushes one event. One that can't be delivered holds back no other.
func (w *deliverEventWorker) Work(ctx context.Context, job *river.Job[queue.DeliverEvent]) error {
	r, tenantID, sequence := w.r, job.Args.TenantID, job.Args.Sequence
	event, attempts, pending, err := queue.EventEnvelope(ctx, r.config.Pool, tenantID, sequence)
	if err != nil || !pending {
		return err
	}
	failed := errNoReceiver
	if r.config.Deliverer != nil {
		failed = r.config.Deliverer.Deliver(ctx, event)
	}
	if failed != nil && ctx.Err() != nil { // a shutdown says nothing of the receiver
		return fmt.Errorf("deliver event: %w", ctx.Err())
	}
	return db.InTenant(ctx, r.config.Pool, tenantID, func(tx db.TenantTx) error {
		// An event may be delivered twice, so whoever learned how its delivery went may say so, owner of the job or not.
		if _, err := queue.Complete(ctx, tx.Tx, job); err != nil {
			return err
		}
		if failed == nil {
			setOutcome(ctx, "delivered")
			return wrap("record delivery", tx.Q.EventDelivered(ctx, tx, tx.Tenant, sequence))
		}
		setOutcome(ctx, "not_delivered")
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
		return wrap("record failed delivery", err)
	})
}

type purgeWorker struct {
	river.WorkerDefaults[queue.Purge]
	r *Runner
}

// purgeRows bounds one statement of a purge.
const purgeRows = 1000

// Work empties and deletes what has been kept long enough, in small statements that hold no lock for long.
func (w *purgeWorker) Work(ctx context.Context, _ *river.Job[queue.Purge]) error {
	q, pool, retention := gen.New(), w.r.config.Pool, w.r.config.PayloadRetention
	steps := []struct {
		name string
		do   func() (int64, error)
	}{
		{"empty webhook bodies", func() (int64, error) { return q.SystemEmptyWebhookBodies(ctx, pool, retention, purgeRows) }},
		{"empty transcripts", func() (int64, error) { return q.SystemEmptyTranscripts(ctx, pool, retention, purgeRows) }},
		{"delete events", func() (int64, error) { return q.SystemPurgeEvents(ctx, pool, intrvio.Retention, purgeRows) }},
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
