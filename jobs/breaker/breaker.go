package breaker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Breaker stops writes while JazzHR takes none. One serves a whole process.
type Breaker struct {
	pool   *pgxpool.Pool
	client *queue.Client

	mu      sync.Mutex
	known   map[string]bool   // the kinds that have a row, as of the last look
	streaks map[string]streak // of this process, by kind
}

// streak is the unusable answers in a row that are not reported yet.
type streak struct {
	all     int // the reported ones too
	pending int
	tenants []uuid.UUID
}

// New returns a breaker. client inserts the deliveries of events.
func New(pool *pgxpool.Pool, client *queue.Client) *Breaker {
	return &Breaker{pool: pool, client: client, known: map[string]bool{}, streaks: map[string]streak{}}
}

// OpenError says that JazzHR as a whole takes no writes at the moment.
type OpenError struct{ Wait time.Duration }

// Error says so.
func (e *OpenError) Error() string {
	return fmt.Sprintf("JazzHR takes no writes: put off for %s", e.Wait.Round(time.Second))
}

// Look finds out which kinds have a row. Each process calls it once a second.
func (b *Breaker) Look(ctx context.Context) error {
	rows, err := gen.New().SystemBreakers(ctx, b.pool)
	if err != nil {
		return fmt.Errorf("look at the breakers: %w", err)
	}
	known := map[string]bool{}
	for _, row := range rows {
		known[row.Breaker.Kind] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known = known
	return nil
}

func (b *Breaker) knows(kind string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.known[kind]
}

func (b *Breaker) learn(kind string, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[kind] = known
}

// Admit is asked in the transaction of each intent. It returns an [*OpenError] if the send has to be
// put off.
func (b *Breaker) Admit(ctx context.Context, tx db.TenantTx, kind string) error {
	s, now, err := b.read(ctx, tx, kind)
	if err != nil || !s.open() {
		return err
	}
	if !s.mayProbe(tx.Tenant, now) {
		return &OpenError{Wait: s.wait(now)}
	}
	taken, err := tx.Q.SystemTakeProbe(ctx, tx, gen.SystemTakeProbeParams{
		Kind: kind, Prober: &tx.Tenant, NextAt: now.Add(s.interval()), SeenGranted: s.Granted, SeenNextAt: s.NextAt,
	})
	if err != nil {
		return fmt.Errorf("take a send from the breaker: %w", err)
	}
	if taken == 0 { // another took it
		return &OpenError{Wait: s.wait(now)}
	}
	return nil
}

// Holds returns an [*OpenError] if sends of a kind are put off at the moment. It takes none.
func (b *Breaker) Holds(ctx context.Context, tx db.TenantTx, kind string) error {
	s, now, err := b.read(ctx, tx, kind)
	if err != nil || !s.open() {
		return err
	}
	return &OpenError{Wait: s.wait(now)}
}

// read reads a breaker. One that is closed is not asked for in the database.
func (b *Breaker) read(ctx context.Context, tx db.TenantTx, kind string) (state, time.Time, error) {
	if !b.knows(kind) {
		return state{}, time.Time{}, nil
	}
	row, err := tx.Q.SystemBreaker(ctx, tx, kind)
	if errors.Is(err, pgx.ErrNoRows) {
		b.learn(kind, false)
		return state{}, time.Time{}, nil
	}
	if err != nil {
		return state{}, time.Time{}, fmt.Errorf("read breaker: %w", err)
	}
	return state(row.Breaker), row.Now, nil
}

// Took says that a tenant's write was answered usably.
func (b *Breaker) Took(ctx context.Context, kind string) error {
	b.mu.Lock()
	delete(b.streaks, kind)
	known := b.known[kind]
	b.mu.Unlock()
	if !known {
		return nil
	}
	return b.change(ctx, kind, func(s state, _ time.Time) (state, bool) { return s.took() })
}

// Failed says that a tenant's write was answered by what says that JazzHR as a whole is down.
func (b *Breaker) Failed(ctx context.Context, kind string, tenant uuid.UUID) error {
	b.mu.Lock()
	s := b.streaks[kind]
	s.all, s.pending, s.tenants = s.all+1, s.pending+1, append(s.tenants, tenant)
	report := s.all >= reportFrom || b.known[kind]
	if report {
		b.streaks[kind] = streak{all: s.all}
	} else {
		b.streaks[kind] = s
	}
	b.mu.Unlock()
	if !report {
		return nil
	}
	return b.change(ctx, kind, func(row state, now time.Time) (state, bool) {
		return row.failed(s.pending, s.tenants, now), false
	})
}

// change changes a breaker's row, or deletes it if the breaker is closed.
func (b *Breaker) change(ctx context.Context, kind string, to func(state, time.Time) (next state, closed bool)) error {
	var closed bool
	err := db.InTx(ctx, b.pool, func(tx pgx.Tx) error {
		q := gen.New()
		row, err := q.SystemLockBreaker(ctx, tx, kind)
		if err != nil {
			return err
		}
		var next state
		if next, closed = to(state(row.Breaker), row.Now); closed {
			return q.SystemCloseBreaker(ctx, tx, kind)
		}
		return q.SystemSetBreaker(ctx, tx, gen.SystemSetBreakerParams{
			Kind: kind, Failures: next.Failures, Tenants: next.Tenants, OpenedAt: next.OpenedAt, NextAt: next.NextAt,
			Probes: next.Probes, Granted: next.Granted, Usable: next.Usable, Unusable: next.Unusable,
		})
	})
	if err != nil {
		return fmt.Errorf("change breaker: %w", err)
	}
	b.learn(kind, !closed)
	return nil
}
