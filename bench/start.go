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

// measureStart measures how long after a webhook was accepted its work begins, beside a bare River job.
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
	sim, err := b.simulator(ctx, webhookTenants, 0)
	if err != nil {
		return [2]float64{}, err
	}
	defer sim.stop()
	c, err := b.fill(ctx, d, webhookTenants, keyOf)
	if err != nil {
		return [2]float64{}, err
	}
	p, err := b.workerOn(ctx, d, "serve", beside(sim)...)
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
	client, stop, err := bare(ctx, d, 20)
	if err != nil {
		return [2]float64{}, err
	}
	defer stop()
	return insertEvenly(ctx, d, client)
}

// insertEvenly inserts bare jobs at the rate, and returns when they were started.
func insertEvenly(ctx context.Context, d *database, client *queue.Client) ([2]float64, error) {
	started := time.Now()
	for n := 1; time.Since(started) < startLasts; n++ {
		if err := pause(ctx, time.Until(started.Add(time.Duration(n)*time.Second/startRate))); err != nil {
			return [2]float64{}, err
		}
		if err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			_, err := client.InsertTx(ctx, tx, bareJob{ID: uuid.New(), Do: doNothing}, nil)
			return err
		}); err != nil {
			return [2]float64{}, err
		}
	}
	return starts(ctx, d, "bare")
}

// starts are the median and the 99th percentile of what passed, in ms, from a job's insert to its start. The first second is left out.
func starts(ctx context.Context, d *database, kind string) (at [2]float64, err error) {
	if err := pause(ctx, time.Second); err != nil {
		return at, err
	}
	var jobs int
	err = d.pool.QueryRow(ctx, `SELECT count(*), coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), 0), coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms), 0)
		FROM (SELECT 1000 * extract(epoch FROM attempted_at - created_at)::float8 AS ms, created_at, min(created_at) OVER () AS first
			FROM jazzhr.river_job WHERE kind = $1 AND attempt = 1) j WHERE created_at > first + interval '1 second'`, kind).Scan(&jobs, &at[0], &at[1])
	if err == nil && float64(jobs) < 0.9*startRate*(startLasts.Seconds()-1) {
		err = fmt.Errorf("only %d jobs of kind %s were started", jobs, kind)
	}
	return at, err
}
