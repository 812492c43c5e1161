package tenant_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const publicURL = "https://worker.example"

// prober asks a simulated JazzHR. before, if set, runs at the start of each probe.
type prober struct {
	client *jazzhr.Client
	before func()
}

func (p *prober) Probe(ctx context.Context, key string, known tenant.Known) (probe tenant.Probe, err error) {
	if p.before != nil {
		p.before()
	}
	account := p.client.Account(key, nil)
	page, err := account.Jobs(ctx, jazzhr.JobFilter{}, 1)
	if failure, ok := errors.AsType[*jazzhr.Error](err); ok && failure.Kind == jazzhr.Unauthorized {
		return probe, tenant.ErrCredentialsRejected
	}
	if err != nil {
		return probe, err
	}
	probe = tenant.Probe{JobsSeen: len(page.Items), KnowsKnown: known.JobID == ""}
	for _, job := range page.Items {
		probe.Jobs = append(probe.Jobs, tenant.Opening{
			JobID: job.ID, BoardCode: job.BoardCode, Title: job.Title, Status: job.Status,
		})
		probe.KnowsKnown = probe.KnowsKnown || job.ID == known.JobID
	}
	return probe, nil
}

// fixture is a service with a database, a queue and a JazzHR of its own.
type fixture struct {
	*tenant.Service
	queue  *queuetest.Fixture
	sim    *jazzhrtest.Server
	prober *prober
	keyset string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{queue: queuetest.New(t), sim: jazzhrtest.NewServer(t, jazzhrtest.Options{CallsPerMinute: -1})}
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: f.sim.BaseURL, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	f.prober = &prober{client: client}
	if f.keyset, err = tenant.NewKeyset(); err != nil {
		t.Fatal(err)
	}
	f.Service = f.withKeyset(t, f.keyset)
	return f
}

func (f *fixture) withKeyset(t *testing.T, keyset string) *tenant.Service {
	t.Helper()
	sealer, err := tenant.ParseKeyset(keyset)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.New(f.queue.Pool, f.queue.Client, sealer, f.prober, publicURL+"/")
}

// account adds a JazzHR account with one job.
func (f *fixture) account(key string) *jazzhrtest.Account {
	account := f.sim.AddAccount(key)
	account.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	return account
}

// create returns a new tenant's id.
func (f *fixture) create(t *testing.T) uuid.UUID {
	t.Helper()
	created, isNew, err := f.Create(t.Context(), tenant.Details{Name: "Acme", Region: "us"})
	if err != nil || !isNew {
		t.Fatalf("Create: %v, %v", isNew, err)
	}
	return created.TenantID
}

func (f *fixture) connect(t *testing.T, id uuid.UUID, key string) tenant.Connection {
	t.Helper()
	connection, err := f.Connect(t.Context(), id, key, tenant.Actor{})
	if err != nil {
		t.Fatalf("Connect: %v", err)
	}
	return connection
}

// verify does what a rightly signed webhook does.
func (f *fixture) verify(t *testing.T, id uuid.UUID) {
	t.Helper()
	f.inTenant(t, id, func(tx db.TenantTx) error {
		if _, err := tx.Q.MarkVerified(t.Context(), tx, time.Second, id); err != nil {
			return err
		}
		secrets, err := f.Secrets(t.Context(), tx, id)
		if err != nil || len(secrets) == 0 {
			return errors.Join(err, errors.New("no secret to verify with"))
		}
		return tx.Q.MarkSecretUsed(t.Context(), tx, id, secrets[0].Version)
	})
}

// refuse does what a 401 does that answered a version of the key.
func (f *fixture) refuse(t *testing.T, id uuid.UUID, version int32) (refusals int, counted bool) {
	t.Helper()
	return f.refuseCheck(t, id, version, false)
}

// refuseCheck is refuse for an answer to a check of the key.
func (f *fixture) refuseCheck(
	t *testing.T, id uuid.UUID, version int32, checking bool,
) (refusals int, counted bool) {
	t.Helper()
	before := f.get(t, id).KeyRefusals
	f.inTenant(t, id, func(tx db.TenantTx) error { return f.RefuseKey(t.Context(), tx, version, checking) })
	after := f.get(t, id).KeyRefusals
	return int(after), after != before
}

// restore does what a check of a version of the key does if JazzHR takes the key.
func (f *fixture) restore(t *testing.T, id uuid.UUID, version int32) (restored bool) {
	t.Helper()
	before := f.get(t, id).KeyState
	f.inTenant(t, id, func(tx db.TenantTx) error { return f.RestoreKey(t.Context(), tx, version) })
	return f.get(t, id).KeyState != before
}

// rename changes a tenant's name.
func (f *fixture) rename(t *testing.T, id uuid.UUID, name string) error {
	t.Helper()
	_, err := f.Change(t.Context(), id, tenant.Changes{Name: &name}, tenant.Actor{})
	return err
}

// setPollInterval changes a tenant's poll interval; nil is the service's default.
func (f *fixture) setPollInterval(t *testing.T, id uuid.UUID, interval *time.Duration) (gen.Tenant, error) {
	t.Helper()
	return f.Change(t.Context(), id, tenant.Changes{PollInterval: &interval}, tenant.Actor{})
}

func (f *fixture) inTenant(t *testing.T, id uuid.UUID, work func(db.TenantTx) error) {
	t.Helper()
	if err := db.InTenant(t.Context(), f.queue.Pool, id, work); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) get(t *testing.T, id uuid.UUID) gen.Tenant {
	t.Helper()
	row, err := f.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	return row
}

func (f *fixture) wantState(t *testing.T, id uuid.UUID, want tenant.State) {
	t.Helper()
	if state, _ := tenant.StateOf(f.get(t, id)); state != want {
		t.Errorf("the state is %s, want %s", state, want)
	}
}

func (f *fixture) keyVersion(t *testing.T, id uuid.UUID, want string) int32 {
	t.Helper()
	key, version, err := f.Key(t.Context(), id)
	if err != nil || key != want {
		t.Fatalf("Key: %q, %v, want %q", key, err, want)
	}
	return version
}

// secretTexts returns the webhook secrets that are valid, the newest first.
func (f *fixture) secretTexts(t *testing.T, id uuid.UUID) []string {
	t.Helper()
	secrets, err := f.Secrets(t.Context(), f.queue.Pool, id)
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(secrets))
	for i, s := range secrets {
		texts[i] = s.Text
	}
	return texts
}

// Key returns a tenant's key and its version.
func (f *fixture) Key(ctx context.Context, id uuid.UUID) (key string, version int32, err error) {
	row, err := f.Get(ctx, id)
	if err != nil {
		return "", 0, err
	}
	key, err = f.KeyOf(row)
	return key, row.KeyVersion, err
}
