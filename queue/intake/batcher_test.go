package intake_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/queue/intake"
)

// heldRun is a run that a test holds until it sends the error that the run ends with.
type heldRun struct {
	began chan []int // what each run was given
	end   chan error
}

func newHeldRun() heldRun { return heldRun{make(chan []int), make(chan error)} }

func (h heldRun) run(_ context.Context, ins []int) ([]int, error) {
	h.began <- slices.Clone(ins)
	return ins, <-h.end
}

// TestBatcher keeps a run from ending. The calls that come meanwhile share the next run, as many as
// it takes, in the order in which they came.
func TestBatcher(t *testing.T) {
	t.Parallel()
	h := newHeldRun()
	do, waiting := intake.Batcher(3, 1, h.run)
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
		h.end <- nil
		if run := <-h.began; !slices.Equal(run, want) {
			t.Errorf("a run has %v, want %v", run, want)
		}
	}
	h.end <- nil
	calls.Wait()
}

func TestBatcherFails(t *testing.T) {
	t.Parallel()
	h := newHeldRun()
	do, _ := intake.Batcher(3, 1, h.run)
	failed := make(chan error, 1)
	go func() {
		_, err := do(t.Context(), 1)
		failed <- err
	}()
	<-h.began
	broken := errors.New("broken")
	h.end <- broken
	if err := <-failed; !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

// TestBatcherOutlivesACall checks that a call that ends before it is run is not run, and that the
// others are answered all the same.
func TestBatcherOutlivesACall(t *testing.T) {
	t.Parallel()
	h := newHeldRun()
	do, _ := intake.Batcher(3, 1, h.run)
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
	h.end <- nil
	if run := <-h.began; !slices.Equal(run, []int{3}) {
		t.Errorf("the next run has %v", run)
	}
	h.end <- nil
	if err := errors.Join(<-answered, <-next); err != nil {
		t.Error(err)
	}
}

// TestBatcherLeaderEnds ends the context of the caller that does the run. The run goes on until the
// last deadline of its calls.
func TestBatcherLeaderEnds(t *testing.T) {
	t.Parallel()
	began, goOn := make(chan context.Context), make(chan struct{})
	do, _ := intake.Batcher(3, 1, func(ctx context.Context, ins []int) ([]int, error) {
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

// TestBatcherPanics checks that a run that panics leaves no call waiting, and the batcher in order.
func TestBatcherPanics(t *testing.T) {
	t.Parallel()
	h := newHeldRun()
	do, _ := intake.Batcher(3, 1, func(ctx context.Context, ins []int) ([]int, error) {
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
	h.end <- errors.New("broken")
	if <-first == nil {
		t.Error("the call that ran is not told")
	}
	go func() {
		_, err := do(t.Context(), 2)
		other <- err
	}()
	<-h.began
	h.end <- nil
	if err := <-other; err != nil {
		t.Errorf("the next call is answered by %v", err)
	}
}
