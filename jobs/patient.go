package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

const (
	// patientWait is the longest wait between two looks at whether a patient reader may go on.
	patientWait = 5 * time.Second
	// patientRetries is how often a read that failed is tried again, over about a minute.
	patientRetries = 4
)

// patient reads an account by hundreds of calls, each in its turn, however long that takes.
type patient struct {
	*Runner
	account account
	until   time.Time // when it ends itself; zero for no limit
}

// open opens a tenant's account. It returns [tenant.ErrNotConnected] for a tenant without a key.
func (p *patient) open(ctx context.Context, tenant uuid.UUID) error {
	row, err := gen.New().Tenant(ctx, p.config.Pool, tenant)
	if err != nil {
		return fmt.Errorf("read tenant: %w", err)
	}
	p.account, err = p.accountOf(row, p.gate)
	return err
}

// gate takes each call from the tenant's budget while the reader may go on.
func (p *patient) gate(ctx context.Context) error {
	for {
		if !p.until.IsZero() && time.Now().After(p.until) {
			return &stoppedError{stoppedByTime}
		}
		if err := p.mayRead(ctx, p.account.tenant); err != nil {
			return err
		}
		err := p.config.Bucket.Take(ctx, p.account.tenant, queue.Bulk)
		paced, is := errors.AsType[*queue.PacedError](err)
		if !is {
			return err
		}
		if err := (&queue.PacedError{Wait: min(paced.Wait, patientWait)}).Pass(ctx); err != nil {
			return err
		}
	}
}

// ask reads until there is an answer.
func ask[T any](ctx context.Context, p *patient, read func() (T, error)) (T, error) {
	for failures := 0; ; {
		answer, err := read()
		if err == nil || errors.Is(err, jazzhr.ErrNotFound) || ctx.Err() != nil {
			return answer, err
		}
		if stopped, is := errors.AsType[*stoppedError](err); is {
			return answer, stopped
		}
		w, known := waitAfter(err, failures)
		if !known {
			return answer, err
		}
		if err := p.holdTenant(ctx, p.account.tenant, p.account.keyVersion, w); err != nil {
			return answer, err
		}
		switch {
		case w.refusedKey:
			return answer, &stoppedError{queue.WaitingForCredentials}
		case w.tooMany: // the budget is closed by now, and the gate waits for it
			continue
		case failures == patientRetries:
			return answer, &stoppedError{queue.WaitingForRetry}
		}
		failures++
		if err := (&queue.PacedError{Wait: w.in}).Pass(ctx); err != nil {
			return answer, err
		}
	}
}

// stoppedError ends a reader before it got through.
type stoppedError struct{ reason string }

func (e *stoppedError) Error() string { return "reading stopped: " + e.reason }

// The reasons; a key that was refused and a JazzHR that can't be asked are [queue.WaitingForCredentials] and
// [queue.WaitingForRetry].
const (
	stoppedByTime       = "time"
	stoppedByPause      = "paused"
	stoppedByDisconnect = "disconnected"
	stoppedUnreadable   = "unreadable" // the account does not show the notes; the other kinds go on
)

// stopsHere ends a job without an error if its reader was stopped.
func stopsHere(ctx context.Context, err error) error {
	if stopped, is := errors.AsType[*stoppedError](err); is {
		setOutcome(ctx, "stopped_"+stopped.reason)
		return nil
	}
	return err
}

// mayRead returns a [*stoppedError] if a tenant's account must not be read now.
func (r *Runner) mayRead(ctx context.Context, tenant uuid.UUID) error {
	row, err := gen.New().Tenant(ctx, r.config.Pool, tenant)
	if err != nil {
		return fmt.Errorf("read tenant: %w", err)
	}
	return readable(row.KeySealed != nil, row.PausedAt, row.KeyState)
}

// patientReader reads the lists of people for a full pass.
type patientReader struct{ *patient }

// Applicants is of [peopleReader].
func (p patientReader) Applicants(ctx context.Context, filter jazzhr.ApplicantFilter, page int) (jazzhr.Page[jazzhr.ApplicantRow], error) {
	return ask(ctx, p.patient, func() (jazzhr.Page[jazzhr.ApplicantRow], error) {
		return p.account.read.Applicants(ctx, filter, page)
	})
}

// Applicant is of [peopleReader].
func (p patientReader) Applicant(ctx context.Context, id string) (jazzhr.Applicant, error) {
	return ask(ctx, p.patient, func() (jazzhr.Applicant, error) { return p.account.read.Applicant(ctx, id) })
}

// Links is of [peopleReader].
func (p patientReader) Links(ctx context.Context, filter jazzhr.LinkFilter, page int) (jazzhr.Page[jazzhr.Link], error) {
	return ask(ctx, p.patient, func() (jazzhr.Page[jazzhr.Link], error) {
		return p.account.read.Links(ctx, filter, page)
	})
}
