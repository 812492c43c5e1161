// Package dbtest gives each test a PostgreSQL database of its own, with the schema in place.
//
// A database is a copy of a template that is migrated once a server and schema. The server is the one that
// TEST_DATABASE_URL (set by withpg, which `make test` runs) or DATABASE_URL names; else the test process starts one of its
// own, which ends with it. A role named in such a URL needs CREATEDB. On a server named by DATABASE_URL the template stays,
// as jazzhr_template_…, for the next run; the tests' own databases are always dropped.
//
// Where no server can be had, tests fail; none is skipped.
package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/localpg"
)

const (
	// poolSize is the most connections a test's pool opens: enough for tests of things done at once, and few enough for
	// all packages' parallel tests on one server.
	poolSize = 10

	// setupTimeout bounds the making and dropping of a database, the start of a server included.
	setupTimeout = 2 * time.Minute
)

// Database is a database of one test's own. It is dropped when the test ends.
type Database struct {
	// URL connects to it, for what opens connections of its own.
	URL string
	// Pool is open until the test ends.
	Pool *pgxpool.Pool
}

// New returns a fresh database with the schema in place.
func New(t testing.TB) *Database {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()

	server, template, err := ofProcess.get(ctx)
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	return create(ctx, t, server, template)
}

// NewOn is [New] on a server of the test's own, as [Server] returns it.
func NewOn(t testing.TB, server *localpg.Server) *Database {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()

	url := server.URL("postgres")
	template, err := ensureTemplate(ctx, url)
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	return create(ctx, t, url, template)
}

// Server returns a server of the test's own, to crash and start again. It ends with the test.
func Server(t testing.TB) *localpg.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()

	server, err := localpg.Start(ctx, localpg.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Main runs a package's tests, ends the server that they may have started, fails them if goroutines are left, and exits.
// It is the body of TestMain in a package whose tests are checked for leaks; others need no TestMain.
func Main(m *testing.M, options ...goleak.Option) {
	goleak.VerifyTestMain(suite{m}, options...)
}

type suite struct{ m *testing.M }

func (s suite) Run() int {
	defer ofProcess.stop()
	return s.m.Run()
}

// create copies the template.
func create(ctx context.Context, t testing.TB, serverURL, template string) *Database {
	t.Helper()
	name := "jazzhr_test_" + strings.ToLower(rand.Text())
	url, err := urlOf(serverURL, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := execute(ctx, serverURL, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template)); err != nil {
		t.Fatalf("create a test's database: %v", err)
	}
	t.Cleanup(func() { drop(t, serverURL, name) })
	pool, err := db.Open(ctx, url, t.Name(), poolSize)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &Database{URL: url, Pool: pool}
}

func drop(t testing.TB, serverURL, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	if err := execute(ctx, serverURL, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
		t.Errorf("drop a test's database: %v", err)
	}
}

// execute runs one statement on a connection of its own.
func execute(ctx context.Context, url, statement string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// OffsetClock sets how far the database's clock, jazzhr.now(), is ahead of the real one (behind it, if d is negative). It
// replaces the offset of an earlier call, and holds for every connection from its next statement on.
func OffsetClock(t testing.TB, database *Database, d time.Duration) {
	t.Helper()
	err := db.InTx(t.Context(), database.Pool, func(tx pgx.Tx) error {
		for _, statement := range []string{
			`CREATE TABLE IF NOT EXISTS jazzhr.test_clock_offset (
				only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
				ahead    interval NOT NULL)`,
			`CREATE OR REPLACE FUNCTION jazzhr.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
				RETURN statement_timestamp() + (SELECT ahead FROM jazzhr.test_clock_offset)`,
		} {
			if _, err := tx.Exec(t.Context(), statement); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO jazzhr.test_clock_offset (ahead)
			VALUES ($1::bigint * interval '1 microsecond')
			ON CONFLICT (only_row) DO UPDATE SET ahead = excluded.ahead`, d.Microseconds())
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("offset the database's clock: %w", err))
	}
}
