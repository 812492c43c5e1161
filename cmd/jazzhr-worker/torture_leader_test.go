package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// takeoverBound is how soon another node has to go on with a dead one's work.
const takeoverBound = 20 * time.Second

// TestLeaderGone ends the node that leads while it is at work: another has its jobs and leads
// within the bound, and what only a leader's tick can set going is done too.
func TestLeaderGone(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*process){"SIGTERM": (*process).terminate, "SIGKILL": (*process).kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDeployment(t)
			web, nodes := d.start("web"), map[string]*process{}
			for range 2 {
				p := d.start("work")
				nodes[p.node] = p
			}
			// More tenants than a node has jobs at once, each with more rows than may be jobs: both
			// nodes are busy, and rows wait for a tick.
			people := people{customers: []*customer{d.customer}}
			for range 7 {
				people.customers = append(people.customers, d.addCustomer())
			}
			for _, c := range people.customers {
				web.connectCustomer(c)
			}
			var posts atomic.Int64 // few of them stall: more would be an outage, after which probes come first
			every20th := func(jazzhrtest.Call) bool { return posts.Add(1)%20 == 1 }
			stall := d.sim.Fault(jazzhrtest.Rule{Method: http.MethodPost, When: every20th, Fault: jazzhrtest.Before(func(ctx context.Context, _ jazzhrtest.Call) {
				<-ctx.Done() // the sender gave up, or is gone
			})})
			const writebacks = 48
			for range writebacks {
				x := people.next()
				web.call("POST", x.path("/writebacks"), map[string]any{
					"interview_id": x.interview, "note": x.note, "job": map[string]string{"id": x.job.ID},
					"candidate": map[string]string{"id": x.candidate, "first_name": x.first, "last_name": x.last, "email": x.email},
				}, nil, http.StatusAccepted)
			}
			var leader string
			var held []int64
			d.await("a leader at work", func() bool {
				leader, held = d.leaderAtWork()
				return len(held) > 0
			})
			ended := time.Now()
			end(nodes[leader])
			stall.Remove()

			d.await("another leader", func() bool {
				now, _ := d.leaderAtWork()
				return now != "" && now != leader
			})
			led := time.Since(ended)
			d.await("the jobs going on", func() bool {
				return d.count(`SELECT count(*) FROM jazzhr.river_job WHERE id = ANY($1) AND state <> 'completed'
					AND NOT (state = 'running' AND attempted_by[array_upper(attempted_by, 1)] <> $2)`, held, leader) == 0
			})
			taken := time.Since(ended)
			d.await("every writeback begun", func() bool {
				return d.count(`SELECT count(*) FROM jazzhr.writebacks WHERE NOT begun AND state = 'pending'`) == 0
			})
			t.Logf("%s of the leader with %d jobs: another led after %s, had its jobs after %s; all rows were begun after %s",
				name, len(held), led.Round(time.Millisecond), taken.Round(time.Millisecond), time.Since(ended).Round(time.Millisecond))
			if led > takeoverBound || taken > takeoverBound {
				t.Errorf("that is more than %s", takeoverBound)
			}
		})
	}
}

// leaderAtWork returns the node that leads, or "", and the jobs that it runs.
func (d *deployment) leaderAtWork() (leader string, held []int64) {
	d.t.Helper()
	err := d.database.Pool.QueryRow(d.t.Context(), `SELECT coalesce(max(leader_id), ''), array(SELECT id FROM jazzhr.river_job
			WHERE state = 'running' AND queue = 'writes' AND attempted_by[array_upper(attempted_by, 1)] = max(leader_id))
		FROM jazzhr.river_leader WHERE expires_at > now()`).Scan(&leader, &held)
	if err != nil {
		d.t.Fatal(err)
	}
	return leader, held
}

func (d *deployment) count(query string, args ...any) (n int) {
	d.t.Helper()
	if err := d.database.Pool.QueryRow(d.t.Context(), query, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// await waits until something is so.
func (d *deployment) await(what string, so func() bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	if err := poll(ctx, so); err != nil {
		d.t.Fatal(fmt.Errorf("%s: %w\n%s", what, err, d.logs))
	}
}
