package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/localpg"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// settings returns the settings of the measured server. Commits are durable, as by default. Memory
// and log are as large as any dedicated server's, so that checkpoints don't come every few seconds.
func settings() map[string]string {
	return map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"max_connections": "200", "shared_buffers": "1GB", "max_wal_size": "4GB", "checkpoint_timeout": "15min",
		"track_io_timing": "off",
	}
}

// bench holds what measurements share.
type bench struct {
	results    results
	folder     string // of logs and data
	server     *localpg.Server
	bindir     string // of PostgreSQL's programs
	postmaster int    // the server's process
	keyset     string
	sealer     *tenant.Sealer
	started    time.Time
	databases  int // made so far
	setup      setup
}

// setup is the options of a run.
type setup struct {
	worker   string            // the program to measure
	top      int               // how many statements to print after each measurement
	data     string            // folder that keeps the server's data for the next run; empty keeps none
	settings map[string]string // of the server, besides those of func settings
}

func newBench(ctx context.Context, s setup) (*bench, error) {
	if _, err := os.Stat(s.worker); err != nil {
		return nil, fmt.Errorf("the program to measure: %w (\"make bench\" builds it)", err)
	}
	b := &bench{setup: s, started: time.Now()}
	var err error
	if b.folder, err = os.MkdirTemp("", "bench-"); err != nil {
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) prepare(ctx context.Context) (err error) {
	dir := filepath.Join(b.folder, "postgres")
	if b.setup.data != "" {
		dir = b.setup.data
	}
	if b.keyset, err = b.readKeyset(); err != nil {
		return err
	}
	if b.sealer, err = tenant.ParseKeyset(b.keyset); err != nil {
		return err
	}
	set := settings()
	if b.setup.top > 0 {
		set["shared_preload_libraries"] = "pg_stat_statements"
	}
	maps.Copy(set, b.setup.settings)
	b.server, err = localpg.Start(ctx, localpg.Config{Dir: dir, Settings: set, Log: func(line string) { b.logf("%s", line) }})
	if err != nil {
		return err
	}
	pool, err := db.Open(ctx, b.server.URL("postgres"), "bench", 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	var backend int
	const query = "SELECT setting, pg_backend_pid() FROM pg_config WHERE name = 'BINDIR'"
	if err := pool.QueryRow(ctx, query).Scan(&b.bindir, &backend); err != nil {
		return err
	}
	b.postmaster, err = parentOf(backend)
	return err
}

// readKeyset returns the keyset with which kept data were sealed, or a new one.
func (b *bench) readKeyset() (string, error) {
	if b.setup.data == "" {
		return tenant.NewKeyset()
	}
	file := filepath.Join(b.setup.data, "keyset")
	kept, err := os.ReadFile(file)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return string(kept), err
	}
	keyset, err := tenant.NewKeyset()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(b.setup.data, 0o755); err != nil {
		return "", err
	}
	return keyset, os.WriteFile(file, []byte(keyset), 0o600)
}

func (b *bench) close() {
	if b.server != nil {
		if err := b.server.Stop(context.Background()); err != nil {
			b.logf("%v", err)
		}
	}
	if err := os.RemoveAll(b.folder); err != nil {
		b.logf("%v", err)
	}
}

// logf writes a line of progress to standard error.
func (b *bench) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(b.started).Seconds(), fmt.Sprintf(format, args...))
}

// database is a migrated database for one measurement.
type database struct {
	url  string
	pool *pgxpool.Pool
}

func (b *bench) database(ctx context.Context) (*database, error) {
	b.databases++
	url, err := b.server.EnsureDatabase(ctx, fmt.Sprintf("bench_%d", b.databases))
	if err != nil {
		return nil, err
	}
	if _, err := db.Migrate(ctx, url); err != nil {
		return nil, err
	}
	pool, err := db.Open(ctx, url, "bench", 40)
	if err != nil {
		return nil, err
	}
	return &database{url, pool}, nil
}

// resetStatements clears the statistics of statements, if they are to be printed.
func (b *bench) resetStatements(ctx context.Context, d *database) error {
	if b.setup.top == 0 {
		return nil
	}
	_, err := d.pool.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()")
	return err
}

// logTopStatements writes the statements that have taken most of the server's time since
// resetStatements.
func (b *bench) logTopStatements(ctx context.Context, d *database) error {
	if b.setup.top == 0 {
		return nil
	}
	rows, err := d.pool.Query(ctx, `
		SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 90), calls, total_exec_time, mean_exec_time,
			shared_blks_hit / calls
		FROM pg_stat_statements JOIN pg_database ON oid = dbid
		WHERE datname = current_database()
		ORDER BY total_exec_time DESC LIMIT $1`, b.setup.top)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var query string
		var calls, blocks int64
		var total, mean float64
		if err := rows.Scan(&query, &calls, &total, &mean, &blocks); err != nil {
			return err
		}
		b.logf("%8d × %7.3f ms = %6.0f ms, %d blocks  %s", calls, mean, total, blocks, query)
	}
	return rows.Err()
}

// settle vacuums and analyzes the tables and makes a checkpoint, so that no measurement pays for
// the writes of another.
func (d *database) settle(ctx context.Context) error {
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// queryValue reads one value.
func queryValue[T any](ctx context.Context, d *database, statement string, args ...any) (value T, err error) {
	err = d.pool.QueryRow(ctx, statement, args...).Scan(&value)
	if err != nil {
		return value, fmt.Errorf("%.60s: %w", statement, err)
	}
	return value, nil
}

// freeAddress returns an address of loopback on which nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// waitUntil calls done ten times a second until it returns true, for atMost.
func waitUntil(ctx context.Context, atMost time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	var last error
	for {
		yes, err := done()
		if yes {
			return nil
		}
		if err != nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("not within %s", atMost), last)
		case <-ticker.C:
		}
	}
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
