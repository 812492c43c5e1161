package breaker

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	known   map[string]state  // the kinds that have a row, as of the last look
	streaks map[string]streak // of this process, by kind
}

// streak is the unusable answers in a row that are not reported yet.
type streak struct {
	all     int         // the reported ones too
	pending []uuid.UUID // whose they are
}

// New returns a breaker. client inserts the deliveries of events.
func New(pool *pgxpool.Pool, client *queue.Client) *Breaker {
	return &Breaker{pool: pool, client: client, known: map[string]state{}, streaks: map[string]streak{}}
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
	known := map[string]state{}
	for _, row := range rows {
		known[row.Breaker.Kind] = state(row.Breaker)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known = known
	return nil
}

// last returns a breaker as of the last look.
func (b *Breaker) last(kind string) (s state, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, known = b.known[kind]
	return s, known
}

// Admit is asked in the transaction of each intent. It returns an [*OpenError] if the send has to be
// put off.
func (b *Breaker) Admit(ctx context.Context, tx db.TenantTx, kind string) error {
	s, now, err := b.read(ctx, tx, kind)
	if err != nil || !s.open() {
		return err
	}
	if !s.mayProbe(tx.Tenant, now) {
		return &OpenError{Wait: s.wait(tx.Tenant, now)}
	}
	taken, err := tx.Q.SystemTakeProbe(ctx, tx, gen.SystemTakeProbeParams{
		Kind: kind, Prober: &tx.Tenant, NextAt: now.Add(s.interval()), SeenGranted: s.Granted, SeenNextAt: s.NextAt,
	})
	if err != nil {
		return fmt.Errorf("take a send from the breaker: %w", err)
	}
	if taken == 0 { // another took it
		return &OpenError{Wait: s.wait(tx.Tenant, now)}
	}
	return nil
}

// Holds returns an [*OpenError] if sends of a kind are put off at the moment. It takes none.
func (b *Breaker) Holds(ctx context.Context, tx db.TenantTx, kind string) error {
	s, now, err := b.read(ctx, tx, kind)
	if err != nil || !s.open() {
		return err
	}
	return &OpenError{Wait: s.wait(tx.Tenant, now)}
}

// read reads a breaker. One that was closed at the last look is not asked for in the database.
func (b *Breaker) read(ctx context.Context, tx db.TenantTx, kind string) (state, time.Time, error) {
	if s, _ := b.last(kind); !s.open() {
		return state{}, time.Time{}, nil
	}
	row, err := tx.Q.SystemBreaker(ctx, tx, kind)
	if errors.Is(err, pgx.ErrNoRows) {
		return state{}, time.Time{}, nil
	}
	if err != nil {
		return state{}, time.Time{}, fmt.Errorf("read breaker: %w", err)
	}
	return state(row.Breaker), row.Now, nil
}

// Took says that a tenant's write was answered usably.
func (b *Breaker) Took(ctx context.Context, kind string, tenant uuid.UUID) error {
	b.mu.Lock()
	delete(b.streaks, kind)
	s, known := b.known[kind]
	b.mu.Unlock()
	if !known || !s.counts() && !slices.Contains(s.Apart, tenant) {
		return nil
	}
	return b.change(ctx, kind, func(s state, now time.Time) (state, bool) { return s.took(tenant, now) })
}

// Failed says that a tenant's write was answered by what says that JazzHR as a whole is down.
func (b *Breaker) Failed(ctx context.Context, kind string, tenant uuid.UUID) error {
	b.mu.Lock()
	last, known := b.known[kind]
	if !last.open() && slices.Contains(last.Apart, tenant) {
		b.mu.Unlock()
		return nil
	}
	s := b.streaks[kind]
	s.all, s.pending = s.all+1, append(s.pending, tenant)
	report := s.all >= reportFrom || known
	if report {
		b.streaks[kind] = streak{all: s.all}
	} else {
		b.streaks[kind] = s
	}
	b.mu.Unlock()
	if !report {
		return nil
	}
	return b.change(ctx, kind, func(row state, now time.Time) (state, bool) { return row.failed(s.pending, now), false })
}

// change changes a breaker's row, or deletes it if the breaker is closed.
func (b *Breaker) change(ctx context.Context, kind string, to func(state, time.Time) (next state, closed bool)) error {
	var next state
	var closed bool
	err := db.InTx(ctx, b.pool, func(tx pgx.Tx) error {
		q := gen.New()
		row, err := q.SystemLockBreaker(ctx, tx, kind)
		if err != nil {
			return err
		}
		if next, closed = to(state(row.Breaker), row.Now); closed {
			return q.SystemCloseBreaker(ctx, tx, kind)
		}
		return q.SystemSetBreaker(ctx, tx, gen.SystemSetBreakerParams{
			Kind: kind, Failures: next.Failures, Tenants: next.Tenants, Apart: next.Apart, OpenedAt: next.OpenedAt, NextAt: next.NextAt,
			Probes: next.Probes, Granted: next.Granted, Usable: next.Usable, Unusable: next.Unusable,
		})
	})
	if err != nil {
		return fmt.Errorf("change breaker: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known[kind] = next; closed {
		delete(b.known, kind)
	}
	return nil
}
