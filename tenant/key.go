package tenant

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

// KeyOf opens a tenant's API key, whether JazzHR refuses it or not. It returns
// [queue.ErrNotConnected] if the tenant has none, and an [*OtherRegionError] for a tenant of another
// region: without its key nothing is read from JazzHR or written there.
func (s *Service) KeyOf(t gen.Tenant) (string, error) {
	if err := s.deployment.admit(t.Region); err != nil {
		return "", err
	}
	if t.KeySealed == nil {
		return "", queue.ErrNotConnected
	}
	key, err := s.sealer.Open(t.TenantID, PurposeKey, t.KeySealed)
	if err != nil {
		return "", fmt.Errorf("API key of tenant %s: %w", t.TenantID, err)
	}
	return string(key), nil
}

// announcedRefusal is the refusal at which Intrvio is told. The first one may be a passing fault.
const announcedRefusal = 2

// RefuseKey stores that JazzHR answered 401 to a version of the tenant's key, and tells Intrvio at
// the second refusal. A refusal of an older version changes nothing. A further refusal of a
// rejected key changes nothing either, unless checking says that it answered a check of the key.
func (s *Service) RefuseKey(ctx context.Context, tx db.TenantTx, version int32, checking bool) error {
	var check int32
	if checking {
		check = 1
	}
	refusals, err := tx.Q.RefuseKey(ctx, tx, tx.Tenant, version, check)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("note refused API key: %w", err)
	}
	if refusals != announcedRefusal {
		return nil
	}
	return Announce(ctx, tx, s.client, intrvio.ConnectionRejected)
}

// RestoreKey stores that a version of the tenant's key works again. It tells Intrvio, if Intrvio
// was told of the refusal. An older version changes nothing.
func (s *Service) RestoreKey(ctx context.Context, tx db.TenantTx, version int32) error {
	before, err := found(tx.Q.TenantForChange(ctx, tx, tx.Tenant))
	if err != nil {
		return err
	}
	_, err = tx.Q.RestoreKey(ctx, tx, tx.Tenant, version)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("restore API key: %w", err)
	}
	if before.KeyRefusals < announcedRefusal {
		return nil
	}
	return Announce(ctx, tx, s.client, intrvio.ConnectionRestored)
}

// endBatches is how many batches of work a disconnect ends itself. A job ends the rest.
const endBatches = 10

// Disconnect erases a tenant's key, webhook address and secrets in one short transaction. Then it
// ends the tenant's work that has not ended, and tells Intrvio of each writeback, in further ones.
// If the work is much, or can't be ended now, a job ends it. Disconnect reports whether the tenant
// was not disconnected before.
func (s *Service) Disconnect(ctx context.Context, id uuid.UUID, by Actor) (bool, error) {
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
		if err := tx.Q.DeleteWebhookSecrets(ctx, tx, id); err != nil {
			return fmt.Errorf("erase webhook secrets: %w", err)
		}
		if err := tx.Q.ForgetPolls(ctx, tx, id); err != nil {
			return fmt.Errorf("forget the polls: %w", err)
		}
		done = true
		return by.record(ctx, tx, record.Disconnected)
	})
	if err != nil {
		return false, err
	}
	if err := writeback.EndWork(ctx, s.pool, s.client, id, endBatches); err != nil && !done {
		return false, err
	}
	return done, nil // the tenant is disconnected, and the job meets the error again
}
