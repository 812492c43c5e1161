package intake

import "context"

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
