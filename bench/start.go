package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/queue"
)

const (
	startRate  = 100 // a second
	startLasts = 20 * time.Second
)

// measureStart measures how long after a webhook's acceptance its job starts, beside a bare River
// job.
func measureStart(ctx context.Context, b *bench) error {
	ours, err := b.webhookStarts(ctx)
	if err != nil {
		return err
	}
	bare, err := b.bareStarts(ctx)
	if err != nil {
		return err
	}
	for i, name := range []string{"p50", "p99"} {
		b.results.compare("accepted to worker started, "+name, "ms", ours[i], bare[i], atMost(1.3))
	}
	return nil
}

func (b *bench) webhookStarts(ctx context.Context) ([2]float64, error) {
	d, err := b.database(ctx)
	if err != nil {
		return [2]float64{}, err
	}
	defer d.pool.Close()
	sim, err := b.startSimulator(ctx, webhookTenants, 0)
	if err != nil {
		return [2]float64{}, err
	}
	defer sim.stop()
	c, err := b.createTenants(ctx, d, webhookTenants, keyOf)
	if err != nil {
		return [2]float64{}, err
	}
	p, err := b.startWorker(ctx, d, "serve", simulatorEnv(sim)...)
	if err != nil {
		return [2]float64{}, err
	}
	defer p.stop()
	l := load{exports: newExports(c), address: p.address, conns: 16, rate: startRate, lasts: startLasts}
	if _, err := l.run(ctx); err != nil {
		return [2]float64{}, err
	}
	return starts(ctx, d, "resolve_export")
}

func (b *bench) bareStarts(ctx context.Context) ([2]float64, error) {
	d, err := b.database(ctx)
	if err != nil {
		return [2]float64{}, err
	}
	defer d.pool.Close()
	client, stop, err := startBare(ctx, d, 20)
	if err != nil {
		return [2]float64{}, err
	}
	defer stop()
	return insertEvenly(ctx, d, client)
}

// insertEvenly inserts bare jobs at startRate, and returns how long each waited for its start (see
// starts).
func insertEvenly(ctx context.Context, d *database, client *queue.Client) ([2]float64, error) {
	started := time.Now()
	for n := 1; time.Since(started) < startLasts; n++ {
		if err := sleep(ctx, time.Until(started.Add(time.Duration(n)*time.Second/startRate))); err != nil {
			return [2]float64{}, err
		}
		if err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			_, err := client.InsertTx(ctx, tx, bareJob{ID: uuid.New(), Mode: modeNothing}, nil)
			return err
		}); err != nil {
			return [2]float64{}, err
		}
	}
	return starts(ctx, d, "bare")
}

// starts returns the median and the 99th percentile of the time from a job's insert to its start,
// in ms. The first second is left out.
func starts(ctx context.Context, d *database, kind string) (waits [2]float64, err error) {
	if err := sleep(ctx, time.Second); err != nil {
		return waits, err
	}
	var jobs int
	err = d.pool.QueryRow(ctx, `SELECT count(*),
			coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), 0),
			coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms), 0)
		FROM (
			SELECT 1000 * extract(epoch FROM attempted_at - created_at)::float8 AS ms, created_at,
				min(created_at) OVER () AS first
			FROM jazzhr.river_job WHERE kind = $1 AND attempt = 1
		) j WHERE created_at > first + interval '1 second'`, kind).Scan(&jobs, &waits[0], &waits[1])
	if err == nil && float64(jobs) < 0.9*startRate*(startLasts.Seconds()-1) {
		err = fmt.Errorf("only %d jobs of kind %s were started", jobs, kind)
	}
	return waits, err
}
