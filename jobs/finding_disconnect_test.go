package jobs_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// crowd has a paused tenant wait with many rows: webhooks, moves to stages and writebacks.
func (c *customer) crowd(webhooks, entries, writebacks int) {
	c.t.Helper()
	check(c.t, c.tenantsPause(true))
	c.writeback("i-0", "Ada", "Lovelace", "ada@example.com")
	c.exec(`INSERT INTO jazzhr.writebacks SELECT (jsonb_populate_record(w, jsonb_build_object(
		'writeback_id', gen_random_uuid(), 'interview_id', 'i-' || n))).* FROM jazzhr.writebacks w, generate_series(1, $1 - 1) n`, writebacks)
	c.exec(`INSERT INTO jazzhr.steps SELECT (jsonb_populate_record(s, jsonb_build_object('writeback_id', w.writeback_id))).*
		FROM jazzhr.steps s, jazzhr.writebacks w WHERE s.writeback_id <> w.writeback_id`)
	c.exec(`INSERT INTO jazzhr.webhooks (tenant_id, webhook_id, dedup_key, body_hash, event, body, headers, state)
		SELECT $1, gen_random_uuid(), 'key ' || n, '', 'CANDIDATE-EXPORT', '{}', '{}', 'pending' FROM generate_series(1, $2::int) n`, c.id, webhooks)
	c.exec(`INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title)
		SELECT $1, 'activity ' || n, 'ada', 'Interview', 'Engineer' FROM generate_series(1, $2::int) n`, c.id, entries)
}

// ended counts the tenant's rows that have ended because of a disconnect, the events that tell of
// them, and the rows that have not ended.
func (c *customer) ended() (webhooks, entries, writebacks, events, open int) {
	c.t.Helper()
	c.scan(`SELECT (SELECT count(*) FROM jazzhr.webhooks WHERE tenant_id = $1 AND state = 'done' AND problem = 'disconnected'),
		(SELECT count(*) FROM jazzhr.stage_entries WHERE tenant_id = $1 AND state = 'done' AND outcome = 'disconnected'),
		(SELECT count(*) FROM jazzhr.writebacks WHERE tenant_id = $1 AND state = 'rejected' AND last_error = 'disconnected'),
		(SELECT count(DISTINCT data ->> 'interview_id') FROM jazzhr.events WHERE tenant_id = $1 AND type = 'writeback.rejected'),
		(SELECT count(*) FROM jazzhr.webhooks WHERE tenant_id = $1 AND state = 'pending')
			+ (SELECT count(*) FROM jazzhr.stage_entries WHERE tenant_id = $1 AND state = 'pending')
			+ (SELECT count(*) FROM jazzhr.writebacks WHERE tenant_id = $1 AND state IN ('pending', 'attention'))
			+ (SELECT count(*) FROM jazzhr.steps WHERE tenant_id = $1 AND state IN ('pending', 'attention'))`,
		[]any{c.id}, &webhooks, &entries, &writebacks, &events, &open)
	return webhooks, entries, writebacks, events, open
}

// TestFinding17Disconnect disconnects a tenant with 10,000 waiting rows, and ends the process in the
// middle of ending them: the tenant is disconnected at once, others' webhooks are taken meanwhile,
// and the rest ends by itself.
func TestFinding17Disconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, other := w.customer("acme").verified(), w.customer("other").verified()
	const webhooks, entries, writebacks = 8500, 1000, 500
	c.crowd(webhooks, entries, writebacks)
	// The writeback in the middle waits for this lock.
	w.exec(`CREATE FUNCTION jazzhr.halt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(17); RETURN NEW; END $$`)
	w.exec(fmt.Sprintf(`CREATE TRIGGER halt BEFORE UPDATE ON jazzhr.writebacks FOR EACH ROW WHEN (NEW.interview_id = 'i-%d') EXECUTE FUNCTION jazzhr.halt()`,
		writebacks/10))
	lock, err := w.db.Pool.Begin(t.Context())
	check(t, err)
	_, err = lock.Exec(t.Context(), "SELECT pg_advisory_xact_lock(17)")
	check(t, err)

	process, kill := context.WithCancel(t.Context())
	killed := make(chan error, 1)
	go func() {
		_, err := c.tenants.Disconnect(process, c.id, tenant.Actor{})
		killed <- err
	}()
	for waits := 0; waits == 0; { // until it has come to the middle
		w.scan("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 17 AND NOT granted", nil, &waits)
		check(t, t.Context().Err())
	}
	if row, err := c.tenants.Get(t.Context(), c.id); err != nil || row.Connection != string(tenant.Disconnected) || row.KeySealed != nil {
		t.Errorf("in the middle the connection is %s (%v)", row.Connection, err)
	}
	const exports = 20
	for range exports {
		ada := other.person("Ada", "Lovelace", "")
		_, err := other.account.Export(t.Context(), ada.ID, other.job.ID)
		check(t, err)
	}
	var taken int
	w.scan("SELECT count(*) FROM jazzhr.webhooks WHERE tenant_id = $1", []any{other.id}, &taken)
	if taken != exports {
		t.Errorf("%d webhooks of another tenant were taken meanwhile, want %d", taken, exports)
	}
	kill()
	if err := <-killed; err != nil {
		t.Logf("cut off: %v", err)
	}
	if _, _, _, _, open := c.ended(); open == 0 {
		t.Error("nothing is left to be ended")
	}
	check(t, lock.Rollback(t.Context()))
	w.advance(2 * time.Minute)
	c.attempted(1, queue.EndWork{}.Kind(), "ended")
	a, b, d, events, open := c.ended()
	if a != webhooks || b != entries || d != writebacks || events != writebacks || open != 0 {
		t.Errorf("%d webhooks, %d moves and %d writebacks have ended, %d are told of, and %d rows are open", a, b, d, events, open)
	}
}

// TestFinding17Reconnect connects a tenant again before all of its work has ended: none of it is done.
func TestFinding17Reconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.customer("acme").verified()
	w.stop(w.runner)
	const webhooks, entries, writebacks = 100, 100, 200
	c.crowd(webhooks, entries, writebacks)
	w.exec(`ALTER TABLE jazzhr.stage_entries RENAME TO stage_entries_gone`) // nothing can end
	if done, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{}); !done || err != nil {
		t.Errorf("%v, %v", done, err)
	}
	if _, err := c.tenants.Connect(t.Context(), c.id, c.account.Key(), tenant.Actor{}); err == nil {
		t.Error("connected while work of the connection before could not be ended")
	}
	w.exec(`ALTER TABLE jazzhr.stage_entries_gone RENAME TO stage_entries`)
	_, err := c.tenants.Connect(t.Context(), c.id, c.account.Key(), tenant.Actor{})
	check(t, err)
	a, b, d, events, open := c.ended()
	if a != webhooks || b != entries || d != writebacks || events != writebacks || open != 0 {
		t.Errorf("%d webhooks, %d moves and %d writebacks have ended, %d are told of, and %d rows are open", a, b, d, events, open)
	}
}
