package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

var errRefused = errors.New("refused")

// insert adds the tenant of the transaction.
func insert(ctx context.Context, tx db.TenantTx) error {
	_, err := tx.Exec(ctx, "INSERT INTO jazzhr.tenants (tenant_id, name, region) VALUES ($1, 'Acme', 'us')", tx.Tenant)
	return err
}

func exists(t *testing.T, database *dbtest.Database, tenant uuid.UUID) bool {
	t.Helper()
	return len(all(t, database, "SELECT name FROM jazzhr.tenants WHERE tenant_id = $1", tenant)) == 1
}

func TestInTenant(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	tests := map[string]struct {
		end     func() error
		want    error
		commits bool
	}{
		"success": {func() error { return nil }, nil, true},
		"error":   {func() error { return errRefused }, errRefused, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := uuid.New()
			err := db.InTenant(t.Context(), database.Pool, tenant, func(tx db.TenantTx) error {
				if err := insert(t.Context(), tx); err != nil {
					return err
				}
				if row, err := tx.Q.Tenant(t.Context(), tx, tx.Tenant); err != nil || row.TenantID != tenant {
					t.Errorf("the transaction reads tenant %s, error %v", row.TenantID, err)
				}
				return test.end()
			})
			if !errors.Is(err, test.want) || exists(t, database, tenant) != test.commits {
				t.Errorf("error %v, committed %v", err, exists(t, database, tenant))
			}
		})
	}
}

func TestInTenantNeedsOne(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	err := db.InTenant(t.Context(), database.Pool, uuid.Nil, func(db.TenantTx) error {
		t.Error("it works for no tenant")
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
}

// TestRollbackAfterPanic checks that a panic reaches the caller and leaves neither rows nor a
// transaction.
func TestRollbackAfterPanic(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	tenant := uuid.New()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		_ = db.InTenant(t.Context(), database.Pool, tenant, func(tx db.TenantTx) error {
			if err := insert(t.Context(), tx); err != nil {
				return err
			}
			panic("a bug")
		})
	}()
	if exists(t, database, tenant) {
		t.Error("it was committed")
	}
	if held := database.Pool.Stat().AcquiredConns(); held != 0 {
		t.Errorf("%d connections are held", held)
	}
}

// TestRollbackOutlivesItsContext checks that a transaction whose context ends is rolled back, and
// that its connection stays open.
func TestRollbackOutlivesItsContext(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	pool, err := db.Open(t.Context(), database.URL, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	backend := func(from interface {
		QueryRow(context.Context, string, ...any) pgx.Row
	},
	) (pid int) {
		t.Helper()
		if err := from.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	tenant, before := uuid.New(), 0
	ctx, cancel := context.WithCancel(t.Context())
	err = db.InTenant(ctx, pool, tenant, func(tx db.TenantTx) error {
		before = backend(tx)
		if err := insert(ctx, tx); err != nil {
			return err
		}
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || exists(t, database, tenant) {
		t.Errorf("error %v, committed %v", err, exists(t, database, tenant))
	}
	if after := backend(pool); after != before {
		t.Errorf("connection %d was closed; %d took its place", before, after)
	}
}

// TestCancelledBeforeCommit checks that InTenant returns an error if work succeeds but can't be
// committed.
func TestCancelledBeforeCommit(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	tenant := uuid.New()
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTenant(ctx, database.Pool, tenant, func(tx db.TenantTx) error {
		defer cancel()
		return insert(ctx, tx)
	})
	if !errors.Is(err, context.Canceled) || exists(t, database, tenant) {
		t.Errorf("error %v, committed %v", err, exists(t, database, tenant))
	}
}

// TestInTxNests checks that a transaction within another is a savepoint of it.
func TestInTxNests(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	kept, dropped := uuid.New(), uuid.New()
	err := db.InTx(t.Context(), database.Pool, func(tx pgx.Tx) error {
		err := db.InTenant(t.Context(), tx, dropped, func(tx db.TenantTx) error {
			return errors.Join(insert(t.Context(), tx), errRefused)
		})
		if !errors.Is(err, errRefused) {
			t.Errorf("the nested one returned %v", err)
		}
		return db.ForTenant(t.Context(), tx, kept, func(tx db.TenantTx) error { return insert(t.Context(), tx) })
	})
	if err != nil || !exists(t, database, kept) || exists(t, database, dropped) {
		t.Errorf("error %v, kept %v, dropped %v", err, exists(t, database, kept), !exists(t, database, dropped))
	}
}

func TestInTxWithoutConnection(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	pool, err := db.Open(t.Context(), database.URL, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()
	err = db.InTx(t.Context(), pool, func(pgx.Tx) error {
		t.Error("it works without a connection")
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
}

// TestConstraints checks that the constraints which code recognises exist, and that Violates tells
// them apart.
func TestConstraints(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	columns := map[string]string{db.ConstraintExternalID: "external_id", db.ConstraintKeyFingerprint: "key_fingerprint"}
	for constraint, column := range columns {
		if found := all(t, database, "SELECT conname FROM pg_constraint WHERE conname = $1 AND contype = 'u'", constraint); len(found) != 1 {
			t.Errorf("there is no constraint %s", constraint)
		}
		add := "INSERT INTO jazzhr.tenants (tenant_id, name, region, " + column + ") VALUES (gen_random_uuid(), 'Acme', 'us', 'a')"
		exec(t, database, add)
		_, err := database.Pool.Exec(t.Context(), add)
		for other := range columns {
			if db.Violates(err, other) != (other == constraint) {
				t.Errorf("%v is taken for a violation of %s", err, other)
			}
		}
	}
	if db.Violates(nil, db.ConstraintExternalID) || db.Violates(errRefused, db.ConstraintExternalID) {
		t.Error("no violation is taken for one")
	}
}
