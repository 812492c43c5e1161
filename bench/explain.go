package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// explainCommand explains every query on a database of the largest size that the service is made
// for.
type explainCommand struct {
	Effects int           `default:"10000000" help:"Rows of the write ledger; the other tables are in proportion."`
	Tenants int           `default:"100000" help:"Tenants, of very different sizes."`
	Lasts   time.Duration `default:"4m" help:"How long the service runs on the database."`
	Data    string        `type:"path" help:"Keep the database in this folder and reuse it: filling it takes most of the time."`
	Worker  string        `default:"bin/jazzhr-worker" type:"path" help:"The program to run."`
	Out     string        `default:"bench/explain" type:"path" help:"Folder for the report and the plans."`
	Queries string        `default:"db/gen" type:"path" help:"Folder of the code that sqlc generated."`
}

// Run fills a database and gets the generic plan of every query. Then it runs the service for a
// while, reads from the server's log how each query ran, and writes the report.
func (c explainCommand) Run(ctx context.Context) error {
	queries, err := readQueries(c.Queries)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, setup{worker: c.Worker, data: c.Data, settings: map[string]string{
		"track_io_timing": "on", "log_line_prefix": "%a" + afterApplication,
		// At this level rows that go into a table which the same transaction has emptied are not
		// logged. The fill is faster by half. fsync is off because this command measures no
		// commits.
		"wal_level": "minimal", "max_wal_senders": "0", "fsync": "off",
		"max_wal_size": "8GB", "maintenance_work_mem": "1GB",
	}})
	if err != nil {
		return err
	}
	defer b.close()
	d, err := b.database(ctx)
	if err != nil {
		return err
	}
	defer d.pool.Close()
	if err := c.emptyOut(); err != nil {
		return err
	}
	sim, err := b.startSimulator(ctx, explainAccounts, 0)
	if err != nil {
		return err
	}
	defer sim.stop()
	tenants, err := b.fillLarge(ctx, d, sim, size{tenants: c.Tenants, effects: c.Effects})
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	report := report{queries: queries, out: c.Out, stats: map[string]*queryStats{}}
	if report.large, err = largeTables(ctx, d, c.Effects/100); err != nil {
		return err
	}
	if report.generic, err = genericPlans(ctx, d, queries, c.Out); err != nil {
		return fmt.Errorf("generic plans: %w", err)
	}
	b.logf("%d generic plans", len(report.generic))
	log, err := newLogReader(ctx, d)
	if err != nil {
		return err
	}
	if report.tables, err = b.runExplained(ctx, d, sim, tenants, c.Lasts); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	if err := log.read(report.add); err != nil {
		return fmt.Errorf("read the server's log: %w", err)
	}
	if report.indexes, err = indexUse(ctx, d); err != nil {
		return err
	}
	text, err := report.write()
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(text)
	b.logf("the plans are in %s", c.Out)
	return err
}

// emptyOut removes the last report and makes the folders for the next.
func (c explainCommand) emptyOut() error {
	if err := os.RemoveAll(c.Out); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(c.Out, "plans"), 0o755)
}

// largeTables returns the tables that no query may read from end to end, with their numbers of
// rows.
func largeTables(ctx context.Context, d *database, atLeast int) (map[string]int64, error) {
	rows, err := d.pool.Query(ctx, `SELECT relname, reltuples::bigint FROM pg_class
		WHERE relnamespace = 'jazzhr'::regnamespace AND relkind = 'r' AND reltuples >= $1`, min(atLeast, 50_000))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	large := map[string]int64{}
	for rows.Next() {
		var name string
		var count int64
		if err := rows.Scan(&name, &count); err != nil {
			return nil, err
		}
		large[name] = count
	}
	return large, rows.Err()
}

// usedIndex is an index with the number of its scans.
type usedIndex struct {
	table, name string
	scans, size int64
	constraint  bool
}

func indexUse(ctx context.Context, d *database) (used []usedIndex, err error) {
	rows, err := d.pool.Query(ctx, `
		SELECT s.relname, s.indexrelname, s.idx_scan, pg_relation_size(s.indexrelid), i.indisunique
		FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)
		WHERE s.schemaname = 'jazzhr'
		ORDER BY s.relname, s.indexrelname`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var u usedIndex
		if err := rows.Scan(&u.table, &u.name, &u.scans, &u.size, &u.constraint); err != nil {
			return nil, err
		}
		used = append(used, u)
	}
	return used, rows.Err()
}

// size says how much the database holds.
type size struct{ tenants, effects int }

// sql replaces the placeholders of a statement, such as {tenants}, by numbers of rows.
func (s size) sql(statement string) string {
	writebacks := s.effects / 3
	return strings.NewReplacer(
		"{tenants}", fmt.Sprint(s.tenants),
		"{writebacks}", fmt.Sprint(writebacks),
		"{people}", fmt.Sprint(writebacks*3/2),
		"{webhooks}", fmt.Sprint(writebacks*6/10),
		"{events}", fmt.Sprint(writebacks*9/10),
		"{entries}", fmt.Sprint(writebacks/7),
		"{waiting}", fmt.Sprint(writebacks/1000),
	).Replace(statement)
}
