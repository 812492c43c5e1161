package queue_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// replay has a webhook of a tenant resolved again.
func (f *fixture) replay(t testing.TB, tenant, webhook uuid.UUID) error {
	t.Helper()
	return db.InTenant(t.Context(), f.Pool, tenant, func(tx db.TenantTx) error {
		return queue.ReplayWebhook(t.Context(), tx, f.client, webhook)
	})
}

// ended accepts a webhook and ends it, with its job, as a worker does.
func (f *fixture) ended(t testing.TB, tenant uuid.UUID) uuid.UUID {
	t.Helper()
	f.accept(t, tenant, export("uuid-1", `{"a":1}`))
	f.exec(t, `UPDATE jazzhr.webhooks SET state = 'done', problem = 'not_found', done_at = jazzhr.now(), admitted_at = NULL, attempts = 3`)
	f.exec(t, `UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()`)
	return one[uuid.UUID](t, f, "SELECT webhook_id FROM jazzhr.webhooks")
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
			f := newFixture(t)
			tenant := f.tenant(t)
			webhook := f.ended(t, tenant)
			f.change(t, tenant, test.change)
			if err := f.replay(t, tenant, webhook); err != nil {
				t.Fatal(err)
			}
			if got := f.webhooks(t, tenant); !slices.Equal(got, []string{test.want}) {
				t.Errorf("the webhooks are %q", got)
			}
			if got := f.jobs(t, tenant, "resolve_export"); got != test.jobs {
				t.Errorf("%d jobs", got)
			}
			if n := one[int](t, f, "SELECT count(*) FROM jazzhr.webhooks WHERE replayed_at IS NOT NULL AND done_at IS NULL AND attempts = 0"); n != 1 {
				t.Error("it does not begin anew")
			}
			if err := f.replay(t, tenant, webhook); !errors.Is(err, queue.ErrWebhookPending) {
				t.Errorf("twice: %v", err)
			}
		})
	}
}

// TestReplayIsOneTransaction holds that a webhook is not work again without its job.
func TestReplayIsOneTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	webhook := f.ended(t, tenant)
	f.exec(t, "ALTER TABLE jazzhr.river_job RENAME TO river_job_gone")
	if err := f.replay(t, tenant, webhook); err == nil {
		t.Error("replayed without a job")
	}
	if got := f.webhooks(t, tenant); !slices.Equal(got, []string{"done not_found"}) {
		t.Errorf("the webhooks are %q", got)
	}
}

func TestReplayRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	webhook := f.ended(t, tenant)
	for name, test := range map[string]struct {
		tenant, webhook uuid.UUID
		want            error
	}{
		"an unknown webhook":  {tenant, uuid.New(), queue.ErrNoWebhook},
		"of another tenant":   {f.tenant(t), webhook, queue.ErrNoWebhook},
		"of an unknown":       {uuid.New(), webhook, queue.ErrNoTenant},
		"of one that is gone": {f.tenant(t, "connection = 'disconnected'"), webhook, queue.ErrNotConnected},
	} {
		if err := f.replay(t, test.tenant, test.webhook); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.exec(t, "UPDATE jazzhr.webhooks SET body = NULL")
	if err := f.replay(t, tenant, webhook); !errors.Is(err, queue.ErrWebhookEmptied) {
		t.Errorf("an emptied one: %v", err)
	}
	if got := f.webhooks(t, tenant); !slices.Equal(got, []string{"done not_found"}) {
		t.Errorf("the webhooks are %q", got)
	}
}
