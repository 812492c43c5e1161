package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// Hold returns why all rows of a tenant have to wait, or "" if they may be worked on. It takes the
// tenant's columns paused_at and key_state. The queries of the tick have the same condition.
func Hold(pausedAt *time.Time, keyState string) outcome.Code {
	switch {
	case pausedAt != nil:
		return outcome.WaitsPaused
	case keyState != db.KeyOK:
		return outcome.WaitsCredentials
	default:
		return ""
	}
}

// MayWork reports whether rows of the tenant may be worked on.
func MayWork(t gen.Tenant) bool { return Hold(t.PausedAt, t.KeyState) == "" }

// ConnectedTenant returns the tenant of the transaction, and keeps it from being disconnected until
// the transaction ends. It returns [ErrNoTenant] or [ErrNotConnected].
func ConnectedTenant(ctx context.Context, tx db.TenantTx) (gen.Tenant, error) {
	tenant, err := tx.Q.TenantForWork(ctx, tx, tx.Tenant)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return tenant, ErrNoTenant
	case err != nil:
		return tenant, fmt.Errorf("read tenant: %w", err)
	case !db.Connected(tenant.Connection):
		return tenant, ErrNotConnected
	}
	return tenant, nil
}
