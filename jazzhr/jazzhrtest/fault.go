package jazzhrtest

import (
	"context"
	"net/http"
	"time"
)

// Fault describes what goes wrong with one request. Apply and Answer are independent.
type Fault struct {
	Apply  Apply
	Answer Answer

	// Status is the status of AnswerStatus and, if not zero, of AnswerHTML.
	Status int

	// RetryAfter, if not zero, is sent in the Retry-After header of AnswerStatus.
	RetryAfter time.Duration

	// Delay is a wait, in real time, before anything else. If the caller leaves meanwhile, the
	// request is applied all the same.
	Delay time.Duration

	// LateBy is how long after the request ApplyLater applies it (in real time), or how long
	// ShowLate hides what it wrote (by the simulator's clock). If zero, both wait for
	// [Injected.Release].
	LateBy time.Duration

	// ShowLate hides from readers what the request wrote, until LateBy has passed.
	ShowLate bool

	// AnswerID, if not empty, is the id that the true answer to a write gives.
	AnswerID string

	// Hook, if not nil, is called after the delay and before the request is applied. The request
	// waits until Hook returns. Hook may block, or change what the request will find.
	Hook func(ctx context.Context, c Call)
}

// Apply says whether and when a request is applied.
type Apply int

// The values of Apply. A request that is not applied, or not yet, gets status 500 if its Answer is
// AnswerTrue.
const (
	ApplyNow Apply = iota
	ApplyNever
	ApplyLater
)

// Answer says what the caller sees of a request.
type Answer int

// The values of Answer.
const (
	AnswerTrue       Answer = iota // what JazzHR would say
	AnswerClose                    // the connection is closed without an answer
	AnswerHang                     // no answer until the caller leaves; after Release, the true one
	AnswerStatus                   // Fault.Status with a body that is not JSON; 401 has JazzHR's own body
	AnswerHTML                     // an error page, with status 502 or Fault.Status
	AnswerTruncated                // the true answer's first half, as a whole HTTP message
	AnswerCut                      // the connection is closed in the middle of the true answer
	AnswerOtherShape               // status 200 and JSON of an unknown shape
	AnswerError                    // a business error, with status 500 or Fault.Status
)

// Refuse answers with a status and applies nothing.
func Refuse(status int) Fault {
	return Fault{Apply: ApplyNever, Answer: AnswerStatus, Status: status}
}

// RateLimit answers 429 and applies nothing. It sends Retry-After unless retryAfter is zero.
func RateLimit(retryAfter time.Duration) Fault {
	return Fault{Apply: ApplyNever, Answer: AnswerStatus, Status: http.StatusTooManyRequests, RetryAfter: retryAfter}
}

// TimeoutBefore neither applies nor answers the request.
func TimeoutBefore() Fault { return Fault{Apply: ApplyNever, Answer: AnswerHang} }

// LoseAnswer applies the request and hides the true answer from its caller. Duplicates come from
// this case. AnswerStatus has status 500.
func LoseAnswer(answer Answer) Fault {
	f := Fault{Apply: ApplyNow, Answer: answer}
	if answer == AnswerStatus {
		f.Status = http.StatusInternalServerError
	}
	return f
}

// ApplyLate gives the answer first and applies the request later: after the given time, or on
// Release if that is zero.
func ApplyLate(answer Answer, after time.Duration) Fault {
	f := LoseAnswer(answer)
	f.Apply, f.LateBy = ApplyLater, after
	return f
}

// ShowLate applies the request and answers truly. It hides what was written from readers for the
// given time, or until Release if that is zero.
func ShowLate(after time.Duration) Fault { return Fault{ShowLate: true, LateBy: after} }

// Slow delays the request, then applies it and answers truly.
func Slow(delay time.Duration) Fault { return Fault{Delay: delay} }

// Before calls a hook, then applies the request and answers truly. The hook may block.
func Before(hook func(ctx context.Context, c Call)) Fault { return Fault{Hook: hook} }

// lost reports whether the fault hides the true answer.
func (f Fault) lost() bool { return f.Answer != AnswerTrue }

// needsRelease reports whether the fault holds something back.
func (f Fault) needsRelease() bool {
	return f.Apply == ApplyLater || f.Answer == AnswerHang || f.ShowLate
}
