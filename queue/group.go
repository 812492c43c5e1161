package queue

import (
	"context"
	"errors"
	"sync"
	"time"
)

// group answers calls that wait at the same moment by one run. A call that comes alone is run at once; those that come
// while all runs are under way are what the next run takes. Each waits for its own answer, and runs what is waiting itself
// whenever a run is free, so there is no goroutine besides and nothing to stop.
type group[In, Out any] struct {
	run  func(context.Context, []In) []answer[Out] // an answer for each, in their order
	most int                                       // calls in a run
	runs chan struct{}                             // holds one for each run under way

	mu      sync.Mutex
	waiting []*call[In, Out]
}

type answer[Out any] struct {
	out Out
	err error
}

type call[In, Out any] struct {
	in       In
	deadline time.Time // zero if there is none
	answer   answer[Out]
	answered chan struct{}
	taken    bool // by a run; guarded by the group's mu
}

func newGroup[In, Out any](most, runs int, run func(context.Context, []In) []answer[Out]) *group[In, Out] {
	return &group[In, Out]{run: run, most: most, runs: make(chan struct{}, runs)}
}

// errRunPanicked is what the other calls of a run are told that panicked.
var errRunPanicked = errors.New("the run that it was part of panicked")

// do returns the answer to in. If ctx ends before, whether in was run is not known.
func (g *group[In, Out]) do(ctx context.Context, in In) (Out, error) {
	c := &call[In, Out]{in: in, answer: answer[Out]{err: errRunPanicked}, answered: make(chan struct{})}
	c.deadline, _ = ctx.Deadline()
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	g.mu.Unlock()
	runs := g.runs
	for {
		select {
		case <-c.answered:
			return c.answer.out, c.answer.err
		case <-ctx.Done():
			g.forget(c)
			var none Out
			return none, ctx.Err()
		case runs <- struct{}{}:
			g.runNext(ctx)
			if g.isTaken(c) {
				runs = nil // only its answer is waited for now
			}
		}
	}
}

// runNext runs those that have waited longest, and gives the run back.
func (g *group[In, Out]) runNext(ctx context.Context) {
	defer func() { <-g.runs }()
	calls := g.take()
	if len(calls) == 0 {
		return
	}
	defer func() {
		for _, c := range calls {
			close(c.answered)
		}
	}()
	ctx = context.WithoutCancel(ctx) // it is not this call's alone
	if until := latest(calls); !until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	ins := make([]In, len(calls))
	for i, c := range calls {
		ins[i] = c.in
	}
	for i, a := range g.run(ctx, ins) {
		calls[i].answer = a
	}
}

func (g *group[In, Out]) take() []*call[In, Out] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.most)
	calls := make([]*call[In, Out], n)
	copy(calls, g.waiting)
	rest := copy(g.waiting, g.waiting[n:])
	clear(g.waiting[rest:])
	g.waiting = g.waiting[:rest]
	for _, c := range calls {
		c.taken = true
	}
	return calls
}

func (g *group[In, Out]) isTaken(c *call[In, Out]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return c.taken
}

// forget has a call that no run has taken not be run.
func (g *group[In, Out]) forget(c *call[In, Out]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, waiting := range g.waiting {
		if waiting == c {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return
		}
	}
}

// latest is the last deadline of the calls; zero if one has none.
func latest[In, Out any](calls []*call[In, Out]) (until time.Time) {
	for _, c := range calls {
		if c.deadline.IsZero() {
			return time.Time{}
		}
		if c.deadline.After(until) {
			until = c.deadline
		}
	}
	return until
}
