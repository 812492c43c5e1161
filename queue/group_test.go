package queue_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/queue"
)

// held is a run that tells what it was given, and answers when it is let go.
type held struct {
	began chan []int
	goOn  chan error
}

func newHeld() held { return held{make(chan []int), make(chan error)} }

func (h held) run(_ context.Context, ins []int) ([]int, error) {
	h.began <- slices.Clone(ins)
	return ins, <-h.goOn
}

// TestGroup holds a run under way: what comes meanwhile shares the next one, as many as it takes, in the order in which they came.
func TestGroup(t *testing.T) {
	t.Parallel()
	h := newHeld()
	do, waiting := queue.Group(3, 1, h.run)
	var calls sync.WaitGroup
	ask := func(in int) {
		calls.Go(func() {
			if out, err := do(t.Context(), in); out != in || err != nil {
				t.Errorf("%d is answered by %d, error %v", in, out, err)
			}
		})
	}
	ask(1)
	if first := <-h.began; !slices.Equal(first, []int{1}) { // alone, at once
		t.Errorf("the first run has %v", first)
	}
	for in := 2; in <= 5; in++ {
		ask(in)
		for waiting() < in-1 {
			runtime.Gosched()
		}
	}
	for _, want := range [][]int{{2, 3, 4}, {5}} {
		h.goOn <- nil
		if run := <-h.began; !slices.Equal(run, want) {
			t.Errorf("a run has %v, want %v", run, want)
		}
	}
	h.goOn <- nil
	calls.Wait()
}

func TestGroupFails(t *testing.T) {
	t.Parallel()
	h := newHeld()
	do, _ := queue.Group(3, 1, h.run)
	failed := make(chan error, 1)
	go func() {
		_, err := do(t.Context(), 1)
		failed <- err
	}()
	<-h.began
	broken := errors.New("broken")
	h.goOn <- broken
	if err := <-failed; !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

// TestGroupOutlivesACall ends the call that runs for others: the others are answered all the same, and a call that ends before it is
// run is not run.
func TestGroupOutlivesACall(t *testing.T) {
	t.Parallel()
	h := newHeld()
	do, _ := queue.Group(3, 1, h.run)
	answered := make(chan error, 1)
	go func() {
		_, err := do(t.Context(), 1)
		answered <- err
	}()
	<-h.began
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := do(ended, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that had ended before is answered by %v", err)
	}
	next := make(chan error, 1)
	go func() {
		_, err := do(t.Context(), 3)
		next <- err
	}()
	h.goOn <- nil
	if run := <-h.began; !slices.Equal(run, []int{3}) {
		t.Errorf("the next run has %v", run)
	}
	h.goOn <- nil
	if err := errors.Join(<-answered, <-next); err != nil {
		t.Error(err)
	}
}

// TestGroupLeaderEnds has the call that runs give up while its run is under way: the run goes on until the last deadline of its calls.
func TestGroupLeaderEnds(t *testing.T) {
	t.Parallel()
	began, goOn := make(chan context.Context), make(chan struct{})
	do, _ := queue.Group(3, 1, func(ctx context.Context, ins []int) ([]int, error) {
		began <- ctx
		<-goOn
		return ins, ctx.Err()
	})
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	done := make(chan error, 1)
	go func() {
		_, err := do(ctx, 1)
		done <- err
	}()
	run := <-began
	cancel()
	if until, ok := run.Deadline(); run.Err() != nil || !ok || time.Until(until) < time.Minute {
		t.Errorf("the run has ended with %v, its deadline is %s", run.Err(), until)
	}
	goOn <- struct{}{}
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestGroupPanics holds that a run that panics leaves no call waiting, and the group in order.
func TestGroupPanics(t *testing.T) {
	t.Parallel()
	h := newHeld()
	do, _ := queue.Group(3, 1, func(ctx context.Context, ins []int) ([]int, error) {
		outs, err := h.run(ctx, ins)
		if err != nil {
			panic(err)
		}
		return outs, nil
	})
	first, other := make(chan any, 1), make(chan error, 1)
	go func() {
		defer func() { first <- recover() }()
		_, _ = do(t.Context(), 1) // it panics
	}()
	<-h.began
	h.goOn <- errors.New("broken")
	if <-first == nil {
		t.Error("the call that ran is not told")
	}
	go func() {
		_, err := do(t.Context(), 2)
		other <- err
	}()
	<-h.began
	h.goOn <- nil
	if err := <-other; err != nil {
		t.Errorf("the next call is answered by %v", err)
	}
}
