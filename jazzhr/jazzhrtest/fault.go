package jazzhrtest

import (
	"context"
	"net/http"
	"time"
)

// Fault is what goes wrong with one request. Whether the request is applied and
// what its caller sees are independent of one another.
type Fault struct {
	Apply  Apply
	Answer Answer

	// Status is that of AnswerStatus and, if not zero, of AnswerHTML.
	Status int

	// RetryAfter, if not zero, is told in the header of an AnswerStatus.
	RetryAfter time.Duration

	// Delay passes, in real time, before anything else. A caller that leaves
	// meanwhile changes nothing: the request is applied all the same.
	Delay time.Duration

	// LateBy is how long after the request ApplyLater applies it (in real time)
	// or ShowLate shows what it wrote (by the simulator's clock). If zero, both
	// wait for Release.
	LateBy time.Duration

	// ShowLate hides what the request wrote from readers for a while.
	ShowLate bool

	// Hook, if not nil, is called after the delay and before anything is
	// applied. The request waits for it to return: a test blocks in it, or
	// changes in it what the request will find.
	Hook func(ctx context.Context, c Call)
}

// Apply says whether and when a request is applied.
type Apply int

// The ways of applying. A request that is not applied, or not yet, and whose
// Answer is the true one, gets a plain 500.
const (
	ApplyNow Apply = iota
	ApplyNever
	ApplyLater
)

// Answer says what the caller sees of a request.
type Answer int

// The answers.
const (
	AnswerTrue       Answer = iota // what JazzHR would say
	AnswerClose                    // the connection is closed without an answer
	AnswerHang                     // none until the caller leaves; after Release, the true one
	AnswerStatus                   // Fault.Status with a body that is no JSON; 401 with JazzHR's own
	AnswerHTML                     // an error page, with status 502 or Fault.Status
	AnswerTruncated                // the true answer's first half, as a whole HTTP message
	AnswerCut                      // the connection is closed in the middle of the true answer
	AnswerOtherShape               // status 200 and JSON of a shape that is nobody's
)

// Refuse answers with a status and applies nothing.
func Refuse(status int) Fault {
	return Fault{Apply: ApplyNever, Answer: AnswerStatus, Status: status}
}

// RateLimit answers 429 and applies nothing. Retry-After is sent unless zero.
func RateLimit(retryAfter time.Duration) Fault {
	return Fault{Apply: ApplyNever, Answer: AnswerStatus, Status: http.StatusTooManyRequests, RetryAfter: retryAfter}
}

// TimeoutBefore never applies the request and never answers it.
func TimeoutBefore() Fault { return Fault{Apply: ApplyNever, Answer: AnswerHang} }

// LoseAnswer applies the request and lets its caller see something else than
// the true answer: the case that duplicates come from. An AnswerStatus has
// status 500.
func LoseAnswer(answer Answer) Fault {
	f := Fault{Apply: ApplyNow, Answer: answer}
	if answer == AnswerStatus {
		f.Status = http.StatusInternalServerError
	}
	return f
}

// ApplyLate answers as given and applies the request afterwards: after the
// given time, or on Release if that is zero.
func ApplyLate(answer Answer, after time.Duration) Fault {
	f := LoseAnswer(answer)
	f.Apply, f.LateBy = ApplyLater, after
	return f
}

// ShowLate applies the request and answers truly, but shows readers what it
// wrote only after the given time, or on Release if that is zero.
func ShowLate(after time.Duration) Fault { return Fault{ShowLate: true, LateBy: after} }

// Slow applies and answers the request truly after a delay.
func Slow(delay time.Duration) Fault { return Fault{Delay: delay} }

// Before calls a function, which may block, before the request is applied and
// answered truly.
func Before(hook func(ctx context.Context, c Call)) Fault { return Fault{Hook: hook} }

// lost reports whether the caller is kept from the true answer.
func (f Fault) lost() bool { return f.Answer != AnswerTrue }

// waits reports whether there is something to release.
func (f Fault) waits() bool {
	return f.Apply == ApplyLater || f.Answer == AnswerHang || f.ShowLate
}
