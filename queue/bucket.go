package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Bucket limits the rate of calls that each tenant makes to JazzHR. It is kept in Postgres, so that
// it holds for all nodes together. A quarter of a minute's calls may be made at once, and the rest
// come back evenly. So no 60 seconds, wherever they begin, hold more calls than JazzHR allows.
type Bucket struct {
	pool      *pgxpool.Pool
	burst     float64
	perSecond float64
}

// Lane is a share of the call budget.
type Lane int

// The lanes.
const (
	Live Lane = iota // a person waits for it: it may use the bucket to the last call
	Bulk             // polls, audits and full passes: they leave a reserve for the live lane
)

// MinCallsPerMinute is the smallest budget with which steps come to their end: a quarter of it,
// which may be used at once, is as many calls as a step makes.
const MinCallsPerMinute = 12

// closedFor is how long a tenant's calls stop after a 429 that names no time. A public client of
// JazzHR's API waits as long.
const closedFor = 62 * time.Second

// NewBucket returns a bucket of so many calls a minute.
func NewBucket(pool *pgxpool.Pool, callsPerMinute int) *Bucket {
	burst, perSecond := BudgetOf(callsPerMinute)
	return &Bucket{pool: pool, burst: burst, perSecond: perSecond}
}

// BudgetOf returns how many calls a full bucket of so many a minute holds, and how many come back a
// second.
func BudgetOf(callsPerMinute int) (burst, perSecond float64) {
	calls := float64(callsPerMinute)
	return max(1, calls/4), calls * 3 / 4 / 60
}

// PacedError says that a tenant has to wait for its next call.
type PacedError struct{ Wait time.Duration }

// Pass waits until the call may be tried again, or until ctx ends.
func (e *PacedError) Pass(ctx context.Context) error {
	timer := time.NewTimer(e.Wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Error says for how long the budget is used up.
func (e *PacedError) Error() string {
	return fmt.Sprintf("call budget used up for %s", e.Wait.Round(time.Second))
}

// ShortWait is how long [Bucket.Take] waits at most. If the wait is longer, the worker hands its
// row back.
const ShortWait = 2 * time.Second

// Take takes one call from a tenant's budget. It waits if [ShortWait] is enough, else it returns a
// [*PacedError].
func (b *Bucket) Take(ctx context.Context, tenant uuid.UUID, lane Lane) error {
	for deadline := time.Now().Add(ShortWait); ; {
		err := b.TryTake(ctx, db.Of(b.pool, tenant), tenant, lane)
		var paced *PacedError
		if !errors.As(err, &paced) || time.Until(deadline) < paced.Wait {
			return err
		}
		if err := paced.Pass(ctx); err != nil {
			return err
		}
	}
}

// TryTake is [Bucket.Take] without the wait, on a connection or in a transaction of the caller's.
func (b *Bucket) TryTake(ctx context.Context, conn gen.DBTX, tenant uuid.UUID, lane Lane) error {
	_, err := b.take(ctx, conn, tenant, lane)
	return err
}

// TakeForStep is [Bucket.TryTake] for the write of a step. more says that the bucket holds the
// calls of another step.
func (b *Bucket) TakeForStep(ctx context.Context, conn gen.DBTX, tenant uuid.UUID) (more bool, err error) {
	left, err := b.take(ctx, conn, tenant, Live)
	return left >= b.stepCalls(), err
}

func (b *Bucket) take(ctx context.Context, conn gen.DBTX, tenant uuid.UUID, lane Lane) (left float64, err error) {
	row, err := gen.New().TakeCall(ctx, conn, gen.TakeCallParams{
		TenantID: tenant, Burst: b.burst, PerSecond: b.perSecond, Reserve: b.reserve(lane),
	})
	if err != nil {
		return 0, fmt.Errorf("take a call from the budget: %w", err)
	}
	if !row.Taken {
		return 0, &PacedError{Wait: time.Duration(row.WaitSeconds * float64(time.Second))}
	}
	return row.LeftOver, nil
}

// Prepay takes so many calls from the budget of each tenant that can spare them. paid says of which
// tenants they were taken.
func (b *Bucket) Prepay(
	ctx context.Context, conn gen.DBTX, tenants []uuid.UUID, calls int, lane Lane,
) (paid map[uuid.UUID]bool, err error) {
	ids, err := gen.New().SystemPrepay(ctx, conn, gen.SystemPrepayParams{
		TenantIds: tenants, Calls: float64(calls), Burst: b.burst, PerSecond: b.perSecond, Reserve: b.reserve(lane),
	})
	if err != nil {
		return nil, fmt.Errorf("take calls from the budgets: %w", err)
	}
	paid = make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		paid[id] = true
	}
	return paid, nil
}

// reserve returns how many calls a lane leaves in the bucket.
func (b *Bucket) reserve(lane Lane) float64 {
	if lane == Bulk {
		return (b.burst - 1) / 2 // a full bucket of any size holds at least one call above it
	}
	return 0
}

// stepCalls returns how many calls must be there for a step to begin: two that look, and one that
// writes.
func (b *Bucket) stepCalls() float64 { return min(MinCallsPerMinute/4, b.burst) }

// Close stops all calls of a tenant, on every node, because JazzHR answered 429. retryAfter is what
// JazzHR asked for, or zero.
func (b *Bucket) Close(ctx context.Context, tenant uuid.UUID, retryAfter time.Duration) error {
	if retryAfter <= 0 {
		retryAfter = closedFor
	}
	_, err := gen.New().CloseBucket(ctx, db.Of(b.pool, tenant), min(retryAfter, time.Hour), tenant)
	if errors.Is(err, pgx.ErrNoRows) { // closed for longer already
		return nil
	}
	if err != nil {
		return fmt.Errorf("close the call budget: %w", err)
	}
	return nil
}
