package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// stoppedError ends an audit before it got through.
type stoppedError struct{ reason string }

func (e *stoppedError) Error() string { return "audit stopped: " + e.reason }

// The reasons; a key that was refused and a JazzHR that can't be asked are [queue.WaitingForCredentials] and
// [queue.WaitingForRetry].
const (
	stoppedByTime       = "time"
	stoppedByPause      = "paused"
	stoppedByDisconnect = "disconnected"
	stoppedUnreadable   = "unreadable" // the account does not show the notes; the other kinds go on
)

const (
	// auditWait is the longest wait between two looks at whether the audit may go on.
	auditWait = 5 * time.Second
	// auditRetries is how often a read that failed is tried again, over about a minute.
	auditRetries = 4
	// auditKeys is how many keys one statement asks for.
	auditKeys = 1000
)

// gate takes each call from the tenant's budget, while the audit may go on.
func (a *audit) gate(ctx context.Context) error {
	if err := a.mayGoOn(ctx); err != nil {
		return err
	}
	return a.config.Bucket.Take(ctx, a.account.tenant, queue.Bulk)
}

// mayGoOn returns why the audit may not go on.
func (a *audit) mayGoOn(ctx context.Context) error {
	if !a.until.IsZero() && time.Now().After(a.until) {
		return &stoppedError{stoppedByTime}
	}
	return db.InTenant(ctx, a.config.Pool, a.account.tenant, func(tx db.TenantTx) error {
		row, err := tx.Q.Tenant(ctx, tx, tx.Tenant)
		switch {
		case err != nil:
			return fmt.Errorf("read tenant: %w", err)
		case row.KeySealed == nil:
			return &stoppedError{stoppedByDisconnect}
		case row.PausedAt != nil:
			return &stoppedError{stoppedByPause}
		case row.KeyState != "ok":
			return &stoppedError{queue.WaitingForCredentials}
		}
		return nil
	})
}

// again reads until there is an answer, however long the budget takes.
func again[T any](ctx context.Context, a *audit, read func() (T, error)) (T, error) {
	for failures := 0; ; {
		answer, err := read()
		if err == nil || errors.Is(err, jazzhr.ErrNotFound) || ctx.Err() != nil {
			return answer, err
		}
		if stopped, ok := errors.AsType[*stoppedError](err); ok {
			return answer, stopped
		}
		w, known := waitAfter(err, failures)
		if !known {
			return answer, err
		}
		if err := a.holdTenant(ctx, a.account.tenant, a.account.keyVersion, w); err != nil {
			return answer, err
		}
		switch {
		case w.refusedKey:
			return answer, &stoppedError{queue.WaitingForCredentials}
		case w.tooMany: // the budget is closed by now: it tells how long to wait
			continue
		case w.reason == queue.WaitingForRateLimit:
			w.in = min(w.in, auditWait)
		case failures == auditRetries:
			return answer, &stoppedError{queue.WaitingForRetry}
		default:
			failures++
		}
		if err := (&queue.PacedError{Wait: w.in}).Pass(ctx); err != nil {
			return answer, err
		}
	}
}

// pages reads a whole list.
func pages[T any](ctx context.Context, a *audit, kind intrvio.DuplicateKind, read func(page int) (jazzhr.Page[T], error), take func(T)) error {
	for page := 1; ; page++ {
		rows, err := again(ctx, a, func() (jazzhr.Page[T], error) { return read(page) })
		if err != nil {
			return fmt.Errorf("read the account's %ss: %w", kind, err)
		}
		for _, row := range rows.Items {
			take(row)
		}
		a.progress(kind, len(rows.Items))
		if rows.Last {
			return nil
		}
	}
}

func (a *audit) progress(kind intrvio.DuplicateKind, read int) {
	a.read[kind] += read
	if a.auditor.Progress != nil {
		a.auditor.Progress(kind, a.read[kind])
	}
}

// sent returns those of the keys of a kind of effect for which we sent something.
func (a *audit) sent(ctx context.Context, effect string, keys []string) (map[string]bool, error) {
	ours := map[string]bool{}
	err := db.InTenant(ctx, a.config.Pool, a.account.tenant, func(tx db.TenantTx) error {
		for some := range slices.Chunk(keys, auditKeys) {
			found, err := tx.Q.SentKeys(ctx, tx, tx.Tenant, effect, some)
			if err != nil {
				return err
			}
			for _, key := range found {
				ours[key] = true
			}
		}
		return nil
	})
	return ours, wrap("look up what we sent", err)
}
