package tenant_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestConnectAndVerify(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	account := f.account("key-1")
	id := f.create(t)
	f.wantState(t, id, tenant.Created)

	first := f.connect(t, id, " key-1\n")
	if first.State != tenant.AwaitingVerify || first.JobsSeen != 1 || first.Restored || len(first.WebhookSecret) != 64 {
		t.Errorf("the first call: %s", first)
	}
	token, ok := strings.CutPrefix(first.WebhookURL, publicURL+"/webhooks/jazzhr/")
	if !ok || len(token) != 43 {
		t.Error("the webhook's address is not as it should be")
	}
	again := f.connect(t, id, "key-1")
	if !first.SecretNew || again.SecretNew {
		t.Error("the secret is not of the first call")
	}
	if again.SecretNew = true; again != first {
		t.Error("the same call gave another answer")
	}
	version := f.keyVersion(t, id, "key-1")

	f.verify(t, id)
	f.wantState(t, id, tenant.Active)
	after := f.connect(t, id, "key-1")
	if after.WebhookSecret != "" || after.WebhookURL != first.WebhookURL || after.State != tenant.Active {
		t.Errorf("after VERIFY: %s", after)
	}
	account.RotateKey("key-2")
	changed := f.connect(t, id, "key-2")
	if changed.WebhookURL != first.WebhookURL || changed.WebhookSecret != "" || changed.State != tenant.Active {
		t.Errorf("with a new key: %s", changed)
	}
	if got := f.keyVersion(t, id, "key-2"); got <= version {
		t.Errorf("the new key has version %d, the old one had %d", got, version)
	}
	if texts := f.secretTexts(t, id); len(texts) != 1 || texts[0] != first.WebhookSecret {
		t.Error("the webhook secret did not stay")
	}
}

// TestConnectStoresNothingOnErrors checks that a refused call leaves the tenant as it was.
func TestConnectStoresNothingOnErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("mine")
	f.account("theirs")
	f.account("stranger")
	mine, other := f.create(t), f.create(t)
	f.connect(t, mine, "mine")
	f.connect(t, other, "theirs")
	before := f.get(t, mine)

	down := f.sim.Fault(jazzhrtest.Rule{
		When:  func(c jazzhrtest.Call) bool { return c.Account != nil && c.Account.Key() == "mine" },
		Fault: jazzhrtest.Refuse(503),
	})
	defer down.Remove()
	for key, want := range map[string]error{
		"nobody's": tenant.ErrCredentialsRejected,
		"mine":     tenant.ErrJazzHRUnavailable,
		"theirs":   tenant.ErrKeyInUse,
		"stranger": tenant.ErrDifferentAccount,
	} {
		connection, err := f.Connect(t.Context(), mine, key, tenant.Actor{})
		if !errors.Is(err, want) || connection != (tenant.Connection{}) {
			t.Errorf("Connect with %s: %v, want %v", key, err, want)
		}
		if _, err := f.TestConnection(t.Context(), mine, key); !errors.Is(err, want) {
			t.Errorf("TestConnection with %s: %v, want %v", key, err, want)
		}
		if err != nil && strings.Contains(err.Error(), key) && key != "mine" {
			t.Errorf("the error of %s shows the key: %v", key, err)
		}
	}
	after := f.get(t, mine)
	if after.KeyVersion != before.KeyVersion || string(after.KeySealed) != string(before.KeySealed) ||
		*after.WebhookToken != *before.WebhookToken {
		t.Error("a refused call stored something")
	}
	var openings int
	if err := f.queue.Pool.QueryRow(t.Context(), "SELECT count(*) FROM jazzhr.openings").Scan(&openings); err != nil ||
		openings != 2 {
		t.Errorf("there are %d openings, want each tenant's one (%v)", openings, err)
	}
}

func TestTestConnectionStoresNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	if _, err := f.TestConnection(t.Context(), id, ""); !errors.Is(err, queue.ErrNotConnected) {
		t.Errorf("without a key: %v", err)
	}
	probe, err := f.TestConnection(t.Context(), id, "key-1")
	if err != nil || probe.JobsSeen != 1 || !probe.KnowsKnown {
		t.Errorf("with a good key: %+v, %v", probe, err)
	}
	f.wantState(t, id, tenant.Created)
	f.connect(t, id, "key-1")
	if probe, err := f.TestConnection(t.Context(), id, ""); err != nil || probe.JobsSeen != 1 {
		t.Errorf("with the stored key: %+v, %v", probe, err)
	}
}

func TestNewKeyRestores(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"key-1", "key-2"} { // the same one, which works again, and another
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			account := f.account("key-1")
			id := f.create(t)
			f.connect(t, id, "key-1")
			f.verify(t, id)
			version := f.keyVersion(t, id, "key-1")
			f.refuse(t, id, version)
			f.wantState(t, id, tenant.CredentialsRejected)
			if key != "key-1" {
				account.RotateKey(key)
			}

			connection, err := f.Connect(t.Context(), id, key, tenant.Actor{})
			if err != nil || !connection.Restored || connection.State != tenant.Active {
				t.Errorf("Connect: %s, %v", connection, err)
			}
			f.wantState(t, id, tenant.Active)
			if _, counted := f.refuse(t, id, version); counted {
				t.Error("a late refusal of the version before counted")
			}
		})
	}
}

// meet makes the first n probes wait for each other, so that all are made before any key is stored.
func meet(f *fixture, n int) {
	var (
		mu   sync.Mutex
		seen int
		all  = make(chan struct{})
	)
	f.prober.before = func() {
		mu.Lock()
		seen++
		if seen == n {
			close(all)
		}
		mu.Unlock()
		<-all
	}
}

// atOnce connects each tenant with its key, all at the same time.
func atOnce(t *testing.T, f *fixture, ids []uuid.UUID, keys []string) ([]tenant.Connection, []error) {
	t.Helper()
	meet(f, len(ids))
	connections, errs := make([]tenant.Connection, len(ids)), make([]error, len(ids))
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() { connections[i], errs[i] = f.Connect(t.Context(), ids[i], keys[i], tenant.Actor{}) })
	}
	wait.Wait()
	return connections, errs
}

func TestOneKeyOfTwoTenantsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	ids := []uuid.UUID{f.create(t), f.create(t)}
	_, errs := atOnce(t, f, ids, []string{"key-1", "key-1"})
	won := 0
	if errs[0] != nil {
		won = 1
	}
	if errs[won] != nil || !errors.Is(errs[1-won], tenant.ErrKeyInUse) {
		t.Fatalf("errors: %v", errs)
	}
	f.wantState(t, ids[won], tenant.AwaitingVerify)
	f.wantState(t, ids[1-won], tenant.Created)
}

// TestTwoAccountsOfOneTenantAtOnce connects a tenant with two keys that both work. Nothing was
// known of the account when they were tried. Still, the later key must be of the account of the
// earlier one.
func TestTwoAccountsOfOneTenantAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	keys := []string{"key-1", "key-2"}
	f.account(keys[0])
	f.account(keys[1])
	id := f.create(t)
	_, errs := atOnce(t, f, []uuid.UUID{id, id}, keys)
	won := 0
	if errs[0] != nil {
		won = 1
	}
	if errs[won] != nil || !errors.Is(errs[1-won], tenant.ErrDifferentAccount) {
		t.Fatalf("errors: %v", errs)
	}
	f.keyVersion(t, id, keys[won])
}

func TestTheSameCallTwiceAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	connections, errs := atOnce(t, f, []uuid.UUID{id, id}, []string{"key-1", "key-1"})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if connections[0].SecretNew == connections[1].SecretNew {
		t.Error("the secret is not of one of the two calls")
	}
	connections[0].SecretNew = connections[1].SecretNew
	if connections[0] != connections[1] || connections[0].WebhookSecret == "" {
		t.Error("the two calls got different answers")
	}
	if texts := f.secretTexts(t, id); len(texts) != 1 {
		t.Errorf("there are %d webhook secrets", len(texts))
	}
}

func TestNothingSecretIsShown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("the-api-key")
	id := f.create(t)
	connection := f.connect(t, id, "the-api-key")
	secrets, err := f.Secrets(t.Context(), f.queue.Pool, id)
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("connected",
		"connection", connection, "connections", []tenant.Connection{connection},
		"secret", secrets[0], "secrets", secrets)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&shown, verb+verb, connection, secrets)
	}
	token := connection.WebhookURL[strings.LastIndex(connection.WebhookURL, "/")+1:]
	for _, secret := range []string{connection.WebhookSecret, token, "the-api-key"} {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("a secret is shown in %s", strings.ReplaceAll(shown.String(), secret, "•••"))
		}
	}
}
