package tenant_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestCreateIsIdempotentByExternalID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	details := tenant.Details{Name: " Acme ", ExternalID: "c-1", Region: "eu"}
	first, created, err := f.Create(t.Context(), details)
	if err != nil || !created || first.Name != "Acme" {
		t.Fatalf("the first: %+v, %v, %v", first.Name, created, err)
	}
	again, created, err := f.Create(t.Context(), details)
	if err != nil || created || again.TenantID != first.TenantID {
		t.Errorf("the same again: %v, %v", created, err)
	}
	details.Region = "us"
	_, _, err = f.Create(t.Context(), details)
	if conflict, ok := errors.AsType[*queue.ConflictError](err); !ok || conflict.ID != first.TenantID {
		t.Errorf("other content: %v", err)
	}
	byExternal, err := f.GetByExternalID(t.Context(), "c-1")
	if err != nil || byExternal.TenantID != first.TenantID {
		t.Errorf("by external id: %v", err)
	}
	// Those without an external id don't collide.
	f.create(t)
	f.create(t)
	all, err := f.List(t.Context(), uuid.Nil, 10)
	if err != nil || len(all) != 3 {
		t.Fatalf("List: %d, %v", len(all), err)
	}
	rest, err := f.List(t.Context(), all[0].TenantID, 1)
	if err != nil || len(rest) != 1 || rest[0].TenantID != all[1].TenantID {
		t.Errorf("List after the first: %d, %v", len(rest), err)
	}
}

func TestInvalidDetails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(t)
	create := func(d tenant.Details) error {
		_, _, err := f.Create(t.Context(), d)
		return err
	}
	poll := func(d time.Duration) error {
		_, err := f.setPollInterval(t, id, &d)
		return err
	}
	connect := func(key string) error {
		_, err := f.Connect(t.Context(), id, key, tenant.Actor{})
		return err
	}
	for name, c := range map[string]struct {
		err   error
		field string
	}{
		"no name":           {create(tenant.Details{Name: " ", Region: "us"}), "name"},
		"long name":         {create(tenant.Details{Name: strings.Repeat("ä", 201), Region: "us"}), "name"},
		"control character": {create(tenant.Details{Name: "A\x00B", Region: "us"}), "name"},
		"not UTF-8":         {create(tenant.Details{Name: "A", ExternalID: "\xff", Region: "us"}), "external_id"},
		"region":            {create(tenant.Details{Name: "A", Region: "mars"}), "region"},
		"renamed":           {f.rename(t, id, ""), "name"},
		"poll interval":     {poll(59 * time.Second), "poll_interval"},
		"no key":            {connect(" "), "api_key"},
		"two keys":          {connect("abc def"), "api_key"},
		"key not ASCII":     {connect("schlüssel"), "api_key"},
		"long key":          {connect(strings.Repeat("k", 201)), "api_key"},
	} {
		invalid, ok := errors.AsType[*queue.InvalidError](c.err)
		if !ok || invalid.Field != c.field {
			t.Errorf("%s: %v", name, c.err)
		}
		if ok && strings.Contains(invalid.Error(), "schlüssel") {
			t.Errorf("%s: the error shows the key", name)
		}
	}
	if f.sim.Count("") != 0 {
		t.Error("JazzHR was asked with an invalid key")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(t)
	if err := f.rename(t, id, "Other"); err != nil || f.get(t, id).Name != "Other" {
		t.Errorf("the name: %q, %v", f.get(t, id).Name, err)
	}
	interval := time.Minute
	if row, err := f.setPollInterval(t, id, &interval); err != nil ||
		row.PollInterval == nil || *row.PollInterval != interval {
		t.Errorf("the poll interval: %v, %v", row.PollInterval, err)
	}
	if row, err := f.setPollInterval(t, id, nil); err != nil || row.PollInterval != nil {
		t.Errorf("the default: %v, %v", row.PollInterval, err)
	}
}

func TestPauseHidesAndResumeRestores(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	f.connect(t, id, "key-1")
	f.verify(t, id)
	first, err := f.Pause(t.Context(), id, tenant.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Pause(t.Context(), id, tenant.Actor{})
	if err != nil || !again.PausedAt.Equal(*first.PausedAt) {
		t.Errorf("a second pause: %v, %v", again.PausedAt, err)
	}
	f.wantState(t, id, tenant.Paused)
	// What happens meanwhile shows afterwards.
	f.refuse(t, id, f.keyVersion(t, id, "key-1"))
	f.wantState(t, id, tenant.Paused)
	for range 2 {
		if _, err := f.Resume(t.Context(), id, tenant.Actor{}); err != nil {
			t.Fatal(err)
		}
		f.wantState(t, id, tenant.CredentialsRejected)
	}
}

func TestNobodysID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	nobody := tenant.Actor{}
	for _, id := range []uuid.UUID{uuid.Nil, uuid.New()} {
		for name, call := range map[string]func() error{
			"Get":             func() error { _, err := f.Get(t.Context(), id); return err },
			"GetByExternalID": func() error { _, err := f.GetByExternalID(t.Context(), id.String()); return err },
			"Change":          func() error { return f.rename(t, id, "A") },
			"StartSync": func() error {
				_, err := f.StartSync(t.Context(), id, tenant.SyncFull, nobody)
				return err
			},
			"Pause":          func() error { _, err := f.Pause(t.Context(), id, nobody); return err },
			"Resume":         func() error { _, err := f.Resume(t.Context(), id, nobody); return err },
			"Connect":        func() error { _, err := f.Connect(t.Context(), id, "key", nobody); return err },
			"TestConnection": func() error { _, err := f.TestConnection(t.Context(), id, "key"); return err },
			"RotateSecret":   func() error { _, err := f.RotateSecret(t.Context(), id, false, nobody); return err },
			"Disconnect":     func() error { _, err := f.Disconnect(t.Context(), id, nobody); return err },
			"Key":            func() error { _, _, err := f.Key(t.Context(), id); return err },
		} {
			if err := call(); !errors.Is(err, queue.ErrNoTenant) {
				t.Errorf("%s(%s): %v", name, id, err)
			}
		}
	}
}

// TestReceivers looks up tenants by the tokens of their webhook addresses.
func TestReceivers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tokenOf := func(id uuid.UUID) string {
		token := f.get(t, id).WebhookToken
		if token == nil {
			t.Fatal("the tenant has no token")
		}
		return *token
	}
	connected, paused := f.create(t), f.create(t)
	for i, id := range []uuid.UUID{connected, paused} {
		key := fmt.Sprintf("key-%d-0123456789abcdefghijklmnop", i)
		f.account(key)
		f.connect(t, id, key)
	}
	f.verify(t, connected)
	if _, err := f.RotateSecret(t.Context(), connected, false, tenant.Actor{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Pause(t.Context(), paused, tenant.Actor{}); err != nil {
		t.Fatal(err)
	}
	f.create(t) // which has no address
	tokens := []string{
		tokenOf(connected), tokenOf(paused),
		"", "token", strings.ToUpper(tokenOf(connected)), strings.Repeat("x", 1000), // of nobody
	}
	found, err := f.Receivers(t.Context(), f.queue.Pool, tokens)
	if err != nil || len(found) != 2 {
		t.Fatalf("%d are found, error %v", len(found), err)
	}
	for id, want := range map[uuid.UUID]struct{ verified, mayWork bool }{
		connected: {true, true}, paused: {false, false},
	} {
		r := found[tokenOf(id)]
		if r.TenantID != id || r.Verified != want.verified || r.MayWork != want.mayWork {
			t.Errorf("%+v", r)
		}
		secrets, err := f.SecretsOf(r)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for i, secret := range secrets {
			texts = append(texts, secret.Text)
			if used := id == connected && i == 1; secret.Used != used {
				t.Errorf("secret %d: used %t", secret.Version, secret.Used)
			}
		}
		if want := f.secretTexts(t, id); !slices.Equal(texts, want) {
			t.Errorf("%d secrets, want %d", len(texts), len(want))
		}
	}
}
