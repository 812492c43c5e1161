package queue_test

import (
	"testing"
	"time"
)

// TestOpeningsKeepTheirPhase: those that were missed are read once and go on at their own minute.
func TestOpeningsKeepTheirPhase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.freezeClock(t)
	for late, next := range map[string]time.Duration{"0": time.Hour, "40 seconds": time.Hour - 40*time.Second, "5 hours 10 minutes": 50 * time.Minute} {
		tenant := f.tenant(t, "next_openings_at = jazzhr.now() - interval '"+late+"'")
		for range 2 {
			f.tick(t, f.ticker())
			if jobs := f.jobs(t, tenant, "poll_openings"); jobs != 1 {
				t.Errorf("%s late: there are %d passes", late, jobs)
			}
		}
		now := one[time.Time](t, f, "SELECT jazzhr.now()")
		if got := f.row(t, tenant).NextOpeningsAt.Sub(now); got != next {
			t.Errorf("%s late: the next is in %s, want %s", late, got, next)
		}
	}
}

func TestWhoseOpeningsAreNotRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, change := range []string{
		"paused_at = jazzhr.now()", "key_state = 'rejected'", "connection = 'awaiting_verify'",
		"connection = 'disconnected'", "next_openings_at = jazzhr.now() + interval '1 minute'",
	} {
		tenant := f.tenant(t, "next_openings_at = jazzhr.now()")
		f.change(t, tenant, change)
		f.tick(t, f.ticker())
		if jobs := f.jobs(t, tenant, "poll_openings"); jobs != 0 {
			t.Errorf("%s: there are %d passes", change, jobs)
		}
	}
}
