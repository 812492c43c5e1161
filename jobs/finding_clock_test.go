package jobs_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// step sets the database's clock on or back, as a failover to another server may.
func (w *world) step(d time.Duration) {
	w.t.Helper()
	dbtest.StepClock(w.t, w.db, d)
}

// lateCreate is a create that JazzHR applies after its sender was told nothing.
func (c *customer) lateCreate() (id uuid.UUID, apply func()) {
	c.t.Helper()
	late := c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: jazzhrtest.ApplyLate(jazzhrtest.AnswerClose, 0),
	})
	id = c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_settling")
	return id, late.Release
}

// soleCreate fails if the create was sent again, which it is not before JazzHR has shown it.
func (c *customer) soleCreate() {
	c.t.Helper()
	if n := c.account.Count(jazzhrtest.EndpointCreateApplicant); n != 2 { // the other is the season's
		c.t.Fatalf("%d creates were sent\n%s", n, c.journal)
	}
}

// TestFinding08ClockGoesOn steps the database's clock over the quiet period of a create that JazzHR
// has not applied yet: it is not believed to be over.
func TestFinding08ClockGoesOn(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withSettleDelay(30*time.Second)).seasoned("acme")
	id, apply := c.lateCreate()
	for steps := 1; steps <= 3; steps++ {
		before := c.journal.count(c.attempts(queue.StepCreateApplicant))
		c.step(10 * time.Minute)
		c.attempted(before+1, queue.StepCreateApplicant)
		c.soleCreate()
	}
	apply()
	// Time passes, for everybody.
	for range 3 {
		c.advance(time.Minute)
	}
	c.finish(queue.StateDone, id)
	c.soleCreate()
	c.once("ada@example.com", 1)
}

// TestFinding08ClockStepsWhileNobodyLives has the clock step when no process runs.
func TestFinding08ClockStepsWhileNobodyLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withSettleDelay(30*time.Second))
	c := w.seasoned("acme")
	id, apply := c.lateCreate()
	for range 2 {
		w.stop(w.runner)
		before := c.journal.count(c.attempts(queue.StepCreateApplicant))
		c.step(10 * time.Minute)
		w.runner = w.start(w.another())
		c.attempted(before+1, queue.StepCreateApplicant)
		c.soleCreate()
	}
	apply()
	c.advance(time.Minute)
	c.finish(queue.StateDone, id)
	c.soleCreate()
	c.once("ada@example.com", 1)
}

// TestFinding08ClockGoesBack sets the clock back by a day while answers are lost: nothing waits for
// that day to come again.
func TestFinding08ClockGoesBack(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withSettleDelay(time.Second)).seasoned("acme")
	for _, endpoint := range []string{jazzhrtest.EndpointCreateApplicant, jazzhrtest.EndpointApplicantNotes} {
		c.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
	}
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_settling")
	c.step(-24 * time.Hour)
	c.attempted(1, queue.StepWriteNotes, "waits_settling")
	c.step(-24 * time.Hour)
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
	c.finish(queue.StateDone, c.writeback("i-2", "Ada", "Lovelace", "ada@example.com"))
}
