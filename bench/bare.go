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

// bareJob is a River job with the service's settings and none of its work: the baseline.
type bareJob struct {
	ID   uuid.UUID `json:"id"`
	Mode string    `json:"mode"`
}

const (
	modeNothing    = "nothing"
	modeTwoCommits = "two commits" // commit one row, then another with the job's completion
)

// Kind names the job.
func (bareJob) Kind() string { return "bare" }

// InsertOpts returns the options of the service's steps.
func (bareJob) InsertOpts() river.InsertOpts { return queue.CreateApplicant{}.InsertOpts() }

type bareWorker struct {
	river.WorkerDefaults[bareJob]
	pool *pgxpool.Pool
}

// Work does the least that a step of a writeback can do: it commits an intent, and then its end.
func (w *bareWorker) Work(ctx context.Context, job *river.Job[bareJob]) error {
	if job.Args.Mode == modeNothing {
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

// noopWorker works the periodic jobs that the service's client inserts, and does nothing.
type noopWorker[T river.JobArgs] struct{ river.WorkerDefaults[T] }

// Work does nothing.
func (*noopWorker[T]) Work(context.Context, *river.Job[T]) error { return nil }

// startBare runs a River client with the service's settings on a database, until stop is called.
func startBare(ctx context.Context, d *database, workers int) (client *queue.Client, stop func(), err error) {
	const table = "CREATE TABLE IF NOT EXISTS jazzhr.bare_rows (id uuid, what text, PRIMARY KEY (id, what))"
	if _, err := d.pool.Exec(ctx, table); err != nil {
		return nil, nil, err
	}
	known := river.NewWorkers()
	river.AddWorker(known, &bareWorker{pool: d.pool})
	river.AddWorker(known, &noopWorker[queue.Tick]{})
	river.AddWorker(known, &noopWorker[queue.Purge]{})
	client, err = queue.NewClient(d.pool, queue.ClientConfig{
		NodeID: queue.NewNodeID("bare"), Workers: known, Limits: queue.DefaultLimits(workers), SoftStop: 5 * time.Second,
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

// burnDown inserts bare jobs, then starts workers, and returns how many jobs a second they worked.
func (b *bench) burnDown(ctx context.Context, mode string, jobs, workers int) (float64, error) {
	return b.burnDownBeside(ctx, 0, mode, jobs, workers)
}

// burnDownBeside is burnDown in a table that also holds jobs that have ended.
func (b *bench) burnDownBeside(ctx context.Context, ended int, mode string, jobs, workers int) (float64, error) {
	d, err := b.database(ctx)
	if err != nil {
		return 0, err
	}
	defer d.pool.Close()
	if _, err := d.pool.Exec(ctx, `INSERT INTO jazzhr.river_job (args, kind, max_attempts, queue, state, attempt, attempted_at, finalized_at)
		SELECT jsonb_build_object('id', gen_random_uuid()), 'bare', 25, $2, 'completed', 1, now(), now()
		FROM generate_series(1, $1)`,
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
			batch[i].Args = bareJob{ID: uuid.New(), Mode: mode}
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
	_, stop, err := startBare(ctx, d, workers)
	if err != nil {
		return 0, err
	}
	defer stop()
	err = waitUntil(ctx, 2*time.Minute, func() (bool, error) {
		left, err := queryValue[int](ctx, d, `SELECT count(*) FROM jazzhr.river_job
			WHERE kind = 'bare' AND state IN ('available', 'running')`)
		return err == nil && left == 0, err
	})
	if err != nil {
		return 0, fmt.Errorf("burn down: %w", err)
	}
	return float64(jobs) / time.Since(started).Seconds(), nil
}
