package jobs_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// connection waits for an event of a type about the customer's connection.
func (c *customer) connection(event intrvio.EventType) {
	c.t.Helper()
	c.event(func(e intrvio.Envelope) bool { return e.Type == event && e.TenantID == c.id })
}

// TestRefusedKey has the key refused in the middle of each step: rows wait, Intrvio is told at the
// second refusal, and work goes on by itself once JazzHR takes the key again.
func TestRefusedKey(t *testing.T) {
	t.Parallel()
	for endpoint, kind := range writes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).seasoned("acme")
			key := c.account.Key()
			c.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Times: 1, Fault: jazzhrtest.Refuse(401)})
			id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			c.attempted(1, kind, "waits_credentials")
			c.account.RotateKey(fresh("other"))
			waiting := step(t, c.view(id), kind)
			if waiting.WaitingFor != outcome.WaitsCredentials || waiting.State == queue.StateAttention {
				t.Errorf("it waits for %q", waiting.WaitingFor)
			}
			for _, e := range c.backend.Events() {
				if e.Type == intrvio.ConnectionRejected {
					t.Error("told at the first refusal")
				}
			}
			calls := c.sim.Count("")
			c.advance(time.Minute + time.Second)
			c.connection(intrvio.ConnectionRejected)
			if n := c.sim.Count("") - calls; n != 1 {
				t.Errorf("%d calls with a refused key, want the check's alone", n)
			}
			var sends, attempts int
			c.scan(`SELECT e.sends, w.attempts FROM jazzhr.writebacks w JOIN jazzhr.steps s USING (tenant_id, writeback_id) JOIN jazzhr.effects e USING (tenant_id, effect_id)
				WHERE w.writeback_id = $1 AND s.kind = $2`, []any{id, kind}, &sends, &attempts)
			if sends != 0 || attempts != 0 {
				t.Errorf("%d sends and %d attempts burned", sends, attempts)
			}
			c.account.RotateKey(key)
			c.advance(5*time.Minute + time.Second)
			c.connection(intrvio.ConnectionRestored)
			c.finish(queue.StateDone, id)
			c.once("ada@example.com", 1)
		})
	}
}

// TestPassingRefusal has the key taken again at the first check: Intrvio hears nothing.
func TestPassingRefusal(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Times: 1, Fault: jazzhrtest.Refuse(401)})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_credentials")
	c.advance(time.Minute + time.Second)
	c.finish(queue.StateDone, id)
	for _, e := range c.backend.Events() {
		if e.Type == intrvio.ConnectionRejected || e.Type == intrvio.ConnectionRestored {
			t.Errorf("told %s", e.Type)
		}
	}
}

// TestOldKeyRefused has a 401 come to a key that was replaced meanwhile: it says nothing of the
// present one.
func TestOldKeyRefused(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	held := hold(c, jazzhrtest.EndpointApplicants, 1)
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	held.await()
	key := fresh("new")
	c.account.RotateKey(key)
	_, err := c.tenants.Connect(t.Context(), c.id, key, tenant.Actor{})
	check(t, err)
	held.release()
	c.finish(queue.StateDone, id)
	if row, err := c.tenants.Get(t.Context(), c.id); err != nil || row.KeyState != "ok" {
		t.Errorf("the new key is %s (%v)", row.KeyState, err)
	}
}

// TestTooMany answers 429 to one node: none calls for the tenant until the time is over, while
// another tenant's work goes on.
func TestTooMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.another())
	c, other := w.customer("acme"), w.customer("other")
	w.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointLinkApplicant, Account: c.account, Times: 1, Fault: jazzhrtest.RateLimit(0)})
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepLinkApplicantToJob, "waits_rate_limit")
	calls := c.account.Count("")
	var ids []uuid.UUID
	for _, name := range []string{"Grace", "Alan", "Edsger", "Barbara"} {
		ids = append(ids, c.writeback("i-"+name, name, "Hopper", name+"@example.com"))
	}
	other.finish(queue.StateDone, other.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	if n := c.account.Count("") - calls; n != 0 {
		t.Errorf("%d calls while the bucket was closed", n)
	}
	if got := step(t, c.view(first), queue.StepLinkApplicantToJob).WaitingFor; got != outcome.WaitsRateLimit {
		t.Errorf("it waits for %q", got)
	}
	c.advance(63 * time.Second)
	for _, id := range append(ids, first) {
		c.finish(queue.StateDone, id)
	}
	c.once("ada@example.com", 1)
}

// TestPause pauses the tenant while the applicant is being made: that is finished, and the rest
// waits.
func TestPause(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	held := hold(c, jazzhrtest.EndpointCreateApplicant, 1)
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	held.await()
	check(t, c.tenantsPause(true))
	held.release()
	c.attempted(1, queue.StepLinkApplicantToJob, "waits_paused")
	second := c.writeback("i-2", "Grace", "Hopper", "grace@example.com")
	if got := step(t, c.view(second), queue.StepCreateApplicant).WaitingFor; got != outcome.WaitsPaused {
		t.Errorf("the second waits for %q", got)
	}
	if n := c.sim.Count(jazzhrtest.EndpointLinkApplicant); n != 0 {
		t.Errorf("%d links while paused", n)
	}
	check(t, c.tenantsPause(false))
	c.finish(queue.StateDone, id)
	c.finish(queue.StateDone, second)
	c.once("ada@example.com", 1)
}

// TestDisconnectInTheMiddle disconnects while the note is being sent: the writeback ends once,
// rejected.
func TestDisconnectInTheMiddle(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	held := hold(c, jazzhrtest.EndpointApplicantNotes, 1)
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	held.await()
	_, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{})
	check(t, err)
	held.release()
	c.attempted(1, queue.StepWriteNotes, "superseded")
	c.finish(queue.StateRejected, id)
	var events int
	c.scan(`SELECT count(*) FROM jazzhr.events WHERE tenant_id = $1`, []any{c.id}, &events)
	if events != 1 {
		t.Errorf("%d events tell of the end", events)
	}
	var state string
	c.scan(`SELECT state FROM jazzhr.effects WHERE kind = 'write_note'`, nil, &state)
	if state != "done" {
		t.Errorf("the note's row is %s, though JazzHR said yes", state)
	}
}

// TestJobsOfTheDisconnected end quietly.
func TestJobsOfTheDisconnected(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	_, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{})
	check(t, err)
	c.insert(queue.PollActivities{TenantID: c.id})
	c.insert(queue.CheckKey{TenantID: c.id})
	c.attempted(1, "poll_activities", "not_connected")
	c.attempted(1, "check_key", "not_connected")
}

// TestUnreadableForThreeDays fails every read: after three days without a break a person is asked.
func TestUnreadableForThreeDays(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	unreadable := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Fault: jazzhrtest.Refuse(503)})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_retry")
	// A wait for the budget is no answer of JazzHR's.
	c.exec(`UPDATE jazzhr.call_buckets SET closed_until = jazzhr.now() + interval '30 minutes'`)
	c.advance(20 * time.Minute)
	c.insert(queue.CreateApplicant{TenantID: c.id, WritebackID: id})
	c.attempted(1, queue.StepCreateApplicant, "waits_rate_limit")
	c.advance(71 * time.Hour)
	c.attempted(2, queue.StepCreateApplicant, "waits_retry")
	c.advance(time.Hour)
	c.wantProblem(id, outcome.JazzHRUnreadable)
	unreadable.Remove()
}

// TestUnreadableNotes has an account that leaves the notes out of what it answers: that is not
// their absence.
func TestUnreadableNotes(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsOmitted })
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepWriteNotes, "waits_retry")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsShown })
	c.advance(time.Minute)
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}
