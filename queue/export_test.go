package queue

import (
	"context"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// Cut splits a text as the parts of a note are split.
func Cut(text string, limit int) []string { return cut(text, limit) }

// Beating moves the node's memory of its own heartbeats: unbroken for so long, the last one so long ago.
func (n *Node) Beating(unbroken, last time.Duration) {
	now := time.Now()
	n.beating, n.lastBeat = now.Add(-unbroken), now.Add(-last)
}

// SweptNow makes the ticker's next sweep a whole interval away.
func (t *Ticker) SweptNow() { t.lastSweep = time.Now() }

// AcceptExport is [Intake.Accept] for an export that has a transaction of its own.
func AcceptExport(ctx context.Context, from db.Beginner, client *Client, receiver tenant.Receiver, received Received) (Accepted, error) {
	e, err := newExport(receiver, received)
	if err != nil {
		return "", err
	}
	return acceptExport(ctx, from, client, e)
}

// Group returns the do of a group, and how many calls wait in it.
func Group[In, Out any](
	most, runs int, run func(context.Context, []In) ([]Out, error),
) (do func(context.Context, In) (Out, error), waiting func() int) {
	g := newGroup(most, runs, func(ctx context.Context, ins []In) []answer[Out] {
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
	return g.do, func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.waiting)
	}
}

// Reindexed are the indexes that River builds anew each night.
func Reindexed() []string { return reindexed() }
