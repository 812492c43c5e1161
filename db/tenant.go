package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Beginner starts transactions: a pool, a connection, or a transaction, which nests the new one by
// savepoint.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// TenantTx is a transaction that works for one tenant. Queries take the tenant's ID from it.
type TenantTx struct {
	pgx.Tx
	Tenant uuid.UUID
	Q      *gen.Queries
}

// InTenant runs work in a transaction for one tenant, and commits it if work returns nil. It is the
// only way to a tenant's rows. A test checks that each query on them takes a tenant's ID, and the ID
// comes from here. Postgres checks it too: the transaction works in the tenants' role, which sees and
// changes no row of another tenant (migration 19).
//
// Within a transaction the new one nests. After it the outer one has its own role and tenant again,
// which costs two trips. On a pool this costs none.
func InTenant(ctx context.Context, from Beginner, tenant uuid.UUID, work func(TenantTx) error) error {
	if tenant == uuid.Nil {
		return errors.New("tenant transaction: no tenant")
	}
	pool, ok := from.(acquirer)
	if !ok {
		return InTx(ctx, from, func(tx pgx.Tx) error {
			return within(ctx, tx, enterRole, tenant, work)
		})
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Release()
	begin := "begin"
	if own, ok := from.(interface{ BeginQuery() string }); ok {
		begin = own.BeginQuery()
	}
	tx, err := beginTenant(ctx, conn.Conn(), begin, tenant)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return run(ctx, tx, func(tx pgx.Tx) error { return work(TenantTx{Tx: tx, Tenant: tenant, Q: gen.New()}) })
}

// ForTenant runs work for one tenant in a transaction that the caller has opened and will end. The
// caller's role goes on, with what it may do. Unless it is one that sees all tenants, it sees and
// changes no row of another one meanwhile. What the caller had set before is set again afterwards.
func ForTenant(ctx context.Context, tx pgx.Tx, tenant uuid.UUID, work func(TenantTx) error) error {
	if outer, ok := tx.(TenantTx); ok && outer.Tenant == tenant {
		return work(outer)
	}
	return within(ctx, tx, enterTenant, tenant, work)
}

// rollbackTimeout bounds the rollback of a transaction whose context has ended.
const rollbackTimeout = 5 * time.Second

// InTx runs work that belongs to no single tenant in a transaction, and commits it if work returns
// nil.
func InTx(ctx context.Context, from Beginner, work func(pgx.Tx) error) error {
	tx, err := from.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return run(ctx, tx, work)
}

// run runs work in a transaction, and commits it if work returns nil, else rolls it back.
func run(ctx context.Context, tx pgx.Tx, work func(pgx.Tx) error) error {
	defer func() {
		// After a commit this does nothing. It runs even if ctx has ended: the pool would close a
		// connection that is released inside a transaction.
		ended, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_ = tx.Rollback(ended)
	}()
	if err := work(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Violates reports whether err is the violation of the named constraint.
func Violates(err error, constraint string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.ConstraintName == constraint
}

// Names of constraints that code recognises. A test checks that each exists.
const (
	ConstraintExternalID     = "tenants_external_id_key"
	ConstraintKeyFingerprint = "tenants_key_fingerprint_key"
)
