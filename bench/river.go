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

// The settings of River that are not its defaults, each beside the default. What queue.NewClient sets is what is measured.
const (
	defaultCooldown = 100 * time.Millisecond
	riverInserts    = 100 // of riverBatch jobs
	riverBatch      = 1000
	keptJobs        = 300_000 // ended ones: an hour of 83 a second
)

// measureRiver weighs River's settings. It is no part of the whole, since nothing of it has an aim.
func measureRiver(ctx context.Context, b *bench) error {
	for _, weigh := range []func(context.Context, *bench) error{weighCooldown, weighIndexes, weighRetention} {
		if err := weigh(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// weighCooldown has jobs that come at 100 a second started, and as many as there are burnt down, by a client with the product's
// FetchCooldown and by one with River's.
func weighCooldown(ctx context.Context, b *bench) error {
	ours, err := b.bareStarts(ctx)
	if err != nil {
		return err
	}
	theirs, err := b.defaultStarts(ctx)
	if err != nil {
		return err
	}
	for i, name := range []string{"p50", "p99"} {
		b.results.weigh("insert to start at 100 a second, FetchCooldown 5 ms instead of 100 ms, "+name, "ms", ours[i], theirs[i])
	}
	return nil
}

// defaultStarts is bareStarts of a client with River's FetchCooldown.
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

// weighIndexes inserts jobs where River's indexes of args and metadata are, and where they are not.
func weighIndexes(ctx context.Context, b *bench) error {
	without, walWithout, err := b.insertJobs(ctx, "DROP INDEX IF EXISTS jazzhr.river_job_args_index, jazzhr.river_job_metadata_index")
	if err != nil {
		return err
	}
	with, walWith, err := b.insertJobs(ctx, `CREATE INDEX IF NOT EXISTS river_job_args_index ON jazzhr.river_job USING gin (args);
		CREATE INDEX IF NOT EXISTS river_job_metadata_index ON jazzhr.river_job USING gin (metadata)`)
	if err != nil {
		return err
	}
	b.results.weigh("jobs inserted by a thousand, without the indexes of args and metadata instead of with them", "/s", without, with)
	b.results.weigh("the same: write-ahead log of each", "bytes", walWithout, walWith)
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
	before, err := one[float64](ctx, d, "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8")
	if err != nil {
		return 0, 0, err
	}
	started := time.Now()
	for range riverInserts {
		batch := make([]river.InsertManyParams, riverBatch)
		for i := range batch {
			batch[i].Args = bareJob{ID: uuid.New(), Do: doNothing}
		}
		if err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			_, err := inserter.InsertManyTx(ctx, tx, batch)
			return err
		}); err != nil {
			return 0, 0, err
		}
	}
	took := time.Since(started)
	after, err := one[float64](ctx, d, "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8")
	const jobs = riverInserts * riverBatch
	return jobs / took.Seconds(), (after - before) / jobs, err
}

// weighRetention burns jobs down in a table of its own, and in one that still holds ended ones.
func weighRetention(ctx context.Context, b *bench) error {
	alone, err := b.burnDown(ctx, doNothing, 50_000, 20)
	if err != nil {
		return err
	}
	beside, err := b.burnDownBeside(ctx, keptJobs, doNothing, 50_000, 20)
	if err != nil {
		return err
	}
	b.results.weigh(fmt.Sprintf("jobs that do nothing burnt down beside %d ended ones instead of none", keptJobs), "/s", beside, alone)
	return nil
}
