package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// sequencesAfter returns the sequences of a page of events.
func sequencesAfter(
	t testing.TB, f *queuetest.Fixture, tenant uuid.UUID, after int64, limit int,
) (sequences []int64, err error) {
	t.Helper()
	err = db.InTenant(t.Context(), f.Pool, tenant, func(tx db.TenantTx) error {
		events, err := outbox.After(t.Context(), tx, after, limit)
		for _, event := range events {
			sequences = append(sequences, event.Sequence)
		}
		return err
	})
	return sequences, err
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t, "external_id = 'customer-1'")
	f.Announce(t, tenant, 0)
	f.Announce(t, tenant, 2)
	f.Announce(t, f.Tenant(t), 1) // counts for itself

	if jobs := f.Jobs(t, tenant, "deliver_event"); jobs != 2 {
		t.Errorf("there are %d deliveries", jobs)
	}
	f.InTenant(t, tenant, func(tx db.TenantTx) error {
		events, err := outbox.After(t.Context(), tx, 0, 10)
		if err != nil || len(events) != 2 {
			t.Fatalf("%d events, error %v", len(events), err)
		}
		for i, event := range events {
			if event.Sequence != int64(i+1) || event.Type != intrvio.ConnectionVerified || event.TenantID != tenant ||
				event.ExternalID != "customer-1" || event.Timestamp.Location() != time.UTC {
				t.Errorf("event %d is %+v", i+1, event)
			}
			if data, err := intrvio.Decode[intrvio.Connection](event); err != nil || data.State != "active" {
				t.Errorf("the data of event %d is %+v, error %v", i+1, data, err)
			}
			again, attempts, pending, err := outbox.Find(t.Context(), tx, tenant, event.Sequence)
			if err != nil || again.ID != event.ID || attempts != 0 || !pending {
				t.Errorf("event %d for delivery is %s, attempts %d, pending %v, error %v",
					i+1, again.ID, attempts, pending, err)
			}
		}
		if events[0].ID == events[1].ID {
			t.Error("two events have one id")
		}
		return nil
	})
}

// TestDataOfAnotherType checks that an event whose data is not of its type is not stored.
func TestDataOfAnotherType(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	err := db.InTenant(t.Context(), f.Pool, tenant, func(tx db.TenantTx) error {
		wrong := outbox.Event{Type: intrvio.CandidateExported, Data: intrvio.Connection{}}
		return outbox.Announce(t.Context(), tx, f.Client, queuetest.Verified(), wrong)
	})
	if err == nil || len(f.Events(t, tenant)) != 0 {
		t.Errorf("error %v, the events are %q", err, f.Events(t, tenant))
	}
}

var errRolledBack = errors.New("rolled back")

// TestSequencesFollowCommits has many transactions announce at once. Some are rolled back. Whatever
// a reader sees meanwhile begins at 1 and has no gap.
func TestSequencesFollowCommits(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	const writers = 24
	committed := 0
	errs := make([]error, writers)
	for i := range writers {
		if i%3 != 0 {
			committed += 1 + i%2
		}
	}
	done, seen := make(chan struct{}), make(chan error, 1)
	go func() { seen <- watchSequences(t, f, tenant, done) }()
	queuetest.AtOnce(writers, func(i int) {
		errs[i] = db.InTenant(t.Context(), f.Pool, tenant, func(tx db.TenantTx) error {
			events := slices.Repeat([]outbox.Event{queuetest.Verified()}, 1+i%2)
			err := outbox.Announce(t.Context(), tx, f.Client, events...)
			if err == nil && i%3 == 0 {
				return errRolledBack
			}
			return err
		})
	})
	close(done)
	if err := <-seen; err != nil {
		t.Error(err)
	}
	for i, err := range errs {
		if (i%3 == 0) != errors.Is(err, errRolledBack) || i%3 != 0 && err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	sequences, err := sequencesAfter(t, f, tenant, 0, 1000)
	if err != nil || len(sequences) != committed {
		t.Errorf("%d events of %d, error %v", len(sequences), committed, err)
	}
	for i, sequence := range sequences {
		if sequence != int64(i+1) {
			t.Fatalf("the sequences are %v", sequences)
		}
	}
	if jobs := f.Jobs(t, tenant, "deliver_event"); jobs != committed {
		t.Errorf("there are %d deliveries of %d events", jobs, committed)
	}
}

// watchSequences looks at a tenant's events until done, and returns an error if it ever sees a gap.
func watchSequences(t *testing.T, f *queuetest.Fixture, tenant uuid.UUID, done <-chan struct{}) error {
	for {
		var events, last int64
		err := f.Pool.QueryRow(t.Context(),
			"SELECT count(*), coalesce(max(sequence), 0) FROM jazzhr.events WHERE tenant_id = $1", tenant,
		).Scan(&events, &last)
		if err != nil {
			return err
		}
		if events != last {
			return fmt.Errorf("%d events are there when the last is %d", events, last)
		}
		select {
		case <-done:
			return nil
		default:
		}
	}
}

func TestEventsAfter(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	f.Announce(t, tenant, 5)
	for _, test := range []struct {
		after int64
		limit int
		want  []int64
	}{
		{0, 2, []int64{1, 2}},
		{2, 2, []int64{3, 4}},
		{4, 2, []int64{5}},
		{5, 2, nil},
		{99, 2, nil},
		{0, 99, []int64{1, 2, 3, 4, 5}},
	} {
		if got, err := sequencesAfter(t, f, tenant, test.after, test.limit); err != nil ||
			!slices.Equal(got, test.want) {
			t.Errorf("%d events after %d are %v, error %v, want %v", test.limit, test.after, got, err, test.want)
		}
	}
	if got, err := sequencesAfter(t, f, f.Tenant(t), 0, 10); err != nil || len(got) != 0 {
		t.Errorf("another tenant's events are %v, error %v", got, err)
	}
}

// TestEventsExpire purges events that are older than the retention, and checks that whoever asks
// for them is told that they expired.
func TestEventsExpire(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	f.Announce(t, tenant, 3)
	dbtest.OffsetClock(t, f.Database, intrvio.Retention-time.Hour)
	f.Announce(t, tenant, 1)
	purgeEvents(t, f)
	if got, err := sequencesAfter(t, f, tenant, 0, 10); err != nil || len(got) != 4 {
		t.Errorf("before the end of the retention the events are %v, error %v", got, err)
	}

	dbtest.OffsetClock(t, f.Database, intrvio.Retention+time.Hour)
	purgeEvents(t, f)
	for after, expired := range map[int64]bool{0: true, 2: true, 3: false} {
		got, err := sequencesAfter(t, f, tenant, after, 10)
		if expired && !isExpired(err) || !expired && (err != nil || !slices.Equal(got, []int64{4})) {
			t.Errorf("the events after %d are %v, error %v", after, got, err)
		}
	}
	f.InTenant(t, tenant, func(tx db.TenantTx) error {
		if _, _, pending, err := outbox.Find(t.Context(), tx, tenant, 1); err != nil || pending {
			t.Errorf("an expired event is pending %v, error %v", pending, err)
		}
		return nil
	})

	dbtest.OffsetClock(t, f.Database, 3*intrvio.Retention)
	purgeEvents(t, f)
	f.Announce(t, tenant, 1)
	if got, err := sequencesAfter(t, f, tenant, 4, 10); err != nil || !slices.Equal(got, []int64{5}) {
		t.Errorf("after everything expired the next events are %v, error %v", got, err)
	}
}

// purgeEvents deletes expired events, two in a statement, until none is left.
func purgeEvents(t *testing.T, f *queuetest.Fixture) {
	t.Helper()
	for {
		purged, err := gen.New().SystemPurgeEvents(t.Context(), f.Pool, intrvio.Retention, 2)
		if err != nil {
			t.Fatal(err)
		}
		if purged == 0 {
			return
		}
	}
}

func TestRedeliver(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant, other := f.Tenant(t), f.Tenant(t)
	start := queuetest.One[time.Time](t, f, "SELECT jazzhr.now()")
	f.Announce(t, tenant, 1)
	f.Announce(t, other, 1)
	dbtest.OffsetClock(t, f.Database, time.Hour)
	f.Announce(t, tenant, 3)
	f.Exec(t, "UPDATE jazzhr.events SET state = 'delivered', admitted_at = NULL, attempts = 1 WHERE sequence = 1")
	f.Exec(t,
		`UPDATE jazzhr.events SET state = 'failed', admitted_at = NULL, attempts = 90, last_error = 'no answer'
		WHERE sequence = 2`)
	f.Exec(t,
		`UPDATE jazzhr.events SET admitted_at = NULL, attempts = 5, next_attempt_at = jazzhr.now() + interval '1 hour'
		WHERE sequence = 3`)
	// Event 4 is on its way.
	f.Exec(t, "DELETE FROM jazzhr.river_job")

	events, err := outbox.Redeliver(t.Context(), f.Pool, tenant, start.Add(time.Minute), start.Add(2*time.Hour))
	if err != nil || events != 2 {
		t.Errorf("%d events of the second hour are delivered again, error %v", events, err)
	}
	f.Tick(t, f.Ticker())
	sequences := queuetest.All[int64](t, f,
		"SELECT (args ->> 'sequence')::bigint FROM jazzhr.river_job WHERE kind = 'deliver_event' ORDER BY 1")
	if !slices.Equal(sequences, []int64{2, 3}) {
		t.Errorf("the deliveries are of %v", sequences)
	}
	f.InTenant(t, tenant, func(tx db.TenantTx) error {
		if _, attempts, pending, err := outbox.Find(t.Context(), tx, tenant, 2); err != nil ||
			attempts != 0 || !pending {
			t.Errorf("event 2 has %d attempts, pending %v, error %v", attempts, pending, err)
		}
		return nil
	})
	// Its window begins anew, also where it had ended.
	days := queuetest.One[int](t, f,
		"SELECT (extract(epoch FROM deliver_until - jazzhr.now()) / 86400)::int FROM jazzhr.events WHERE sequence = 2")
	if days != 5 {
		t.Errorf("event 2 is tried for %d days", days)
	}
	if events, err := outbox.Redeliver(t.Context(), f.Pool, uuid.Nil, start, start.Add(time.Minute)); err != nil ||
		events != 2 {
		t.Errorf("%d events of all tenants are delivered again, error %v", events, err)
	}
}

// TestFinding20RedeliverInBatches has many events delivered again: no transaction touches many.
func TestFinding20RedeliverInBatches(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant, other := f.Tenant(t), f.Tenant(t)
	start := queuetest.One[time.Time](t, f, "SELECT jazzhr.now()")
	f.Announce(t, tenant, 2500) // in one transaction, so at one time
	f.Announce(t, other, 1)
	f.Exec(t, "UPDATE jazzhr.events SET state = 'delivered', admitted_at = NULL")
	events, err := outbox.Redeliver(t.Context(), f.Pool, tenant, start, start.Add(time.Hour))
	if err != nil || events != 2500 {
		t.Errorf("%d events are delivered again, error %v", events, err)
	}
	batches := queuetest.All[int](t, f, "SELECT count(*)::int FROM jazzhr.events WHERE state = 'pending' GROUP BY xmin::text")
	if len(batches) < 3 || slices.Max(batches) > 1000 {
		t.Errorf("transactions have touched %v events", batches)
	}
	if events, err := outbox.Redeliver(t.Context(), f.Pool, tenant, start, start.Add(time.Hour)); err != nil || events != 2500 {
		t.Errorf("%d events are delivered once more, error %v", events, err)
	}
}

// TestDeliveryWindow checks that an event that can't be delivered is given up after its window, and
// can still be read.
func TestDeliveryWindow(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	f.Announce(t, tenant, 1)
	text := "no answer"
	for _, step := range []struct {
		at   time.Duration
		want string
	}{
		{0, "pending"},
		{intrvio.DeliveryWindow - 2*time.Hour, "pending"},
		{intrvio.DeliveryWindow - time.Minute, "failed"},
	} {
		dbtest.OffsetClock(t, f.Database, step.at)
		f.InTenant(t, tenant, func(tx db.TenantTx) error {
			state, err := tx.Q.EventNotDelivered(t.Context(), tx, gen.EventNotDeliveredParams{
				TenantID: tenant, Sequence: 1, LastError: &text, Delay: time.Hour,
			})
			if state != step.want {
				t.Errorf("after %s the event is %s, want %s", step.at, state, step.want)
			}
			return err
		})
	}
	if inserted := f.Tick(t, f.Ticker()); inserted != 0 {
		t.Errorf("the tick inserted %d jobs", inserted)
	}
	if got, err := sequencesAfter(t, f, tenant, 0, 10); err != nil || len(got) != 1 {
		t.Errorf("the events are %v, error %v", got, err)
	}
}

func isExpired(err error) bool {
	expired, ok := errors.AsType[*outbox.ExpiredError](err)
	return ok && expired.Through > 0
}
