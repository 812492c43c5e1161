package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

const (
	// clockTolerance is by how much the database's clock may run apart from this process's monotonic
	// one. More is a step: somebody has set the clock, or the database is another server by now.
	clockTolerance = 5 * time.Second
	// clockBase is after how long a process compares from a later moment, so that clocks which run
	// apart slowly make no step.
	clockBase = time.Minute
	// longestWait is longer than anything waits. What waits for longer was told so by a clock that
	// was ahead.
	longestWait = 7 * time.Hour
)

// ErrClockStepped says that the database's clock has stepped since this process's last heartbeat.
// Nothing that has waited by this clock is over before a heartbeat has recorded the step.
var ErrClockStepped = errors.New("the database's clock has stepped")

// Clock compares the database's clock with the monotonic clock of this process, from the moment at
// which its node joins.
type Clock struct {
	mu sync.Mutex
	// The database's clock showed this at some moment between from and to.
	shown    time.Time
	from, to time.Time
}

// Check returns [ErrClockStepped] if what the database's clock shows, read since a moment of this
// process's, does not follow from what it showed at a heartbeat before.
func (c *Clock) Check(since, shows time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown.IsZero() || c.stepped(since, time.Now(), shows) == 0 {
		return nil
	}
	return ErrClockStepped
}

// stepped returns by how much the database's clock has stepped, or 0 if it has gone on as ours has.
func (c *Clock) stepped(from, to, shows time.Time) time.Duration {
	passed := shows.Sub(c.shown)
	least, most := from.Sub(c.to), to.Sub(c.from)
	switch {
	case passed > most+clockTolerance:
		return passed - most
	case passed < least-clockTolerance:
		return passed - least
	default:
		return 0
	}
}

// begin has the process compare from a moment on.
func (c *Clock) begin(from, to, shows time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.from, c.to = shows, from, to
}

// look returns by how much the clock has stepped. Without a step the process compares from a later
// moment now and then.
func (c *Clock) look(from, to, shows time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	stepped := c.stepped(from, to, shows)
	if stepped == 0 && to.Sub(c.to) > clockBase {
		c.shown, c.from, c.to = shows, from, to
	}
	return stepped
}

// beginClock begins to watch the clock. If no other node has watched it until now, it may have
// stepped while nobody lived: that counts as a step.
func (n *Node) beginClock(ctx context.Context, from, to time.Time, read gen.SystemBeatRow) error {
	if !read.Accompanied {
		beyond := longestWait
		if err := gen.New().SystemRecordClockStep(ctx, n.pool, &beyond); err != nil {
			return fmt.Errorf("begin to watch the clock: %w", err)
		}
	}
	n.clock.begin(from, to, read.Clock)
	return nil
}

// compareClock records a step of the clock. Each node that lives through one records it, within a
// second: a node that leaves it to another might miss a further step.
func (n *Node) compareClock(ctx context.Context, from, to, shows time.Time) error {
	stepped := n.clock.look(from, to, shows)
	if stepped == 0 {
		return nil
	}
	var beyond *time.Duration // a clock that is ahead makes nothing wait
	if stepped < 0 {
		beyond = new(time.Duration)
	}
	if err := gen.New().SystemRecordClockStep(ctx, n.pool, beyond); err != nil {
		return fmt.Errorf("record a step of the clock: %w", err)
	}
	n.clock.begin(from, to, shows)
	n.beating = from // the other nodes' heartbeats look old, or to come
	return nil
}

// bringBack has everything looked at that waits for too long since the clock went back.
func (t *Ticker) bringBack(ctx context.Context) error {
	var step gen.SystemClockStepToMendRow
	err := db.InTx(ctx, t.Beginner, func(tx pgx.Tx) (err error) {
		step, err = gen.New().SystemClockStepToMend(ctx, tx)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a step of the clock: %w", err)
	}
	left := false
	for _, batch := range t.broughtBack(ctx, step.Beyond) {
		err := db.InTx(ctx, t.Beginner, func(tx pgx.Tx) error {
			rows, err := batch(tx)
			left = left || rows >= BatchRows
			return err
		})
		if err != nil {
			return fmt.Errorf("bring back what waits since the clock stepped: %w", err)
		}
	}
	if left { // the next tick goes on
		return nil
	}
	return db.InTx(ctx, t.Beginner, func(tx pgx.Tx) error {
		return gen.New().SystemClockStepMended(ctx, tx, step.SteppedAt)
	})
}

// broughtBack is a statement for each kind of row that waits.
func (t *Ticker) broughtBack(ctx context.Context, beyond time.Duration) []func(gen.DBTX) (int64, error) {
	q := gen.New()
	return []func(gen.DBTX) (int64, error){
		func(tx gen.DBTX) (int64, error) { return q.SystemBringBackNodes(ctx, tx) },
		func(tx gen.DBTX) (int64, error) {
			return q.SystemBringBackEffects(ctx, tx, t.SendTimeout, BatchRows)
		},
		func(tx gen.DBTX) (int64, error) { return q.SystemBringBackWritebacks(ctx, tx, beyond, BatchRows) },
		func(tx gen.DBTX) (int64, error) { return q.SystemBringBackWebhooks(ctx, tx, beyond, BatchRows) },
		func(tx gen.DBTX) (int64, error) { return q.SystemBringBackStageEntries(ctx, tx, beyond, BatchRows) },
		func(tx gen.DBTX) (int64, error) { return q.SystemBringBackEvents(ctx, tx, beyond, BatchRows) },
		func(tx gen.DBTX) (int64, error) { return q.SystemBringBackBuckets(ctx, tx, beyond, BatchRows) },
		func(tx gen.DBTX) (int64, error) {
			return q.SystemBringBackPolls(ctx, tx, t.PollInterval, beyond, BatchRows)
		},
		func(tx gen.DBTX) (int64, error) { return q.SystemBringBackBreakers(ctx, tx, beyond) },
	}
}
