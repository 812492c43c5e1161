package record

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
)

const (
	// countWindow is how long the same counts as one row.
	countWindow = time.Minute
	// maxStrangers and maxKnown bound how many different things are counted apart in a window, of
	// those who are not known and of those who are.
	maxStrangers, maxKnown = 20, 5000
	// countTimeout bounds the write of one row.
	countTimeout = 10 * time.Second
)

// Counter records what may come often, as one row a minute with a count for each actor and reason.
// The first of a minute is stored at once, and so is known before the answer. It is safe for use by
// many goroutines.
type Counter struct {
	pool   *pgxpool.Pool
	logger *slog.Logger
	now    func() time.Time

	mu        sync.Mutex
	open      map[counted]*window
	strangers int // windows of those who are not known
}

// counted is what counts as the same.
type counted struct {
	kind, who, id, address string
	tenant                 uuid.UUID
	what                   Kind
	target                 string
	result                 Result
	detail                 string
}

// window is what has come since a row was stored.
type window struct {
	ends   time.Time
	times  int
	last   Action
	origin Origin
}

// NewCounter returns a counter. The caller has [Counter.Run] write the counts.
func NewCounter(pool *pgxpool.Pool, logger *slog.Logger) *Counter {
	return &Counter{pool: pool, logger: logger, now: time.Now, open: map[counted]*window{}}
}

// Count records an action, at once or with the next of its like. An action that can't be stored is
// an error: show nothing that it would have recorded.
func (c *Counter) Count(ctx context.Context, a Action) error {
	if !c.first(ctx, a) {
		return nil
	}
	return Add(ctx, c.pool, a)
}

// first reports whether an action is the first of its window. Any other is counted.
func (c *Counter) first(ctx context.Context, a Action) bool {
	o := OriginOf(ctx)
	key := counted{string(o.Kind), a.Who + o.Name, o.ID, o.address(), a.Tenant, a.What, a.Target, a.Result, a.Detail}
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.open[key]
	unknown := o.Kind == Stranger
	if w == nil && (unknown && c.strangers >= maxStrangers || !unknown && len(c.open)-c.strangers >= maxKnown) {
		// Too many: what they have in common is counted together. Addresses of strangers, and
		// targets of others, are dropped.
		key.address, key.target, key.tenant = "", "", uuid.Nil
		o.Address, o.RequestID, a.Target, a.Tenant = Origin{}.Address, "", "", uuid.Nil
		w = c.open[key]
	}
	if w != nil {
		w.times++
		w.last, w.origin = a, o
		return false
	}
	c.open[key] = &window{ends: c.now().Add(countWindow), last: a, origin: o}
	if unknown {
		c.strangers++
	}
	return true
}

// Run writes the counts as their minutes end, and all of them when ctx has ended.
func (c *Counter) Run(ctx context.Context) {
	ticker := time.NewTicker(countWindow / 4)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-ticker.C:
			err = c.write(ctx, c.take(c.now()))
		case <-ctx.Done():
			err = c.Flush(context.WithoutCancel(ctx))
		}
		if err != nil {
			c.logger.WarnContext(ctx, "counted actions were not recorded", "error", db.LogText(err))
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// Flush writes all counts by now.
func (c *Counter) Flush(ctx context.Context) error {
	return c.write(ctx, c.take(c.now().Add(countWindow)))
}

// take returns the windows that have ended and hold a count, and begins them anew. It forgets those
// in which nothing came.
func (c *Counter) take(now time.Time) []window {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ended []window
	for key, w := range c.open {
		if now.Before(w.ends) {
			continue
		}
		if w.times > 0 {
			ended = append(ended, *w)
			w.times, w.ends = 0, c.now().Add(countWindow)
			continue
		}
		delete(c.open, key)
		if ActorKind(key.kind) == Stranger {
			c.strangers--
		}
	}
	return ended
}

func (c *Counter) write(ctx context.Context, ended []window) error {
	var errs []error
	for _, w := range ended {
		w.last.Times = w.times
		limited, cancel := context.WithTimeout(From(ctx, w.origin), countTimeout)
		errs = append(errs, Add(limited, c.pool, w.last))
		cancel()
	}
	return errors.Join(errs...)
}
