package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

const (
	fairTenants = 16              // tenants that have little to write
	fairEvery   = 8 * time.Second // between two writebacks of each of them
	fairLasts   = 64 * time.Second
	fairWaiting = 100_000 // writebacks that wait for one other tenant
)

// measureFair times the writebacks of quiet tenants: alone, and while one other tenant has a
// hundred thousand writebacks waiting.
func measureFair(ctx context.Context, b *bench) error {
	alone, err := b.quietWritebacks(ctx, 0)
	if err != nil {
		return err
	}
	beside, err := b.quietWritebacks(ctx, fairWaiting)
	if err != nil {
		return err
	}
	b.results.compare("a quiet tenant's writeback beside 100,000 of another, p95", "ms", beside.p95, alone.p95, atMost(2))
	b.results.compare("the same, p50", "ms", beside.p50, alone.p50, atMost(1.1))
	b.results.compare("the service's memory meanwhile", "MB", beside.memory, alone.memory, atMost(1.1))
	b.results.report("the service's processor time meanwhile", "cores", beside.service)
	b.results.report("PostgreSQL's processor time meanwhile", "cores", beside.server)
	b.results.check("times a job is fetched before it does its work", "", beside.fetched, atMost(1.1))
	return nil
}

// fairResult is the outcome of one run of quietWritebacks.
type fairResult struct {
	p50, p95        float64 // ms from the acceptance of a quiet tenant's writeback to its end
	memory          float64 // MB of the service
	service, server float64 // cores
	fetched         float64 // attempts of steps per attempt that did its work
}

func (b *bench) quietWritebacks(ctx context.Context, waiting int) (f fairResult, err error) {
	d, err := b.database(ctx)
	if err != nil {
		return f, err
	}
	defer d.pool.Close()
	sim, err := b.startSimulator(ctx, fairTenants+1, 0)
	if err != nil {
		return f, err
	}
	defer sim.stop()
	c, err := b.createTenants(ctx, d, fairTenants+1, keyOf)
	if err != nil {
		return f, err
	}
	if waiting > 0 {
		if err := addBacklog(ctx, d, c, waiting); err != nil {
			return f, err
		}
	}
	if err := d.settle(ctx); err != nil {
		return f, err
	}
	p, err := b.startWorker(ctx, d, "serve", append(simulatorEnv(sim), "JAZZHR_CALLS_PER_MINUTE=80")...)
	if err != nil {
		return f, err
	}
	defer p.stop()
	if err := sleep(ctx, 3*time.Second); err != nil {
		return f, err
	}
	before := b.usage(p, sim)
	if err := enqueueEvenly(ctx, d, c); err != nil {
		return f, err
	}
	f.service, f.server, _ = b.usage(p, sim).cores(before)
	f.memory = float64(memory(p.cmd.Process.Pid)) / (1 << 20)
	if err := d.pool.QueryRow(ctx, `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms),
			percentile_cont(0.95) WITHIN GROUP (ORDER BY ms)
		FROM (
			SELECT 1000 * extract(epoch FROM done_at - created_at)::float8 AS ms FROM jazzhr.writebacks
			WHERE interview_id LIKE 'interview-quiet-%' AND state = 'done') w`).Scan(&f.p50, &f.p95); err != nil {
		return f, err
	}
	metrics, err := p.scrape(ctx)
	if err != nil {
		return f, err
	}
	f.fetched, err = attemptsPerWork(metrics)
	b.logf("beside %d waiting writebacks: p50 %.0f ms, p95 %.0f ms, %.0f MB, %.2f + %.2f cores, fetched %.2f times",
		waiting, f.p50, f.p95, f.memory, f.service, f.server, f.fetched)
	return f, err
}

// enqueueEvenly enqueues a writeback of each quiet tenant every fairEvery for fairLasts, and
// returns when all have ended.
func enqueueEvenly(ctx context.Context, d *database, c *tenantSet) error {
	client, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	started := time.Now()
	for n := 0; time.Since(started) < fairLasts; n++ {
		tenant := n % fairTenants
		if err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			_, _, err := writeback.Enqueue(ctx, tx, client, c.ids[tenant], sampleWriteback(fmt.Sprintf("quiet-%d", n)))
			return err
		}); err != nil {
			return err
		}
		if err := sleep(ctx, time.Until(started.Add(time.Duration(n+1)*fairEvery/fairTenants))); err != nil {
			return err
		}
	}
	return waitUntil(ctx, time.Minute, func() (bool, error) {
		left, err := queryValue[int](ctx, d, `SELECT count(*) FROM jazzhr.writebacks
			WHERE interview_id LIKE 'interview-quiet-%' AND state = 'pending'`)
		return err == nil && left == 0, err
	})
}

// addBacklog gives the last tenant so many waiting writebacks. One is enqueued through the
// service's code; the others are copies of its rows.
func addBacklog(ctx context.Context, d *database, c *tenantSet, waiting int) error {
	last := &tenantSet{ids: c.ids[len(c.ids)-1:]}
	if _, err := d.pool.Exec(ctx, "UPDATE jazzhr.tenants SET paused_at = now() WHERE tenant_id = $1", last.ids[0]); err != nil {
		return err
	}
	if err := enqueue(ctx, d, last, "last", 1); err != nil {
		return err
	}
	for _, statement := range []string{
		`INSERT INTO jazzhr.writebacks SELECT (jsonb_populate_record(w, jsonb_build_object(
				'writeback_id', gen_random_uuid(), 'interview_id', 'backlog-' || n,
				'email', 'backlog-' || n || '@example.com', 'last_name', 'Backlog ' || n))).*
			FROM jazzhr.writebacks w, generate_series(2, $1::int) n`,
		`INSERT INTO jazzhr.steps (tenant_id, writeback_id, kind, part, state)
			SELECT w.tenant_id, w.writeback_id, s.kind, s.part, s.state FROM jazzhr.writebacks w, jazzhr.steps s
			WHERE w.interview_id LIKE 'backlog-%' AND $1::int > 0`,
		`UPDATE jazzhr.tenants SET paused_at = NULL WHERE $1::int > 0`,
	} {
		if _, err := d.pool.Exec(ctx, statement, waiting); err != nil {
			return fmt.Errorf("add a backlog: %w", err)
		}
	}
	return nil
}

var attempts = regexp.MustCompile(`^jazzhr_job_attempts_total\{kind="(\w+)",outcome="(\w+)"\} (\S+)`)

// attemptsPerWork returns how many attempts of steps the metrics count per attempt that did its
// work.
func attemptsPerWork(metrics string) (float64, error) {
	steps := []string{queue.StepCreateApplicant, queue.StepLinkApplicantToJob, queue.StepWriteNotes}
	var all, worked float64
	for line := range strings.Lines(metrics) {
		found := attempts.FindStringSubmatch(line)
		if found == nil || !slices.Contains(steps, found[1]) {
			continue
		}
		n, err := strconv.ParseFloat(found[3], 64)
		if err != nil {
			return 0, err
		}
		all += n
		if !strings.HasPrefix(found[2], "waits_") && found[2] != "superseded" && found[2] != "lost_job" {
			worked += n
		}
	}
	if worked == 0 {
		return 0, errors.New("no step was worked")
	}
	return all / worked, nil
}
