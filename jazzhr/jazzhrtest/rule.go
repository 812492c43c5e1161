package jazzhrtest

import (
	"context"
	"slices"
	"strings"
)

// Rule says which requests a fault meets. All conditions that are set must
// hold. Of several rules the first that holds decides.
type Rule struct {
	Method   string   // such as "POST"
	Endpoint string   // one of the Endpoint constants
	Account  *Account // whose key the request carries

	// When, if not nil, is asked last. It must not block.
	When func(c Call) bool

	// Nth, if not zero, is the one request that is meant, of those that fulfil
	// the conditions above, counted from 1.
	Nth int

	// Chance, if not zero, is the share of those requests that are meant, by
	// the simulator's seed.
	Chance float64

	// Times, if not zero, is how often the fault happens at most.
	Times int

	Fault Fault
}

// Injected is a rule in force.
type Injected struct {
	sim  *Sim
	rule Rule

	// Guarded by the simulator's lock.
	matched int
	hits    int
	waiting []*hit
}

// Fault puts a rule into force, after those that already are.
func (s *Sim) Fault(r Rule) *Injected {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &Injected{sim: s, rule: r}
	s.rules = append(s.rules, in)
	return in
}

// Hits returns how often the fault has happened. A hit counts from the moment
// the request is met, before anything is applied.
func (in *Injected) Hits() int {
	in.sim.mu.Lock()
	defer in.sim.mu.Unlock()
	return in.hits
}

// Wait returns when the fault has happened n times in all.
func (in *Injected) Wait(ctx context.Context, n int) error {
	return in.sim.Wait(ctx, func() bool { return in.Hits() >= n })
}

// Release lets go what the fault holds back so far: hanging requests are
// answered, late ones applied, hidden rows shown. Later hits wait for another
// Release.
func (in *Injected) Release() {
	in.sim.mu.Lock()
	waiting := in.waiting
	in.waiting = nil
	in.sim.mu.Unlock()
	for _, h := range waiting {
		h.free()
	}
}

// Remove takes the rule out of force. What it holds back stays held.
func (in *Injected) Remove() {
	in.sim.mu.Lock()
	defer in.sim.mu.Unlock()
	in.sim.rules = slices.DeleteFunc(in.sim.rules, func(other *Injected) bool { return other == in })
}

// meet returns the fault that this call meets, or nil.
func (s *Sim) meet(c *Call) *hit {
	s.mu.Lock()
	rules := slices.Clone(s.rules)
	s.mu.Unlock()
	for _, in := range rules {
		// Conditions are asked without the lock, so that they may look at the
		// simulator.
		if !in.rule.matches(c) {
			continue
		}
		if h := in.take(c); h != nil {
			return h
		}
	}
	return s.strike(c)
}

func (r Rule) matches(c *Call) bool {
	return (r.Method == "" || strings.EqualFold(r.Method, c.method)) &&
		(r.Endpoint == "" || r.Endpoint == c.Endpoint) &&
		(r.Account == nil || r.Account == c.Account) &&
		(r.When == nil || r.When(*c))
}

// take counts a request that fulfils the conditions, and returns the fault if
// it is meant.
func (in *Injected) take(c *Call) *hit {
	s := in.sim
	s.mu.Lock()
	defer s.unlockChanged()
	in.matched++
	r := in.rule
	if r.Nth != 0 && in.matched != r.Nth ||
		r.Times != 0 && in.hits >= r.Times ||
		r.Chance != 0 && s.dice.Float64() >= r.Chance {
		return nil
	}
	in.hits++
	h := s.newHit(r.Fault, c)
	if r.Fault.waits() {
		in.waiting = append(in.waiting, h)
	}
	return h
}
