package tenant_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestRefusalsFollowTheSchedule(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	f.connect(t, id, "key-1")
	version := f.keyVersion(t, id, "key-1")
	if _, counted := f.refuse(t, id, version-1); counted {
		t.Error("a refusal of an older version counted")
	}
	f.wantState(t, id, tenant.AwaitingVerify)

	now := time.Duration(0)
	for i, next := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, time.Hour} {
		if refusals, counted := f.refuseCheck(t, id, version, i > 0); !counted || refusals != i+1 {
			t.Fatalf("refusal %d: %d, counted %v", i+1, refusals, counted)
		}
		row := f.get(t, id)
		if wait := row.KeyRetryAt.Sub(*row.KeyRejectedAt) - now; wait.Round(time.Minute) != next {
			t.Errorf("after refusal %d the next try is after %s, want %s", i+1, wait, next)
		}
		if _, counted := f.refuse(t, id, version); counted {
			t.Errorf("one that was under way with refusal %d counted", i+1)
		}
		now += next
		dbtest.OffsetClock(t, f.queue.Database, now)
		// What the tick does as it starts the check.
		if due, err := gen.New().SystemDueKeyChecks(t.Context(), f.queue.Pool, 10); err != nil || len(due) != 1 {
			t.Fatalf("after refusal %d the key is not due for a check: %v, %v", i+1, due, err)
		}
	}
	if f.restore(t, id, version-1) {
		t.Error("an older version restored the key")
	}
	if !f.restore(t, id, version) || f.restore(t, id, version) {
		t.Error("the current version must restore the key, once")
	}
	f.wantState(t, id, tenant.AwaitingVerify)
	if refusals, counted := f.refuse(t, id, version); !counted || refusals != 1 {
		t.Errorf("after that: %d, counted %v", refusals, counted)
	}
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	account := f.account("key-1")
	f.account("stranger")
	id := f.create(t)
	first := f.connect(t, id, "key-1")
	f.verify(t, id)
	version := f.keyVersion(t, id, "key-1")
	if _, err := f.Pause(t.Context(), id, tenant.Actor{}); err != nil {
		t.Fatal(err)
	}

	for i := range 2 {
		if done, err := f.Disconnect(t.Context(), id, tenant.Actor{}); err != nil || done != (i == 0) {
			t.Errorf("call %d: %v, %v", i+1, done, err)
		}
	}
	f.wantState(t, id, tenant.Disconnected)
	row := f.get(t, id)
	if row.KeySealed != nil || row.KeyFingerprint != nil || row.WebhookToken != nil || len(f.secretTexts(t, id)) != 0 {
		t.Error("something was not erased")
	}
	if _, _, err := f.Key(t.Context(), id); !errors.Is(err, queue.ErrNotConnected) {
		t.Errorf("Key: %v", err)
	}
	if _, err := f.RotateSecret(t.Context(), id, false, tenant.Actor{}); !errors.Is(err, queue.ErrNotConnected) {
		t.Errorf("RotateSecret: %v", err)
	}
	if _, counted := f.refuse(t, id, version); counted {
		t.Error("a late refusal counted")
	}

	// It comes back with the account that it had, under another address and secret.
	if _, err := f.Connect(t.Context(), id, "stranger", tenant.Actor{}); !errors.Is(err, tenant.ErrDifferentAccount) {
		t.Errorf("another account: %v", err)
	}
	account.RotateKey("key-2")
	again := f.connect(t, id, "key-2")
	if again.State != tenant.AwaitingVerify || again.WebhookURL == first.WebhookURL ||
		again.WebhookSecret == first.WebhookSecret || again.WebhookSecret == "" {
		t.Errorf("connected again: %s", again)
	}
	// Its key is free for others meanwhile.
	other := f.create(t)
	account.RotateKey("key-3")
	if _, err := f.Disconnect(t.Context(), id, tenant.Actor{}); err != nil {
		t.Fatal(err)
	}
	f.connect(t, other, "key-3")
}

func TestRotateSecret(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	if _, err := f.RotateSecret(t.Context(), id, false, tenant.Actor{}); !errors.Is(err, queue.ErrNotConnected) {
		t.Errorf("before connecting: %v", err)
	}
	first := f.connect(t, id, "key-1").WebhookSecret
	second, err := f.RotateSecret(t.Context(), id, false, tenant.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.secretTexts(t, id); !slices.Equal(got, []string{second, first}) {
		t.Errorf("%d secrets are valid, want the new one and the old one", len(got))
	}
	if repeated := f.connect(t, id, "key-1").WebhookSecret; repeated != second {
		t.Error("Connect does not repeat the newest secret")
	}
	f.verify(t, id) // signed with the second
	dbtest.OffsetClock(t, f.queue.Database, 24*time.Hour-time.Minute)
	if got := f.secretTexts(t, id); len(got) != 2 {
		t.Errorf("%d secrets are valid within 24 hours of the new one's first use", len(got))
	}
	dbtest.OffsetClock(t, f.queue.Database, 24*time.Hour+time.Minute)
	if got := f.secretTexts(t, id); !slices.Equal(got, []string{second}) {
		t.Errorf("%d secrets are valid after that", len(got))
	}
	third, err := f.RotateSecret(t.Context(), id, true, tenant.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.secretTexts(t, id); !slices.Equal(got, []string{third}) {
		t.Errorf("%d secrets are valid after the old ones were revoked", len(got))
	}
}

// TestRefusedKeyIsAnnounced checks that Intrvio is told at the second refusal, and of the end of a
// refusal that it was told of.
func TestRefusedKeyIsAnnounced(t *testing.T) {
	t.Parallel()
	rejected, restored := string(intrvio.ConnectionRejected), string(intrvio.ConnectionRestored)
	for refusals, want := range map[int][]string{
		1: nil,
		2: {rejected, restored},
		3: {rejected, restored},
	} {
		t.Run(fmt.Sprint(refusals), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.account("key-1")
			id := f.create(t)
			f.connect(t, id, "key-1")
			version := f.keyVersion(t, id, "key-1")
			for i := range refusals {
				f.refuse(t, id, version-1) // of an older version
				if _, counted := f.refuseCheck(t, id, version, i > 0); !counted {
					t.Fatalf("refusal %d is not counted", i+1)
				}
				f.refuse(t, id, version) // was under way with it
				f.queue.Change(t, id, "key_retry_at = jazzhr.now() + interval '1 minute'")
			}
			if got := f.queue.Events(t, id); !slices.Equal(got, want[:len(want)/2]) {
				t.Errorf("while it is refused the events are %q", got)
			}
			f.restore(t, id, version-1)
			for range 2 {
				f.restore(t, id, version)
			}
			if got := f.queue.Events(t, id); !slices.Equal(got, want) {
				t.Errorf("the events are %q, want %q", got, want)
			}
		})
	}
}

// TestRefusalIsOneTransaction checks that a refusal that can't be announced is not stored.
func TestRefusalIsOneTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	f.connect(t, id, "key-1")
	version := f.keyVersion(t, id, "key-1")
	f.refuse(t, id, version)
	f.queue.Exec(t, "ALTER TABLE jazzhr.river_job RENAME TO river_job_gone")
	err := db.InTenant(t.Context(), f.queue.Pool, id, func(tx db.TenantTx) error {
		return f.RefuseKey(t.Context(), tx, version, true)
	})
	if row := f.get(t, id); err == nil || row.KeyRefusals != 1 {
		t.Errorf("error %v, %d refusals", err, row.KeyRefusals)
	}
}

// TestDisconnectEndsWhatWaits checks that Intrvio is told of each writeback that will not be
// written.
func TestDisconnectEndsWhatWaits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	f.connect(t, id, "key-1")
	f.verify(t, id)
	for _, interview := range []string{"i-1", "i-2"} {
		f.queue.MustEnqueue(t, id, queuetest.Writeback(interview))
	}
	f.queue.Accept(t, id, queuetest.Export("uuid-1", "{}"))
	f.queue.Exec(t, "INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title) "+
		"VALUES ($1, 'activity_1', 'prospect_1', 'Offer', 'Welder')", id)

	// What can't be ended now ends later.
	f.queue.Exec(t, "ALTER TABLE jazzhr.river_job RENAME TO river_job_gone")
	if done, err := f.Disconnect(t.Context(), id, tenant.Actor{Name: "ada"}); !done || err != nil {
		t.Errorf("without the table of jobs: %v, %v", done, err)
	}
	f.wantState(t, id, tenant.Disconnected)
	if done, err := f.Disconnect(t.Context(), id, tenant.Actor{Name: "ada"}); done || err == nil {
		t.Errorf("once more: %v, %v", done, err)
	}
	f.queue.Exec(t, "ALTER TABLE jazzhr.river_job_gone RENAME TO river_job")
	for range 2 {
		if done, err := f.Disconnect(t.Context(), id, tenant.Actor{Name: "ada"}); done || err != nil {
			t.Errorf("at last: %v, %v", done, err)
		}
	}
	rejected := string(intrvio.WritebackRejected)
	if got := f.queue.Events(t, id); !slices.Equal(got, []string{rejected, rejected}) {
		t.Errorf("the events are %q", got)
	}
	if got := f.queue.Webhooks(t, id); !slices.Equal(got, []string{"done disconnected"}) {
		t.Errorf("the webhooks are %q", got)
	}
	rows := queuetest.All[string](t, f.queue, `
		SELECT state || ' ' || last_error FROM jazzhr.writebacks
		UNION ALL SELECT state || ' ' || outcome FROM jazzhr.stage_entries ORDER BY 1`)
	want := []string{"done disconnected", "rejected disconnected", "rejected disconnected"}
	if !slices.Equal(rows, want) {
		t.Errorf("the rows are %q, want %q", rows, want)
	}
	if got := f.actions(t, id); !slices.Equal(got, []string{"ada disconnect done"}) {
		t.Errorf("the actions are %q", got)
	}
}
