package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

const (
	// fullWait is the longest wait between two looks at whether a full pass may go on.
	fullWait = 5 * time.Second
	// fullRetries is how often a read that failed is tried again, over about a minute.
	fullRetries = 4
)

// gate takes each call from the tenant's budget, however long that takes, while the pass may go on.
func (s *fullSync) gate(ctx context.Context) error {
	for {
		if err := s.mayGoOn(ctx); err != nil {
			return err
		}
		err := s.config.Bucket.Take(ctx, s.account.tenant, queue.Bulk)
		paced, is := errors.AsType[*queue.PacedError](err)
		if !is {
			return err
		}
		if err := (&queue.PacedError{Wait: min(paced.Wait, fullWait)}).Pass(ctx); err != nil {
			return err
		}
	}
}

// mayGoOn returns why the pass may not go on.
func (s *fullSync) mayGoOn(ctx context.Context) error {
	if time.Now().After(s.until) {
		return &stoppedError{stoppedByTime}
	}
	return s.mayRead(ctx, s.account.tenant)
}

// persist reads until there is an answer. read is given what it answered before, with an error.
func persist[T any](ctx context.Context, s *fullSync, read func(before T) (T, error)) (answer T, err error) {
	for failures := 0; ; {
		answer, err = read(answer)
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
		if err := s.holdTenant(ctx, s.account.tenant, s.account.keyVersion, w); err != nil {
			return answer, err
		}
		switch {
		case w.refusedKey:
			return answer, &stoppedError{queue.WaitingForCredentials}
		case w.tooMany: // the budget is closed by now, and the gate waits for it
			continue
		case failures == fullRetries:
			return answer, &stoppedError{queue.WaitingForRetry}
		}
		failures++
		if err := (&queue.PacedError{Wait: w.in}).Pass(ctx); err != nil {
			return answer, err
		}
	}
}

// patientReader reads the lists of people for a full pass.
type patientReader struct{ s *fullSync }

// Applicants is of [peopleReader].
func (p patientReader) Applicants(ctx context.Context, filter jazzhr.ApplicantFilter, page int) (jazzhr.Page[jazzhr.ApplicantRow], error) {
	return persist(ctx, p.s, func(jazzhr.Page[jazzhr.ApplicantRow]) (jazzhr.Page[jazzhr.ApplicantRow], error) {
		return p.s.account.read.Applicants(ctx, filter, page)
	})
}

// Applicant is of [peopleReader].
func (p patientReader) Applicant(ctx context.Context, id string) (jazzhr.Applicant, error) {
	return persist(ctx, p.s, func(jazzhr.Applicant) (jazzhr.Applicant, error) { return p.s.account.read.Applicant(ctx, id) })
}

// Links is of [peopleReader].
func (p patientReader) Links(ctx context.Context, filter jazzhr.LinkFilter, page int) (jazzhr.Page[jazzhr.Link], error) {
	return persist(ctx, p.s, func(jazzhr.Page[jazzhr.Link]) (jazzhr.Page[jazzhr.Link], error) {
		return p.s.account.read.Links(ctx, filter, page)
	})
}
