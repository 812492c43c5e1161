package jobs_test

import (
	"context"
	"sync"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// held is one request that JazzHR has received and neither applied nor answered yet.
type held struct {
	c        *customer
	rule     *jazzhrtest.Injected
	let      chan struct{}
	released sync.Once
}

// hold makes the nth request to an endpoint from now on stand until it is released. A sender that
// gives up meanwhile changes nothing: the request is applied all the same.
func hold(c *customer, endpoint string, nth int) *held {
	h := &held{c: c, let: make(chan struct{})}
	h.rule = c.sim.Fault(jazzhrtest.Rule{
		Endpoint: endpoint, Account: c.account, Nth: nth,
		Fault: jazzhrtest.Before(func(context.Context, jazzhrtest.Call) { <-h.let }),
	})
	c.t.Cleanup(h.release)
	return h
}

// await returns once the request has come.
func (h *held) await() {
	h.c.t.Helper()
	ctx, cancel := context.WithTimeout(h.c.t.Context(), patience)
	defer cancel()
	if err := h.rule.Wait(ctx, 1); err != nil {
		h.c.t.Fatalf("%v\n%s", err, h.c.journal)
	}
}

func (h *held) release() { h.released.Do(func() { close(h.let) }) }

// clock is a simulator's, which a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
