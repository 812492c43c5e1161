package db_test

import (
	"os"
	"slices"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

// TestRiverShape compares sql/river.sql, by which sqlc checks the queries, with the tables that
// River's migrations make.
func TestRiverShape(t *testing.T) {
	t.Parallel()
	declared, made := empty(t), dbtest.New(t)
	text, err := os.ReadFile("../sql/river.sql")
	if err != nil {
		t.Fatal(err)
	}
	exec(t, declared, string(text))
	for what, query := range map[string]string{
		"columns": `SELECT concat_ws(' ', table_name, column_name, data_type, udt_name, is_nullable) FROM information_schema.columns
			WHERE table_schema = 'jazzhr' AND table_name LIKE 'river\_%' ORDER BY 1`,
		"enum labels": `SELECT concat_ws(' ', enumtypid::regtype, enumlabel) FROM pg_enum ORDER BY 1`,
		"primary keys": `SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
			WHERE connamespace = 'jazzhr'::regnamespace AND contype = 'p' AND conrelid = 'jazzhr.river_job'::regclass`,
		"persistence": `SELECT concat_ws(' ', relname, relpersistence) FROM pg_class
			WHERE relnamespace = 'jazzhr'::regnamespace AND relname IN ('river_job', 'river_leader')`,
	} {
		wanted, there := all(t, declared, query), all(t, made, query)
		if len(wanted) == 0 {
			t.Errorf("no %s are declared", what)
		}
		for _, line := range wanted {
			if !slices.Contains(there, line) {
				t.Errorf("River's migrations make no such %s: %s", what, line)
			}
		}
	}
}
