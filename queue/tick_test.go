package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// pollInterval is that of tenants that have none of their own.
const pollInterval = 5 * time.Minute

// waiting adds so many writebacks of a tenant that wait, interview-0 being the oldest.
func (f *fixture) waiting(t testing.TB, tenant uuid.UUID, writebacks int) {
	t.Helper()
	for i := range writebacks {
		f.exec(t, `INSERT INTO jazzhr.writebacks (tenant_id, writeback_id, interview_id, revision, content_hash, candidate_id,
				applicant_given, step, created_at)
			VALUES ($1, $2, $3, 1, '\x00', 'c-1', false, 'create_applicant', jazzhr.now() - interval '1 hour' + $4 * interval '1 minute')`,
			tenant, uuid.New(), fmt.Sprint("interview-", i), i)
	}
}

// admitted lists a tenant's interviews that have a job.
func (f *fixture) admitted(t testing.TB, tenant uuid.UUID) []string {
	t.Helper()
	return all[string](t, f, `SELECT interview_id FROM jazzhr.writebacks
		WHERE tenant_id = $1 AND state = 'pending' AND admitted_at IS NOT NULL ORDER BY created_at`, tenant)
}

// TestAdmission holds the share of a tenant, and the order within it: begun ones first, then the oldest.
func TestAdmission(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant, small := f.tenant(t), f.tenant(t)
	f.waiting(t, tenant, queue.Share+4)
	f.waiting(t, small, 1)
	last := fmt.Sprint("interview-", queue.Share+3)
	f.exec(t, "UPDATE jazzhr.writebacks SET begun = true, step = 'write_notes', part = 3 WHERE interview_id = $1", last)

	ticker := f.ticker()
	if inserted := f.tick(t, ticker); inserted != queue.Share+1 {
		t.Errorf("%d jobs were inserted", inserted)
	}
	if got := f.admitted(t, small); len(got) != 1 {
		t.Error("the small tenant's row waits for the large one's")
	}
	want := []string{"interview-0", "interview-1", "interview-2", "interview-3", last}
	if got := f.admitted(t, tenant); !slices.Equal(got, want) {
		t.Errorf("%q are admitted, want %q", got, want)
	}
	if part := one[int](t, f, "SELECT (args ->> 'part')::int FROM jazzhr.river_job WHERE kind = 'write_notes'"); part != 3 {
		t.Errorf("the begun one's job writes part %d", part)
	}
	if inserted := f.tick(t, ticker); inserted != 0 {
		t.Errorf("%d jobs were inserted beyond the share", inserted)
	}

	// As many as end or are handed back make room.
	f.exec(t, "UPDATE jazzhr.writebacks SET state = 'done' WHERE interview_id = $1", last)
	f.exec(t, "DELETE FROM jazzhr.river_job WHERE args ->> 'writeback_id' = (SELECT writeback_id::text FROM jazzhr.writebacks WHERE interview_id = 'interview-1')")
	f.exec(t, "UPDATE jazzhr.writebacks SET admitted_at = NULL, next_attempt_at = jazzhr.now() + interval '1 hour' WHERE interview_id = 'interview-1'")
	if inserted := f.tick(t, ticker); inserted != 2 {
		t.Errorf("%d jobs were inserted for two that made room", inserted)
	}
	want = []string{"interview-0", "interview-2", "interview-3", "interview-4", "interview-5"}
	if got := f.admitted(t, tenant); !slices.Equal(got, want) {
		t.Errorf("%q are admitted, want %q", got, want)
	}
}

func TestWhoIsNotAdmitted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tests := map[string]struct{ begin, end string }{
		"paused":           {"UPDATE jazzhr.tenants SET paused_at = jazzhr.now()", "UPDATE jazzhr.tenants SET paused_at = NULL"},
		"key rejected":     {"UPDATE jazzhr.tenants SET key_state = 'rejected'", "UPDATE jazzhr.tenants SET key_state = 'ok'"},
		"no key":           {"UPDATE jazzhr.tenants SET key_state = 'none'", "UPDATE jazzhr.tenants SET key_state = 'ok'"},
		"bucket closed":    {"UPDATE jazzhr.call_buckets SET closed_until = jazzhr.now() + interval '1 hour'", "UPDATE jazzhr.call_buckets SET closed_until = jazzhr.now()"},
		"not yet its time": {"UPDATE jazzhr.writebacks SET next_attempt_at = jazzhr.now() + interval '1 hour'", "UPDATE jazzhr.writebacks SET next_attempt_at = jazzhr.now()"},
	}
	for name, test := range tests {
		tenant := f.tenant(t)
		f.waiting(t, tenant, 2)
		f.exec(t, test.begin+" WHERE tenant_id = $1", tenant)
		f.tick(t, f.ticker())
		if got := f.admitted(t, tenant); len(got) != 0 {
			t.Errorf("%s: %q are admitted", name, got)
		}
		f.exec(t, test.end+" WHERE tenant_id = $1", tenant)
		f.tick(t, f.ticker())
		if got := f.admitted(t, tenant); len(got) != 2 {
			t.Errorf("%s no more: %q are admitted", name, got)
		}
	}
}

// TestTicksPassEachOther holds that a tick waits for no other, and leaves what another has in hand.
func TestTicksPassEachOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t, "next_poll_at = jazzhr.now()")
	rejected := f.tenant(t, "key_state = 'rejected'", "key_retry_at = jazzhr.now()")
	f.waiting(t, tenant, 2)
	f.accept(t, f.tenant(t, "paused_at = jazzhr.now()"), export("uuid-1", "{}"))
	f.announce(t, tenant, 1)
	f.exec(t, "UPDATE jazzhr.events SET admitted_at = NULL")
	f.exec(t, "UPDATE jazzhr.tenants SET paused_at = NULL")
	f.exec(t, "DELETE FROM jazzhr.river_job")
	const due = 2 + 1 + 1 + 1 + 1 // writebacks, webhook, event, poll, key check

	one, err := f.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = one.Rollback(context.WithoutCancel(t.Context())) }()
	first := &queue.Ticker{Beginner: one, Client: f.client, PollInterval: pollInterval, Bucket: queue.NewBucket(f.Pool, 80)}
	if inserted := f.tick(t, first); inserted != due {
		t.Fatalf("the first tick inserted %d jobs, want %d", inserted, due)
	}
	err = db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL lock_timeout = '2s'"); err != nil {
			return err
		}
		// It does not sweep: that waits for rows that another releases.
		second := &queue.Ticker{Beginner: tx, Client: f.client, PollInterval: pollInterval, Bucket: queue.NewBucket(f.Pool, 80)}
		second.SweptNow()
		if inserted := f.tick(t, second); inserted != 0 {
			t.Errorf("the second tick inserted %d jobs", inserted)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := one.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if inserted := f.tick(t, f.ticker()); inserted != due {
		t.Errorf("a tick after the first was rolled back inserted %d jobs, want %d", inserted, due)
	}
	if jobs := f.jobs(t, rejected, "check_key"); jobs != 1 {
		t.Errorf("there are %d checks of the key", jobs)
	}
}

func TestTicksAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const tenants, rows = 12, 3
	for range tenants {
		f.waiting(t, f.tenant(t, "next_poll_at = jazzhr.now()"), rows)
	}
	inserted, errs := make([]int, 4), make([]error, 4)
	atOnce(len(errs), func(i int) { inserted[i], errs[i] = f.ticker().Tick(t.Context()) })
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, jobs := range inserted {
		sum += jobs
	}
	if jobs := one[int](t, f, "SELECT count(*) FROM jazzhr.river_job"); jobs != tenants*(rows+1) || sum != jobs {
		t.Errorf("there are %d jobs, %v were inserted, want %d", jobs, inserted, tenants*(rows+1))
	}
	twice := all[string](t, f, "SELECT args::text FROM jazzhr.river_job GROUP BY kind, args HAVING count(*) > 1")
	if len(twice) > 0 {
		t.Errorf("inserted twice: %v", twice)
	}
}

// TestPrepaidPolls takes the calls of quiet polls in the tick's transaction, from tenants that can spare them, and waits for nobody.
func TestPrepaidPolls(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	due := "next_poll_at = jazzhr.now()"
	rich, poor, closed, busy := f.tenant(t, due), f.tenant(t, due), f.tenant(t, due), f.tenant(t, due)
	f.exec(t, "UPDATE jazzhr.call_buckets SET tokens = 20, refilled_at = jazzhr.now()")
	f.exec(t, "UPDATE jazzhr.call_buckets SET tokens = 9 WHERE tenant_id = $1", poor) // of which live work may need all
	f.exec(t, "UPDATE jazzhr.call_buckets SET closed_until = jazzhr.now() + interval '1 minute' WHERE tenant_id = $1", closed)
	f.inTenant(t, busy, func(tx db.TenantTx) error {
		if _, err := tx.Exec(t.Context(), "SELECT FROM jazzhr.call_buckets WHERE tenant_id = $1 FOR UPDATE", busy); err != nil {
			return err
		}
		if inserted := f.tick(t, f.ticker()); inserted != 4 {
			t.Errorf("%d jobs were inserted", inserted)
		}
		return nil
	})
	for tenant, want := range map[uuid.UUID]int{rich: 3, poor: 0, closed: 0, busy: 0} {
		prepaid := one[int](t, f, "SELECT coalesce((args ->> 'prepaid')::int, 0) FROM jazzhr.river_job WHERE kind = 'poll_activities' AND args ->> 'tenant_id' = $1", tenant.String())
		if prepaid != want {
			t.Errorf("%d calls are prepaid, want %d", prepaid, want)
		}
	}
	if left := one[float64](t, f, "SELECT tokens FROM jazzhr.call_buckets WHERE tenant_id = $1", rich); left < 17 || left > 18 {
		t.Errorf("%g calls are left of 20", left)
	}
	// A poll that is asked for is the same job, whoever paid.
	f.exec(t, "UPDATE jazzhr.tenants SET next_poll_at = jazzhr.now()")
	if f.tick(t, f.ticker()); f.jobs(t, rich, "poll_activities") != 1 {
		t.Errorf("%d jobs", f.jobs(t, rich, "poll_activities"))
	}
}

// TestAdmissionGoesByTheBudget holds that no more are admitted than the tenant's calls serve, and that a tenant of few calls is served too.
func TestAdmissionGoesByTheBudget(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, test := range []struct {
		calls, held float64 // a minute, and at the moment
		want        int
	}{{80, 20, queue.Share}, {80, 7, 2}, {80, 2.5, 0}, {12, 2.9, 0}, {12, 3, 1}, {2, 1, 1}, {1_000_000, 1_000, queue.Share}} {
		tenant := f.tenant(t)
		f.waiting(t, tenant, 2*queue.Share)
		// A clock that stood still would have the bucket hold that much.
		f.exec(t, "UPDATE jazzhr.call_buckets SET tokens = $2, refilled_at = jazzhr.now() + interval '1 hour' WHERE tenant_id = $1", tenant, test.held)
		ticker := f.ticker()
		ticker.Bucket = queue.NewBucket(f.Pool, int(test.calls))
		f.tick(t, ticker)
		if got := f.admitted(t, tenant); len(got) != test.want {
			t.Errorf("%g calls a minute, %g now: %d are admitted, want %d", test.calls, test.held, len(got), test.want)
		}
		f.exec(t, "UPDATE jazzhr.tenants SET paused_at = jazzhr.now() WHERE tenant_id = $1", tenant)
	}
}

// TestNoneGoesBeforeThoseThatWait: a new writeback has its job at once, unless others wait for theirs.
func TestNoneGoesBeforeThoseThatWait(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	f.mustEnqueue(t, tenant, writeback("i-1"))
	f.waiting(t, tenant, 1)
	f.mustEnqueue(t, tenant, writeback("i-2"))
	if got := f.admitted(t, tenant); !slices.Equal(got, []string{"i-1"}) {
		t.Errorf("%q are admitted", got)
	}
	if f.tick(t, f.ticker()); len(f.admitted(t, tenant)) != 3 {
		t.Errorf("%q are admitted by the tick", f.admitted(t, tenant))
	}
}
