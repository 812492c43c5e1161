package dbtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/localpg"
	"github.com/intrvio/jazzhr-worker/sql"
)

// templateLock is the advisory lock under which a template is made, since test processes start at
// the same time.
const templateLock = 0x64627465_7374 // "dbtest" in ASCII

// ofProcess holds what the tests of this process share.
var ofProcess shared //nolint:gochecknoglobals // TestMain and the tests have no common caller

// shared is a test process's server, template and idle databases. The first test that needs them
// finds them.
type shared struct {
	mu       sync.Mutex
	started  *localpg.Server // nil if this process did not start the server
	url      string
	template string
	reuse    bool // Main runs and drops idle databases at the end
	idle     []*Database
}

func (s *shared) get(ctx context.Context) (serverURL, template string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url == "" {
		if s.url, err = s.find(ctx); err != nil {
			return "", "", err
		}
	}
	if s.template == "" {
		if s.template, err = ensureTemplate(ctx, s.url); err != nil {
			return "", "", err
		}
	}
	return s.url, s.template, nil
}

func (s *shared) find(ctx context.Context) (string, error) {
	for _, name := range []string{"TEST_DATABASE_URL", "DATABASE_URL"} {
		if value := os.Getenv(name); value != "" {
			return value, nil
		}
	}
	server, err := localpg.Start(ctx, localpg.Config{Log: func(line string) { fmt.Fprintln(os.Stderr, line) }})
	if err != nil {
		return "", err
	}
	s.started = server
	return server.URL("postgres"), nil
}

// stop drops idle databases and stops the server if this process started it. Without stop, the
// server ends with the process.
func (s *shared) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, database := range s.idle {
		if err := database.end(s.url); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	s.idle = nil
	if s.started == nil {
		return
	}
	if err := s.started.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	s.started, s.url, s.template = nil, "", ""
}

// ensureTemplate returns the name of the template for the schema of this source tree, after making
// it if there is none.
func ensureTemplate(ctx context.Context, serverURL string) (string, error) {
	name, err := templateName()
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, serverURL)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // releases the lock too
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
		return "", fmt.Errorf("wait for the template: %w", err)
	}
	var whole bool
	err = conn.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&whole)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && !whole:
		return name, makeTemplate(ctx, conn, serverURL, name)
	default:
		return name, err
	}
}

// makeTemplate creates and migrates a database. It marks the database as a template last, so that
// one that was left half made is not taken for a template. Nobody can connect to a template, since
// a database in use can't be copied.
func makeTemplate(ctx context.Context, conn *pgx.Conn, serverURL, name string) error {
	url, err := urlOf(serverURL, name)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quote(name) + " WITH (FORCE)", "CREATE DATABASE " + quote(name),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make the template: %w", err)
		}
	}
	if _, err := db.Migrate(ctx, url); err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	if err := execute(ctx, url, clock); err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	mark := "ALTER DATABASE " + quote(name) + " WITH IS_TEMPLATE true ALLOW_CONNECTIONS false"
	if _, err := conn.Exec(ctx, mark); err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	return nil
}

// templateName returns a name that is a hash of the template's content: the migrations, River's
// too, and the clock.
func templateName() (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(sql.Migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sql.Migrations, path)
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	river, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return "", fmt.Errorf("read River's migrations: %w", err)
	}
	for _, migration := range river.AllVersions() {
		_, _ = fmt.Fprintf(hash, "river %d\n%s", migration.Version, migration.SQLUp)
	}
	_, _ = fmt.Fprint(hash, clock)
	return fmt.Sprintf("jazzhr_template_%x", hash.Sum(nil)[:10]), nil
}

// urlOf returns the URL of another database of the same server.
func urlOf(serverURL, database string) (string, error) {
	u, err := url.Parse(serverURL)
	if err != nil || u.Scheme == "" {
		return "", errors.New("the database to test on must be given as postgres://user:password@host:port/database")
	}
	u.Path = "/" + database
	return u.String(), nil
}
