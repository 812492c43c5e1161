package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// addWaiting adds so many waiting writebacks of a tenant. That of interview-0 is the oldest.
func addWaiting(t testing.TB, f *queuetest.Fixture, tenant uuid.UUID, writebacks int) {
	t.Helper()
	for i := range writebacks {
		f.Exec(t, `
			INSERT INTO jazzhr.writebacks (
				tenant_id, writeback_id, interview_id, revision, content_hash, candidate_id, applicant_given, step,
				created_at
			) VALUES (
				$1, $2, $3, 1, '\x00', 'c-1', false, 'create_applicant',
				jazzhr.now() - interval '1 hour' + $4 * interval '1 minute'
			)`, tenant, uuid.New(), fmt.Sprint("interview-", i), i)
	}
}

// admitted returns the interviews of a tenant whose writebacks have a job, the oldest first.
func admitted(t testing.TB, f *queuetest.Fixture, tenant uuid.UUID) []string {
	t.Helper()
	return queuetest.All[string](t, f, `SELECT interview_id FROM jazzhr.writebacks
		WHERE tenant_id = $1 AND state = 'pending' AND admitted_at IS NOT NULL ORDER BY created_at`, tenant)
}

// TestAdmission checks the share of a tenant and the order within it: writebacks that have begun
// first, then the oldest.
func TestAdmission(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant, small := f.Tenant(t), f.Tenant(t)
	addWaiting(t, f, tenant, queue.Share+4)
	addWaiting(t, f, small, 1)
	last := fmt.Sprint("interview-", queue.Share+3)
	f.Exec(t, "UPDATE jazzhr.writebacks SET begun = true, step = 'write_notes', part = 3 WHERE interview_id = $1", last)

	ticker := f.Ticker()
	if inserted := f.Tick(t, ticker); inserted != queue.Share+1 {
		t.Errorf("%d jobs were inserted", inserted)
	}
	if got := admitted(t, f, small); len(got) != 1 {
		t.Error("the small tenant's row waits for the large one's")
	}
	want := []string{"interview-0", "interview-1", "interview-2", "interview-3", last}
	if got := admitted(t, f, tenant); !slices.Equal(got, want) {
		t.Errorf("%q are admitted, want %q", got, want)
	}
	part := queuetest.One[int](t, f, "SELECT (args ->> 'part')::int FROM jazzhr.river_job WHERE kind = 'write_notes'")
	if part != 3 {
		t.Errorf("the begun one's job writes part %d", part)
	}
	if inserted := f.Tick(t, ticker); inserted != 0 {
		t.Errorf("%d jobs were inserted beyond the share", inserted)
	}

	// As many as end or are handed back make room.
	f.Exec(t, "UPDATE jazzhr.writebacks SET state = 'done' WHERE interview_id = $1", last)
	f.Exec(t, `
		DELETE FROM jazzhr.river_job WHERE args ->> 'writeback_id' = (
			SELECT writeback_id::text FROM jazzhr.writebacks WHERE interview_id = 'interview-1')`)
	f.Exec(t, `
		UPDATE jazzhr.writebacks SET admitted_at = NULL, next_attempt_at = jazzhr.now() + interval '1 hour'
		WHERE interview_id = 'interview-1'`)
	if inserted := f.Tick(t, ticker); inserted != 2 {
		t.Errorf("%d jobs were inserted for two that made room", inserted)
	}
	want = []string{"interview-0", "interview-2", "interview-3", "interview-4", "interview-5"}
	if got := admitted(t, f, tenant); !slices.Equal(got, want) {
		t.Errorf("%q are admitted, want %q", got, want)
	}
}

func TestWhoIsNotAdmitted(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tests := map[string]struct{ table, column, begin, end string }{
		"paused":           {"tenants", "paused_at", "jazzhr.now()", "NULL"},
		"key rejected":     {"tenants", "key_state", "'rejected'", "'ok'"},
		"no key":           {"tenants", "key_state", "'none'", "'ok'"},
		"bucket closed":    {"call_buckets", "closed_until", "jazzhr.now() + interval '1 hour'", "jazzhr.now()"},
		"not yet its time": {"writebacks", "next_attempt_at", "jazzhr.now() + interval '1 hour'", "jazzhr.now()"},
	}
	for name, test := range tests {
		tenant := f.Tenant(t)
		addWaiting(t, f, tenant, 2)
		set := "UPDATE jazzhr." + test.table + " SET " + test.column + " = "
		f.Exec(t, set+test.begin+" WHERE tenant_id = $1", tenant)
		f.Tick(t, f.Ticker())
		if got := admitted(t, f, tenant); len(got) != 0 {
			t.Errorf("%s: %q are admitted", name, got)
		}
		f.Exec(t, set+test.end+" WHERE tenant_id = $1", tenant)
		f.Tick(t, f.Ticker())
		if got := admitted(t, f, tenant); len(got) != 2 {
			t.Errorf("%s no more: %q are admitted", name, got)
		}
	}
}

// TestTicksPassEachOther checks that a tick does not wait for another tick, and leaves the rows
// that the other has locked.
func TestTicksPassEachOther(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t, "next_poll_at = jazzhr.now()")
	rejected := f.Tenant(t, "key_state = 'rejected'", "key_retry_at = jazzhr.now()")
	addWaiting(t, f, tenant, 2)
	f.Accept(t, f.Tenant(t, "paused_at = jazzhr.now()"), queuetest.Export("uuid-1", "{}"))
	f.Announce(t, tenant, 1)
	f.Exec(t, "UPDATE jazzhr.events SET admitted_at = NULL")
	f.Exec(t, "UPDATE jazzhr.tenants SET paused_at = NULL")
	f.Exec(t, "DELETE FROM jazzhr.river_job")
	const due = 2 + 1 + 1 + 1 + 1 // writebacks, webhook, event, poll, key check

	one, err := f.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = one.Rollback(context.WithoutCancel(t.Context())) }()
	first := f.TickerIn(one)
	if inserted := f.Tick(t, first); inserted != due {
		t.Fatalf("the first tick inserted %d jobs, want %d", inserted, due)
	}
	err = db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL lock_timeout = '2s'"); err != nil {
			return err
		}
		// It does not sweep: that waits for rows that another releases.
		second := f.TickerIn(tx)
		second.SweptNow()
		if inserted := f.Tick(t, second); inserted != 0 {
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
	if inserted := f.Tick(t, f.Ticker()); inserted != due {
		t.Errorf("a tick after the first was rolled back inserted %d jobs, want %d", inserted, due)
	}
	if jobs := f.Jobs(t, rejected, "check_key"); jobs != 1 {
		t.Errorf("there are %d checks of the key", jobs)
	}
}

func TestTicksAtOnce(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	const tenants, rows = 12, 3
	for range tenants {
		addWaiting(t, f, f.Tenant(t, "next_poll_at = jazzhr.now()"), rows)
	}
	inserted, errs := make([]int, 4), make([]error, 4)
	queuetest.AtOnce(len(errs), func(i int) { inserted[i], errs[i] = f.Ticker().Tick(t.Context()) })
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, jobs := range inserted {
		sum += jobs
	}
	jobs := queuetest.One[int](t, f, "SELECT count(*) FROM jazzhr.river_job")
	if jobs != tenants*(rows+1) || sum != jobs {
		t.Errorf("there are %d jobs, %v were inserted, want %d", jobs, inserted, tenants*(rows+1))
	}
	twice := queuetest.All[string](t, f,
		"SELECT args::text FROM jazzhr.river_job GROUP BY kind, args HAVING count(*) > 1")
	if len(twice) > 0 {
		t.Errorf("inserted twice: %v", twice)
	}
}

// TestPrepaidPolls checks that the tick takes the calls of quiet polls from the tenants that can
// spare them, and does not wait for a bucket that is locked.
func TestPrepaidPolls(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	due := "next_poll_at = jazzhr.now()"
	rich, poor, closed, busy := f.Tenant(t, due), f.Tenant(t, due), f.Tenant(t, due), f.Tenant(t, due)
	f.Exec(t, "UPDATE jazzhr.call_buckets SET tokens = 20, refilled_at = jazzhr.now()")
	f.Exec(t, "UPDATE jazzhr.call_buckets SET tokens = 9 WHERE tenant_id = $1", poor) // of which live work may need all
	f.Exec(t,
		"UPDATE jazzhr.call_buckets SET closed_until = jazzhr.now() + interval '1 minute' WHERE tenant_id = $1", closed)
	f.InTenant(t, busy, func(tx db.TenantTx) error {
		_, err := tx.Exec(t.Context(), "SELECT FROM jazzhr.call_buckets WHERE tenant_id = $1 FOR UPDATE", busy)
		if err != nil {
			return err
		}
		if inserted := f.Tick(t, f.Ticker()); inserted != 4 {
			t.Errorf("%d jobs were inserted", inserted)
		}
		return nil
	})
	for tenant, want := range map[uuid.UUID]int{rich: 3, poor: 0, closed: 0, busy: 0} {
		prepaid := queuetest.One[int](t, f,
			`SELECT coalesce((args ->> 'prepaid')::int, 0) FROM jazzhr.river_job
			WHERE kind = 'poll_activities' AND args ->> 'tenant_id' = $1`, tenant.String())
		if prepaid != want {
			t.Errorf("%d calls are prepaid, want %d", prepaid, want)
		}
	}
	left := queuetest.One[float64](t, f, "SELECT tokens FROM jazzhr.call_buckets WHERE tenant_id = $1", rich)
	if left < 17 || left > 18 {
		t.Errorf("%g calls are left of 20", left)
	}
	// A poll that is asked for is the same job, whoever paid.
	f.Exec(t, "UPDATE jazzhr.tenants SET next_poll_at = jazzhr.now()")
	if f.Tick(t, f.Ticker()); f.Jobs(t, rich, "poll_activities") != 1 {
		t.Errorf("%d jobs", f.Jobs(t, rich, "poll_activities"))
	}
}

// TestAdmissionGoesByTheBudget checks that no more writebacks are admitted than the tenant has
// calls for, and that a tenant with few calls gets its turn too.
func TestAdmissionGoesByTheBudget(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	for _, test := range []struct {
		calls, held float64 // a minute, and at the moment
		want        int
	}{
		{80, 20, queue.Share},
		{80, 7, 2},
		{80, 2.5, 0},
		{12, 2.9, 0},
		{12, 3, 1},
		{2, 1, 1},
		{1_000_000, 1_000, queue.Share},
	} {
		tenant := f.Tenant(t)
		addWaiting(t, f, tenant, 2*queue.Share)
		// A clock that stood still would have the bucket hold that much.
		f.Exec(t,
			`UPDATE jazzhr.call_buckets SET tokens = $2, refilled_at = jazzhr.now() + interval '1 hour'
			WHERE tenant_id = $1`, tenant, test.held)
		ticker := f.Ticker()
		ticker.Bucket = queue.NewBucket(f.Pool, int(test.calls))
		f.Tick(t, ticker)
		if got := admitted(t, f, tenant); len(got) != test.want {
			t.Errorf("%g calls a minute, %g now: %d are admitted, want %d", test.calls, test.held, len(got), test.want)
		}
		f.Exec(t, "UPDATE jazzhr.tenants SET paused_at = jazzhr.now() WHERE tenant_id = $1", tenant)
	}
}

// TestNoneGoesBeforeThoseThatWait checks that a new writeback has its job at once, unless others
// wait for theirs.
func TestNoneGoesBeforeThoseThatWait(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	f.MustEnqueue(t, tenant, queuetest.Writeback("i-1"))
	addWaiting(t, f, tenant, 1)
	f.MustEnqueue(t, tenant, queuetest.Writeback("i-2"))
	if got := admitted(t, f, tenant); !slices.Equal(got, []string{"i-1"}) {
		t.Errorf("%q are admitted", got)
	}
	if f.Tick(t, f.Ticker()); len(admitted(t, f, tenant)) != 3 {
		t.Errorf("%q are admitted by the tick", admitted(t, f, tenant))
	}
}
