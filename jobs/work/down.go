package work

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// Report tells the breaker how a tenant's write was answered. A report that fails is forgotten: the
// breaker lets another send through.
func (a Accounts) Report(ctx context.Context, kind string, tenant uuid.UUID, sendErr error) {
	switch takes, tells := takesWrites(sendErr); {
	case !tells:
	case takes:
		_ = a.Breaker.Took(ctx, kind, tenant)
	default:
		_ = a.Breaker.Failed(ctx, kind, tenant)
	}
}

// takesWrites says what an answer to a write tells of JazzHR as a whole. A refusal is an answer too.
// An answer of a server that is down, or of a proxy or a firewall before it, is not: a 5xx, 408 or
// 403, a page, a broken connection, or none at all. tells is false if we stopped it ourselves. A yes
// in a form that we can't read is an answer.
func takesWrites(err error) (takes, tells bool) {
	var failed *jazzhr.Error
	switch {
	case err == nil, errors.Is(err, jazzhr.ErrMissingID):
		return true, true
	case !errors.As(err, &failed), errors.Is(err, context.Canceled):
		return false, false
	case failed.Kind == jazzhr.NotSent: // JazzHR can't be reached, or it was too late to send
		return false, !errors.Is(err, jazzhr.ErrTooLate)
	case failed.Kind != jazzhr.Unknown:
		return true, true
	}
	switch status := failed.Status; {
	case status < 300, status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusForbidden:
		return false, true
	case status < 400: // a redirect, to a login page for one
		return false, true
	default:
		return true, true
	}
}
