package queue_test

import (
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// TestOpeningsKeepTheirPhase checks that polls that were missed are made up for by one, and that
// the next is at the tenant's own minute.
func TestOpeningsKeepTheirPhase(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	for late, next := range map[string]time.Duration{
		"0":                  time.Hour,
		"40 seconds":         time.Hour - 40*time.Second,
		"5 hours 10 minutes": 50 * time.Minute,
	} {
		tenant := f.Tenant(t, "next_openings_at = jazzhr.now() - interval '"+late+"'")
		for range 2 {
			f.Tick(t, f.Ticker())
			if jobs := f.Jobs(t, tenant, "poll_openings"); jobs != 1 {
				t.Errorf("%s late: there are %d passes", late, jobs)
			}
		}
		now := queuetest.One[time.Time](t, f, "SELECT jazzhr.now()")
		if got := f.Row(t, tenant).NextOpeningsAt.Sub(now); got != next {
			t.Errorf("%s late: the next is in %s, want %s", late, got, next)
		}
	}
}

func TestWhoseOpeningsAreNotRead(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	for _, change := range []string{
		"paused_at = jazzhr.now()", "key_state = 'rejected'", "connection = 'awaiting_verify'",
		"connection = 'disconnected'", "next_openings_at = jazzhr.now() + interval '1 minute'",
	} {
		tenant := f.Tenant(t, "next_openings_at = jazzhr.now()")
		f.Change(t, tenant, change)
		f.Tick(t, f.Ticker())
		if jobs := f.Jobs(t, tenant, "poll_openings"); jobs != 0 {
			t.Errorf("%s: there are %d passes", change, jobs)
		}
	}
}
