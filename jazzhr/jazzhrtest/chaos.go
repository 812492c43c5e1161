package jazzhrtest

import (
	"net/http"
	"time"
)

// Chaos makes requests go wrong by chance, where no rule met them. Each field
// but the last is the share of the requests it names, from 0 to 1; those that
// concern one method must not add up to more than 1.
type Chaos struct {
	// Of POST requests.
	LoseAnswer float64 // applied, but the caller does not learn it, in one of several ways
	DropBefore float64 // the connection is closed and nothing applied
	ApplyLate  float64 // the connection is closed, the request applied LateBy later
	ShowLate   float64 // applied and answered, but readers see it only LateBy later

	// Of GET requests.
	FailRead float64 // answered in one of several wrong ways

	// Of all requests.
	RateLimit float64 // 429

	LateBy time.Duration // one second if zero
}

// SetChaos replaces the chances. The zero Chaos ends them.
func (s *Sim) SetChaos(c Chaos) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.LateBy == 0 {
		c.LateBy = time.Second
	}
	s.chaos = c
}

// strike returns the fault that chance has for a call, or nil.
func (s *Sim) strike(c *Call) *hit {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, struck := s.drawFault(c.method); struck {
		return s.newHit(f, c)
	}
	return nil
}

// drawFault draws whether something goes wrong, and then how.
func (s *Sim) drawFault(method string) (Fault, bool) {
	x := s.chaos
	lot := s.dice.Float64()
	pick := func(share float64) bool {
		lot -= share
		return lot < 0
	}
	if pick(x.RateLimit) {
		return RateLimit(0), true
	}
	answers := []Answer{AnswerClose, AnswerStatus, AnswerHTML, AnswerTruncated, AnswerCut, AnswerOtherShape}
	if method == http.MethodGet {
		return LoseAnswer(answers[s.dice.IntN(len(answers)-1)]), pick(x.FailRead)
	}
	switch {
	case pick(x.LoseAnswer):
		return LoseAnswer(answers[s.dice.IntN(len(answers))]), true
	case pick(x.DropBefore):
		return Fault{Apply: ApplyNever, Answer: AnswerClose}, true
	case pick(x.ApplyLate):
		return ApplyLate(AnswerClose, x.LateBy), true
	case pick(x.ShowLate):
		return ShowLate(x.LateBy), true
	}
	return Fault{}, false
}
