package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

const (
	stepTenants = 400
	stepEach    = 8 // writebacks of each tenant, each of three steps
)

// measureSteps measures how fast steps of writebacks are worked. The baseline is bare River jobs
// that commit as often.
func measureSteps(ctx context.Context, b *bench) error {
	steps, err := b.steps(ctx)
	if err != nil {
		return err
	}
	bare, err := b.burnDown(ctx, modeTwoCommits, 3*stepTenants*stepEach, 20)
	if err != nil {
		return err
	}
	noOp, err := b.burnDown(ctx, modeNothing, 50_000, 20)
	if err != nil {
		return err
	}
	b.results.compare("steps of writebacks worked", "/s", steps, bare, atLeast(0.5))
	b.results.report("River jobs that do nothing, burnt down", "/s", noOp)
	return nil
}

func (b *bench) steps(ctx context.Context) (float64, error) {
	d, err := b.database(ctx)
	if err != nil {
		return 0, err
	}
	defer d.pool.Close()
	sim, err := b.startSimulator(ctx, stepTenants, 0)
	if err != nil {
		return 0, err
	}
	defer sim.stop()
	c, err := b.createTenants(ctx, d, stepTenants, keyOf)
	if err != nil {
		return 0, err
	}
	// The very first writes of an account wait for each other, once in its life. They are not
	// measured.
	if _, err := b.workOff(ctx, d, c, sim, "first", 1); err != nil {
		return 0, err
	}
	since, err := queryValue[time.Time](ctx, d, "SELECT now()")
	if err != nil {
		return 0, err
	}
	cores, err := b.workOff(ctx, d, c, sim, "then", stepEach)
	if err != nil {
		return 0, err
	}
	if err := b.logTopStatements(ctx, d); err != nil {
		return 0, err
	}
	var done int
	var took float64
	if err := d.pool.QueryRow(ctx, `SELECT count(*), extract(epoch FROM max(done_at) - min(started_at))::float8
		FROM jazzhr.steps WHERE state = 'done' AND started_at > $1`, since).Scan(&done, &took); err != nil {
		return 0, err
	}
	if done != 3*stepTenants*stepEach {
		return 0, fmt.Errorf("%d steps are done of %d", done, 3*stepTenants*stepEach)
	}
	perStep := func(cores float64) float64 { return 1000 * cores * took / float64(done) }
	for i, name := range []string{"the service", "PostgreSQL", "the simulator"} {
		b.results.report("a step's processor time: "+name, "ms", perStep(cores[i]))
	}
	return float64(done) / took, nil
}

// workOff enqueues writebacks of each tenant and has a worker work them. It returns how many cores
// the worker, PostgreSQL and the simulator used meanwhile.
func (b *bench) workOff(
	ctx context.Context, d *database, c *tenantSet, sim *process, run string, each int,
) (cores [3]float64, err error) {
	if err := enqueue(ctx, d, c, run, each); err != nil {
		return cores, err
	}
	if err := d.settle(ctx); err != nil {
		return cores, err
	}
	p, err := b.startWorker(ctx, d, "work", simulatorEnv(sim)...)
	if err != nil {
		return cores, err
	}
	defer p.stop()
	if err := b.resetStatements(ctx, d); err != nil {
		return cores, err
	}
	before := b.usage(p, sim)
	err = waitUntil(ctx, 3*time.Minute, func() (bool, error) {
		left, err := queryValue[bool](ctx, d, "SELECT EXISTS (SELECT FROM jazzhr.writebacks WHERE state = 'pending')")
		return err == nil && !left, err
	})
	cores[0], cores[1], cores[2] = b.usage(p, sim).cores(before)
	return cores, err
}

// enqueue enqueues writebacks of new people, each in a transaction of its own, as Intrvio's backend
// would. Their names begin with run.
func enqueue(ctx context.Context, d *database, c *tenantSet, run string, each int) error {
	client, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for t, id := range c.ids {
		group.Go(func() error {
			for i := range each {
				if err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
					_, _, err := writeback.Enqueue(ctx, tx, client, id, sampleWriteback(fmt.Sprintf("%s-%d-%d", run, t, i)))
					return err
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// sampleWriteback returns a writeback of a new person for the account's one job.
func sampleWriteback(name string) writeback.Writeback {
	return writeback.Writeback{
		InterviewID: "interview-" + name,
		Candidate: writeback.Candidate{
			ID: "candidate-" + name, FirstName: "Grace", LastName: "Hopper " + name, Email: name + "@example.com",
		},
		Job:  &writeback.Job{BoardCode: "engineer"},
		Note: writeback.Note{Summary: "Did well.", Transcript: "Q: Why?\nA: Because."},
	}
}
