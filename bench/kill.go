package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	killTenants = 200
	killTimes   = 3
)

// measureKill kills one of two workers and measures when its jobs go on: first the worker that does
// not lead, then the leader.
func measureKill(ctx context.Context, b *bench) error {
	for _, leads := range []bool{false, true} {
		var worst float64
		for range killTimes {
			took, err := b.killWorker(ctx, leads)
			if err != nil {
				return err
			}
			worst = max(worst, took.Seconds())
		}
		name := "a killed worker's jobs go on"
		if leads {
			name = "a killed leader's jobs and the tick go on"
		}
		b.results.check(fmt.Sprintf("%s, longest of %d", name, killTimes), "s", worst, atMost(10))
	}
	return nil
}

func (b *bench) killWorker(ctx context.Context, leads bool) (time.Duration, error) {
	d, err := b.database(ctx)
	if err != nil {
		return 0, err
	}
	defer d.pool.Close()
	// The simulator is so slow that each worker has many jobs under way at any time. Most of these
	// read.
	sim, err := b.startSimulator(ctx, killTenants, 300*time.Millisecond)
	if err != nil {
		return 0, err
	}
	defer sim.stop()
	c, err := b.createTenants(ctx, d, killTenants, keyOf)
	if err != nil {
		return 0, err
	}
	var workers [2]*process
	for i := range workers {
		if workers[i], err = b.startWorker(ctx, d, "work", simulatorEnv(sim)...); err != nil {
			return 0, err
		}
		defer workers[i].stop()
	}
	if err := sleep(ctx, 8*time.Second); err != nil { // from then on each may declare the other dead
		return 0, err
	}
	if err := enqueue(ctx, d, c, "all", 4); err != nil {
		return 0, err
	}
	if err := sleep(ctx, time.Second); err != nil {
		return 0, err
	}
	return b.killAndWait(ctx, d, workers, leads)
}

// killAndWait kills the leader or the other worker. It returns how long it took until the killed
// worker's jobs and the tick went on. Jobs in the middle of a send are left out: they wait for the
// quiet period.
func (b *bench) killAndWait(ctx context.Context, d *database, workers [2]*process, leads bool) (time.Duration, error) {
	leader, err := queryValue[string](ctx, d, "SELECT leader_id FROM jazzhr.river_leader")
	if err != nil {
		return 0, err
	}
	other, err := queryValue[string](ctx, d, "SELECT node_id FROM jazzhr.nodes WHERE node_id <> $1", leader)
	if err != nil {
		return 0, err
	}
	victim := other
	if leads {
		victim = leader
	}
	// The workers registered in the order of their starts.
	first, err := queryValue[string](ctx, d, "SELECT node_id FROM jazzhr.nodes ORDER BY started_at LIMIT 1")
	if err != nil {
		return 0, err
	}
	dying := workers[1]
	if first == victim {
		dying = workers[0]
	}
	dying.kill()
	killed := time.Now()
	left, err := runningJobs(ctx, d, victim)
	if err != nil {
		return 0, err
	}
	err = waitUntil(ctx, time.Minute, func() (bool, error) {
		for _, j := range left {
			again, err := queryValue[bool](ctx, d, `SELECT coalesce((
				SELECT attempt > $2 OR state = 'completed' FROM jazzhr.river_job WHERE id = $1), true)`, j.id, j.attempt)
			if err != nil || !again {
				return false, err
			}
		}
		return queryValue[bool](ctx, d, `SELECT EXISTS (
			SELECT FROM jazzhr.river_job WHERE kind = 'tick' AND state = 'completed' AND attempted_at > $1)`, killed)
	})
	took := time.Since(killed)
	b.logf("killed %s (leader: %t) with %d jobs: they went on after %s",
		dying.name, leads, len(left), took.Round(100*time.Millisecond))
	return took, err
}

// runningJob is an attempt at a job.
type runningJob struct {
	id      int64
	attempt int16
}

// runningJobs returns the jobs that a node runs, besides the tick and those in the middle of a
// send.
func runningJobs(ctx context.Context, d *database, node string) ([]runningJob, error) {
	rows, err := d.pool.Query(ctx, `SELECT id, attempt FROM jazzhr.river_job j
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1 AND kind <> 'tick'
			AND NOT EXISTS (SELECT FROM jazzhr.effects e
				WHERE e.state = 'sending' AND e.sent_by::text = j.args ->> 'writeback_id')`, node)
	if err != nil {
		return nil, err
	}
	jobs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (j runningJob, err error) {
		return j, row.Scan(&j.id, &j.attempt)
	})
	if err == nil && len(jobs) == 0 {
		err = errors.New("the killed worker had no running job")
	}
	return jobs, err
}
