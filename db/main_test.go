package db_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func exec(t *testing.T, database *dbtest.Database, statement string, args ...any) {
	t.Helper()
	if _, err := database.Pool.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// all returns the rows of a query, which selects one text.
func all(t *testing.T, database *dbtest.Database, query string, args ...any) []string {
	t.Helper()
	rows, err := database.Pool.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// empty returns a database without the service's schema.
func empty(t *testing.T) *dbtest.Database {
	t.Helper()
	database := dbtest.New(t)
	exec(t, database, "DROP SCHEMA jazzhr, dbtest CASCADE")
	return database
}

// different lists the lines that are in only one of two texts.
func different(before, after []string) string {
	count := map[string]int{}
	for _, line := range before {
		count[line]--
	}
	for _, line := range after {
		count[line]++
	}
	var lines []string
	for line, n := range count {
		switch {
		case n < 0:
			lines = append(lines, "- "+line)
		case n > 0:
			lines = append(lines, "+ "+line)
		}
	}
	return strings.Join(lines, "\n")
}
