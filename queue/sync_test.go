package queue_test

import (
	"testing"
	"time"
)

// TestFullPassesAtOnce holds that no more than eight full passes of all tenants are active, backfills included, that the
// longest overdue go first, and that each keeps its hour.
func TestFullPassesAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.freezeClock(t)
	for range 9 {
		f.tenant(t, "next_full_at = jazzhr.now() - interval '30 minutes'")
	}
	first := f.tenant(t, "next_full_at = jazzhr.now() - interval '50 hours'")
	f.tenant(t, "next_full_at = jazzhr.now() + interval '1 second'")
	for _, change := range []string{"paused_at = jazzhr.now()", "key_state = 'rejected'", "connection = 'awaiting_verify'"} {
		f.tenant(t, "next_full_at = jazzhr.now() - interval '60 hours'", change)
	}
	if inserted := f.tick(t, f.ticker()); inserted != 8 || f.jobs(t, first, "full_sync") != 1 {
		t.Errorf("%d full passes were started, of the longest overdue one %d", inserted, f.jobs(t, first, "full_sync"))
	}
	now := one[time.Time](t, f, "SELECT jazzhr.now()")
	if next := f.row(t, first).NextFullAt.Sub(now); next != 22*time.Hour {
		t.Errorf("its next full pass is in %s", next)
	}
	if inserted := f.tick(t, f.ticker()); inserted != 0 {
		t.Errorf("%d were started beyond the eight", inserted)
	}
	f.exec(t, "UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()")
	if inserted := f.tick(t, f.ticker()); inserted != 2 {
		t.Errorf("%d were started, of two that were left", inserted)
	}
	if row := one[string](t, f, "SELECT DISTINCT queue || ' ' || priority FROM jazzhr.river_job"); row != "syncs 4" {
		t.Errorf("full passes are queued as %s", row)
	}
}
