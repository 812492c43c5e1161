package jazzhr

import "net/http"

// refusals are the statuses, apart from 2xx, with which JazzHR can refuse what a request holds. A
// body without a readable business error refuses nothing: a proxy or a firewall may have written
// it.
//
// No other status refuses. 402, 403, 407 and 451 are about the caller and 406 and 415 about the
// client, so they would refuse every request alike. 408, 425 and all 5xx say that the server did
// not come to an end, whatever their body says: the write may be applied.
//
//nolint:gochecknoglobals // a table that nothing changes
var refusals = map[int]bool{
	http.StatusBadRequest:            true, // a field is missing or wrong
	http.StatusConflict:              true, // it is there already
	http.StatusGone:                  true, // what it is about was deleted
	http.StatusRequestEntityTooLarge: true, // a text is too long
	http.StatusUnprocessableEntity:   true, // a field is wrong
}

// classify decides what an answer means. It returns nil for a complete, successful answer without a
// business error. It uses the kind ambiguous where the answer does not tell whether the call took
// effect.
func (a *Account) classify(t target, r reply, ambiguous Kind) *Error {
	failure := &Error{Op: t.name(), Kind: ambiguous, Status: r.status, RetryAfter: r.retryAfter, cause: r.err}
	message := errorMessage(r.value)
	if scalar(object(r.value)[t.answer]) != "" {
		message = "" // it contradicts itself
	}
	switch {
	case r.status == http.StatusUnauthorized:
		failure.Kind, failure.cause = Unauthorized, nil
	case r.status == http.StatusTooManyRequests:
		failure.Kind, failure.cause = RateLimited, nil
	case r.err != nil:
		// What arrived of the answer does not count.
	case t.does == writeNote && (r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed):
		// The account does not know the route, or not the applicant. Which of the two, the body
		// does not tell for certain.
		failure.Kind = UnknownRoute
	case message != "" && r.refuses(t):
		failure.Kind, failure.Message = Rejected, redactMessage(message, a.key)
	case !r.succeeded():
		failure.cause = errStatus
	default:
		return nil
	}
	return failure
}

func (r reply) succeeded() bool { return r.status >= 200 && r.status <= 299 }

// refuses reports whether a readable business error with this status is JazzHR's word on what the
// request holds. A 404 to a link may name the job or the applicant. To a create it names nothing
// that a create has.
func (r reply) refuses(t target) bool {
	return r.succeeded() || refusals[r.status] || r.status == http.StatusNotFound && t.does == linkApplicant
}

// gone reports whether the answer to a read of one record says that there is none. A page says
// nothing: a proxy may have written it.
func (r reply) gone() bool {
	return r.err == nil && r.json && (r.status == http.StatusNotFound || r.status == http.StatusGone)
}
