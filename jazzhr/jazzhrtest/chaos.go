package jazzhrtest

import (
	"net/http"
	"time"
)

// Chaos makes requests fail at random, unless a rule applies first. Each field except LateBy is a
// share of requests, from 0 to 1. The shares that concern one method must not add up to more than
// 1.
type Chaos struct {
	// Shares of the POST requests.
	LoseAnswer float64 // applied, but the answer is lost in one of several ways
	DropBefore float64 // the connection is closed and nothing is applied
	ApplyLate  float64 // the connection is closed and the request is applied LateBy later
	ShowLate   float64 // applied and answered, but readers see it only LateBy later

	// Share of the GET requests.
	FailRead float64 // answered wrongly in one of several ways

	// Share of all requests.
	RateLimit float64 // 429

	LateBy time.Duration // one second if zero
}

// SetChaos sets the shares. The zero Chaos ends all random faults.
func (s *Sim) SetChaos(c Chaos) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.LateBy == 0 {
		c.LateBy = time.Second
	}
	s.chaos = c
}

// chaosFault draws a random fault for a call. It returns nil if nothing goes wrong.
func (s *Sim) chaosFault(c *Call) *hit {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, drawn := s.drawFault(c.method); drawn {
		return s.newHit(f, c)
	}
	return nil
}

// drawFault draws whether a request goes wrong, and how.
func (s *Sim) drawFault(method string) (Fault, bool) {
	chaos := s.chaos
	draw := s.faultRand.Float64()
	pick := func(share float64) bool {
		draw -= share
		return draw < 0
	}
	if pick(chaos.RateLimit) {
		return RateLimit(0), true
	}
	answers := []Answer{AnswerClose, AnswerStatus, AnswerHTML, AnswerTruncated, AnswerCut, AnswerOtherShape}
	if method == http.MethodGet {
		return LoseAnswer(answers[s.faultRand.IntN(len(answers)-1)]), pick(chaos.FailRead)
	}
	switch {
	case pick(chaos.LoseAnswer):
		return LoseAnswer(answers[s.faultRand.IntN(len(answers))]), true
	case pick(chaos.DropBefore):
		return Fault{Apply: ApplyNever, Answer: AnswerClose}, true
	case pick(chaos.ApplyLate):
		return ApplyLate(AnswerClose, chaos.LateBy), true
	case pick(chaos.ShowLate):
		return ShowLate(chaos.LateBy), true
	}
	return Fault{}, false
}
