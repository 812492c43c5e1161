package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

const (
	// BeatInterval is how often a node says that it lives.
	BeatInterval = time.Second
	// NodeTimeout is how long a node may be silent before its jobs are given back and it starts no send itself.
	NodeTimeout = 6 * time.Second
)

// NewNodeID returns a name for this start of a process, which River and the heartbeat share.
func NewNodeID(host string) string { return host + "-" + uuid.NewString() }

// Node is one process's life sign, and its part in giving back what dead nodes left.
type Node struct {
	ID   string
	pool *pgxpool.Pool
	// beating since when its heartbeats have been unbroken, on this process's monotonic clock.
	beating  time.Time
	lastBeat time.Time
}

// JoinNode enters the node in the list of the living. The caller then calls [Node.Beat] every [BeatInterval].
func JoinNode(ctx context.Context, pool *pgxpool.Pool, id string) (*Node, error) {
	node := &Node{ID: id, pool: pool}
	if err := gen.New().SystemBeat(ctx, pool, id); err != nil {
		return nil, fmt.Errorf("join as node: %w", err)
	}
	node.lastBeat = time.Now()
	node.beating = node.lastBeat
	return node, nil
}

// Beat says that this node lives and gives back the jobs of those that do not. It returns how many were given back.
//
// A node judges others only while its own heartbeats have been unbroken for a full timeout: one that was stopped, or
// cut off from the database, would find everybody else silent.
func (n *Node) Beat(ctx context.Context) (returned int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, NodeTimeout/2)
	defer cancel()
	started := time.Now()
	if err := gen.New().SystemBeat(ctx, n.pool, n.ID); err != nil {
		return 0, fmt.Errorf("heartbeat: %w", err)
	}
	if started.Sub(n.lastBeat) > NodeTimeout/2 || wallGap(n.lastBeat, started) > NodeTimeout/2 {
		n.beating = started
	}
	n.lastBeat = started
	if started.Sub(n.beating) < NodeTimeout {
		return 0, nil
	}
	return reap(ctx, n.pool)
}

// unknownAfter is how long after its fetch a job that the node does not run is given back: a job that has ended is still said to
// run until River has written that down.
const unknownAfter = 15 * time.Second

// ReturnUnknown gives back the jobs that the node is said to run, besides those that it does. River itself would leave them for an
// hour.
func (n *Node) ReturnUnknown(ctx context.Context, running []int64) (returned int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, NodeTimeout/2)
	defer cancel()
	returned, err = gen.New().SystemReturnUnknown(ctx, n.pool, n.ID, unknownAfter, running)
	if err != nil {
		return 0, fmt.Errorf("give back jobs whose fetch was lost: %w", err)
	}
	return returned, nil
}

// wallGap is the time between two moments by the wall clock, which goes on while a machine sleeps.
func wallGap(from, to time.Time) time.Duration { return to.Round(0).Sub(from.Round(0)) }

// Leave takes the node from the list, after its last job has ended.
func (n *Node) Leave(ctx context.Context) error {
	if err := gen.New().SystemRemoveNode(ctx, n.pool, n.ID); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

// reap gives dead nodes' jobs back. If one of them led, its lease is ended and that is announced, so that another node
// leads at once and not after the lease of 15 s.
func reap(ctx context.Context, pool *pgxpool.Pool) (returned int64, err error) {
	q := gen.New()
	err = db.InTx(ctx, pool, func(tx pgx.Tx) error {
		dead, err := q.SystemTakeDeadNode(ctx, tx, NodeTimeout)
		if err != nil {
			return fmt.Errorf("find dead nodes: %w", err)
		}
		if len(dead) > 0 {
			if returned, err = q.SystemReturnJobs(ctx, tx, dead); err != nil {
				return fmt.Errorf("give jobs back: %w", err)
			}
			if err := q.SystemDropLeader(ctx, tx, dead); err != nil {
				return fmt.Errorf("end the leader's lease: %w", err)
			}
		}
		// What runs under a name that is not in the list: a node may be entered here a moment after River gave it its
		// first job, hence the timeout.
		orphans, err := q.SystemReturnOrphans(ctx, tx, NodeTimeout)
		if err != nil {
			return fmt.Errorf("give orphaned jobs back: %w", err)
		}
		returned += orphans
		return nil
	})
	return returned, err
}

// Complete ends the job within tx if the running attempt still owns it, and reports whether it did. A caller that no longer owns
// its job keeps what it learned and leaves the next step to the owner.
func Complete[T river.JobArgs](ctx context.Context, tx pgx.Tx, job *river.Job[T]) (bool, error) {
	if job.AttemptedAt == nil || len(job.AttemptedBy) == 0 { // it never ran
		return false, nil
	}
	ended, err := gen.New().SystemCompleteJob(ctx, tx, job.ID, job.AttemptedAt, job.AttemptedBy[len(job.AttemptedBy)-1])
	if err != nil {
		return false, fmt.Errorf("complete job: %w", err)
	}
	return ended == 1, nil
}
