package dbtest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	one, other := dbtest.New(t), dbtest.New(t)
	if _, err := one.Pool.Exec(t.Context(), "CREATE TABLE jazzhr.mine ()"); err != nil {
		t.Fatal(err)
	}
	if count(t, other, "pg_tables WHERE tablename = 'mine'") != 0 {
		t.Error("a table of one test shows in another's database")
	}
	for _, table := range []string{"tenants", "river_job"} {
		if count(t, other, "pg_tables WHERE schemaname = 'jazzhr' AND tablename = '"+table+"'") != 1 {
			t.Errorf("there is no table %s", table)
		}
	}
	conn, err := pgx.Connect(t.Context(), other.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if name := conn.Config().Database; !strings.HasPrefix(name, "jazzhr_test_") {
		t.Errorf("the URL leads to database %s", name)
	}
}

// TestReuse checks that a database is emptied and given to another test. It is not parallel:
// another test could take the database.
func TestReuse(t *testing.T) { //nolint:paralleltest // see above
	var first string
	var forgotten *pgx.Conn
	t.Run("a test", func(t *testing.T) { // it ends before the next test begins
		database := dbtest.New(t)
		first = nameOf(database)
		if _, err := database.Pool.Exec(t.Context(), `INSERT INTO jazzhr.tenants (tenant_id, name, region)
			VALUES ('00000000-0000-0000-0000-000000000001', 'Acme', 'us')`); err != nil {
			t.Fatal(err)
		}
		dbtest.OffsetClock(t, database, time.Hour)
		execute("REINDEX INDEX CONCURRENTLY jazzhr.river_job_kind")(t, database) // as River does at midnight
		var err error
		if forgotten, err = pgx.Connect(t.Context(), database.URL); err != nil {
			t.Fatal(err)
		}
	})
	database := dbtest.New(t)
	if name := nameOf(database); name != first {
		t.Errorf("the second database is %s, not %s", name, first)
	}
	if n := count(t, database, "jazzhr.tenants"); n != 0 {
		t.Errorf("%d tenants are left", n)
	}
	if n := count(t, database, "dbtest.clock WHERE ahead <> '0'"); n != 0 {
		t.Error("the clock is left as it was")
	}
	if err := forgotten.Ping(t.Context()); err == nil {
		t.Error("a session is left")
	}
}

// TestChangedIsDropped checks that a database which differs from the template in more than rows is
// dropped.
func TestChangedIsDropped(t *testing.T) {
	t.Parallel()
	witness := dbtest.New(t)
	for name, change := range map[string]func(*testing.T, *dbtest.Database){
		"table":      execute("CREATE TABLE jazzhr.mine ()"),
		"name":       execute("ALTER TABLE jazzhr.river_job RENAME TO river_job_gone"),
		"column":     execute("ALTER TABLE jazzhr.tenants ADD COLUMN mine text"),
		"function":   execute("CREATE FUNCTION jazzhr.mine() RETURNS int LANGUAGE sql RETURN 1"),
		"constraint": execute("ALTER TABLE jazzhr.tenants DROP CONSTRAINT tenants_region_check"),
		"index":      execute("DROP INDEX jazzhr.tenants_next_poll_at_idx"),
		"release":    execute("UPDATE jazzhr.schema_compat SET min_release_schema = 1000"),
		"version":    execute("DELETE FROM jazzhr.river_migration WHERE version = 6"),
		"schema":     execute("DROP SCHEMA jazzhr CASCADE"),
		"pool":       func(_ *testing.T, database *dbtest.Database) { database.Pool.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var left string
			t.Run("a test", func(t *testing.T) { // checked after its end
				database := dbtest.New(t)
				left = nameOf(database)
				change(t, database)
			})
			if count(t, witness, "pg_database WHERE datname = '"+left+"'") != 0 {
				t.Errorf("database %s is left", left)
			}
		})
	}
}

func execute(statement string) func(*testing.T, *dbtest.Database) {
	return func(t *testing.T, database *dbtest.Database) {
		t.Helper()
		if _, err := database.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func nameOf(database *dbtest.Database) string { return database.Pool.Config().ConnConfig.Database }

func TestOffsetClock(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	conn, err := database.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	ahead := func() time.Duration {
		t.Helper()
		// This is the same prepared statement each time, on a connection that is older than the
		// offsets.
		var seconds float64
		err := conn.QueryRow(t.Context(),
			"SELECT extract(epoch FROM jazzhr.now() - statement_timestamp())::float8").Scan(&seconds)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond)
	}
	if d := ahead(); d != 0 {
		t.Errorf("a new database's clock is %s ahead", d)
	}
	for _, want := range []time.Duration{90 * time.Minute, -24 * time.Hour, 1500 * time.Microsecond} {
		dbtest.OffsetClock(t, database, want)
		if d := ahead(); d != want {
			t.Errorf("the clock is %s ahead, want %s", d, want)
		}
	}
}

func TestServerOfItsOwn(t *testing.T) {
	t.Parallel()
	server := dbtest.Server(t)
	database := dbtest.NewOn(t, server)
	if _, err := database.Pool.Exec(t.Context(), "CREATE TABLE jazzhr.kept AS SELECT 1 AS n"); err != nil {
		t.Fatal(err)
	}
	server.StopImmediate()
	if err := database.Pool.Ping(t.Context()); err == nil {
		t.Error("a stopped server answers")
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if count(t, database, "jazzhr.kept") != 1 {
		t.Error("what was committed is gone")
	}
}

func count(t *testing.T, database *dbtest.Database, from string) (n int) {
	t.Helper()
	if err := database.Pool.QueryRow(t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
