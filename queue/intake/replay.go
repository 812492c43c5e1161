package intake

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Why a webhook can't be replayed.
var (
	ErrNoWebhook    = errors.New("no such webhook")
	ErrPending      = errors.New("the webhook is being worked on already")
	ErrEmptied      = errors.New("the webhook's body is deleted")
	ErrUnknownEvent = errors.New("nothing is done with webhooks of this event")
)

// Replay has a webhook that ended, or that is a case, worked on again as if it had just come:
// Intrvio is told anew whom it is about. An interview that it asked for before is not asked for
// again. If the tenant is paused or its key rejected, the webhook waits as any other does. Besides
// the errors of this package, Replay returns [queue.ErrNoTenant] and [queue.ErrNotConnected].
func Replay(ctx context.Context, tx db.TenantTx, client *queue.Client, id uuid.UUID) error {
	tenant, err := queue.ConnectedTenant(ctx, tx)
	if err != nil {
		return err
	}
	webhook, err := tx.Q.WebhookForReplay(ctx, tx, tx.Tenant, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNoWebhook
	case err != nil:
		return fmt.Errorf("read webhook: %w", err)
	case webhook.State == queue.StatePending:
		return ErrPending
	case webhook.Emptied:
		return ErrEmptied
	}
	job := JobOf(webhook.Event, tx.Tenant, id)
	if job == nil {
		return ErrUnknownEvent
	}
	admitted := queue.MayWork(tenant)
	if err := tx.Q.ReplayWebhook(ctx, tx, admitted, tx.Tenant, id); err != nil {
		return fmt.Errorf("make the webhook work again: %w", err)
	}
	if !admitted {
		return nil
	}
	if _, err := client.InsertTx(ctx, tx.Tx, job, nil); err != nil {
		return fmt.Errorf("enqueue webhook: %w", err)
	}
	return nil
}
