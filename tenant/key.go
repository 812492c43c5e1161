package tenant

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// KeyOf opens a tenant's API key, refused or not. It returns [ErrNotConnected] if there is none.
func (s *Service) KeyOf(t gen.Tenant) (string, error) {
	if t.KeySealed == nil {
		return "", ErrNotConnected
	}
	key, err := s.sealer.Open(t.TenantID, PurposeKey, t.KeySealed)
	if err != nil {
		return "", fmt.Errorf("API key of tenant %s: %w", t.TenantID, err)
	}
	return string(key), nil
}

// RefuseKey notes that JazzHR answered 401 to a version of the tenant's key, and returns how often it has done so since
// the key last worked. counted is false if that says nothing new: the version is not the current one any more, or the key
// is known to be refused and this does not answer a check of it (checking).
func (s *Service) RefuseKey(ctx context.Context, tx db.TenantTx, version int32, checking bool) (refusals int, counted bool, err error) {
	var check int32
	if checking {
		check = 1
	}
	n, err := tx.Q.RefuseKey(ctx, tx, tx.Tenant, version, check)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("note refused API key: %w", err)
	}
	return int(n), true, nil
}

// RestoreKey notes that a version of the tenant's key works. It reports whether that version is the current one and was
// refused before.
func (s *Service) RestoreKey(ctx context.Context, tx db.TenantTx, version int32) (bool, error) {
	_, err := tx.Q.RestoreKey(ctx, tx, tx.Tenant, version)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("restore API key: %w", err)
	}
	return true, nil
}

// Disconnect erases a tenant's key, webhook address and secrets, and runs also last in the same transaction, to end what
// waits. It reports whether there was anything to do; also does not run if there was not.
func (s *Service) Disconnect(ctx context.Context, id uuid.UUID, also func(db.TenantTx) error) (bool, error) {
	var done bool
	err := s.inTenant(ctx, id, func(tx db.TenantTx) error {
		if _, err := found(tx.Q.TenantForUpdate(ctx, tx, id)); err != nil {
			return err
		}
		ended, err := tx.Q.DisconnectTenant(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("disconnect tenant: %w", err)
		}
		if ended == 0 {
			return nil
		}
		done = true
		if err := tx.Q.DeleteWebhookSecrets(ctx, tx, id); err != nil {
			return fmt.Errorf("erase webhook secrets: %w", err)
		}
		return also(tx)
	})
	return done && err == nil, err
}
