package work

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/breaker"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Keys holds the tenants' JazzHR keys. [tenant.Service] is one.
type Keys interface {
	// KeyOf opens a tenant's stored JazzHR key, or returns [queue.ErrNotConnected].
	KeyOf(tenant gen.Tenant) (key string, err error)
	// RefuseKey notes that JazzHR refused a version of the key. checking says that the call was a
	// check of a key that is known to be refused.
	RefuseKey(ctx context.Context, tx db.TenantTx, version int32, checking bool) error
	// RestoreKey notes that a version of the key works.
	RestoreKey(ctx context.Context, tx db.TenantTx, version int32) error
}

// Accounts opens the JazzHR accounts of tenants.
type Accounts struct {
	Pool   *pgxpool.Pool
	JazzHR *jazzhr.Client
	Keys   Keys
	Bucket *queue.Bucket
	// Breaker stops writes while JazzHR takes none. What only reads needs none.
	Breaker *breaker.Breaker
}

// Account is a tenant's JazzHR account as a job uses it.
type Account struct {
	Tenant     uuid.UUID
	KeyVersion int32 // which key a refusal is of
	// Read takes each call from the tenant's budget. Write does not: its call is taken before the
	// intent is committed, so that no effect waits for the budget in state sending.
	Read  *jazzhr.Account
	Write *jazzhr.Account
}

// Open opens a tenant's account with its stored key. It returns [queue.ErrNotConnected] for a
// tenant without one.
func (a Accounts) Open(ctx context.Context, tenant uuid.UUID, lane queue.Lane) (Account, error) {
	return a.OpenPrepaid(ctx, tenant, lane, 0)
}

// OpenPrepaid is Open for an account whose first calls were taken from the budget before. Only one
// call may be under way at a time.
func (a Accounts) OpenPrepaid(ctx context.Context, tenant uuid.UUID, lane queue.Lane, prepaid int) (Account, error) {
	row, err := gen.New().Tenant(ctx, db.Of(a.Pool, tenant), tenant)
	if err != nil {
		return Account{}, fmt.Errorf("read tenant: %w", err)
	}
	return a.Of(row, func(ctx context.Context) error {
		if prepaid > 0 {
			prepaid--
			return nil
		}
		return a.Bucket.Take(ctx, tenant, lane)
	})
}

// Of returns the account of a tenant whose row the caller has read. gate is asked before each call
// that reads.
func (a Accounts) Of(row gen.Tenant, gate jazzhr.Gate) (Account, error) {
	key, err := a.Keys.KeyOf(row)
	if err != nil {
		return Account{}, fmt.Errorf("open JazzHR account: %w", err)
	}
	return Account{
		Tenant: row.TenantID, KeyVersion: row.KeyVersion,
		Read: a.JazzHR.Account(key, gate), Write: a.JazzHR.Account(key, nil),
	}, nil
}

// Hold does what a 401 or a 429 means for all of a tenant's work, on every node. If a writeback has
// to wait for JazzHR as a whole, Hold tells Intrvio.
func (a Accounts) Hold(ctx context.Context, tenant uuid.UUID, keyVersion int32, w Wait) error {
	switch {
	case w.TooMany:
		return a.Bucket.Close(ctx, tenant, w.In)
	case w.Outage:
		return a.Breaker.Tell(ctx, tenant)
	case w.RefusedKey:
		return db.InTenant(ctx, a.Pool, tenant, func(tx db.TenantTx) error {
			return a.Keys.RefuseKey(ctx, tx, keyVersion, false)
		})
	}
	return nil
}
