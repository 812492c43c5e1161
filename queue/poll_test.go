package queue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

func TestPollsKeepTheirPhase(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	tests := []struct {
		name     string
		late     time.Duration
		interval string // the tenant's own
		next     time.Duration
	}{
		{"on time", 0, "NULL", queuetest.PollInterval},
		{"a little late", 40 * time.Second, "NULL", queuetest.PollInterval - 40*time.Second},
		{"missed many", 61*time.Minute + 30*time.Second, "NULL", 3*time.Minute + 30*time.Second},
		{"interval of its own", 10 * time.Second, "interval '20 minutes'", 20*time.Minute - 10*time.Second},
	}
	for _, test := range tests {
		tenant := f.Tenant(t, "poll_interval = "+test.interval,
			fmt.Sprintf("next_poll_at = jazzhr.now() - interval '%d seconds'", int(test.late.Seconds())))
		f.Tick(t, f.Ticker())
		if jobs := f.Jobs(t, tenant, "poll_activities"); jobs != 1 {
			t.Errorf("%s: there are %d polls", test.name, jobs)
		}
		now := queuetest.One[time.Time](t, f, "SELECT jazzhr.now()")
		if next := f.Row(t, tenant).NextPollAt.Sub(now); next != test.next {
			t.Errorf("%s: the next poll is in %s, want %s", test.name, next, test.next)
		}
		f.Tick(t, f.Ticker())
		if jobs := f.Jobs(t, tenant, "poll_activities"); jobs != 1 {
			t.Errorf("%s: the next tick made it %d polls", test.name, jobs)
		}
	}
}

// TestPollsDoNotStampede checks that tenants whose polls were missed are each polled once, and then
// at their own times.
func TestPollsDoNotStampede(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	const tenants = 20
	for i := range tenants {
		f.Tenant(t, fmt.Sprintf("next_poll_at = jazzhr.now() + interval '%d seconds'", 15*i+7))
	}
	advance(t, f.Pool, 3*time.Hour)
	if inserted := f.Tick(t, f.Ticker()); inserted != tenants {
		t.Errorf("%d polls were started, of %d that were missed", inserted, tenants)
	}
	f.Exec(t, "DELETE FROM jazzhr.river_job")
	for minute := range 5 {
		advance(t, f.Pool, time.Minute)
		if inserted := f.Tick(t, f.Ticker()); inserted != tenants/5 {
			t.Errorf("%d polls were started in minute %d, want a fifth of all", inserted, minute+1)
		}
	}
}

func TestWhoIsNotPolled(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	for _, change := range []string{
		"paused_at = jazzhr.now()", "key_state = 'rejected'", "connection = 'awaiting_verify'",
		"connection = 'disconnected'", "next_poll_at = jazzhr.now() + interval '1 minute'",
	} {
		tenant := f.Tenant(t, "next_poll_at = jazzhr.now()")
		f.Change(t, tenant, change)
		f.Tick(t, f.Ticker())
		if jobs := f.Jobs(t, tenant, "poll_activities"); jobs != 0 {
			t.Errorf("%s: there are %d polls", change, jobs)
		}
	}
	// One that runs still is not joined by another.
	slow := f.Tenant(t, "next_poll_at = jazzhr.now()")
	for range 2 {
		f.Tick(t, f.Ticker())
		f.Change(t, slow, "next_poll_at = jazzhr.now()")
	}
	if jobs := f.Jobs(t, slow, "poll_activities"); jobs != 1 {
		t.Errorf("a slow tenant has %d polls", jobs)
	}
}

func TestKeyChecks(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	due := f.Tenant(t, "key_state = 'rejected'", "key_retry_at = jazzhr.now()")
	early := f.Tenant(t, "key_state = 'rejected'", "key_retry_at = jazzhr.now() + interval '1 minute'")
	good := f.Tenant(t, "key_retry_at = jazzhr.now()")
	for range 2 {
		f.Tick(t, f.Ticker())
	}
	for name, test := range map[string]struct {
		tenant uuid.UUID
		want   int
	}{"due": {due, 1}, "not yet due": {early, 0}, "not rejected": {good, 0}} {
		if jobs := f.Jobs(t, test.tenant, "check_key"); jobs != test.want {
			t.Errorf("%s: there are %d checks, want %d", name, jobs, test.want)
		}
	}
	// A check whose job was lost is made again, a minute later.
	f.Exec(t, "DELETE FROM jazzhr.river_job")
	f.Tick(t, f.Ticker())
	if jobs := f.Jobs(t, due, "check_key"); jobs != 0 {
		t.Errorf("at once there are %d checks", jobs)
	}
	dbtest.OffsetClock(t, f.Database, 61*time.Second)
	f.Tick(t, f.Ticker())
	if jobs := f.Jobs(t, due, "check_key"); jobs != 1 {
		t.Errorf("a minute after the job was lost there are %d checks", jobs)
	}
}
