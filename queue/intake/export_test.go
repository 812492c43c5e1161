package intake

import (
	"context"
	"sync/atomic"

	"github.com/google/uuid"
)

// Batcher returns a function that makes a call of a batcher, and one that counts the calls that
// wait.
func Batcher[In, Out any](
	size, runs int, run func(context.Context, []In) ([]Out, error),
) (do func(context.Context, In) (Out, error), waiting func() int) {
	b := newBatcher(size, runs, func(ctx context.Context, ins []In) []answer[Out] {
		outs, err := run(ctx, ins)
		answers := make([]answer[Out], len(ins))
		for i := range answers {
			answers[i].err = err
			if err == nil {
				answers[i].out = outs[i]
			}
		}
		return answers
	})
	return b.do, func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting)
	}
}

// CountBatches counts the batches of webhooks from here on. No webhook may come meanwhile.
func (i *Intake) CountBatches() *atomic.Int64 {
	var n atomic.Int64
	run := i.webhooks.run
	i.webhooks.run = func(ctx context.Context, ins []incoming) []answer[Accepted] {
		n.Add(1)
		return run(ctx, ins)
	}
	return &n
}

// Waiting counts a tenant's webhooks that wait for a lock.
func (i *Intake) Waiting(tenantID uuid.UUID) int {
	i.locked.mu.Lock()
	defer i.locked.mu.Unlock()
	return i.locked.waiting[tenantID]
}
