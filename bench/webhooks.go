package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	webhookTenants = 1000
	webhookConns   = 64
	webhookLasts   = 10 * time.Second
)

// measureWebhooks sends signed exports to the web server. The baseline is pgbench, PostgreSQL's own
// load program, which commits the same two rows.
func measureWebhooks(ctx context.Context, b *bench) error {
	baseline, oneClient, err := b.acceptBaseline(ctx)
	if err != nil {
		return err
	}
	for _, mode := range []struct {
		name string
		env  string
		aim  bound
	}{
		{"webhooks accepted, a commit each", "GROUP_COMMIT=false", atLeast(1)},
		{"webhooks accepted, group commit", "GROUP_COMMIT=true", atLeast(2.5)},
	} {
		most, err := b.webhooks(ctx, 0, mode.env)
		if err != nil {
			return err
		}
		b.results.compare(mode.name, "/s", most.perSecond(), baseline, mode.aim)
		tenth, err := b.webhooks(ctx, most.perSecond()/10, mode.env)
		if err != nil {
			return err
		}
		for _, at := range []struct {
			name  string
			share float64
		}{{"p50", 0.5}, {"p99", 0.99}} {
			b.results.compare(mode.name+": answer time at a tenth of that, "+at.name, "ms",
				milliseconds(percentile(tenth.latencies, at.share)),
				milliseconds(percentile(oneClient, at.share)), atMost(3))
		}
	}
	return nil
}

// webhooks starts a web server and sends it so many exports a second; rate 0 sends as many as it
// takes.
func (b *bench) webhooks(ctx context.Context, rate float64, env string) (loadResult, error) {
	d, err := b.database(ctx)
	if err != nil {
		return loadResult{}, err
	}
	defer d.pool.Close()
	c, err := b.createTenants(ctx, d, webhookTenants, keyOf)
	if err != nil {
		return loadResult{}, err
	}
	p, err := b.startWorker(ctx, d, "web", env)
	if err != nil {
		return loadResult{}, err
	}
	defer p.stop()
	l := load{exports: newExports(c), address: p.address, conns: webhookConns, lasts: 2 * time.Second}
	if rate == 0 {
		if _, err := l.run(ctx); err != nil { // to warm up
			return loadResult{}, err
		}
	}
	l.rate, l.lasts = rate, webhookLasts
	o, err := l.run(ctx)
	if err != nil {
		return o, err
	}
	rows, err := queryValue[int](ctx, d, "SELECT count(*) FROM jazzhr.webhooks")
	jobs, jobsErr := queryValue[int](ctx, d, "SELECT count(*) FROM jazzhr.river_job WHERE kind = 'resolve_export'")
	if err != nil || jobsErr != nil || rows != jobs || rows < o.answered {
		return o, errors.Join(fmt.Errorf("%d webhooks were answered with 200, but there are %d rows and %d jobs",
			o.answered, rows, jobs), err, jobsErr)
	}
	b.logf("webhooks, %s: %.0f/s, p50 %s, p99 %s",
		env, o.perSecond(), percentile(o.latencies, 0.5), percentile(o.latencies, 0.99))
	return o, nil
}

// acceptBaseline returns how many such commits pgbench makes a second at its best number of
// clients, and how long each takes with one client.
func (b *bench) acceptBaseline(ctx context.Context) (best float64, oneClient []time.Duration, err error) {
	d, err := b.database(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer d.pool.Close()
	if _, err := b.createTenants(ctx, d, webhookTenants, keyOf); err != nil {
		return 0, nil, err
	}
	if _, err := d.pool.Exec(ctx, `CREATE TABLE jazzhr.bench_tenants AS SELECT row_number() OVER () AS n, tenant_id FROM jazzhr.tenants;
		CREATE UNIQUE INDEX ON jazzhr.bench_tenants (n)`); err != nil {
		return 0, nil, err
	}
	p := pgbench{b, d, acceptScript()}
	for _, clients := range []int{1, 8, 16, 32, 64} {
		tps, took, err := p.run(ctx, clients, 5*time.Second)
		if err != nil {
			return 0, nil, err
		}
		b.logf("pgbench, the same two rows, %d clients: %.0f/s, p50 %s, p99 %s",
			clients, tps, percentile(took, 0.5), percentile(took, 0.99))
		best = max(best, tps)
		if clients == 1 {
			oneClient = took
		}
	}
	return best, oneClient, nil
}
