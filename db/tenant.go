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

// Beginner is what starts a transaction: a pool, a connection, or a transaction (which then nests by savepoint).
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// TenantTx is a transaction that works for one tenant. Its queries take the tenant's id from it.
type TenantTx struct {
	pgx.Tx
	Tenant uuid.UUID
	Q      *gen.Queries
}

// InTenant runs work in a transaction for one tenant, and commits it if work returns nil. It is the one door to a
// tenant's rows: a test holds that every query on them names its tenant, and this is where the name comes from.
func InTenant(ctx context.Context, from Beginner, tenant uuid.UUID, work func(TenantTx) error) error {
	if tenant == uuid.Nil {
		return errors.New("tenant transaction: no tenant")
	}
	return InTx(ctx, from, func(tx pgx.Tx) error { return work(ForTenant(tx, tenant)) })
}

// ForTenant is InTenant for a transaction that the caller opened and will end.
func ForTenant(tx pgx.Tx, tenant uuid.UUID) TenantTx {
	return TenantTx{Tx: tx, Tenant: tenant, Q: gen.New()}
}

// rollbackTimeout bounds the rollback of a transaction whose own context is over.
const rollbackTimeout = 5 * time.Second

// InTx runs system work, which belongs to no single tenant, in a transaction, and commits it if work returns nil.
func InTx(ctx context.Context, from Beginner, work func(pgx.Tx) error) error {
	tx, err := from.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		// After a commit this does nothing. It outlives its context: a connection given back in the middle of a
		// transaction would be closed by the pool.
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

// Constraints that code tells apart. A test holds that each exists.
const (
	ConstraintExternalID     = "tenants_external_id_key"
	ConstraintKeyFingerprint = "tenants_key_fingerprint_key"
)
