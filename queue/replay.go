package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
)

// Why a webhook can't be resolved again.
var (
	ErrNoWebhook      = errors.New("no such webhook")
	ErrWebhookPending = errors.New("the webhook is being resolved already")
	ErrWebhookEmptied = errors.New("the webhook's body is kept no more")
)

// ReplayWebhook has a webhook that ended, or was left to a person, resolved again, as if it had just come: Intrvio is told
// anew whom it is about. An interview that it asked for before is not asked for again. Where the tenant is paused or its
// key refused it waits, as any other does. Besides errors of its own it returns [ErrNoTenant] and [ErrNotConnected].
func ReplayWebhook(ctx context.Context, tx db.TenantTx, client *Client, id uuid.UUID) error {
	tenant, err := tx.Q.TenantForWork(ctx, tx, tx.Tenant)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNoTenant
	case err != nil:
		return fmt.Errorf("read tenant: %w", err)
	case tenant.Connection == "created" || tenant.Connection == "disconnected":
		return ErrNotConnected
	}
	webhook, err := tx.Q.WebhookForReplay(ctx, tx, tx.Tenant, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNoWebhook
	case err != nil:
		return fmt.Errorf("read webhook: %w", err)
	case webhook.State == StatePending:
		return ErrWebhookPending
	case webhook.Emptied:
		return ErrWebhookEmptied
	}
	admitted := mayWork(tenant)
	if err := tx.Q.ReplayWebhook(ctx, tx, admitted, tx.Tenant, id); err != nil {
		return fmt.Errorf("make the webhook work again: %w", err)
	}
	if !admitted {
		return nil
	}
	if _, err := client.InsertTx(ctx, tx.Tx, ResolveExport{TenantID: tx.Tenant, WebhookID: id}, nil); err != nil {
		return fmt.Errorf("enqueue webhook: %w", err)
	}
	return nil
}
