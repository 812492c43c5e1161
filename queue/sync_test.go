package queue_test

import (
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// TestFullPassesAtOnce checks that at most eight full passes of all tenants are active, that the
// longest overdue go first, and that each keeps its hour.
func TestFullPassesAtOnce(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	for range 9 {
		f.Tenant(t, "next_full_at = jazzhr.now() - interval '30 minutes'")
	}
	first := f.Tenant(t, "next_full_at = jazzhr.now() - interval '50 hours'")
	f.Tenant(t, "next_full_at = jazzhr.now() + interval '1 second'")
	for _, change := range []string{
		"paused_at = jazzhr.now()", "key_state = 'rejected'", "connection = 'awaiting_verify'",
	} {
		f.Tenant(t, "next_full_at = jazzhr.now() - interval '60 hours'", change)
	}
	if inserted := f.Tick(t, f.Ticker()); inserted != 8 || f.Jobs(t, first, "full_sync") != 1 {
		t.Errorf("%d full passes were started, of the longest overdue one %d", inserted, f.Jobs(t, first, "full_sync"))
	}
	now := queuetest.One[time.Time](t, f, "SELECT jazzhr.now()")
	if next := f.Row(t, first).NextFullAt.Sub(now); next != 22*time.Hour {
		t.Errorf("its next full pass is in %s", next)
	}
	if inserted := f.Tick(t, f.Ticker()); inserted != 0 {
		t.Errorf("%d were started beyond the eight", inserted)
	}
	f.Exec(t, "UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()")
	if inserted := f.Tick(t, f.Ticker()); inserted != 2 {
		t.Errorf("%d were started, of two that were left", inserted)
	}
	row := queuetest.One[string](t, f, "SELECT DISTINCT queue || ' ' || priority FROM jazzhr.river_job")
	if row != "syncs 4" {
		t.Errorf("full passes are queued as %s", row)
	}
}
