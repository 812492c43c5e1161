package intake_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// replay has a tenant's webhook worked on again.
func replay(t testing.TB, f *queuetest.Fixture, tenant, webhook uuid.UUID) error {
	t.Helper()
	return db.InTenant(t.Context(), f.Pool, tenant, func(tx db.TenantTx) error {
		return intake.Replay(t.Context(), tx, f.Client, webhook)
	})
}

// endedWebhook accepts a webhook and ends it with its job, as a worker does.
func endedWebhook(t testing.TB, f *queuetest.Fixture, tenant uuid.UUID) uuid.UUID {
	t.Helper()
	f.Accept(t, tenant, queuetest.Export("uuid-1", `{"a":1}`))
	f.Exec(t,
		`UPDATE jazzhr.webhooks
		SET state = 'done', problem = 'not_found', done_at = jazzhr.now(), admitted_at = NULL, attempts = 3`)
	f.Exec(t, `UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()`)
	return queuetest.One[uuid.UUID](t, f, "SELECT webhook_id FROM jazzhr.webhooks")
}

func TestReplayWebhook(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change string // of the tenant
		want   string
		jobs   int
	}{
		"of an active tenant":  {"name = 'Acme'", "pending admitted", 2},
		"of a paused tenant":   {"paused_at = jazzhr.now()", "pending", 1},
		"whose key is refused": {"key_state = 'rejected'", "pending", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := queuetest.New(t)
			tenant := f.Tenant(t)
			webhook := endedWebhook(t, f, tenant)
			f.Change(t, tenant, test.change)
			if err := replay(t, f, tenant, webhook); err != nil {
				t.Fatal(err)
			}
			if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{test.want}) {
				t.Errorf("the webhooks are %q", got)
			}
			if got := f.Jobs(t, tenant, "resolve_export"); got != test.jobs {
				t.Errorf("%d jobs", got)
			}
			n := queuetest.One[int](t, f,
				`SELECT count(*) FROM jazzhr.webhooks
				WHERE replayed_at IS NOT NULL AND done_at IS NULL AND attempts = 0`)
			if n != 1 {
				t.Error("it does not begin anew")
			}
			if err := replay(t, f, tenant, webhook); !errors.Is(err, intake.ErrPending) {
				t.Errorf("twice: %v", err)
			}
		})
	}
}

// TestReplayIsOneTransaction checks that a webhook is not pending again without its job.
func TestReplayIsOneTransaction(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	webhook := endedWebhook(t, f, tenant)
	f.Exec(t, "ALTER TABLE jazzhr.river_job RENAME TO river_job_gone")
	if err := replay(t, f, tenant, webhook); err == nil {
		t.Error("replayed without a job")
	}
	if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{"done not_found"}) {
		t.Errorf("the webhooks are %q", got)
	}
}

func TestReplayRefused(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	webhook := endedWebhook(t, f, tenant)
	for name, test := range map[string]struct {
		tenant, webhook uuid.UUID
		want            error
	}{
		"an unknown webhook":  {tenant, uuid.New(), intake.ErrNoWebhook},
		"of another tenant":   {f.Tenant(t), webhook, intake.ErrNoWebhook},
		"of an unknown":       {uuid.New(), webhook, queue.ErrNoTenant},
		"of one that is gone": {f.Tenant(t, "connection = 'disconnected'"), webhook, queue.ErrNotConnected},
	} {
		if err := replay(t, f, test.tenant, test.webhook); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.Exec(t, "UPDATE jazzhr.webhooks SET body = NULL")
	if err := replay(t, f, tenant, webhook); !errors.Is(err, intake.ErrEmptied) {
		t.Errorf("an emptied one: %v", err)
	}
	if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{"done not_found"}) {
		t.Errorf("the webhooks are %q", got)
	}
}
