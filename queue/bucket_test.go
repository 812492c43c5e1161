package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// freezeClock stops the database's clock, at a time that is not a full hour.
func freezeClock(t *testing.T, f *queuetest.Fixture) {
	t.Helper()
	f.Exec(t, "CREATE TABLE jazzhr.test_now AS SELECT timestamptz '2026-03-01 12:34:56.789012Z' AS at")
	f.Exec(t, "GRANT SELECT ON jazzhr.test_now TO PUBLIC")
	f.Exec(t, `CREATE OR REPLACE FUNCTION jazzhr.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
		RETURN (SELECT at FROM jazzhr.test_now)`)
}

// advance moves a frozen clock.
func advance(t interface{ Fatal(...any) }, conn gen.DBTX, by time.Duration) {
	_, err := conn.Exec(context.Background(),
		"UPDATE jazzhr.test_now SET at = at + $1::bigint * interval '1 microsecond'", by.Microseconds())
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoMinuteHoldsMoreThanAllowed draws callers who wait as they are told, do not wait, or come
// back after a while. No 60 seconds, wherever they begin, may hold more calls than allowed.
func TestNoMinuteHoldsMoreThanAllowed(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	tenant := f.Tenant(t)
	rapid.Check(t, func(t *rapid.T) {
		calls := rapid.IntRange(1, 40).Draw(t, "calls a minute")
		bucket := queue.NewBucket(f.Pool, calls)
		tx, err := f.Pool.Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(context.Background()) }()
		var now time.Duration
		var taken []time.Duration
		wait := func(d time.Duration) {
			d = d.Truncate(time.Microsecond)
			advance(t, tx, d)
			now += d
		}
		for range rapid.IntRange(1, 8).Draw(t, "visits") {
			wait(time.Duration(rapid.OneOf(
				rapid.Int64Range(0, int64(5*time.Second)),
				rapid.Int64Range(0, int64(3*time.Minute)),
				rapid.Just(int64(time.Minute)),
			).Draw(t, "pause")))
			lane := rapid.SampledFrom([]queue.Lane{queue.Live, queue.Bulk}).Draw(t, "lane")
			patient := rapid.Bool().Draw(t, "waits as told")
			for range rapid.IntRange(1, 12).Draw(t, "tries") {
				err := bucket.TryTake(context.Background(), tx, tenant, lane)
				paced, refused := errors.AsType[*queue.PacedError](err)
				switch {
				case err == nil:
					taken = append(taken, now)
				case !refused || paced.Wait <= 0:
					t.Fatalf("take a call: %v", err)
				case patient:
					wait(paced.Wait + time.Microsecond)
				}
			}
		}
		for i := range taken {
			if last := i + calls; last < len(taken) && taken[last]-taken[i] <= time.Minute {
				t.Fatalf("%d calls within %s, of %d a minute", calls+1, taken[last]-taken[i], calls)
			}
		}
	})
}

// TestWaitIsEnough checks that a caller who waited as told gets the call, in both lanes and at any
// rate: the polls of a slow account are late, but they are made.
func TestWaitIsEnough(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	for _, calls := range []int{1, 4, 7, 8, 80} {
		for name, lane := range map[string]queue.Lane{"live": queue.Live, "bulk": queue.Bulk} {
			tenant, bucket := f.Tenant(t), queue.NewBucket(f.Pool, calls)
			var wait time.Duration
			for range calls/4 + 5 { // past what may be taken at once
				advance(t, f.Pool, wait)
				if err := bucket.TryTake(t.Context(), f.Pool, tenant, lane); err != nil {
					t.Fatalf("%d calls a minute, %s, after %s: %v", calls, name, wait, err)
				}
				wait = 0
				if paced, ok := errors.AsType[*queue.PacedError](peek(t, f, bucket, tenant, lane)); ok {
					wait = paced.Wait + time.Millisecond
				}
			}
		}
	}
}

// peek tries to take a call, and gives it back.
func peek(t *testing.T, f *queuetest.Fixture, bucket *queue.Bucket, tenant uuid.UUID, lane queue.Lane) error {
	t.Helper()
	tx, err := f.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	return bucket.TryTake(t.Context(), tx, tenant, lane)
}

// takeAll takes calls until one is refused, and returns how many it got.
func takeAll(t *testing.T, f *queuetest.Fixture, bucket *queue.Bucket, tenant uuid.UUID, lane queue.Lane) (taken int) {
	t.Helper()
	for {
		err := bucket.TryTake(t.Context(), f.Pool, tenant, lane)
		if _, refused := errors.AsType[*queue.PacedError](err); refused {
			return taken
		}
		if err != nil {
			t.Fatal(err)
		}
		taken++
	}
}

func TestBulkLeavesAReserve(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	tenant, bucket := f.Tenant(t), queue.NewBucket(f.Pool, 80)
	if taken := takeAll(t, f, bucket, tenant, queue.Bulk); taken != 10 {
		t.Errorf("polls took %d calls of 20 at once", taken)
	}
	if taken := takeAll(t, f, bucket, tenant, queue.Live); taken != 10 {
		t.Errorf("live work found %d calls", taken)
	}
	if taken := takeAll(t, f, bucket, f.Tenant(t), queue.Live); taken != 20 {
		t.Errorf("another tenant found %d calls", taken)
	}
}

// TestBucketHoldsForAllNodes checks the limit of callers that have connections of their own.
func TestBucketHoldsForAllNodes(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	freezeClock(t, f)
	tenant := f.Tenant(t)
	errs := make([]error, 40)
	queuetest.AtOnce(len(errs), func(i int) {
		errs[i] = queue.NewBucket(f.Pool, 80).TryTake(t.Context(), f.Pool, tenant, queue.Live)
	})
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
		} else if _, refused := errors.AsType[*queue.PacedError](err); !refused {
			t.Error(err)
		}
	}
	if taken != 20 {
		t.Errorf("%d calls were taken at once, of a quarter of 80", taken)
	}
}

func TestCloseBucket(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		closings []time.Duration // what JazzHR asked for
		want     time.Duration
	}{
		"unsaid":             {[]time.Duration{0}, 62 * time.Second},
		"as told":            {[]time.Duration{5 * time.Second}, 5 * time.Second},
		"a shorter one":      {[]time.Duration{time.Minute, time.Second}, time.Minute},
		"a longer one":       {[]time.Duration{time.Second, time.Minute}, time.Minute},
		"too long a one":     {[]time.Duration{1000 * time.Hour}, time.Hour},
		"a time in the past": {[]time.Duration{-time.Hour}, 62 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := queuetest.New(t)
			freezeClock(t, f)
			tenant, other, bucket := f.Tenant(t), f.Tenant(t), queue.NewBucket(f.Pool, 80)
			for _, closing := range test.closings {
				if err := bucket.Close(t.Context(), tenant, closing); err != nil {
					t.Fatal(err)
				}
			}
			for _, lane := range []queue.Lane{queue.Live, queue.Bulk} {
				err := bucket.TryTake(t.Context(), f.Pool, tenant, lane)
				if paced, refused := errors.AsType[*queue.PacedError](err); !refused || paced.Wait < test.want {
					t.Errorf("while it is closed for %s: %v", test.want, err)
				}
			}
			if err := bucket.TryTake(t.Context(), f.Pool, other, queue.Live); err != nil {
				t.Errorf("another tenant: %v", err)
			}
			advance(t, f.Pool, test.want-time.Millisecond)
			if taken := takeAll(t, f, bucket, tenant, queue.Live); taken != 0 {
				t.Errorf("%d calls were taken before its time", taken)
			}
			advance(t, f.Pool, 2*time.Second+time.Millisecond)
			if taken := takeAll(t, f, bucket, tenant, queue.Live); taken != 2 {
				t.Errorf("2 s after it opened %d calls were taken", taken) // it begins empty, at a call a second
			}
		})
	}
}

// TestTakeWaits checks that Take waits if the wait is short, and returns an error if it is long.
func TestTakeWaits(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	empty := func() {
		f.Exec(t, "UPDATE jazzhr.call_buckets SET tokens = 0, refilled_at = jazzhr.now()")
	}
	empty()
	if err := queue.NewBucket(f.Pool, 600).Take(t.Context(), tenant, queue.Live); err != nil { // 0.13 s away
		t.Errorf("before a short wait: %v", err)
	}
	empty()
	err := queue.NewBucket(f.Pool, 1).Take(t.Context(), tenant, queue.Live)
	if paced, refused := errors.AsType[*queue.PacedError](err); !refused || paced.Wait < time.Minute {
		t.Errorf("before a long wait: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&queue.PacedError{Wait: time.Hour}).Pass(over); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was ended returned %v", err)
	}
	err = queue.NewBucket(f.Pool, 80).TryTake(t.Context(), f.Pool, uuid.New(), queue.Live)
	if !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("a tenant that does not exist: %v", err)
	}
}
