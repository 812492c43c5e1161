package db_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/sql"
)

// schema describes the service's schema: columns, constraints, indexes and functions.
func schema(t *testing.T, database *dbtest.Database) []string {
	t.Helper()
	return all(t, database, `
		SELECT 'column ' || concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
			FROM information_schema.columns WHERE table_schema = 'jazzhr'
		UNION ALL SELECT 'constraint ' || concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
			FROM pg_constraint WHERE connamespace = 'jazzhr'::regnamespace
		UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'jazzhr'
		UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'jazzhr'::regnamespace
		ORDER BY 1`)
}

// provider returns goose, configured as package db does it.
func provider(t *testing.T, database *dbtest.Database) *goose.Provider {
	t.Helper()
	files, err := fs.Sub(sql.Migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	handle := stdlib.OpenDBFromPool(database.Pool)
	t.Cleanup(func() { _ = handle.Close() })
	provider, err := goose.NewProvider(goose.DialectPostgres, handle, files,
		goose.WithTableName(db.Schema+".schema_version"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// applied counts the steps that a database has and those that it lacks.
func applied(t *testing.T, database *dbtest.Database) (has, lacks int) {
	t.Helper()
	steps, err := db.MigrationStatus(t.Context(), database.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if step.Name == "" || step.Version < 1 || step.Of != "schema" && step.Of != "river" {
			t.Errorf("a step is %+v", step)
		}
		if step.Applied {
			has++
		} else {
			lacks++
		}
	}
	return has, lacks
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	database := empty(t)
	has, steps := applied(t, database)
	if has != 0 || steps == 0 {
		t.Errorf("an empty database has %d steps and lacks %d", has, steps)
	}
	if found := all(t, database, "SELECT nspname::text FROM pg_namespace WHERE nspname = 'jazzhr'"); len(found) != 0 {
		t.Error("asking for the status made the schema")
	}
	done, err := db.Migrate(t.Context(), database.URL)
	if err != nil || len(done) != steps {
		t.Errorf("%d steps of %d were applied, error %v", len(done), steps, err)
	}
	for _, step := range done {
		if !step.Applied {
			t.Errorf("%+v is reported as not applied", step)
		}
	}
	if has, lacks := applied(t, database); has != steps || lacks != 0 {
		t.Errorf("the database has %d steps and lacks %d", has, lacks)
	}
	before := schema(t, database)
	if done, err := db.Migrate(t.Context(), database.URL); err != nil || len(done) != 0 {
		t.Errorf("the second time %d steps were applied, error %v", len(done), err)
	}
	if d := different(before, schema(t, database)); d != "" {
		t.Errorf("the second time changed\n%s", d)
	}
	// Everything is in one schema, so that the database can be shared.
	if strays := all(t, database, `SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'S', 'v')
		AND relnamespace NOT IN ('jazzhr'::regnamespace, 'pg_catalog'::regnamespace, 'information_schema'::regnamespace)
		AND relnamespace::regnamespace::text NOT LIKE 'pg_toast%'`); len(strays) > 0 {
		t.Errorf("%q are in other schemas", strays)
	}
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	database := empty(t)
	_, steps := applied(t, database)
	var all sync.WaitGroup
	done, errs := make([]int, 3), make([]error, 3)
	for i := range done {
		all.Go(func() {
			applied, err := db.Migrate(t.Context(), database.URL)
			done[i], errs[i] = len(applied), err
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if done[0]+done[1]+done[2] != steps || max(done[0], done[1], done[2]) != steps {
		t.Errorf("%v steps were applied, of %d", done, steps)
	}
}

// TestMigrationsReverse goes down step by step and up again, and compares the schema at each step.
func TestMigrationsReverse(t *testing.T) {
	t.Parallel()
	database := empty(t)
	if _, err := db.Migrate(t.Context(), database.URL); err != nil {
		t.Fatal(err)
	}
	provider, ctx := provider(t, database), t.Context()
	sources := provider.ListSources()
	at := make([][]string, len(sources)+1) // by the number of applied migrations
	at[len(sources)] = schema(t, database)
	for applied := len(sources); applied > 0; applied-- {
		if _, err := provider.Down(ctx); err != nil {
			t.Fatalf("down from %s: %v", sources[applied-1].Path, err)
		}
		at[applied-1] = schema(t, database)
		if different(at[applied-1], at[applied]) == "" {
			t.Errorf("%s changes nothing", sources[applied-1].Path)
		}
	}
	for _, line := range at[0] {
		if !strings.Contains(line, "river_") && !strings.Contains(line, "schema_version") {
			t.Errorf("without any migration there is %s", line)
		}
	}
	for applied, source := range sources {
		if _, err := provider.UpByOne(ctx); err != nil {
			t.Fatalf("up to %s: %v", source.Path, err)
		}
		if d := different(at[applied+1], schema(t, database)); d != "" {
			t.Errorf("after %s went down and up\n%s", source.Path, d)
		}
	}
}

func TestCheckSchema(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare  func(*testing.T, *dbtest.Database)
		want     error
		contains string
	}{
		"current": {func(*testing.T, *dbtest.Database) {}, nil, ""},
		"empty":   {func(t *testing.T, d *dbtest.Database) { exec(t, d, "DROP SCHEMA jazzhr CASCADE") }, db.ErrSchemaOld, "migrate up"},
		"last migration missing": {func(t *testing.T, d *dbtest.Database) {
			if _, err := provider(t, d).Down(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, db.ErrSchemaOld, "migrate up"},
		"River's last migration missing": {func(t *testing.T, d *dbtest.Database) {
			exec(t, d, "DELETE FROM jazzhr.river_migration WHERE version = (SELECT max(version) FROM jazzhr.river_migration)")
		}, db.ErrSchemaOld, "river"},
		"later, and compatible": {func(t *testing.T, d *dbtest.Database) {
			exec(t, d, "INSERT INTO jazzhr.schema_version (version_id, is_applied) VALUES (999, true)")
		}, nil, ""},
		"later, and not compatible": {func(t *testing.T, d *dbtest.Database) {
			exec(t, d, "UPDATE jazzhr.schema_compat SET min_release_schema = 999")
		}, db.ErrSchemaNew, "needs migration 999"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := dbtest.New(t)
			test.prepare(t, database)
			err := db.CheckSchema(t.Context(), database.URL)
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if err != nil && (!strings.Contains(err.Error(), test.contains) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("the error does not say %q in one line: %v", test.contains, err)
			}
		})
	}
}

// TestMigrateLeavesLaterSchema checks that an older release does not migrate a schema that a later
// one has marked as unusable for it, and works on one to which a later release has only added.
func TestMigrateLeavesLaterSchema(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	exec(t, database, "INSERT INTO jazzhr.schema_version (version_id, is_applied) VALUES (999, true)")
	if done, err := db.Migrate(t.Context(), database.URL); err != nil || len(done) != 0 {
		t.Errorf("beside an addition %d steps were applied, error %v", len(done), err)
	}
	exec(t, database, "UPDATE jazzhr.schema_compat SET min_release_schema = 999")
	if _, err := db.Migrate(t.Context(), database.URL); !errors.Is(err, db.ErrSchemaNew) {
		t.Errorf("error %v", err)
	}
}

// TestMigrateHidesPassword checks each function that opens a database itself.
func TestMigrateHidesPassword(t *testing.T) {
	t.Parallel()
	const url = "postgres://user:hunter2secret@127.0.0.1:1/db"
	for name, open := range map[string]func(context.Context) error{
		"Migrate":         func(ctx context.Context) error { _, err := db.Migrate(ctx, url); return err },
		"MigrationStatus": func(ctx context.Context) error { _, err := db.MigrationStatus(ctx, url); return err },
		"CheckSchema":     func(ctx context.Context) error { return db.CheckSchema(ctx, url) },
	} {
		if err := open(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestMigrateStageCases holds that moves that had ended because they kept failing become cases, but
// for those of a tenant that was disconnected; and that no case stands in the way of going down.
func TestMigrateStageCases(t *testing.T) {
	t.Parallel()
	database := empty(t)
	if _, err := db.Migrate(t.Context(), database.URL); err != nil {
		t.Fatal(err)
	}
	const before = 16
	provider, ctx := provider(t, database), t.Context()
	if _, err := provider.DownTo(ctx, before); err != nil {
		t.Fatal(err)
	}
	exec(t, database, `WITH made AS (
			INSERT INTO jazzhr.tenants (tenant_id, name, region, connection)
			SELECT gen_random_uuid(), c, 'us', c FROM unnest('{verified,disconnected}'::text[]) c RETURNING tenant_id, connection
		) INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title, state, outcome, done_at)
		SELECT tenant_id, connection || ' ' || o, 'a', 's', 'j', 'done', o, '2026-11-01T10:00:00.5Z' FROM made, unnest('{keeps_failing,gone}'::text[]) o`)
	moves := func(want ...string) {
		t.Helper()
		got := all(t, database, `SELECT concat_ws(' ', activity_id, state, left(to_jsonb(s) ->> 'case_id', 13)) FROM jazzhr.stage_entries s ORDER BY 1`)
		if !slices.Equal(got, want) {
			t.Errorf("the moves are %q, want %q", got, want)
		}
	}
	if _, err := provider.Up(ctx); err != nil {
		t.Fatal(err)
	}
	moves("disconnected gone done", "disconnected keeps_failing done", "verified gone done", "verified keeps_failing attention 01a1968d-3af4")
	exec(t, database, "UPDATE jazzhr.stage_entries SET outcome = 'abandoned' WHERE outcome = 'gone'")
	if _, err := provider.DownTo(ctx, before); err != nil {
		t.Fatal(err)
	}
	moves("disconnected gone done", "disconnected keeps_failing done", "verified gone done", "verified keeps_failing done")
}
