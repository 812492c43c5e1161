// Package outbox tells Intrvio what happened: [Announce] stores events in the transaction of what
// they tell, so that neither exists without the other, and has them delivered. [After] reads a
// tenant's events in their order, and [Redeliver] has events delivered again.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Event is something to tell Intrvio.
type Event struct {
	Type intrvio.EventType
	Data intrvio.Data
}

// Announce stores events of a tenant and inserts the job that delivers each. Call it last in a
// transaction: it locks the tenant's event counter, so that sequences have no gaps and follow the
// order of commits.
func Announce(ctx context.Context, tx db.TenantTx, client *queue.Client, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	params := gen.InsertEventsParams{TenantID: tx.Tenant, DeliverFor: intrvio.DeliveryWindow}
	for _, event := range events {
		data, err := intrvio.Encode(event.Type, event.Data)
		if err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("name event: %w", err)
		}
		params.EventIds = append(params.EventIds, id)
		params.Types = append(params.Types, string(event.Type))
		params.Data = append(params.Data, string(data))
	}
	last, err := tx.Q.InsertEvents(ctx, tx, params)
	if err != nil {
		return fmt.Errorf("store events: %w", err)
	}
	jobs := make([]river.InsertManyParams, len(events))
	for i := range events {
		jobs[i].Args = queue.DeliverEvent{TenantID: tx.Tenant, Sequence: last - int64(len(events)-1-i)}
	}
	if _, err := client.InsertManyTx(ctx, tx.Tx, jobs); err != nil {
		return fmt.Errorf("enqueue deliveries: %w", err)
	}
	return nil
}

// ExpiredError says that events after the given sequence have been deleted. Events are kept for
// [intrvio.Retention].
type ExpiredError struct {
	// Through is the last sequence that was deleted: those after it are there.
	Through int64
}

// Error says from where to go on.
func (e *ExpiredError) Error() string {
	return fmt.Sprintf("events up to sequence %d have been deleted: go on after that", e.Through)
}

// After returns a tenant's events in their order, from the one that follows the sequence. It
// returns an [*ExpiredError] if some of them have been deleted.
func After(ctx context.Context, tx db.TenantTx, after int64, limit int) ([]intrvio.Envelope, error) {
	purged, err := tx.Q.PurgedThrough(ctx, tx, tx.Tenant)
	if err != nil {
		return nil, fmt.Errorf("read event counter: %w", err)
	}
	if after < purged {
		return nil, &ExpiredError{Through: purged}
	}
	rows, err := tx.Q.EventsAfter(ctx, tx, tx.Tenant, after, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	events := make([]intrvio.Envelope, len(rows))
	for i, row := range rows {
		events[i] = envelope(gen.EventRow(row))
	}
	return events, nil
}

// Find returns an event as it is delivered, how often its delivery was tried, and whether it still
// waits for it. Of an event that has been deleted it returns nothing.
func Find(
	ctx context.Context, conn gen.DBTX, tenant uuid.UUID, sequence int64,
) (event intrvio.Envelope, attempts int, pending bool, err error) {
	row, err := gen.New().Event(ctx, conn, tenant, sequence)
	if errors.Is(err, pgx.ErrNoRows) {
		return intrvio.Envelope{}, 0, false, nil
	}
	if err != nil {
		return intrvio.Envelope{}, 0, false, fmt.Errorf("read event: %w", err)
	}
	return envelope(row), int(row.Attempts), row.State == queue.StatePending, nil
}

func envelope(row gen.EventRow) intrvio.Envelope {
	event := intrvio.Envelope{
		ID: intrvio.EventID(row.EventID), Type: intrvio.EventType(row.Type), Timestamp: row.CreatedAt.UTC(),
		TenantID: row.TenantID, Sequence: row.Sequence, Data: row.Data,
	}
	if row.ExternalID != nil {
		event.ExternalID = *row.ExternalID
	}
	return event
}

// redeliverBatch is how many events one transaction of Redeliver looks at.
const redeliverBatch = 1000

// Redeliver has the events of a tenant that were stored in [since, until) delivered again, and
// returns how many they are. uuid.Nil stands for all tenants. It goes in short transactions, the
// oldest events first: an error leaves the rest. The tick admits the events.
func Redeliver(ctx context.Context, conn gen.DBTX, tenant uuid.UUID, since, until time.Time) (events int64, err error) {
	params := gen.SystemRedeliverParams{Since: since, Until: until, DeliverFor: intrvio.DeliveryWindow, MaxEvents: redeliverBatch}
	if tenant != uuid.Nil {
		params.TenantID = &tenant
	}
	for {
		batch, err := gen.New().SystemRedeliver(ctx, conn, params)
		if errors.Is(err, pgx.ErrNoRows) {
			return events, nil
		}
		if err != nil {
			return events, fmt.Errorf("redeliver events: %w", err)
		}
		events += batch.Events
		params.Since, params.AfterID = batch.CreatedAt, batch.EventID
	}
}
