package queue

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
)

// RejectWaiting ends everything of a tenant that waits, because it disconnected, and tells Intrvio of each writeback.
// It is part of the transaction that disconnects, and its last part.
func RejectWaiting(ctx context.Context, tx db.TenantTx, client *Client) error {
	if err := tx.Q.RejectWaitingWebhooks(ctx, tx, tx.Tenant); err != nil {
		return fmt.Errorf("end waiting webhooks: %w", err)
	}
	if err := tx.Q.DropWaitingStageEntries(ctx, tx, tx.Tenant); err != nil {
		return fmt.Errorf("end waiting stage entries: %w", err)
	}
	var events []Event
	for {
		rows, err := tx.Q.OpenWritebacks(ctx, tx, tx.Tenant, tickRows)
		if err != nil {
			return fmt.Errorf("find waiting writebacks: %w", err)
		}
		if len(rows) == 0 {
			return Announce(ctx, tx, client, events...)
		}
		for _, id := range rows {
			event, dropped, err := dropWriteback(ctx, tx, id, ProblemDisconnected)
			if err != nil {
				return err
			}
			if dropped {
				events = append(events, event)
			}
		}
	}
}

// dropWriteback ends a writeback that has not ended, for a reason that its event tells. It locks the writeback before its steps,
// as workers do, and leaves alone one that a worker ended first.
func dropWriteback(ctx context.Context, tx db.TenantTx, id uuid.UUID, reason string) (event Event, dropped bool, err error) {
	rows, err := tx.Q.DropWriteback(ctx, tx, &reason, tx.Tenant, id)
	if err != nil {
		return Event{}, false, fmt.Errorf("reject writeback: %w", err)
	}
	if rows == 0 {
		return Event{}, false, nil
	}
	if err := tx.Q.RejectOpenSteps(ctx, tx, &reason, tx.Tenant, id); err != nil {
		return Event{}, false, fmt.Errorf("reject steps: %w", err)
	}
	view, err := ViewWriteback(ctx, tx, id)
	if err != nil {
		return Event{}, false, err
	}
	return Event{intrvio.WritebackRejected, view.Result(reason)}, true, nil
}
