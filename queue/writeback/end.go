package writeback

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// RejectWaiting ends all work of a tenant that has not ended, because the tenant was disconnected,
// and tells Intrvio of each writeback. Call it last in the transaction that disconnects the tenant.
func RejectWaiting(ctx context.Context, tx db.TenantTx, client *queue.Client) error {
	if err := tx.Q.RejectWaitingWebhooks(ctx, tx, tx.Tenant); err != nil {
		return fmt.Errorf("end waiting webhooks: %w", err)
	}
	if err := tx.Q.DropWaitingStageEntries(ctx, tx, tx.Tenant); err != nil {
		return fmt.Errorf("end waiting stage entries: %w", err)
	}
	var events []outbox.Event
	for {
		rows, err := tx.Q.OpenWritebacks(ctx, tx, tx.Tenant, queue.BatchRows)
		if err != nil {
			return fmt.Errorf("find waiting writebacks: %w", err)
		}
		if len(rows) == 0 {
			return outbox.Announce(ctx, tx, client, events...)
		}
		for _, id := range rows {
			event, dropped, err := dropWriteback(ctx, tx, id, outcome.Disconnected)
			if err != nil {
				return err
			}
			if dropped {
				events = append(events, event)
			}
		}
	}
}

// dropWriteback rejects a writeback that has not ended, and returns the event that tells of it.
// dropped is false if a worker ended it first. The writeback is locked before its steps, as workers
// do.
func dropWriteback(
	ctx context.Context, tx db.TenantTx, id uuid.UUID, reason outcome.Code,
) (event outbox.Event, dropped bool, err error) {
	rows, err := tx.Q.DropWriteback(ctx, tx, reason.Column(), tx.Tenant, id)
	if err != nil {
		return outbox.Event{}, false, fmt.Errorf("reject writeback: %w", err)
	}
	if rows == 0 {
		return outbox.Event{}, false, nil
	}
	if err := tx.Q.RejectOpenSteps(ctx, tx, reason.Column(), tx.Tenant, id); err != nil {
		return outbox.Event{}, false, fmt.Errorf("reject steps: %w", err)
	}
	view, err := Get(ctx, tx, id)
	if err != nil {
		return outbox.Event{}, false, err
	}
	return outbox.Event{Type: intrvio.WritebackRejected, Data: view.Result(reason)}, true, nil
}
