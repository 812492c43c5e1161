package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// acquirer is a pool.
type acquirer interface {
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// roleKey is where a connection keeps the name of the tenants' role.
const roleKey = "jazzhr tenants' role"

// beginTenant begins a transaction in the tenants' role for one tenant, in the trip that begins it.
// SET takes no parameters; as a query, with set_config, this would take the server five times as
// long.
func beginTenant(ctx context.Context, conn *pgx.Conn, begin string, tenant uuid.UUID) (pgx.Tx, error) {
	kept := conn.PgConn().CustomData()
	role, ok := kept[roleKey].(string)
	if !ok { // once for each connection
		if err := conn.QueryRow(ctx, "SELECT jazzhr.tenant_role()").Scan(&role); err != nil {
			return nil, fmt.Errorf("ask for the tenants' role: %w", err)
		}
		role = pgx.Identifier{role}.Sanitize()
		kept[roleKey] = role
	}
	return conn.BeginTx(ctx, pgx.TxOptions{
		BeginQuery: begin + "; set local role " + role + "; set local jazzhr.tenant_id = '" + tenant.String() + "'",
	})
}

// Statements that work for a tenant from here to the end of the transaction. They return what was
// set before.
const (
	enterRole = `SELECT current_setting('role'), coalesce(current_setting('jazzhr.tenant_id', true), ''),
		set_config('role', jazzhr.tenant_role(), true), set_config('jazzhr.tenant_id', $1, true)`
	enterTenant = `SELECT current_setting('role'), coalesce(current_setting('jazzhr.tenant_id', true), ''),
		'', set_config('jazzhr.tenant_id', $1, true)`
	leave = "SELECT set_config('role', $1, true), set_config('jazzhr.tenant_id', $2, true)"
)

// within runs work for a tenant in a transaction that goes on afterwards as it was.
func within(ctx context.Context, tx pgx.Tx, enter string, tenant uuid.UUID, work func(TenantTx) error) error {
	if tenant == uuid.Nil {
		return errors.New("tenant transaction: no tenant")
	}
	var role, before, newRole, set string
	if err := tx.QueryRow(ctx, enter, tenant.String()).Scan(&role, &before, &newRole, &set); err != nil {
		return fmt.Errorf("work for the tenant: %w", err)
	}
	if outer, ok := tx.(TenantTx); ok {
		tx = outer.Tx
	}
	worked := work(TenantTx{Tx: tx, Tenant: tenant, Q: gen.New()})
	// After an error of the database only a rollback is left to the transaction, which takes back what
	// was set too.
	if tx.Conn().PgConn().TxStatus() != 'T' {
		return worked
	}
	if _, err := tx.Exec(ctx, leave, role, before); err != nil {
		return errors.Join(worked, fmt.Errorf("go on as before: %w", err))
	}
	return worked
}

// Of returns the pool for single queries of one tenant. Each runs in the tenants' role and in a
// transaction of its own, as in [InTenant], in one trip.
func Of(pool *pgxpool.Pool, tenant uuid.UUID) gen.DBTX { return single{pool, tenant} }

// single sends each query behind the statement that works for the tenant, as a batch. What that
// statement sets ends with the batch, which is one transaction.
type single struct {
	pool   *pgxpool.Pool
	tenant uuid.UUID
}

const enterAlone = "SELECT set_config('role', jazzhr.tenant_role(), true), set_config('jazzhr.tenant_id', $1, true)"

func (s single) send(ctx context.Context, query string, args []any) (pgx.BatchResults, error) {
	batch := &pgx.Batch{}
	batch.Queue(enterAlone, s.tenant.String())
	batch.Queue(query, args...)
	results := s.pool.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		_ = results.Close() // says the same
		return nil, err
	}
	return results, nil
}

// Exec runs a statement for the tenant.
func (s single) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	results, err := s.send(ctx, query, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if endErr := results.Close(); err == nil {
		err = endErr
	}
	return tag, err
}

// Query runs a query for the tenant.
func (s single) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	results, err := s.send(ctx, query, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close() // says the same
		return nil, err
	}
	return &singleRows{rows, results, nil}, nil
}

// QueryRow runs a query for the tenant. An error shows when the row is read.
func (s single) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	results, err := s.send(ctx, query, args)
	return singleRow{results, err}
}

// singleRows gives the connection back when it is closed.
type singleRows struct {
	pgx.Rows
	results pgx.BatchResults
	end     error
}

// Next closes the rows after the last one.
func (r *singleRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Close commits.
func (r *singleRows) Close() {
	r.Rows.Close()
	if r.results != nil {
		r.end, r.results = r.results.Close(), nil
	}
}

// Err returns the error of the query or of its commit.
func (r *singleRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.end
}

type singleRow struct {
	results pgx.BatchResults
	err     error
}

// Scan reads the row.
func (r singleRow) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	err := r.results.QueryRow().Scan(into...)
	if endErr := r.results.Close(); err == nil {
		err = endErr
	}
	return err
}
