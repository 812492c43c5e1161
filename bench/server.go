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

// settings of the server that is measured on. All that makes a commit durable is on, as it is by default; what is set is what any
// server of its own would have, so that checkpoints don't come every few seconds.
func settings() map[string]string {
	return map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"max_connections": "200", "shared_buffers": "1GB", "max_wal_size": "4GB", "checkpoint_timeout": "15min",
		"track_io_timing": "off",
	}
}

// bench is everything that measurements share.
type bench struct {
	results results
	folder  string // of logs and data
	server  *localpg.Server
	bindir  string // of PostgreSQL's programs
	master  int    // the server's process
	keyset  string
	sealer  *tenant.Sealer
	started time.Time
	named   int
	setup   setup
}

// setup is what differs from run to run.
type setup struct {
	worker   string            // the program
	top      int               // how many statements to print
	data     string            // folder in which the server's data stay for the next run; empty if they don't
	settings map[string]string // of the server, beyond settings
}

func newBench(ctx context.Context, s setup) (*bench, error) {
	if _, err := os.Stat(s.worker); err != nil {
		return nil, fmt.Errorf("the program to measure: %w: run \"make bench\"", err)
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
	b.server, err = localpg.Start(ctx, localpg.Config{Dir: dir, Settings: set, Log: func(line string) { b.say("%s", line) }})
	if err != nil {
		return err
	}
	pool, err := db.Open(ctx, b.server.URL("postgres"), "bench", 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	var backend int
	if err := pool.QueryRow(ctx, "SELECT setting, pg_backend_pid() FROM pg_config WHERE name = 'BINDIR'").Scan(&b.bindir, &backend); err != nil {
		return err
	}
	b.master, err = parentOf(backend)
	return err
}

// readKeyset returns a new keyset, or that under which kept data were sealed.
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
			b.say("%v", err)
		}
	}
	if err := os.RemoveAll(b.folder); err != nil {
		b.say("%v", err)
	}
}

// say tells how it goes, on standard error.
func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(b.started).Seconds(), fmt.Sprintf(format, args...))
}

// database is one of a measurement's own, with the schema in place.
type database struct {
	url  string
	pool *pgxpool.Pool
}

func (b *bench) database(ctx context.Context) (*database, error) {
	b.named++
	url, err := b.server.EnsureDatabase(ctx, fmt.Sprintf("bench_%d", b.named))
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

// forget has the server forget what it has spent its time on.
func (b *bench) forget(ctx context.Context, d *database) error {
	if b.setup.top == 0 {
		return nil
	}
	_, err := d.pool.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()")
	return err
}

// sayTop tells what the server has spent its time on since.
func (b *bench) sayTop(ctx context.Context, d *database) error {
	if b.setup.top == 0 {
		return nil
	}
	rows, err := d.pool.Query(ctx, `SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 90), calls, total_exec_time, mean_exec_time, shared_blks_hit / calls
		FROM pg_stat_statements JOIN pg_database ON oid = dbid WHERE datname = current_database() ORDER BY total_exec_time DESC LIMIT $1`, b.setup.top)
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
		b.say("%8d × %7.3f ms = %6.0f ms, %d blocks  %s", calls, mean, total, blocks, query)
	}
	return rows.Err()
}

// settle has the server write out what it holds and learn what the tables hold, so that no measurement pays for another.
func (d *database) settle(ctx context.Context) error {
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// one reads one value.
func one[T any](ctx context.Context, d *database, statement string, args ...any) (value T, err error) {
	err = d.pool.QueryRow(ctx, statement, args...).Scan(&value)
	if err != nil {
		return value, fmt.Errorf("%.60s: %w", statement, err)
	}
	return value, nil
}

// freeAddress is one of loopback that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// until asks ten times a second until the answer is yes.
func until(ctx context.Context, atMost time.Duration, done func() (bool, error)) error {
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

// pause lets time pass.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
