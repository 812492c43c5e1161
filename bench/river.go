package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// What the settings that queue.NewClient changes are compared with.
const (
	defaultCooldown = 100 * time.Millisecond // River's default
	riverInserts    = 100                    // inserts of riverBatch jobs each
	riverBatch      = 1000
	keptJobs        = 300_000 // finished jobs: those of an hour at 83 a second
)

// measureRiver compares the settings of River that queue.NewClient changes with River's defaults.
// It runs only when it is named, since its rows have no aims.
func measureRiver(ctx context.Context, b *bench) error {
	for _, measure := range []func(context.Context, *bench) error{measureCooldown, measureIndexes, measureRetention} {
		if err := measure(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// measureCooldown measures the time from insert to start of jobs that come at 100 a second, with
// the service's FetchCooldown and with River's.
func measureCooldown(ctx context.Context, b *bench) error {
	ours, err := b.bareStarts(ctx)
	if err != nil {
		return err
	}
	theirs, err := b.defaultStarts(ctx)
	if err != nil {
		return err
	}
	for i, name := range []string{"p50", "p99"} {
		b.results.reportRatio("insert to start at 100 a second, FetchCooldown 5 ms instead of 100 ms, "+name,
			"ms", ours[i], theirs[i])
	}
	return nil
}

// defaultStarts is bareStarts with River's FetchCooldown.
func (b *bench) defaultStarts(ctx context.Context) (at [2]float64, err error) {
	d, err := b.database(ctx)
	if err != nil {
		return at, err
	}
	defer d.pool.Close()
	known := river.NewWorkers()
	river.AddWorker(known, &bareWorker{pool: d.pool})
	client, err := river.NewClient(riverpgxv5.New(d.pool), &river.Config{
		Schema: db.Schema, Workers: known, Logger: slog.New(slog.DiscardHandler), FetchCooldown: defaultCooldown,
		Queues: map[string]river.QueueConfig{queue.QueueWrites: {MaxWorkers: 20}},
	})
	if err != nil {
		return at, err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return at, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		_ = client.Stop(ctx)
	}()
	return insertEvenly(ctx, d, client)
}

// measureIndexes inserts jobs without and with River's indexes on args and metadata.
func measureIndexes(ctx context.Context, b *bench) error {
	without, walWithout, err := b.insertJobs(ctx,
		"DROP INDEX IF EXISTS jazzhr.river_job_args_index, jazzhr.river_job_metadata_index")
	if err != nil {
		return err
	}
	with, walWith, err := b.insertJobs(ctx, `CREATE INDEX IF NOT EXISTS river_job_args_index ON jazzhr.river_job USING gin (args);
		CREATE INDEX IF NOT EXISTS river_job_metadata_index ON jazzhr.river_job USING gin (metadata)`)
	if err != nil {
		return err
	}
	b.results.reportRatio("jobs inserted by a thousand, without the indexes of args and metadata instead of with them",
		"/s", without, with)
	b.results.reportRatio("the same: write-ahead log of each", "bytes", walWithout, walWith)
	return nil
}

func (b *bench) insertJobs(ctx context.Context, prepare string) (perSecond, wal float64, err error) {
	d, err := b.database(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer d.pool.Close()
	if _, err := d.pool.Exec(ctx, prepare); err != nil {
		return 0, 0, err
	}
	if err := d.settle(ctx); err != nil {
		return 0, 0, err
	}
	inserter, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, 0, err
	}
	before, err := queryValue[float64](ctx, d, "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8")
	if err != nil {
		return 0, 0, err
	}
	started := time.Now()
	for range riverInserts {
		batch := make([]river.InsertManyParams, riverBatch)
		for i := range batch {
			batch[i].Args = bareJob{ID: uuid.New(), Mode: modeNothing}
		}
		if err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			_, err := inserter.InsertManyTx(ctx, tx, batch)
			return err
		}); err != nil {
			return 0, 0, err
		}
	}
	took := time.Since(started)
	after, err := queryValue[float64](ctx, d, "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8")
	const jobs = riverInserts * riverBatch
	return jobs / took.Seconds(), (after - before) / jobs, err
}

// measureRetention burns jobs down in an empty table, and in one that holds finished jobs.
func measureRetention(ctx context.Context, b *bench) error {
	alone, err := b.burnDown(ctx, modeNothing, 50_000, 20)
	if err != nil {
		return err
	}
	beside, err := b.burnDownBeside(ctx, keptJobs, modeNothing, 50_000, 20)
	if err != nil {
		return err
	}
	b.results.reportRatio(fmt.Sprintf("jobs that do nothing burnt down beside %d ended ones instead of none", keptJobs),
		"/s", beside, alone)
	return nil
}
