package jazzhrtest

import (
	"context"
	"slices"
	"strings"
)

// Rule selects the requests that meet a fault. All conditions that are set must hold. If several
// rules match, the first applies.
type Rule struct {
	Method   string   // for example "POST"
	Endpoint string   // one of the Endpoint constants
	Account  *Account // the account whose key the request carries

	// When, if not nil, is the last condition to be checked. It must not block.
	When func(c Call) bool

	// Nth, if not zero, selects only the nth request that meets the conditions above. It counts
	// from 1.
	Nth int

	// Chance, if not zero, is the share of these requests that meet the fault, drawn with the
	// simulator's seed.
	Chance float64

	// Times, if not zero, is how often the fault happens at most.
	Times int

	Fault Fault
}

// Injected is an active rule.
type Injected struct {
	sim  *Sim
	rule Rule

	// The simulator's lock guards the fields below.
	matched int
	hits    int
	waiting []*hit
}

// Fault activates a rule. Earlier rules come first.
func (s *Sim) Fault(r Rule) *Injected {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &Injected{sim: s, rule: r}
	s.rules = append(s.rules, in)
	return in
}

// Hits returns how often the fault has happened. A hit counts when the request arrives, before it
// is applied.
func (in *Injected) Hits() int {
	in.sim.mu.Lock()
	defer in.sim.mu.Unlock()
	return in.hits
}

// Wait waits until the fault has happened n times in all. Its error is the context's.
func (in *Injected) Wait(ctx context.Context, n int) error {
	return in.sim.Wait(ctx, func() bool { return in.Hits() >= n })
}

// Release ends everything the fault holds back so far: it answers hanging requests, applies late
// ones and shows hidden rows. Later hits wait for the next Release.
func (in *Injected) Release() {
	in.sim.mu.Lock()
	waiting := in.waiting
	in.waiting = nil
	in.sim.mu.Unlock()
	for _, h := range waiting {
		h.release()
	}
}

// Remove deactivates the rule. What it holds back stays held.
func (in *Injected) Remove() {
	in.sim.mu.Lock()
	defer in.sim.mu.Unlock()
	in.sim.rules = slices.DeleteFunc(in.sim.rules, func(other *Injected) bool { return other == in })
}

// faultFor returns the fault that a call meets, or nil.
func (s *Sim) faultFor(c *Call) *hit {
	s.mu.Lock()
	rules := slices.Clone(s.rules)
	s.mu.Unlock()
	for _, in := range rules {
		// Conditions are checked without the lock, so they may call the simulator.
		if !in.rule.matches(c) {
			continue
		}
		if h := in.take(c); h != nil {
			return h
		}
	}
	return s.chaosFault(c)
}

func (r Rule) matches(c *Call) bool {
	return (r.Method == "" || strings.EqualFold(r.Method, c.method)) &&
		(r.Endpoint == "" || r.Endpoint == c.Endpoint) &&
		(r.Account == nil || r.Account == c.Account) &&
		(r.When == nil || r.When(*c))
}

// take counts a request that meets the conditions. It returns the fault if the rule selects the
// request.
func (in *Injected) take(c *Call) *hit {
	s := in.sim
	s.mu.Lock()
	defer s.unlockChanged()
	in.matched++
	r := in.rule
	if r.Nth != 0 && in.matched != r.Nth ||
		r.Times != 0 && in.hits >= r.Times ||
		r.Chance != 0 && s.faultRand.Float64() >= r.Chance {
		return nil
	}
	in.hits++
	h := s.newHit(r.Fault, c)
	if r.Fault.needsRelease() {
		in.waiting = append(in.waiting, h)
	}
	return h
}
