package tenant_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
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
		dbtest.OffsetClock(t, f.database, now)
		// What the tick does as it starts the check.
		if due, err := gen.New().SystemDueKeyChecks(t.Context(), f.database.Pool, 10); err != nil || len(due) != 1 {
			t.Fatalf("after refusal %d the key is not due for a check: %v, %v", i+1, due, err)
		}
	}
	restore := func(version int32) (restored bool) {
		f.inTenant(t, id, func(tx db.TenantTx) (err error) {
			restored, err = f.RestoreKey(t.Context(), tx, version)
			return err
		})
		return restored
	}
	if restore(version - 1) {
		t.Error("an older version restored the key")
	}
	if !restore(version) || restore(version) {
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
	if _, err := f.Pause(t.Context(), id); err != nil {
		t.Fatal(err)
	}

	failed := errors.New("can't end what waits")
	if done, err := f.Disconnect(t.Context(), id, func(db.TenantTx) error { return failed }); done || !errors.Is(err, failed) {
		t.Errorf("with a failing end: %v, %v", done, err)
	}
	f.wantState(t, id, tenant.Paused)

	ended := 0
	for i := range 2 {
		done, err := f.Disconnect(t.Context(), id, func(db.TenantTx) error { ended++; return nil })
		if err != nil || done != (i == 0) || ended != 1 {
			t.Errorf("call %d: %v, %v, ended %d times", i+1, done, err, ended)
		}
	}
	f.wantState(t, id, tenant.Disconnected)
	row := f.get(t, id)
	if row.KeySealed != nil || row.KeyFingerprint != nil || row.WebhookToken != nil || len(f.secretTexts(t, id)) != 0 {
		t.Error("something was not erased")
	}
	if _, _, err := f.Key(t.Context(), id); !errors.Is(err, tenant.ErrNotConnected) {
		t.Errorf("Key: %v", err)
	}
	if _, err := f.RotateSecret(t.Context(), id, false); !errors.Is(err, tenant.ErrNotConnected) {
		t.Errorf("RotateSecret: %v", err)
	}
	if _, counted := f.refuse(t, id, version); counted {
		t.Error("a late refusal counted")
	}

	// It comes back with the account that it had, under another address and secret.
	if _, err := f.Connect(t.Context(), id, "stranger", nil); !errors.Is(err, tenant.ErrDifferentAccount) {
		t.Errorf("another account: %v", err)
	}
	account.RotateKey("key-2")
	again := f.connect(t, id, "key-2")
	if again.State != tenant.AwaitingVerify || again.WebhookURL == first.WebhookURL || again.WebhookSecret == first.WebhookSecret || again.WebhookSecret == "" {
		t.Errorf("connected again: %s", again)
	}
	// Its key is free for others meanwhile.
	other := f.create(t)
	account.RotateKey("key-3")
	if _, err := f.Disconnect(t.Context(), id, func(db.TenantTx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	f.connect(t, other, "key-3")
}

func TestRotateSecret(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	if _, err := f.RotateSecret(t.Context(), id, false); !errors.Is(err, tenant.ErrNotConnected) {
		t.Errorf("before connecting: %v", err)
	}
	first := f.connect(t, id, "key-1").WebhookSecret
	second, err := f.RotateSecret(t.Context(), id, false)
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
	dbtest.OffsetClock(t, f.database, 24*time.Hour-time.Minute)
	if got := f.secretTexts(t, id); len(got) != 2 {
		t.Errorf("%d secrets are valid within 24 hours of the new one's first use", len(got))
	}
	dbtest.OffsetClock(t, f.database, 24*time.Hour+time.Minute)
	if got := f.secretTexts(t, id); !slices.Equal(got, []string{second}) {
		t.Errorf("%d secrets are valid after that", len(got))
	}
	third, err := f.RotateSecret(t.Context(), id, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.secretTexts(t, id); !slices.Equal(got, []string{third}) {
		t.Errorf("%d secrets are valid after the old ones were revoked", len(got))
	}
}
