package jobs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// writes are the endpoints that write, and the kinds of jobs that send to them.
var writes = map[string]string{
	jazzhrtest.EndpointCreateApplicant: queue.StepCreateApplicant,
	jazzhrtest.EndpointLinkApplicant:   queue.StepLinkApplicantToJob,
	jazzhrtest.EndpointApplicantNotes:  queue.StepWriteNotes,
}

// giveAway gives the running jobs of a kind to whoever takes them, as the reaper does with those of
// a node it takes for dead.
func (w *world) giveAway(kind string) {
	w.t.Helper()
	w.exec(`UPDATE jazzhr.river_job SET state = 'available', scheduled_at = now() WHERE state = 'running' AND kind = $1`, kind)
}

// TestZombie gives a job to another node while its first owner is in the middle of its send. The
// owner's answer counts, and nothing is sent twice.
func TestZombie(t *testing.T) {
	t.Parallel()
	for endpoint, kind := range writes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, withTimeout(20*time.Second))
			c := w.customer("acme")
			w.start(w.another())
			held := hold(c, endpoint, 1)
			id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			held.await()
			w.giveAway(kind)
			c.attempted(1, kind, "waits_settling")
			held.release()
			c.attempted(1, kind, "lost_job")
			c.finish(queue.StateDone, id)
			c.once("ada@example.com", 1)
		})
	}
}

// TestJobRunTwiceAtOnce has a second job of the same args, which River's uniqueness would not let
// in.
func TestJobRunTwiceAtOnce(t *testing.T) {
	t.Parallel()
	for endpoint, kind := range writes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, withTimeout(20*time.Second))
			c := w.customer("acme")
			held := hold(c, endpoint, 1)
			id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			held.await()
			w.exec(`INSERT INTO jazzhr.river_job (kind, args, queue, max_attempts)
				SELECT kind, args, queue, 25 FROM jazzhr.river_job WHERE kind = $1 AND state = 'running'`, kind)
			c.attempted(1, kind, "waits_settling")
			held.release()
			c.finish(queue.StateDone, id)
			c.once("ada@example.com", 1)
		})
	}
}

// TestJobGone deletes or cancels the job in the middle of each step's send, as an operator may. The
// row gets another job.
func TestJobGone(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"deleted":   `DELETE FROM jazzhr.river_job WHERE kind = $1 AND state = 'running'`,
		"cancelled": `UPDATE jazzhr.river_job SET state = 'cancelled', finalized_at = now() WHERE kind = $1 AND state = 'running'`,
	} {
		for endpoint, kind := range writes {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				c := w.customer("acme")
				held := hold(c, endpoint, 1)
				id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
				held.await()
				w.exec(statement, kind)
				held.release()
				c.attempted(1, kind, "lost_job")
				w.sweep()
				c.finish(queue.StateDone, id)
				c.once("ada@example.com", 1)
			})
		}
	}
}

// sweep does at once what the tick does within a minute.
func (w *world) sweep() {
	w.t.Helper()
	w.advance(time.Minute)
	ticker := queue.Ticker{Beginner: w.db.Pool, Client: w.client, PollInterval: time.Hour, Bucket: w.config.Bucket, Limits: w.config.Limits, WebhookJob: intake.JobOf}
	_, err := ticker.Tick(w.t.Context())
	check(w.t, err)
}

// TestJobDeletedBeforeItRan deletes jobs that nobody has taken yet.
func TestJobDeletedBeforeItRan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.customer("acme")
	check(t, w.client.QueuePause(t.Context(), queue.QueueWrites, nil))
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	w.exec(`DELETE FROM jazzhr.river_job WHERE kind = 'create_applicant'`)
	check(t, w.client.QueueResume(t.Context(), queue.QueueWrites, nil))
	w.sweep()
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}

// TestLateAnswer holds a note's send so long that, by the database's clock, it counts as lost; its
// answer then comes while the row is unknown, or after it was sent again.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	stall := func(t *testing.T) (*customer, *held, uuid.UUID) {
		w := newWorld(t, withTimeout(30*time.Second))
		c := w.seasoned("acme")
		held := hold(c, jazzhrtest.EndpointApplicantNotes, 1)
		id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
		held.await()
		w.giveAway(queue.StepWriteNotes)
		c.attempted(1, queue.StepWriteNotes, "waits_settling")
		return c, held, id
	}
	t.Run("while it is unknown", func(t *testing.T) {
		t.Parallel()
		c, held, id := stall(t)
		check(t, c.tenantsPause(true))
		c.exec(`UPDATE jazzhr.effects SET state = 'unknown', not_after = jazzhr.now() WHERE kind = 'write_note' AND state = 'sending'`)
		held.release()
		c.attempted(1, queue.StepWriteNotes, "lost_job")
		check(t, c.tenantsPause(false))
		c.finish(queue.StateDone, id)
		c.once("ada@example.com", 1)
	})
	t.Run("while a person has it", func(t *testing.T) {
		t.Parallel()
		c, held, id := stall(t)
		c.exec(`DELETE FROM jazzhr.visibility`)
		c.exec(`UPDATE jazzhr.effects SET sends = 0 WHERE kind = 'write_note' AND state = 'done'`) // no control is left
		c.advance(time.Minute)
		c.wantProblem(id, "no_control")
		held.release()
		c.finish(queue.StateDone, id)
		c.once("ada@example.com", 1)
	})
	t.Run("after it was sent again", func(t *testing.T) {
		t.Parallel()
		c, held, id := stall(t)
		c.advance(time.Minute)
		view := c.finish(queue.StateDone, id)
		held.release()
		c.attempted(1, queue.StepWriteNotes, "lost_job", "ok")
		c.lateProof(view)
	})
}

// lateProof waits for the first send's answer to be evidence beside the second's.
func (c *customer) lateProof(view writeback.View) {
	c.t.Helper()
	var proofs []struct {
		What      string   `json:"what"`
		RemoteIDs []string `json:"remote_ids"`
	}
	check(c.t, json.Unmarshal(step(c.t, c.view(view.ID), queue.StepWriteNotes).Parts[0].Evidence, &proofs))
	ids := map[string][]string{}
	for _, p := range proofs {
		ids[p.What] = p.RemoteIDs
	}
	if len(ids["confirmed"]) != 1 || len(ids["late_answer"]) != 1 || ids["confirmed"][0] == ids["late_answer"][0] {
		c.t.Errorf("evidence %+v, want both ids", proofs)
	}
}

func (c *customer) tenantsPause(paused bool) (err error) {
	if paused {
		_, err = c.tenants.Pause(c.t.Context(), c.id, tenant.Actor{})
	} else {
		_, err = c.tenants.Resume(c.t.Context(), c.id, tenant.Actor{})
	}
	return err
}

// TestLapsedNode has the node's heartbeats come late: it starts no send, and goes on when it is
// back.
func TestLapsedNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.customer("acme")
	w.exec(`CREATE FUNCTION jazzhr.test_late_beat() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN NEW.beat_at := jazzhr.now() - interval ''10 seconds''; RETURN NEW; END'`)
	w.exec(`CREATE TRIGGER test_late_beat BEFORE INSERT OR UPDATE ON jazzhr.nodes FOR EACH ROW EXECUTE FUNCTION jazzhr.test_late_beat()`)
	w.exec(`UPDATE jazzhr.nodes SET beat_at = jazzhr.now()`)
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_queue")
	if n := len(w.sim.Writes()); n != 0 {
		t.Fatalf("%d writes from a node that has lapsed", n)
	}
	w.exec(`DROP TRIGGER test_late_beat ON jazzhr.nodes`)
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}

// TestStopInTheMiddle stops the node during a send, within which its soft stop ends, and starts
// another.
func TestStopInTheMiddle(t *testing.T) {
	t.Parallel()
	for endpoint, kind := range writes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(w *world) { w.config.SoftStop = 50 * time.Millisecond })
			c := w.seasoned("acme")
			held := hold(c, endpoint, 1)
			id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			held.await()
			w.stop(w.runner)
			var burned int
			w.scan(`SELECT coalesce(sum(jsonb_array_length(to_jsonb(errors))), 0) FROM jazzhr.river_job WHERE args ->> 'writeback_id' = $1`,
				[]any{id.String()}, &burned)
			if burned != 0 {
				t.Errorf("%d attempts burned by the stop", burned)
			}
			held.release()
			config := w.another()
			w.client = w.start(config).Client()
			c.finish(queue.StateDone, id)
			c.once("ada@example.com", 1)
		})
	}
}

// TestDatabaseRestarts crashes the database's server while a note is being sent and others wait.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	server := dbtest.Server(t)
	w := newWorld(t, onDatabase(dbtest.NewOn(t, server)), withTimeout(20*time.Second))
	c := w.customer("acme")
	held := hold(c, jazzhrtest.EndpointApplicantNotes, 1)
	ids := map[string]uuid.UUID{}
	for _, name := range []string{"Ada", "Grace", "Alan"} {
		email := strings.ToLower(name) + "@example.com"
		ids[email] = c.writeback("i-"+name, name, "Lovelace", email)
	}
	held.await()
	check(t, server.Restart(t.Context()))
	held.release()
	for email, id := range ids {
		c.finish(queue.StateDone, id)
		c.once(email, 1)
	}
}

// TestLostFetch has the database say that a node runs a job of which the node knows nothing, as
// after a crash between the commit of its fetch and the answer. The job is given back; one that the
// node does run for long is not.
func TestLostFetch(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	held := hold(c, jazzhrtest.EndpointActivities, 1)
	c.insert(queue.PollActivities{TenantID: c.id})
	held.await()
	c.exec(`UPDATE jazzhr.river_job SET attempted_at = now() - interval '1 hour' WHERE kind = 'poll_activities'`)
	c.exec(`INSERT INTO jazzhr.river_job (kind, args, queue, max_attempts, state, attempt, attempted_at, attempted_by)
		VALUES ('poll_openings', jsonb_build_object('tenant_id', $1::text), $2, 25, 'running', 1, now() - interval '1 minute', ARRAY[$3])`,
		c.id, queue.QueueReads, c.config.NodeID)
	c.attempted(1, "poll_openings", "ok")
	var state string
	var attempt int
	c.scan(`SELECT state, attempt FROM jazzhr.river_job WHERE kind = 'poll_activities'`, nil, &state, &attempt)
	if state != "running" || attempt != 1 {
		t.Errorf("the job that runs is %s, at its attempt %d", state, attempt)
	}
	held.release()
	c.attempted(1, "poll_activities", "ok")
}
