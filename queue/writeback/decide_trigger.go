package writeback

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// decideTrigger carries out a decision about a case of what asks for interviews: a webhook, or a move
// to a stage.
func decideTrigger(ctx context.Context, tx db.TenantTx, item uuid.UUID, d Decision) (problem string, err error) {
	problem, err = dismissWebhook(ctx, tx, item, d)
	if errors.Is(err, ErrNoCase) {
		return decideStageMove(ctx, tx, item, d)
	}
	return problem, err
}

// dismissWebhook ends a webhook that is a case.
func dismissWebhook(ctx context.Context, tx db.TenantTx, item uuid.UUID, d Decision) (problem string, err error) {
	problem, err = tx.Q.AttentionWebhook(ctx, tx, tx.Tenant, item)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrNoCase
	case err != nil:
		return "", fmt.Errorf("find what needs a person: %w", err)
	case d.Decision != DecisionAbandon:
		return "", &queue.InvalidError{Field: "decision", Message: "about a webhook can only be abandon"}
	}
	if err := tx.Q.DismissWebhook(ctx, tx, tx.Tenant, item); err != nil {
		return "", fmt.Errorf("dismiss webhook: %w", err)
	}
	return problem, nil
}

// decideStageMove has a move to a stage that is a case tried again, or ends it.
func decideStageMove(ctx context.Context, tx db.TenantTx, item uuid.UUID, d Decision) (problem string, err error) {
	problem, err = tx.Q.AttentionStageMove(ctx, tx, tx.Tenant, item)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrNoCase
	case err != nil:
		return "", fmt.Errorf("find what needs a person: %w", err)
	case d.Decision == DecisionAdopt:
		return "", &queue.InvalidError{Field: "decision", Message: "about a move to a stage can only be resend or abandon"}
	case d.Decision == DecisionResend:
		err = tx.Q.ResendStageMove(ctx, tx, tx.Tenant, item)
	default:
		err = tx.Q.AbandonStageMove(ctx, tx, tx.Tenant, item)
	}
	if err != nil {
		return "", fmt.Errorf("decide about a move to a stage: %w", err)
	}
	return problem, nil
}
