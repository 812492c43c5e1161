package jobs

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// account is a tenant's JazzHR account as a job uses it.
type account struct {
	tenant     uuid.UUID
	keyVersion int32 // which key a refusal is of
	// read takes each call from the tenant's budget. write does not: its call is taken before the intent is committed,
	// so that no row waits for the budget in sending.
	read  *jazzhr.Account
	write *jazzhr.Account
}

// openAccount opens a tenant's account with its stored key. It returns [tenant.ErrNotConnected] for a tenant without one.
func (r *Runner) openAccount(ctx context.Context, tenant uuid.UUID, lane queue.Lane) (account, error) {
	return r.openPrepaid(ctx, tenant, lane, 0)
}

// openPrepaid is openAccount where the first calls that are read by were taken from the budget before. Only one may be under way
// at a time.
func (r *Runner) openPrepaid(ctx context.Context, tenant uuid.UUID, lane queue.Lane, prepaid int) (account, error) {
	row, err := gen.New().Tenant(ctx, r.config.Pool, tenant)
	if err != nil {
		return account{}, fmt.Errorf("read tenant: %w", err)
	}
	gate := func(ctx context.Context) error {
		if prepaid > 0 {
			prepaid--
			return nil
		}
		return r.config.Bucket.Take(ctx, tenant, lane)
	}
	return r.accountOf(row, gate)
}

// accountOf is the account of a tenant whose row was read. gate is asked before each call that reads.
func (r *Runner) accountOf(row gen.Tenant, gate func(context.Context) error) (account, error) {
	key, err := r.config.Tenants.KeyOf(row)
	if err != nil {
		return account{}, fmt.Errorf("open JazzHR account: %w", err)
	}
	return account{
		tenant: row.TenantID, keyVersion: row.KeyVersion,
		read: r.config.JazzHR.Account(key, gate), write: r.config.JazzHR.Account(key, nil),
	}, nil
}
