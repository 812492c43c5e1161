package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	migrations "github.com/intrvio/jazzhr-worker/sql"
)

// migrateLock is the advisory lock that lets one migration run at a time ("jazzhr" in ASCII, as a
// number).
const migrateLock = 0x6a617a7a6872

// Migration is one step of the schema. Of is "schema" for the service's own steps and "river" for
// River's.
type Migration struct {
	Of      string `json:"of"`
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// Migrate brings the schema, River's tables included, to what this release needs, and returns the
// steps it applied. Two at once are safe: the second waits until ctx ends, then finds nothing to
// do.
func Migrate(ctx context.Context, databaseURL string) ([]Migration, error) {
	var applied []Migration
	err := withMigrator(ctx, databaseURL, func(m migrator) error {
		if _, err := m.conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+Schema); err != nil {
			return fmt.Errorf("create schema: %w", err)
		}
		before, err := m.status(ctx)
		if err != nil {
			return err
		}
		if err := checkCompatible(ctx, m.conn, m.newest()); err != nil {
			return err
		}
		walls, err := newWalls(ctx, m.conn)
		if err != nil {
			return err
		}
		if err := walls.ensureRoles(ctx); err != nil {
			return err
		}
		if _, err := m.river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("migrate River's tables: %w", err)
		}
		if _, err := m.goose.Up(ctx); err != nil {
			return fmt.Errorf("migrate schema: %w", err)
		}
		if err := walls.raise(ctx); err != nil {
			return err
		}
		for _, step := range before {
			if !step.Applied {
				step.Applied = true
				applied = append(applied, step)
			}
		}
		return nil
	})
	return applied, err
}

// MigrationStatus returns every step that this release knows, and whether the database has it. It
// changes nothing.
func MigrationStatus(ctx context.Context, databaseURL string) ([]Migration, error) {
	var steps []Migration
	err := withMigrator(ctx, databaseURL, func(m migrator) (err error) {
		steps, err = m.status(ctx)
		return err
	})
	return steps, err
}

type migrator struct {
	conn  *pgx.Conn
	goose *goose.Provider
	river *rivermigrate.Migrator[pgx.Tx]
}

// withMigrator runs work while it holds the migration lock. It waits for the lock until ctx ends.
func withMigrator(ctx context.Context, databaseURL string, work func(migrator) error) error {
	pool, err := Open(ctx, databaseURL, "jazzhr-worker migrate", 4)
	if err != nil {
		return err
	}
	defer pool.Close()
	locked, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer locked.Release()
	if _, err := locked.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrateLock)); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	// Closing the connection releases the lock, even if ctx has ended.
	defer func() { _ = locked.Conn().Close(context.WithoutCancel(ctx)) }()

	provider, closeDB, err := gooseProvider(pool)
	if err != nil {
		return err
	}
	defer closeDB()
	river, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: Schema})
	if err != nil {
		return fmt.Errorf("read River's migrations: %w", err)
	}
	return work(migrator{conn: locked.Conn(), goose: provider, river: river})
}

func gooseProvider(pool *pgxpool.Pool) (*goose.Provider, func(), error) {
	files, err := fs.Sub(migrations.Migrations, "migrations")
	if err != nil {
		return nil, nil, fmt.Errorf("read migrations: %w", err)
	}
	handle := stdlib.OpenDBFromPool(pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, handle, files,
		goose.WithTableName(Schema+".schema_version"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		_ = handle.Close()
		return nil, nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, func() { _ = handle.Close() }, nil
}

func (m migrator) newest() int64 {
	sources := m.goose.ListSources()
	return sources[len(sources)-1].Version
}

// status reads the version tables itself. Goose's Status would create its table, and status must
// change nothing.
func (m migrator) status(ctx context.Context) ([]Migration, error) {
	ours, err := appliedVersions(ctx, m.conn, "schema_version",
		"SELECT version_id FROM jazzhr.schema_version WHERE is_applied")
	if err != nil {
		return nil, err
	}
	rivers, err := appliedVersions(ctx, m.conn, "river_migration",
		"SELECT version FROM jazzhr.river_migration WHERE line = 'main'")
	if err != nil {
		return nil, err
	}
	var steps []Migration
	for _, step := range m.river.AllVersions() {
		version := int64(step.Version)
		steps = append(steps, Migration{Of: "river", Version: version, Name: step.Name, Applied: rivers[version]})
	}
	for _, source := range m.goose.ListSources() {
		version := source.Version
		steps = append(steps, Migration{Of: "schema", Version: version, Name: source.Path, Applied: ours[version]})
	}
	return steps, nil
}

func appliedVersions(ctx context.Context, conn *pgx.Conn, table, query string) (map[int64]bool, error) {
	versions := map[int64]bool{}
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", Schema+"."+table).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for table %s: %w", table, err)
	}
	if !exists {
		return versions, nil
	}
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", table, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", table, err)
	}
	for _, version := range list {
		versions[version] = true
	}
	return versions, nil
}

// Errors of a schema that this release can't work on. Each text says what to do.
var (
	ErrSchemaOld = errors.New("the database's schema is older than this release needs: run `jazzhr-worker migrate up`")
	ErrSchemaNew = errors.New("the database's schema was changed by a later release in a way that this one " +
		"can't work with: deploy the later release")
)

// CheckSchema returns nil if this release can work on the database's schema, else ErrSchemaOld or
// ErrSchemaNew.
func CheckSchema(ctx context.Context, databaseURL string) error {
	return withMigrator(ctx, databaseURL, func(m migrator) error {
		steps, err := m.status(ctx)
		if err != nil {
			return err
		}
		for _, step := range steps {
			if !step.Applied {
				return fmt.Errorf("%w (%s %s is missing)", ErrSchemaOld, step.Of, step.Name)
			}
		}
		if err := checkCompatible(ctx, m.conn, m.newest()); err != nil {
			return err
		}
		walls, err := newWalls(ctx, m.conn)
		if err != nil {
			return err
		}
		return walls.check(ctx)
	})
}

// checkCompatible returns ErrSchemaNew if a later release has marked the schema as unusable for
// releases whose newest migration is newest.
func checkCompatible(ctx context.Context, conn *pgx.Conn, newest int64) error {
	required, err := appliedVersions(ctx, conn, "schema_compat", "SELECT min_release_schema FROM jazzhr.schema_compat")
	if err != nil {
		return err
	}
	for version := range required {
		if version > newest {
			return fmt.Errorf("%w (it needs migration %d; this release knows %d)", ErrSchemaNew, version, newest)
		}
	}
	return nil
}
