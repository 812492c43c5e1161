// Package dbtest gives each test a PostgreSQL database of its own, with the schema in place.
//
// [New] returns it. The database is a copy of a template, which is migrated once for each server
// and schema. If a test has changed nothing but rows, its database is emptied and given to another
// test, together with its open connections: making these anew takes longer than most tests (see
// reuse.go).
//
// The server is the one that TEST_DATABASE_URL names (withpg sets it, which `make test` runs), or
// DATABASE_URL. The role in this URL needs CREATEDB and CREATEROLE. Without either, the test process starts a
// server of its own, which ends with it. On the server of DATABASE_URL the template stays for the
// next run, as jazzhr_template_…; the tests' databases are always dropped.
//
// Without a server, tests fail; none is skipped.
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
	// poolSize is the most connections that a test's pool opens. It is enough for tests of
	// concurrency, and few enough for the parallel tests of all packages on one server.
	poolSize = 10

	// setupTimeout bounds the creation and the drop of a database, the start of a server included.
	setupTimeout = 2 * time.Minute
)

// Database belongs to one test until the test ends.
type Database struct {
	// URL is for code that opens connections itself.
	URL string
	// Pool is open until the test ends.
	Pool *pgxpool.Pool

	fingerprint string // of the schema, when the database was created
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

// NewOn is [New] on a server that [Server] has returned.
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

// Server starts a server for one test, which can crash and restart it. It ends with the test.
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

// Main runs a package's tests, stops the server that they may have started, fails if goroutines are
// left, and exits. It is the body of TestMain in packages whose tests are checked for leaks; other
// packages need no TestMain. m is the *testing.M, or wraps it.
func Main(m goleak.TestingM, options ...goleak.Option) {
	goleak.VerifyTestMain(suite{m}, options...)
}

type suite struct{ m goleak.TestingM }

func (s suite) Run() int {
	ofProcess.reuse = true
	defer ofProcess.stop()
	return s.m.Run()
}

// create returns a copy of the template.
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
		database.fingerprint, err = fingerprint(ctx, database.Pool)
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

// OffsetClock sets the database's clock, jazzhr.now(), to d ahead of the real time, or behind if d
// is negative. It replaces the offset of an earlier call. Every connection sees it from its next
// statement on.
func OffsetClock(t testing.TB, database *Database, d time.Duration) {
	t.Helper()
	if err := SetClock(t.Context(), database.Pool, d); err != nil {
		t.Fatal(err)
	}
}

// StepClock sets the clock of the database's server on or back by d, as an administrator may, or a
// failover to another server. [OffsetClock] lets time pass for everybody; a step is none.
func StepClock(t testing.TB, database *Database, d time.Duration) {
	t.Helper()
	if err := Step(t.Context(), database.Pool, d); err != nil {
		t.Fatal(err)
	}
}

// Step is [StepClock] on the caller's connection or in the caller's transaction.
func Step(ctx context.Context, conn gen.DBTX, d time.Duration) error {
	_, err := conn.Exec(ctx, "UPDATE dbtest.clock SET stepped = stepped + $1::bigint * interval '1 microsecond'", d.Microseconds())
	if err != nil {
		return fmt.Errorf("step the database's clock: %w", err)
	}
	return nil
}

// SetClock is [OffsetClock] on the caller's connection or in the caller's transaction.
func SetClock(ctx context.Context, conn gen.DBTX, d time.Duration) error {
	_, err := conn.Exec(ctx, "UPDATE dbtest.clock SET ahead = $1::bigint * interval '1 microsecond'", d.Microseconds())
	if err != nil {
		return fmt.Errorf("offset the database's clock: %w", err)
	}
	return nil
}

// clock makes jazzhr.now() and jazzhr.clock() movable. Its table is in a schema of its own. The function is in
// PL/pgSQL because PostgreSQL plans a function in SQL anew for each statement that calls it.
const clock = `
	CREATE SCHEMA dbtest;
	CREATE TABLE dbtest.clock (ahead interval NOT NULL, stepped interval NOT NULL);
	INSERT INTO dbtest.clock VALUES ('0', '0');
	CREATE OR REPLACE FUNCTION jazzhr.now() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE
		AS 'BEGIN RETURN statement_timestamp() + (SELECT ahead + stepped FROM dbtest.clock); END';
	CREATE OR REPLACE FUNCTION jazzhr.clock() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE
		AS 'BEGIN RETURN statement_timestamp() + (SELECT stepped FROM dbtest.clock); END';
	GRANT USAGE ON SCHEMA dbtest TO PUBLIC;
	GRANT SELECT ON dbtest.clock TO PUBLIC`
