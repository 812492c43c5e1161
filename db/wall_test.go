package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

type queryer interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// seen counts those of the tenants that a connection sees.
func seen(t *testing.T, from queryer, tenants ...uuid.UUID) (n int) {
	t.Helper()
	if err := from.QueryRow(t.Context(), "SELECT count(*) FROM jazzhr.tenants WHERE tenant_id = ANY($1)", tenants).Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}

// standing returns the role and the tenant that are set on a connection.
func standing(t *testing.T, from queryer) (now [2]string) {
	t.Helper()
	err := from.QueryRow(t.Context(), "SELECT current_user, coalesce(current_setting('jazzhr.tenant_id', true), '')").Scan(&now[0], &now[1])
	if err != nil {
		t.Error(err)
	}
	return now
}

// walled returns a database with two tenants, a pool of one connection, and what stands on it.
func walled(t *testing.T) (pool *pgxpool.Pool, one, other uuid.UUID, before [2]string) {
	t.Helper()
	database := dbtest.New(t)
	one, other = uuid.New(), uuid.New()
	for _, tenant := range []uuid.UUID{one, other} {
		exec(t, database, "INSERT INTO jazzhr.tenants (tenant_id, name, region) VALUES ($1, 'Acme', 'us')", tenant)
	}
	pool, err := db.Open(t.Context(), database.URL, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, one, other, standing(t, pool)
}

func refusedByWall(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == pgerrcode.InsufficientPrivilege
}

// TestWallStands checks what a transaction for one tenant sees and may do, and that its connection has
// no role and no tenant left, however it ended.
func TestWallStands(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() error{
		"commit":   func() error { return nil },
		"rollback": func() error { return errRefused },
		"panic":    func() error { panic("a bug") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, one, other, before := walled(t)
			func() {
				defer func() { _ = recover() }()
				_ = db.InTenant(t.Context(), pool, one, func(tx db.TenantTx) error {
					if now := standing(t, tx); now[0] == before[0] || now[1] != one.String() {
						t.Errorf("it works as %q", now)
					}
					if n := seen(t, tx, one, other); n != 1 {
						t.Errorf("it sees %d tenants", n)
					}
					tag, err := tx.Exec(t.Context(), "UPDATE jazzhr.tenants SET name = 'Taken'")
					if err != nil || tag.RowsAffected() != 1 {
						t.Errorf("it changes %s, error %v", tag, err)
					}
					return end()
				})
			}()
			if now := standing(t, pool); now != before {
				t.Errorf("afterwards %q is left, not %q", now, before)
			}
			if n := seen(t, pool, one, other); n != 2 {
				t.Errorf("afterwards %d tenants are seen", n)
			}
		})
	}
}

// TestWallRefuses checks that no row of another tenant can be added, nor a row be given to it.
func TestWallRefuses(t *testing.T) {
	t.Parallel()
	pool, one, other, _ := walled(t)
	for _, statement := range []string{
		"INSERT INTO jazzhr.stages (tenant_id, stage) VALUES ($1, 'Hired')",
		"UPDATE jazzhr.tenants SET tenant_id = $1",
	} {
		err := db.InTenant(t.Context(), pool, one, func(tx db.TenantTx) error {
			_, err := tx.Exec(t.Context(), statement, other)
			return err
		})
		if !refusedByWall(err) {
			t.Errorf("%s: error %v", statement, err)
		}
	}
}

// TestWallWithin checks that a transaction has its own role and tenant again after work for a tenant
// within it, whether that failed or not.
func TestWallWithin(t *testing.T) {
	t.Parallel()
	pool, one, other, before := walled(t)
	ctx := t.Context()
	within := map[string]func(pgx.Tx, uuid.UUID, func(db.TenantTx) error) error{
		"InTenant": func(tx pgx.Tx, tenant uuid.UUID, work func(db.TenantTx) error) error {
			return db.InTenant(ctx, tx, tenant, work)
		},
		"ForTenant": func(tx pgx.Tx, tenant uuid.UUID, work func(db.TenantTx) error) error {
			return db.ForTenant(ctx, tx, tenant, work)
		},
	}
	for name, nest := range within {
		for _, want := range []error{nil, errRefused} {
			err := db.InTx(ctx, pool, func(tx pgx.Tx) error {
				err := nest(tx, one, func(tx db.TenantTx) error {
					if now := standing(t, tx); now[1] != one.String() || (now[0] == before[0]) != (name == "ForTenant") {
						t.Errorf("%s works as %q", name, now)
					}
					return want
				})
				if now := standing(t, tx); now != before || !errors.Is(err, want) {
					t.Errorf("after %s and %v: %q, error %v", name, want, now, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		err := db.InTenant(ctx, pool, one, func(tx db.TenantTx) error {
			outer := standing(t, tx)
			err := nest(tx, other, func(tx db.TenantTx) error {
				if now := standing(t, tx); now != [2]string{outer[0], other.String()} || seen(t, tx, one) != 0 {
					t.Errorf("%s within another tenant's works as %q", name, now)
				}
				return nil
			})
			if now := standing(t, tx); now != outer {
				t.Errorf("after %s within another tenant's: %q", name, now)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestForTenantAgain checks that work for the tenant of the transaction costs no trip.
func TestForTenantAgain(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	pool, trips := database.CountTrips(t)
	trips.Hold(t, 2, func() { // begin and commit
		err := db.InTenant(t.Context(), pool, uuid.New(), func(tx db.TenantTx) error {
			return db.ForTenant(t.Context(), tx, tx.Tenant, func(db.TenantTx) error { return nil })
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestForTenantAfterAnError checks that an error of the database comes through, and that nothing is
// left after it.
func TestForTenantAfterAnError(t *testing.T) {
	t.Parallel()
	pool, one, other, before := walled(t)
	err := db.InTenant(t.Context(), pool, one, func(tx db.TenantTx) error {
		return db.InTenant(t.Context(), tx, other, func(tx db.TenantTx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO jazzhr.stages (tenant_id, stage) VALUES ($1, 'Hired')", one)
			return err
		})
	})
	if !refusedByWall(err) {
		t.Errorf("error %v", err)
	}
	if now := standing(t, pool); now != before {
		t.Errorf("%q is left", now)
	}
}

// TestOf checks single queries for a tenant: each kind of call works in its role, in one trip, gives the
// connection back and leaves nothing on it.
func TestOf(t *testing.T) {
	t.Parallel()
	pool, one, other, before := walled(t)
	ctx, own := t.Context(), db.Of(pool, one)
	if row, err := gen.New().Tenant(ctx, own, one); err != nil || row.TenantID != one {
		t.Errorf("its own row is %s, error %v", row.TenantID, err)
	}
	if _, err := gen.New().Tenant(ctx, own, other); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("another one's row: error %v", err)
	}
	rows, err := own.Query(ctx, "SELECT tenant_id FROM jazzhr.tenants")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil || len(found) != 1 || found[0] != one {
		t.Errorf("it finds %v, error %v", found, err)
	}
	if tag, err := own.Exec(ctx, "UPDATE jazzhr.tenants SET name = 'Mine'"); err != nil || tag.RowsAffected() != 1 {
		t.Errorf("it changes %s, error %v", tag, err)
	}
	if _, err := own.Exec(ctx, "INSERT INTO jazzhr.stages (tenant_id, stage) VALUES ($1, 'Hired')", other); !refusedByWall(err) {
		t.Errorf("error %v", err)
	}
	if rows, err := own.Query(ctx, "SELECT nothing FROM jazzhr.tenants"); err == nil {
		rows.Close()
		t.Error("a query that is wrong has no error")
	}
	if err := own.QueryRow(ctx, "SELECT nothing FROM jazzhr.tenants").Scan(); err == nil {
		t.Error("a row that is wrong has no error")
	}
	rows, err = own.Query(ctx, "SELECT generate_series(1, 1000)")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	rows.Close() // before its end
	rows.Close()
	if now := standing(t, pool); now != before || pool.Stat().AcquiredConns() != 0 {
		t.Errorf("%q is left, and %d connections are held", now, pool.Stat().AcquiredConns())
	}
	pool.Close()
	if _, err := own.Exec(ctx, "SELECT 1"); err == nil {
		t.Error("a closed pool has no error")
	}
}

// TestOfTrips holds that a single query for a tenant costs no further trip.
func TestOfTrips(t *testing.T) {
	t.Parallel()
	pool, trips := dbtest.New(t).CountTrips(t)
	trips.Hold(t, 1, func() {
		tenant := uuid.New()
		if _, err := gen.New().Tenant(t.Context(), db.Of(pool, tenant), tenant); !errors.Is(err, pgx.ErrNoRows) {
			t.Error(err)
		}
	})
}
