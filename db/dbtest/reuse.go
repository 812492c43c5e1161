package dbtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
)

// takeIdle returns a database that an ended test has given back, or nil.
func (s *shared) takeIdle() *Database {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) == 0 {
		return nil
	}
	last := len(s.idle) - 1
	database := s.idle[last]
	s.idle = s.idle[:last]
	return database
}

// giveBack empties a database for another test. It drops the database if the test failed, closed
// the pool, kept connections or changed more than rows.
func (s *shared) giveBack(t testing.TB, serverURL string, database *Database) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	if t.Failed() || !s.reuse || database.Pool.Stat().AcquiredConns() > 0 || database.Empty(ctx) != nil {
		database.drop(t, serverURL)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, database)
}

var errChanged = errors.New("the database's schema was changed")

// Empty restores the state in which the database was created. It ends the sessions that belong
// neither to its pool nor to the given pools, deletes all rows but those of the template, and
// resets the clock. It fails if the schema was changed.
func (d *Database) Empty(ctx context.Context, pools ...*pgxpool.Pool) error {
	var pids []uint32
	for _, pool := range append(pools, d.Pool) {
		conns := pool.AcquireAllIdle(ctx)
		for _, conn := range conns {
			pids = append(pids, conn.Conn().PgConn().PID())
		}
		for _, conn := range conns {
			conn.Release()
		}
	}
	return db.InTx(ctx, d.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> ALL($1) AND pid <> pg_backend_pid()
				AND backend_type = 'client backend'`, pids); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		if now, err := fingerprint(ctx, tx); err != nil || now != d.fingerprint {
			return errors.Join(errChanged, err)
		}
		tables, err := Tables(ctx, tx)
		if err != nil {
			return err
		}
		// The record is removed by the purge alone, and its chain begins anew.
		if _, err := tx.Exec(ctx, "SELECT set_config('jazzhr.purges_record', 'on', true)"); err != nil {
			return fmt.Errorf("allow to empty the record: %w", err)
		}
		for i := range tables {
			tables[i] = "DELETE FROM " + tables[i]
		}
		if _, err := tx.Exec(ctx, strings.Join(tables, ";")); err != nil {
			return fmt.Errorf("empty the tables: %w", err)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO jazzhr.record_chain DEFAULT VALUES"); err != nil {
			return fmt.Errorf("begin the record's chain: %w", err)
		}
		if _, err := tx.Exec(ctx, "UPDATE dbtest.clock SET stepped = '0'"); err != nil {
			return fmt.Errorf("reset the clock: %w", err)
		}
		return SetClock(ctx, tx, 0)
	})
}

// Tables returns the service's tables but those of migrations. Tables with foreign keys precede
// those they refer to.
func Tables(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE t (oid, depth) AS (
			SELECT c.oid, 0 FROM pg_class c WHERE c.relnamespace = 'jazzhr'::regnamespace AND c.relkind = 'r'
				AND c.relname NOT IN ('schema_compat', 'schema_version', 'river_migration')
			UNION ALL
			SELECT f.confrelid, t.depth + 1 FROM t
				JOIN pg_constraint f ON f.conrelid = t.oid AND f.contype = 'f' AND f.confrelid <> t.oid
		)
		SELECT 'jazzhr.' || quote_ident(c.relname) FROM t JOIN pg_class c USING (oid) GROUP BY 1 ORDER BY max(depth), 1`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	return slices.Clip(tables), nil
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

var _ queryer = (*pgxpool.Pool)(nil)

// fingerprint hashes the rows of the system catalogs that describe the schema. Each change of the
// schema rewrites one of them.
func fingerprint(ctx context.Context, conn queryer) (text string, err error) {
	err = conn.QueryRow(ctx, `SELECT md5(string_agg(row, ' ' ORDER BY row)) FROM (
			SELECT 'c' || oid || ' ' || relname || ' ' || relnamespace || ' ' || coalesce(reloptions::text, '')
				|| relrowsecurity || relforcerowsecurity FROM pg_class
				WHERE oid >= 16384 AND relkind <> 'i'
			UNION ALL SELECT 'i' || pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index
				WHERE indexrelid >= 16384 AND indexrelid::regclass::text !~ '_cc(new|old)\d*"?$'
			UNION ALL SELECT 'a' || attrelid || ' ' || attnum || ' ' || xmin FROM pg_attribute
				WHERE attrelid IN (SELECT oid FROM pg_class WHERE oid >= 16384 AND relkind <> 'i')
			UNION ALL SELECT 'p' || oid || ' ' || xmin FROM pg_proc WHERE oid >= 16384
			UNION ALL SELECT 'n' || oid || ' ' || xmin FROM pg_namespace WHERE oid >= 16384
			UNION ALL SELECT 'f' || oid || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384
			UNION ALL SELECT 'w' || oid || ' ' || xmin FROM pg_policy
			UNION ALL SELECT 't' || oid || ' ' || xmin FROM pg_trigger WHERE oid >= 16384
			UNION ALL SELECT 's' || min_release_schema FROM jazzhr.schema_compat
			UNION ALL SELECT 'v' || version_id || ' ' || is_applied FROM jazzhr.schema_version
			UNION ALL SELECT 'r' || version FROM jazzhr.river_migration
			UNION ALL SELECT 'd' || setrole || ' ' || setconfig::text FROM pg_db_role_setting
				WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
		) AS described (row)`).Scan(&text)
	if err != nil {
		return "", fmt.Errorf("look at the schema: %w", err)
	}
	return text, nil
}
