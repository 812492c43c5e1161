package tenant

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// resealBatch is how many tenants are read at once.
const resealBatch = 500

// Reseal seals anew every API key and webhook secret that is not sealed with the primary key, and
// returns how many. It is safe beside running services: it leaves a value that changes meanwhile,
// since that was sealed just then. progress, which may be nil, is told how many tenants have been
// looked at.
//
// A value that can't be opened does not stop Reseal. The error comes at the end and names the first
// such value.
func (s *Service) Reseal(ctx context.Context, progress func(done int)) (n int, err error) {
	var (
		after  uuid.UUID
		done   int
		failed int
		first  error
	)
	for {
		tenants, err := s.List(ctx, after, resealBatch)
		if err != nil {
			return n, fmt.Errorf("reseal: %w", err)
		}
		if len(tenants) == 0 {
			break
		}
		stale, err := s.stale(ctx, tenants)
		if err != nil {
			return n, fmt.Errorf("reseal: %w", err)
		}
		for _, value := range stale {
			replaced, err := s.resealOne(ctx, value)
			if ctx.Err() != nil {
				return n, ctx.Err()
			}
			if err != nil {
				failed++
				first = cmp.Or(first, err)
			}
			if replaced {
				n++
			}
		}
		after = tenants[len(tenants)-1].TenantID
		if done += len(tenants); progress != nil {
			progress(done)
		}
	}
	if failed > 0 {
		return n, fmt.Errorf("reseal: %d values are left as they were; the first: %w", failed, first)
	}
	return n, nil
}

// sealedValue is a key (version 0) or a webhook secret as it is stored.
type sealedValue struct {
	tenant  uuid.UUID
	version int32
	sealed  []byte
}

// stale returns the values of the tenants that are not sealed with the primary key.
func (s *Service) stale(ctx context.Context, tenants []gen.Tenant) ([]sealedValue, error) {
	var values []sealedValue
	add := func(v sealedValue) {
		if id, ok := KeyIDOf(v.sealed); !ok || id != s.sealer.PrimaryKeyID() {
			values = append(values, v)
		}
	}
	ids := make([]uuid.UUID, len(tenants))
	for i, t := range tenants {
		ids[i] = t.TenantID
		if t.KeySealed != nil {
			add(sealedValue{tenant: t.TenantID, sealed: t.KeySealed})
		}
	}
	secrets, err := s.q.SystemSealedSecrets(ctx, s.pool, ids)
	if err != nil {
		return nil, fmt.Errorf("read webhook secrets: %w", err)
	}
	for _, secret := range secrets {
		add(sealedValue{secret.TenantID, secret.Version, secret.Sealed})
	}
	return values, nil
}

// resealOne replaces a value if it is still the one that was read.
func (s *Service) resealOne(ctx context.Context, v sealedValue) (replaced bool, err error) {
	purpose := PurposeKey
	if v.version > 0 {
		purpose = PurposeSecret
	}
	text, err := s.sealer.Open(v.tenant, purpose, v.sealed)
	if err != nil {
		return false, fmt.Errorf("tenant %s: %w", v.tenant, err)
	}
	sealed, err := s.sealer.Seal(v.tenant, purpose, text)
	if err != nil {
		return false, fmt.Errorf("tenant %s: %w", v.tenant, err)
	}
	var rows int64
	err = db.InTenant(ctx, s.pool, v.tenant, func(tx db.TenantTx) (err error) {
		if purpose == PurposeKey {
			rows, err = tx.Q.ReplaceSealedKey(ctx, tx, sealed, v.tenant, v.sealed)
		} else {
			rows, err = tx.Q.ReplaceSealedSecret(ctx, tx, gen.ReplaceSealedSecretParams{
				TenantID: v.tenant, Version: v.version, Sealed: sealed, Was: v.sealed,
			})
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("tenant %s: store %s: %w", v.tenant, purpose, err)
	}
	return rows == 1, nil
}
