package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	killTenants = 200
	killTimes   = 3
)

// measureKill kills one of two workers, each time the one that leads and then the one that does not, and sees when its jobs go on.
func measureKill(ctx context.Context, b *bench) error {
	for _, leads := range []bool{false, true} {
		var worst float64
		for range killTimes {
			took, err := b.killOne(ctx, leads)
			if err != nil {
				return err
			}
			worst = max(worst, took.Seconds())
		}
		name := "a killed worker's jobs go on"
		if leads {
			name = "a killed leader's jobs and the tick go on"
		}
		b.results.hold(fmt.Sprintf("%s, longest of %d", name, killTimes), "s", worst, atMost(10))
	}
	return nil
}

func (b *bench) killOne(ctx context.Context, leads bool) (time.Duration, error) {
	d, err := b.database(ctx)
	if err != nil {
		return 0, err
	}
	defer d.pool.Close()
	// So slow that each worker is in the middle of many jobs at any time; most of these read.
	sim, err := b.simulator(ctx, killTenants, 300*time.Millisecond)
	if err != nil {
		return 0, err
	}
	defer sim.stop()
	c, err := b.fill(ctx, d, killTenants, keyOf)
	if err != nil {
		return 0, err
	}
	var workers [2]*process
	for i := range workers {
		if workers[i], err = b.workerOn(ctx, d, "work", beside(sim)...); err != nil {
			return 0, err
		}
		defer workers[i].stop()
	}
	if err := pause(ctx, 8*time.Second); err != nil { // until either may judge the other
		return 0, err
	}
	if err := enqueue(ctx, d, c, "all", 4); err != nil {
		return 0, err
	}
	if err := pause(ctx, time.Second); err != nil {
		return 0, err
	}
	return b.strike(ctx, d, workers, leads)
}

// strike kills a worker and returns how long its jobs stood still, those in the middle of a send excepted, and the tick.
func (b *bench) strike(ctx context.Context, d *database, workers [2]*process, leads bool) (time.Duration, error) {
	leader, err := one[string](ctx, d, "SELECT leader_id FROM jazzhr.river_leader")
	if err != nil {
		return 0, err
	}
	other, err := one[string](ctx, d, "SELECT node_id FROM jazzhr.nodes WHERE node_id <> $1", leader)
	if err != nil {
		return 0, err
	}
	victim := other
	if leads {
		victim = leader
	}
	// The two register in the order in which they were started.
	first, err := one[string](ctx, d, "SELECT node_id FROM jazzhr.nodes ORDER BY started_at LIMIT 1")
	if err != nil {
		return 0, err
	}
	dying := workers[1]
	if first == victim {
		dying = workers[0]
	}
	dying.kill()
	killed := time.Now()
	type job struct {
		id      int64
		attempt int16
	}
	rows, err := d.pool.Query(ctx, `SELECT id, attempt FROM jazzhr.river_job j WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1
		AND kind <> 'tick' AND NOT EXISTS (SELECT FROM jazzhr.effects e WHERE e.state = 'sending' AND e.sent_by::text = j.args ->> 'writeback_id')`, victim)
	if err != nil {
		return 0, err
	}
	var left []job
	for rows.Next() {
		var j job
		if err := rows.Scan(&j.id, &j.attempt); err != nil {
			return 0, err
		}
		left = append(left, j)
	}
	if rows.Err() != nil || len(left) == 0 {
		return 0, errors.Join(errors.New("the killed worker ran no job"), rows.Err())
	}
	err = until(ctx, time.Minute, func() (bool, error) {
		for _, j := range left {
			again, err := one[bool](ctx, d, `SELECT coalesce((SELECT attempt > $2 OR state = 'completed' FROM jazzhr.river_job WHERE id = $1), true)`, j.id, j.attempt)
			if err != nil || !again {
				return false, err
			}
		}
		return one[bool](ctx, d, `SELECT EXISTS (SELECT FROM jazzhr.river_job WHERE kind = 'tick' AND state = 'completed' AND attempted_at > $1)`, killed)
	})
	took := time.Since(killed)
	b.say("killed %s (leads: %t) with %d jobs: went on after %s", dying.name, leads, len(left), took.Round(100*time.Millisecond))
	return took, err
}
