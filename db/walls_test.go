package db_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

// TestWalls checks that every table with a tenant_id has row security, forced, and both policies.
func TestWalls(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	owner := all(t, database, "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'jazzhr'")[0]
	want := "security t, forced t: system to " + owner + "_system: true; " +
		"tenant to -: (tenant_id = (NULLIF(current_setting('jazzhr.tenant_id'::text, true), ''::text))::uuid)"
	walls := all(t, database, `SELECT concat(c.relname, ' security ', c.relrowsecurity, ', forced ', c.relforcerowsecurity, ': ',
			(SELECT string_agg(concat(p.polname, ' to ', p.polroles[1]::regrole, ': ', pg_get_expr(p.polqual, p.polrelid)), '; '
				ORDER BY p.polname)
			FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*' AND p.polwithcheck IS NULL))
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'jazzhr'::regnamespace AND c.relkind = 'r' AND a.attname = 'tenant_id'`)
	if len(walls) != len(tenantTables(t)) {
		t.Errorf("%d tables of %d are looked at", len(walls), len(tenantTables(t)))
	}
	for _, wall := range walls {
		if _, is, _ := strings.Cut(wall, " "); is != want {
			t.Errorf("table %s", wall)
		}
	}
}

// TestLaterTablesGetWalls checks that `migrate up` walls a table that has none, and that no release
// works on a database where one is missing.
func TestLaterTablesGetWalls(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	for _, change := range []string{
		"CREATE TABLE jazzhr.later (tenant_id uuid NOT NULL)",
		"ALTER TABLE jazzhr.events NO FORCE ROW LEVEL SECURITY",
		"DROP POLICY tenant ON jazzhr.steps",
		"ALTER POLICY system ON jazzhr.steps TO PUBLIC",
	} {
		exec(t, database, change)
		if err := db.CheckSchema(t.Context(), database.URL); !errors.Is(err, db.ErrSchemaOld) {
			t.Errorf("%s: error %v", change, err)
		}
		if _, err := db.Migrate(t.Context(), database.URL); err != nil {
			t.Error(err)
		}
		if err := db.CheckSchema(t.Context(), database.URL); err != nil {
			t.Errorf("%s: after `migrate up`: %v", change, err)
		}
	}
}
