package tenant_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestReseal(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ids := map[string]uuid.UUID{}
	for _, key := range []string{"key-1", "key-2"} {
		f.account(key)
		ids[key] = f.create(t)
		f.connect(t, ids[key], key)
	}
	f.create(t) // has nothing to seal
	if _, err := f.RotateSecret(t.Context(), ids["key-1"], true, tenant.Actor{}); err != nil {
		t.Fatal(err)
	}
	secret := f.secretTexts(t, ids["key-1"])[0]

	added, err := tenant.AddKey(f.keyset)
	if err != nil {
		t.Fatal(err)
	}
	promoted, err := tenant.Promote(added)
	if err != nil {
		t.Fatal(err)
	}
	rotated := f.withKeyset(t, promoted)
	// Two keys, and three secrets, of which one is no longer valid.
	var looked int
	if n, err := rotated.Reseal(t.Context(), func(done int) { looked = done }); err != nil || n != 5 || looked != 3 {
		t.Errorf("Reseal: %d, %v, %d tenants looked at", n, err, looked)
	}
	if n, err := rotated.Reseal(t.Context(), nil); err != nil || n != 0 {
		t.Errorf("a second time: %d, %v", n, err)
	}
	// The deployment before the promotion still opens everything; one that never had the new key
	// opens nothing.
	f.Service = f.withKeyset(t, added)
	f.keyVersion(t, ids["key-1"], "key-1")
	if got := f.secretTexts(t, ids["key-1"]); len(got) != 1 || got[0] != secret {
		t.Error("a webhook secret changed")
	}
	f.Service = f.withKeyset(t, f.keyset)
	if _, _, err := f.Key(t.Context(), ids["key-2"]); !errors.Is(err, tenant.ErrOpen) {
		t.Errorf("with the old keyset: %v", err)
	}
	if err := countStale(t, f, promoted); err != 0 {
		t.Errorf("%d values are sealed with the old key", err)
	}
}

func TestResealGoesOnPastWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	f.account("key-2")
	broken, whole := f.create(t), f.create(t)
	f.connect(t, broken, "key-1")
	f.connect(t, whole, "key-2")
	f.queue.Exec(t, "UPDATE jazzhr.tenants SET key_sealed = 'nonsense' WHERE tenant_id = $1", broken)
	added, err := tenant.AddKey(f.keyset)
	if err != nil {
		t.Fatal(err)
	}
	promoted, err := tenant.Promote(added)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.withKeyset(t, promoted).Reseal(t.Context(), nil)
	if n != 3 || !errors.Is(err, tenant.ErrOpen) || !strings.Contains(err.Error(), broken.String()) {
		t.Errorf("Reseal: %d, %v", n, err)
	}
	if stale := countStale(t, f, promoted); stale != 1 {
		t.Errorf("%d values are not sealed with the new key, want the broken one", stale)
	}
}

// countStale counts the stored values that are not sealed with the keyset's primary key.
func countStale(t *testing.T, f *fixture, keyset string) (stale int) {
	t.Helper()
	sealer, err := tenant.ParseKeyset(keyset)
	if err != nil {
		t.Fatal(err)
	}
	for _, sealed := range queuetest.All[[]byte](t, f.queue, `
		SELECT key_sealed FROM jazzhr.tenants WHERE key_sealed IS NOT NULL
		UNION ALL
		SELECT sealed FROM jazzhr.webhook_secrets`) {
		if id, ok := tenant.KeyIDOf(sealed); !ok || id != sealer.PrimaryKeyID() {
			stale++
		}
	}
	return stale
}
