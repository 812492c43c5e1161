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
// only way to a tenant's rows: a test checks that each query on them takes a tenant's ID, and the
// ID comes from here.
func InTenant(ctx context.Context, from Beginner, tenant uuid.UUID, work func(TenantTx) error) error {
	if tenant == uuid.Nil {
		return errors.New("tenant transaction: no tenant")
	}
	return InTx(ctx, from, func(tx pgx.Tx) error { return work(ForTenant(tx, tenant)) })
}

// ForTenant returns a TenantTx on a transaction that the caller has opened and will end.
func ForTenant(tx pgx.Tx, tenant uuid.UUID) TenantTx {
	return TenantTx{Tx: tx, Tenant: tenant, Q: gen.New()}
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
