package queue_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestAuditsAtOnce holds that no more than four audits of all tenants are active, that the longest overdue go first, and that
// each keeps its hour.
func TestAuditsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.freezeClock(t)
	var due []uuid.UUID
	for range 6 {
		due = append(due, f.tenant(t, "next_audit_at = jazzhr.now() - interval '30 minutes'"))
	}
	first := f.tenant(t, "next_audit_at = jazzhr.now() - interval '50 hours'")
	f.tenant(t, "next_audit_at = DEFAULT") // tomorrow
	for _, change := range []string{"paused_at = jazzhr.now()", "key_state = 'rejected'", "connection = 'awaiting_verify'"} {
		f.tenant(t, "next_audit_at = jazzhr.now() - interval '60 hours'", change)
	}
	if inserted := f.tick(t, f.ticker()); inserted != 4 || f.jobs(t, first, "audit_duplicates") != 1 {
		t.Errorf("%d audits were started, of the longest overdue one %d", inserted, f.jobs(t, first, "audit_duplicates"))
	}
	now := one[time.Time](t, f, "SELECT jazzhr.now()")
	if next := f.row(t, first).NextAuditAt.Sub(now); next != 22*time.Hour {
		t.Errorf("its next audit is in %s", next)
	}
	if inserted := f.tick(t, f.ticker()); inserted != 0 {
		t.Errorf("%d audits were started beyond the four", inserted)
	}
	f.exec(t, "UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()")
	if inserted := f.tick(t, f.ticker()); inserted != 3 {
		t.Errorf("%d audits were started, of three that were left", inserted)
	}
	if inserted := f.tick(t, f.ticker()); inserted != 0 {
		t.Errorf("%d audits were started again", inserted)
	}
	for _, tenant := range due {
		if jobs := f.jobs(t, tenant, "audit_duplicates"); jobs != 1 {
			t.Errorf("there are %d audits of a tenant", jobs)
		}
	}
	row := one[string](t, f, "SELECT DISTINCT queue || ' ' || priority FROM jazzhr.river_job")
	if row != "audits 4" {
		t.Errorf("audits are queued as %s", row)
	}
}

// TestAuditsAtNight holds the hours in which new tenants are audited.
func TestAuditsAtNight(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.freezeClock(t)
	hours := map[time.Time]bool{}
	for range 10 {
		at := f.row(t, f.tenant(t, "next_audit_at = DEFAULT")).NextAuditAt.UTC()
		hours[at] = true
		if at.Day() != 2 || at.Hour() >= 6 {
			t.Errorf("an audit is at %s", at)
		}
	}
	if len(hours) < 5 {
		t.Errorf("ten tenants are audited at %d times", len(hours))
	}
}
