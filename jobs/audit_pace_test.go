package jobs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// TestAuditWaitsForItsTurn at a budget that is used up for longer than other work waits.
func TestAuditWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.theirDuplicates()
	c.config.Bucket = queue.NewBucket(c.db.Pool, 1200)
	var until time.Time
	c.scan(`UPDATE jazzhr.call_buckets SET tokens = 0, refilled_at = jazzhr.now() + interval '3 seconds', closed_until = jazzhr.now() + interval '3 seconds'
		WHERE tenant_id = $1 RETURNING closed_until`, []any{c.id}, &until)
	done := c.audit()
	c.wantFound(done, [3]int{}, [3]int{1, 1, 0})
	if done.FinishedAt.Before(until) {
		t.Errorf("it ended at %s, while nobody might call until %s", done.FinishedAt, until)
	}
}

func TestAuditSurvivesTooMany(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.theirDuplicates()
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointLinks, Times: 1, Fault: jazzhrtest.RateLimit(3 * time.Second)})
	links := c.account.Count(jazzhrtest.EndpointLinks)
	done := c.audit()
	c.wantFound(done, [3]int{}, [3]int{1, 1, 0})
	if n := c.account.Count(jazzhrtest.EndpointLinks) - links; n != 2 {
		t.Errorf("links were read %d times, want the refused one and the next", n)
	}
	var until *time.Time
	c.scan(`SELECT closed_until FROM jazzhr.call_buckets WHERE tenant_id = $1`, []any{c.id}, &until)
	if until == nil || done.FinishedAt.Before(*until) {
		t.Errorf("nobody might call until %v, and it ended at %s", until, done.FinishedAt)
	}
}

// TestAuditReadsAgain what could not be read once.
func TestAuditReadsAgain(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.theirDuplicates()
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Times: 1, Fault: jazzhrtest.Refuse(503)})
	c.wantFound(c.audit(), [3]int{}, [3]int{1, 1, 0})
}

// TestStoppedAudits say why, and keep what the audit before had found: so nobody is told of it
// anew.
func TestStoppedAudits(t *testing.T) {
	t.Parallel()
	tests := map[outcome.Code]func(c *customer) (held *held){
		outcome.WaitsCredentials: func(c *customer) *held {
			c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Times: 1, Fault: jazzhrtest.Refuse(401)})
			return nil
		},
		"paused":       func(c *customer) *held { return hold(c, jazzhrtest.EndpointLinks, 1) },
		"notes_hidden": func(c *customer) *held { c.account.Configure(hideComments); return nil },
		"disconnected": func(c *customer) *held { return hold(c, jazzhrtest.EndpointLinks, 1) },
	}
	unfinished := map[outcome.Code]int{outcome.WaitsCredentials: 1, "paused": 1, "disconnected": 1, "notes_hidden": 1}
	for reason, prepare := range tests {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			c := newWorld(t, withTimeout(patience)).seasoned("acme")
			c.graceAgain()
			c.wantFound(c.audit(), [3]int{1, 1, 1}, [3]int{})
			held := prepare(c)
			c.insert(queue.AuditDuplicates{TenantID: c.id})
			if held != nil {
				held.await()
				c.endBy(string(reason))
				held.release()
			}
			c.attempted(1, "audit_duplicates", "stopped_"+string(reason))
			var ours, kinds int
			var by outcome.Code
			c.scan(`SELECT ours, cardinality(unfinished), stopped_by FROM jazzhr.audits WHERE latest`, nil, &ours, &kinds, &by)
			if ours != 3 || kinds != unfinished[reason] || by != reason {
				t.Errorf("%d of ours, %d kinds unfinished because of %s", ours, kinds, by)
			}
			if told := c.toldOfDuplicates(); len(told) != 1 {
				t.Errorf("told %d times", len(told))
			}
			if row, err := c.tenants.Get(t.Context(), c.id); err != nil || (row.KeyState == "rejected") != (reason == outcome.WaitsCredentials) {
				t.Errorf("the key is %s (%v)", row.KeyState, err)
			}
		})
	}
}

func hideComments(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsOmitted }

// endBy takes the tenant away in the middle of its audit.
func (c *customer) endBy(reason string) {
	c.t.Helper()
	if reason == "paused" {
		check(c.t, c.tenantsPause(true))
		return
	}
	c.exec(`UPDATE jazzhr.tenants SET connection = 'disconnected', key_state = 'none', key_sealed = NULL WHERE tenant_id = $1`, c.id)
}

// TestAuditEndsInTime: what it did not get to is as it was, and is read the next night.
func TestAuditEndsInTime(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.graceAgain()
	hurried := c.auditor()
	hurried.Limit = time.Nanosecond
	done := c.auditBy(hurried)
	c.wantFound(done, [3]int{}, [3]int{})
	if len(done.Unfinished) != 3 || done.StoppedBy != "time" {
		t.Errorf("it came to %+v", done)
	}
	c.wantFound(c.audit(), [3]int{1, 1, 1}, [3]int{})
	c.wantFound(c.auditBy(hurried), [3]int{1, 1, 1}, [3]int{})
	c.wantFound(c.audit(), [3]int{1, 1, 1}, [3]int{})
	if told := c.toldOfDuplicates(); len(told) != 1 {
		t.Errorf("told %d times", len(told))
	}
}

// TestAuditsAreTheTicks: one that is due runs by itself, and that of a tenant that is paused or was
// not verified does not.
func TestAuditsAreTheTicks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paused, active, unverified := w.customer("paused").verified(), w.customer("active").verified(), w.customer("unverified")
	check(t, paused.tenantsPause(true))
	due := w.one(`SELECT jazzhr.now() - interval '3 days 1 hour'`)
	w.exec(`UPDATE jazzhr.tenants SET next_audit_at = $1`, due)
	active.attempted(1, "audit_duplicates", "ok")
	for _, c := range []*customer{paused, unverified} {
		var audits int
		c.scan(`SELECT count(*) FROM jazzhr.river_job WHERE kind = 'audit_duplicates' AND args ->> 'tenant_id' = $1::text`, []any{c.id.String()}, &audits)
		if audits != 0 {
			t.Errorf("there are %d audits of a tenant that is not to be audited", audits)
		}
	}
	row, err := w.tenants.Get(t.Context(), active.id)
	check(t, err)
	if want := due.Add(4 * 24 * time.Hour); !row.NextAuditAt.Equal(want) {
		t.Errorf("the next audit is at %s, want %s", row.NextAuditAt, want)
	}
}

// one reads a time of the database's.
func (w *world) one(statement string) (at time.Time) {
	w.t.Helper()
	w.scan(statement, nil, &at)
	return at
}

func TestAuditOfTheDisconnected(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.endBy("disconnected")
	if _, err := c.auditor().Audit(t.Context(), c.id); !errors.Is(err, queue.ErrNotConnected) {
		t.Errorf("the audit ended with %v", err)
	}
	c.insert(queue.AuditDuplicates{TenantID: c.id})
	c.attempted(1, "audit_duplicates", "not_connected")
}
