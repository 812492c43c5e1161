package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/intrvio/jazzhr-worker/queue"
)

// bareJob is a River job that does what it is told and nothing of the service's, with the service's settings.
type bareJob struct {
	ID uuid.UUID `json:"id"`
	Do string    `json:"do"`
}

const (
	doNothing   = "nothing"
	doTwoCommit = "two commits" // one row, then the job's completion with another
)

// Kind names the job.
func (bareJob) Kind() string { return "bare" }

// InsertOpts are those of the product's steps.
func (bareJob) InsertOpts() river.InsertOpts { return queue.CreateApplicant{}.InsertOpts() }

type bareWorker struct {
	river.WorkerDefaults[bareJob]
	pool *pgxpool.Pool
}

// Work is the least that a step of a writeback can be: an intent that is committed, and an end.
func (w *bareWorker) Work(ctx context.Context, job *river.Job[bareJob]) error {
	if job.Args.Do == doNothing {
		return nil
	}
	const insert = "INSERT INTO jazzhr.bare_rows (id, what) VALUES ($1, $2)"
	if err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insert, job.Args.ID, "intent")
		return err
	}); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insert, job.Args.ID, "end"); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
}

// ignored works the periodic jobs that a client of the service's inserts.
type ignored[T river.JobArgs] struct{ river.WorkerDefaults[T] }

// Work does nothing.
func (*ignored[T]) Work(context.Context, *river.Job[T]) error { return nil }

// bare runs a River client with the product's settings on a database, until stop is called.
func bare(ctx context.Context, d *database, workers int) (client *queue.Client, stop func(), err error) {
	if _, err := d.pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS jazzhr.bare_rows (id uuid, what text, PRIMARY KEY (id, what))"); err != nil {
		return nil, nil, err
	}
	known := river.NewWorkers()
	river.AddWorker(known, &bareWorker{pool: d.pool})
	river.AddWorker(known, &ignored[queue.Tick]{})
	river.AddWorker(known, &ignored[queue.Purge]{})
	client, err = queue.NewClient(d.pool, queue.ClientConfig{
		NodeID: queue.NewNodeID("bare"), Workers: known, Concurrency: workers, SoftStop: 5 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, nil, err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, nil, err
	}
	return client, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = client.Stop(ctx)
	}, nil
}

// burnDown returns how many bare jobs a second are worked, of so many that wait.
func (b *bench) burnDown(ctx context.Context, do string, jobs, workers int) (float64, error) {
	return b.burnDownBeside(ctx, 0, do, jobs, workers)
}

// burnDownBeside is burnDown in a table that holds jobs that have ended.
func (b *bench) burnDownBeside(ctx context.Context, ended int, do string, jobs, workers int) (float64, error) {
	d, err := b.database(ctx)
	if err != nil {
		return 0, err
	}
	defer d.pool.Close()
	if _, err := d.pool.Exec(ctx, `INSERT INTO jazzhr.river_job (args, kind, max_attempts, queue, state, attempt, attempted_at, finalized_at)
		SELECT jsonb_build_object('id', gen_random_uuid()), 'bare', 25, $2, 'completed', 1, now(), now() FROM generate_series(1, $1)`,
		ended, queue.QueueWrites); err != nil {
		return 0, err
	}
	inserter, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	for inserted := 0; inserted < jobs; {
		batch := make([]river.InsertManyParams, min(5000, jobs-inserted))
		for i := range batch {
			batch[i].Args = bareJob{ID: uuid.New(), Do: do}
		}
		if err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			_, err := inserter.InsertManyFastTx(ctx, tx, batch)
			return err
		}); err != nil {
			return 0, err
		}
		inserted += len(batch)
	}
	if err := d.settle(ctx); err != nil {
		return 0, err
	}
	started := time.Now()
	_, stop, err := bare(ctx, d, workers)
	if err != nil {
		return 0, err
	}
	defer stop()
	err = until(ctx, 2*time.Minute, func() (bool, error) {
		left, err := one[int](ctx, d, "SELECT count(*) FROM jazzhr.river_job WHERE kind = 'bare' AND state IN ('available', 'running')")
		return err == nil && left == 0, err
	})
	if err != nil {
		return 0, fmt.Errorf("burn down: %w", err)
	}
	return float64(jobs) / time.Since(started).Seconds(), nil
}
