package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// explainCommand looks at every query where it is at its worst: on a database as large as it is ever to be.
type explainCommand struct {
	Effects int           `default:"10000000" help:"Rows of the write ledger; all else is in proportion."`
	Tenants int           `default:"100000" help:"Tenants, of very different sizes."`
	Lasts   time.Duration `default:"4m" help:"How long the service runs on it."`
	Data    string        `type:"path" help:"Keep the database in this folder, and use what is there: filling it takes most of the time."`
	Worker  string        `default:"bin/jazzhr-worker" type:"path" help:"The program to run."`
	Out     string        `default:"bench/explain" type:"path" help:"Folder for the report and the plans."`
	Queries string        `default:"db/gen" type:"path" help:"Folder of the queries as sqlc wrote them."`
}

// Run fills a database, has every query planned as the server plans it for unknown values, runs the service and reads from the
// server's log how each query went.
func (c explainCommand) Run(ctx context.Context) error {
	queries, err := readQueries(c.Queries)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, setup{worker: c.Worker, data: c.Data, settings: map[string]string{
		"track_io_timing": "on", "log_line_prefix": "%a" + afterApplication,
		// Rows that are loaded into a table that the same transaction has emptied are not logged: the fill is faster by half. No
		// figure of this command is about commits, which fsync would slow down.
		"wal_level": "minimal", "max_wal_senders": "0", "fsync": "off", "max_wal_size": "8GB", "maintenance_work_mem": "1GB",
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
	if err := os.RemoveAll(c.Out); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(c.Out, "plans"), 0o755); err != nil {
		return err
	}
	sim, err := b.simulator(ctx, explainAccounts, 0)
	if err != nil {
		return err
	}
	defer sim.stop()
	customers, err := b.fillLarge(ctx, d, sim, size{tenants: c.Tenants, effects: c.Effects})
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	report := report{queries: queries, out: c.Out, seen: map[string]*seen{}}
	if report.large, err = largeTables(ctx, d, c.Effects/100); err != nil {
		return err
	}
	if report.generic, err = genericPlans(ctx, d, queries, c.Out); err != nil {
		return fmt.Errorf("generic plans: %w", err)
	}
	b.say("%d generic plans", len(report.generic))
	log, err := newLogReader(ctx, d)
	if err != nil {
		return err
	}
	if report.tables, err = b.runExplained(ctx, d, sim, customers, c.Lasts); err != nil {
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
	b.say("the plans are in %s", c.Out)
	return err
}

// largeTables are the tables of which no query is to read every row, by their number of rows.
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

// usedIndex is an index and how often it was used.
type usedIndex struct {
	table, name string
	scans, size int64
	constraint  bool
}

func indexUse(ctx context.Context, d *database) (used []usedIndex, err error) {
	rows, err := d.pool.Query(ctx, `SELECT s.relname, s.indexrelname, s.idx_scan, pg_relation_size(s.indexrelid), i.indisunique
		FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid) WHERE s.schemaname = 'jazzhr' ORDER BY s.relname, s.indexrelname`)
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

// size is how much the database holds.
type size struct{ tenants, effects int }

// sql puts the sizes into a statement.
func (s size) sql(statement string) string {
	writebacks := s.effects / 3
	return strings.NewReplacer(
		"{tenants}", fmt.Sprint(s.tenants), "{writebacks}", fmt.Sprint(writebacks),
		"{people}", fmt.Sprint(writebacks*3/2), "{webhooks}", fmt.Sprint(writebacks*6/10), "{events}", fmt.Sprint(writebacks*9/10),
		"{entries}", fmt.Sprint(writebacks/7), "{waiting}", fmt.Sprint(writebacks/1000),
	).Replace(statement)
}
