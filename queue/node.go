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
	// BeatInterval is how often a node sends its heartbeat.
	BeatInterval = time.Second
	// NodeTimeout is how long a node may be silent. After that its jobs are given back, and it
	// starts no send itself.
	NodeTimeout = 6 * time.Second
)

// NewNodeID returns a name for this start of a process. River and the heartbeat use the same name.
func NewNodeID(host string) string { return host + "-" + uuid.NewString() }

// Node sends the heartbeat of one process, gives back the jobs of dead nodes, and watches the
// database's clock.
type Node struct {
	ID    string
	pool  *pgxpool.Pool
	clock *Clock
	// beating is since when the heartbeats have been unbroken. Both are on this process's clocks.
	beating  time.Time
	lastBeat time.Time
}

// JoinNode adds a node to the list. The caller then calls [Node.Beat] every [BeatInterval]. clock is
// what the node's workers ask.
func JoinNode(ctx context.Context, pool *pgxpool.Pool, id string, clock *Clock) (*Node, error) {
	node := &Node{ID: id, pool: pool, clock: clock}
	started := time.Now()
	read, err := gen.New().SystemBeat(ctx, pool, id, NodeTimeout/2)
	if err != nil {
		return nil, fmt.Errorf("join as node: %w", err)
	}
	node.lastBeat = time.Now()
	node.beating = node.lastBeat
	return node, node.beginClock(ctx, started, node.lastBeat, read)
}

// Beat stores this node's heartbeat and gives back the jobs of dead nodes. It returns how many jobs
// were given back.
//
// A node judges others only while its own heartbeats have been unbroken for a full timeout. A node
// that was stopped, or cut off from the database, would find all others silent.
func (n *Node) Beat(ctx context.Context) (returned int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, NodeTimeout/2)
	defer cancel()
	started := time.Now()
	read, err := gen.New().SystemBeat(ctx, n.pool, n.ID, NodeTimeout/2)
	if err != nil {
		return 0, fmt.Errorf("heartbeat: %w", err)
	}
	if err := n.compareClock(ctx, started, time.Now(), read.Clock); err != nil {
		return 0, err
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

// unknownAfter is how long after its fetch a job is given back that its node does not run. A job
// that has ended is still stored as running until River has stored its end.
const unknownAfter = 15 * time.Second

// ReturnUnknown gives back the jobs that are stored as running on this node, except those that it
// does run. River itself would leave them for an hour.
func (n *Node) ReturnUnknown(ctx context.Context, running []int64) (returned int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, NodeTimeout/2)
	defer cancel()
	returned, err = gen.New().SystemReturnUnknown(ctx, n.pool, n.ID, unknownAfter, running)
	if err != nil {
		return 0, fmt.Errorf("give back jobs whose fetch was lost: %w", err)
	}
	return returned, nil
}

// wallGap returns the time between two moments by the wall clock, which goes on while a machine
// sleeps.
func wallGap(from, to time.Time) time.Duration { return to.Round(0).Sub(from.Round(0)) }

// Leave removes the node from the list. The caller calls it after the node's last job has ended.
func (n *Node) Leave(ctx context.Context) error {
	if err := gen.New().SystemRemoveNode(ctx, n.pool, n.ID); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

// reap gives back the jobs of dead nodes. If one of them was River's leader, reap ends its lease
// and announces that, so that another node leads at once. Else the lease would last for up to 15 s.
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
		// Jobs whose node is not in the list. The timeout is there because River may give a node
		// its first job a moment before the node joins.
		orphans, err := q.SystemReturnOrphans(ctx, tx, NodeTimeout)
		if err != nil {
			return fmt.Errorf("give orphaned jobs back: %w", err)
		}
		returned += orphans
		return nil
	})
	return returned, err
}

// Complete ends the job within tx if the running attempt still owns it, and reports whether it did.
// A caller that no longer owns its job keeps what it learned, and leaves the rest to the owner.
func Complete[T river.JobArgs](ctx context.Context, tx pgx.Tx, job *river.Job[T]) (bool, error) {
	if job.AttemptedAt == nil || len(job.AttemptedBy) == 0 { // it never ran
		return false, nil
	}
	node := job.AttemptedBy[len(job.AttemptedBy)-1]
	ended, err := gen.New().SystemCompleteJob(ctx, tx, job.ID, job.AttemptedAt, node)
	if err != nil {
		return false, fmt.Errorf("complete job: %w", err)
	}
	return ended == 1, nil
}
