package queue_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// TestAuditsAtOnce checks that at most four audits of all tenants are active, that the longest
// overdue go first, and that each keeps its hour.
func TestAuditsAtOnce(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	var due []uuid.UUID
	for range 6 {
		due = append(due, f.Tenant(t, "next_audit_at = jazzhr.now() - interval '30 minutes'"))
	}
	first := f.Tenant(t, "next_audit_at = jazzhr.now() - interval '50 hours'")
	f.Tenant(t, "next_audit_at = DEFAULT") // tomorrow
	for _, change := range []string{
		"paused_at = jazzhr.now()", "key_state = 'rejected'", "connection = 'awaiting_verify'",
	} {
		f.Tenant(t, "next_audit_at = jazzhr.now() - interval '60 hours'", change)
	}
	if inserted := f.Tick(t, f.Ticker()); inserted != 4 || f.Jobs(t, first, "audit_duplicates") != 1 {
		t.Errorf("%d audits were started, of the longest overdue one %d",
			inserted, f.Jobs(t, first, "audit_duplicates"))
	}
	now := queuetest.One[time.Time](t, f, "SELECT jazzhr.now()")
	if next := f.Row(t, first).NextAuditAt.Sub(now); next != 22*time.Hour {
		t.Errorf("its next audit is in %s", next)
	}
	if inserted := f.Tick(t, f.Ticker()); inserted != 0 {
		t.Errorf("%d audits were started beyond the four", inserted)
	}
	f.Exec(t, "UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()")
	if inserted := f.Tick(t, f.Ticker()); inserted != 3 {
		t.Errorf("%d audits were started, of three that were left", inserted)
	}
	if inserted := f.Tick(t, f.Ticker()); inserted != 0 {
		t.Errorf("%d audits were started again", inserted)
	}
	for _, tenant := range due {
		if jobs := f.Jobs(t, tenant, "audit_duplicates"); jobs != 1 {
			t.Errorf("there are %d audits of a tenant", jobs)
		}
	}
	row := queuetest.One[string](t, f, "SELECT DISTINCT queue || ' ' || priority FROM jazzhr.river_job")
	if row != "audits 4" {
		t.Errorf("audits are queued as %s", row)
	}
}

// TestAuditsAtNight checks the hours in which new tenants are audited.
func TestAuditsAtNight(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	hours := map[time.Time]bool{}
	for range 10 {
		at := f.Row(t, f.Tenant(t, "next_audit_at = DEFAULT")).NextAuditAt.UTC()
		hours[at] = true
		if at.Day() != 2 || at.Hour() >= 6 {
			t.Errorf("an audit is at %s", at)
		}
	}
	if len(hours) < 5 {
		t.Errorf("ten tenants are audited at %d times", len(hours))
	}
}
