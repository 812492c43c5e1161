package writeback

import (
	"context"
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

const (
	// AllBatches has EndWork go on until all has ended.
	AllBatches = math.MaxInt
	// endBatch is how many rows of each kind one transaction of EndWork ends.
	endBatch = 100
)

// EndWork ends the work of a tenant that was disconnected, and tells Intrvio of each writeback. It
// goes in short transactions, of which it makes at most so many. What they leave, or an error, the
// next call ends. If the tenant was not disconnected, or all has ended, it does nothing.
func EndWork(ctx context.Context, from db.Beginner, client *queue.Client, tenant uuid.UUID, batches int) error {
	for more := true; more && batches > 0; batches-- {
		err := db.InTenant(ctx, from, tenant, func(tx db.TenantTx) (err error) {
			more, err = endSome(ctx, tx, client)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// endSome is one transaction of EndWork. more says that there may be rows left.
func endSome(ctx context.Context, tx db.TenantTx, client *queue.Client) (more bool, err error) {
	tenant, err := tx.Q.TenantForChange(ctx, tx, tx.Tenant)
	if err != nil {
		return false, fmt.Errorf("lock tenant: %w", err)
	}
	if tenant.EndWorkAt == nil {
		return false, nil
	}
	webhooks, err := tx.Q.RejectWaitingWebhooks(ctx, tx, tx.Tenant, endBatch)
	if err != nil {
		return false, fmt.Errorf("end waiting webhooks: %w", err)
	}
	entries, err := tx.Q.DropOpenStageEntries(ctx, tx, tx.Tenant, endBatch)
	if err != nil {
		return false, fmt.Errorf("end open stage entries: %w", err)
	}
	rows, err := tx.Q.OpenWritebacks(ctx, tx, tx.Tenant, endBatch)
	if err != nil {
		return false, fmt.Errorf("find waiting writebacks: %w", err)
	}
	if webhooks == 0 && entries == 0 && len(rows) == 0 {
		if err := tx.Q.EndedWork(ctx, tx, tx.Tenant); err != nil {
			return false, fmt.Errorf("note that all work has ended: %w", err)
		}
		return false, nil
	}
	var events []outbox.Event
	for _, id := range rows {
		event, dropped, err := dropWriteback(ctx, tx, id, outcome.Disconnected)
		if err != nil {
			return false, err
		}
		if dropped {
			events = append(events, event)
		}
	}
	return true, outbox.Announce(ctx, tx, client, events...)
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
