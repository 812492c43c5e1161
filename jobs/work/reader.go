package work

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

const (
	// gateWait is the longest wait between two looks at whether a reader may go on.
	gateWait = 5 * time.Second
	// readerRetries is how often a read that failed is tried again, over about a minute.
	readerRetries = 4
)

// Reader reads a whole account by hundreds of calls, however long that takes: each call waits for
// its turn in the lane of bulk work, and a failed one is tried again. It stops with a
// [*StoppedError].
type Reader struct {
	Accounts Accounts
	Account  Account
	Until    time.Time // when it stops itself; zero for no limit
}

// Open opens a tenant's account. It returns [queue.ErrNotConnected] for a tenant without a key.
func (r *Reader) Open(ctx context.Context, tenant uuid.UUID) error {
	row, err := gen.New().Tenant(ctx, db.Of(r.Accounts.Pool, tenant), tenant)
	if err != nil {
		return fmt.Errorf("read tenant: %w", err)
	}
	r.Account, err = r.Accounts.Of(row, r.gate)
	return err
}

// gate takes each call from the tenant's budget while the reader may go on.
func (r *Reader) gate(ctx context.Context) error {
	for {
		if !r.Until.IsZero() && time.Now().After(r.Until) {
			return &StoppedError{outcome.StoppedByTime}
		}
		if err := r.Accounts.MayRead(ctx, r.Account.Tenant); err != nil {
			return err
		}
		err := r.Accounts.Bucket.Take(ctx, r.Account.Tenant, queue.Bulk)
		paced, is := errors.AsType[*queue.PacedError](err)
		if !is {
			return err
		}
		if err := (&queue.PacedError{Wait: min(paced.Wait, gateWait)}).Pass(ctx); err != nil {
			return err
		}
	}
}

// Ask reads until there is an answer.
func Ask[T any](ctx context.Context, r *Reader, read func() (T, error)) (T, error) {
	for failures := 0; ; {
		answer, err := read()
		if err == nil || errors.Is(err, jazzhr.ErrNotFound) || ctx.Err() != nil {
			return answer, err
		}
		if stopped, is := errors.AsType[*StoppedError](err); is {
			return answer, stopped
		}
		w, known := WaitAfter(err, failures)
		if !known {
			return answer, err
		}
		if err := r.Accounts.Hold(ctx, r.Account.Tenant, r.Account.KeyVersion, w); err != nil {
			return answer, err
		}
		switch {
		case w.RefusedKey:
			return answer, &StoppedError{outcome.WaitsCredentials}
		case w.TooMany: // the budget is closed by now, and the gate waits for it
			continue
		case failures == readerRetries:
			return answer, &StoppedError{outcome.WaitsRetry}
		}
		failures++
		if err := (&queue.PacedError{Wait: w.In}).Pass(ctx); err != nil {
			return answer, err
		}
	}
}

// StoppedError ends a reader before it has read everything.
type StoppedError struct{ Why outcome.Code }

// Error says why.
func (e *StoppedError) Error() string { return "reading stopped: " + string(e.Why) }

// StopsHere ends a job without an error if its reader was stopped.
func StopsHere(ctx context.Context, err error) error {
	if stopped, is := errors.AsType[*StoppedError](err); is {
		SetOutcome(ctx, "stopped_"+string(stopped.Why))
		return nil
	}
	return err
}

// MayRead returns a [*StoppedError] if a tenant's account must not be read now.
func (a Accounts) MayRead(ctx context.Context, tenant uuid.UUID) error {
	row, err := gen.New().Tenant(ctx, db.Of(a.Pool, tenant), tenant)
	if err != nil {
		return fmt.Errorf("read tenant: %w", err)
	}
	return Readable(row.KeySealed != nil, row.PausedAt, row.KeyState)
}

// Readable returns a [*StoppedError] if an account must not be read: there is no key, the tenant is
// paused, or JazzHR refuses the key.
func Readable(hasKey bool, pausedAt *time.Time, keyState string) error {
	if !hasKey {
		return &StoppedError{outcome.Disconnected}
	}
	if why := queue.Hold(pausedAt, keyState); why != "" {
		return &StoppedError{why}
	}
	return nil
}
