package intake

import (
	"context"
	"errors"
	"sync"
	"time"
)

// batcher answers calls in batches. A call that comes alone is run at once. Calls that come while
// all runs are busy wait, and the next run takes them together. There is no goroutine behind a
// batcher, so nothing needs to be stopped: whenever a run is free, one of the waiting callers does
// it.
type batcher[In, Out any] struct {
	run  func(context.Context, []In) []answer[Out] // returns an answer for each call, in their order
	size int                                       // the most calls in a run
	busy chan struct{}                             // holds one value for each run under way

	mu      sync.Mutex
	waiting []*call[In, Out]
}

type answer[Out any] struct {
	out Out
	err error
}

// call is one call of a batcher.
type call[In, Out any] struct {
	in       In
	deadline time.Time // zero if there is none
	answer   answer[Out]
	answered chan struct{} // closed once the answer is there
	taken    bool          // by a run; guarded by the batcher's mu
}

// newBatcher returns a batcher that runs so many batches at once, each of at most size calls.
func newBatcher[In, Out any](
	size, runs int, run func(context.Context, []In) []answer[Out],
) *batcher[In, Out] {
	return &batcher[In, Out]{run: run, size: size, busy: make(chan struct{}, runs)}
}

// errRunPanicked is the answer to the other calls of a run that panicked.
var errRunPanicked = errors.New("the run that it was part of panicked")

// do returns the answer to in. If ctx ends first, do returns its error, and in may have been run or
// not.
func (b *batcher[In, Out]) do(ctx context.Context, in In) (Out, error) {
	c := &call[In, Out]{in: in, answer: answer[Out]{err: errRunPanicked}, answered: make(chan struct{})}
	c.deadline, _ = ctx.Deadline()
	b.mu.Lock()
	b.waiting = append(b.waiting, c)
	b.mu.Unlock()
	busy := b.busy
	for {
		select {
		case <-c.answered:
			return c.answer.out, c.answer.err
		case <-ctx.Done():
			b.remove(c)
			var none Out
			return none, ctx.Err()
		case busy <- struct{}{}:
			b.runNext(ctx)
			if b.isTaken(c) {
				busy = nil // this caller waits only for its answer now
			}
		}
	}
}

// runNext runs the calls that have waited longest. The caller holds a value in busy, which runNext
// takes out at its end.
func (b *batcher[In, Out]) runNext(ctx context.Context) {
	defer func() { <-b.busy }()
	calls := b.takeWaiting()
	if len(calls) == 0 {
		return
	}
	defer func() {
		for _, c := range calls {
			close(c.answered)
		}
	}()
	// The run is for all its calls, so it does not end with the context of the caller that does it.
	ctx = context.WithoutCancel(ctx)
	if until := lastDeadline(calls); !until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	ins := make([]In, len(calls))
	for i, c := range calls {
		ins[i] = c.in
	}
	for i, a := range b.run(ctx, ins) {
		calls[i].answer = a
	}
}

// takeWaiting removes the calls of the next run from those that wait, and returns them.
func (b *batcher[In, Out]) takeWaiting() []*call[In, Out] {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.waiting), b.size)
	calls := make([]*call[In, Out], n)
	copy(calls, b.waiting)
	rest := copy(b.waiting, b.waiting[n:])
	clear(b.waiting[rest:])
	b.waiting = b.waiting[:rest]
	for _, c := range calls {
		c.taken = true
	}
	return calls
}

func (b *batcher[In, Out]) isTaken(c *call[In, Out]) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return c.taken
}

// remove removes a call from those that wait. A call that a run has taken stays in that run.
func (b *batcher[In, Out]) remove(c *call[In, Out]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, waiting := range b.waiting {
		if waiting == c {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			return
		}
	}
}

// lastDeadline returns the last of the calls' deadlines, or zero if one of them has none.
func lastDeadline[In, Out any](calls []*call[In, Out]) (until time.Time) {
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
