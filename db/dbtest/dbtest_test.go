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
	defer conn.Close(context.Background())
	if name := conn.Config().Database; !strings.HasPrefix(name, "jazzhr_test_") {
		t.Errorf("the URL leads to database %s", name)
	}
}

func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	witness := dbtest.New(t)
	var name string
	t.Run("a test", func(t *testing.T) {
		database := dbtest.New(t)
		name = database.Pool.Config().ConnConfig.Database
		// A connection that the test forgets does not keep the database.
		if _, err := pgx.Connect(t.Context(), database.URL); err != nil {
			t.Fatal(err)
		}
		if count(t, witness, "pg_database WHERE datname = '"+name+"'") != 1 {
			t.Errorf("there is no database %s", name)
		}
	})
	if count(t, witness, "pg_database WHERE datname = '"+name+"'") != 0 {
		t.Errorf("database %s is left", name)
	}
}

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
		// The same prepared statement each time, on a connection that is older than the offsets.
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
