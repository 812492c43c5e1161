// Package dbtest gives each test a PostgreSQL database of its own, with the schema in place.
//
// A database is a copy of a template that is migrated once a server and schema. One that a test has left as the template
// is, but for rows, is emptied and given to another with its open connections: making both anew costs more than most tests
// (see reuse.go). The server is the one that
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
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/db/localpg"
)

const (
	// poolSize is the most connections a test's pool opens: enough for tests of things done at once, and few enough for
	// all packages' parallel tests on one server.
	poolSize = 10

	// setupTimeout bounds the making and dropping of a database, the start of a server included.
	setupTimeout = 2 * time.Minute
)

// Database is a database of one test's own, until the test ends.
type Database struct {
	// URL connects to it, for what opens connections of its own.
	URL string
	// Pool is open until the test ends.
	Pool *pgxpool.Pool

	made string // its fingerprint
}

// New returns an empty database with the schema in place.
func New(t testing.TB) *Database {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()

	server, template, err := ofProcess.get(ctx)
	if err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	database := ofProcess.takeIdle()
	if database == nil {
		database = create(ctx, t, server, template)
	}
	t.Cleanup(func() { ofProcess.giveBack(t, server, database) })
	return database
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
	database := create(ctx, t, url, template)
	t.Cleanup(func() { database.drop(t, url) })
	return database
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
// It is the body of TestMain in a package whose tests are checked for leaks; others need no TestMain. m is the package's
// tests: a *testing.M, or what runs one and ends something of its own.
func Main(m goleak.TestingM, options ...goleak.Option) {
	goleak.VerifyTestMain(suite{m}, options...)
}

type suite struct{ m goleak.TestingM }

func (s suite) Run() int {
	ofProcess.reuse = true
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
	database := &Database{URL: url}
	if database.Pool, err = db.Open(ctx, url, "test", poolSize); err == nil {
		database.made, err = fingerprint(ctx, database.Pool)
	}
	if err != nil {
		database.drop(t, serverURL)
		t.Fatal(err)
	}
	return database
}

func (d *Database) drop(t testing.TB, serverURL string) {
	t.Helper()
	if err := d.end(serverURL); err != nil {
		t.Error(err)
	}
}

// end closes the pool and drops the database.
func (d *Database) end(serverURL string) error {
	if d.Pool != nil {
		d.Pool.Close()
	}
	name := d.URL[strings.LastIndexByte(d.URL, '/')+1:]
	name, _, _ = strings.Cut(name, "?")
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	if err := execute(ctx, serverURL, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop a test's database: %w", err)
	}
	return nil
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
	if err := SetClock(t.Context(), database.Pool, d); err != nil {
		t.Fatal(err)
	}
}

// SetClock is [OffsetClock] on a connection or in a transaction of the caller's.
func SetClock(ctx context.Context, conn gen.DBTX, d time.Duration) error {
	_, err := conn.Exec(ctx, "UPDATE dbtest.clock SET ahead = $1::bigint * interval '1 microsecond'", d.Microseconds())
	if err != nil {
		return fmt.Errorf("offset the database's clock: %w", err)
	}
	return nil
}

// clock is what makes jazzhr.now() movable, beside the schema and not in it. The function is not of SQL, since PostgreSQL
// plans such a one anew for each statement that calls it.
const clock = `
	CREATE SCHEMA dbtest;
	CREATE TABLE dbtest.clock (ahead interval NOT NULL);
	INSERT INTO dbtest.clock VALUES ('0');
	CREATE OR REPLACE FUNCTION jazzhr.now() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE
		AS 'BEGIN RETURN statement_timestamp() + (SELECT ahead FROM dbtest.clock); END'`
