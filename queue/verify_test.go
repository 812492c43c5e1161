package queue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t, "connection = 'awaiting_verify'", "verified_at = NULL")
	for range 2 { // it is never deduplicated
		if err := queue.AcceptVerify(t.Context(), f.Pool, f.client, tenant, 1); err != nil {
			t.Fatal(err)
		}
	}
	row := f.row(t, tenant)
	if row.Connection != "verified" || row.VerifiedAt == nil || row.LastWebhookAt == nil {
		t.Errorf("the connection is %s, verified at %v, last webhook at %v", row.Connection, row.VerifiedAt, row.LastWebhookAt)
	}
	if row.NextPollAt == nil || row.NextPollAt.Before(*row.VerifiedAt) || row.NextPollAt.Sub(*row.VerifiedAt) > time.Minute {
		t.Errorf("verified at %v, the first poll is due at %v", row.VerifiedAt, row.NextPollAt)
	}
	if got := f.events(t, tenant); !slices.Equal(got, []string{string(intrvio.ConnectionVerified)}) {
		t.Errorf("the events are %q", got)
	}
	if got := f.webhooks(t, tenant); len(got) != 0 {
		t.Errorf("the webhooks are %q", got)
	}
}

// TestVerifyAfterDisconnect holds that a request under way when the tenant disconnected does not connect it again.
func TestVerifyAfterDisconnect(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t, "connection = 'disconnected'", "key_state = 'none'")
	if err := queue.AcceptVerify(t.Context(), f.Pool, f.client, tenant, 1); err != nil {
		t.Fatal(err)
	}
	if row := f.row(t, tenant); row.Connection != "disconnected" || len(f.events(t, tenant)) != 0 {
		t.Errorf("the connection is %s, the events %q", row.Connection, f.events(t, tenant))
	}
}

// TestPollsAreSpread holds that tenants that were verified together are not polled together.
func TestPollsAreSpread(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 40 {
		tenant := f.tenant(t, "connection = 'awaiting_verify'", "verified_at = NULL")
		if err := queue.AcceptVerify(t.Context(), f.Pool, f.client, tenant, 1); err != nil {
			t.Fatal(err)
		}
	}
	thirds := all[int](t, f, `SELECT DISTINCT (extract(epoch FROM next_poll_at - verified_at) / 20)::int FROM jazzhr.tenants`)
	if len(thirds) < 3 {
		t.Errorf("the first polls of 40 tenants fall into the thirds %v of a minute", thirds)
	}
}

// TestSecretsChangeOver holds that the first request signed with a new secret starts the end of the one before.
func TestSecretsChangeOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	for version := range 2 {
		f.exec(t, "INSERT INTO jazzhr.webhook_secrets (tenant_id, version, sealed) VALUES ($1, $2, '\\x00')", tenant, version+1)
	}
	const left = `SELECT coalesce(round(extract(epoch FROM expires_at - jazzhr.now()) / 3600)::text, 'for ever')
		FROM jazzhr.webhook_secrets WHERE tenant_id = $1 ORDER BY version`
	received := export("uuid-1", "{}")
	for _, step := range []struct {
		after  time.Duration
		signed int32
		want   []string
	}{
		{0, 1, []string{"for ever", "for ever"}},
		{0, 2, []string{"24", "for ever"}},
		{time.Hour, 2, []string{"23", "for ever"}}, // counted from the first
	} {
		dbtest.OffsetClock(t, f.Database, step.after)
		received.SecretVersion = step.signed
		f.accept(t, tenant, received)
		if got := all[string](t, f, left, tenant); !slices.Equal(got, step.want) {
			t.Errorf("after a request signed with %d the secrets have %q hours left, want %q", step.signed, got, step.want)
		}
	}
}

func TestRefusedWebhooksAreCounted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	for _, reason := range []string{"missing_signature", "wrong_signature"} {
		if err := queue.RefuseWebhook(t.Context(), f.Pool, tenant, reason); err != nil {
			t.Fatal(err)
		}
	}
	row := f.row(t, tenant)
	if row.RefusedWebhooks != 2 || row.LastRefusedAt == nil || row.LastRefusedReason == nil || *row.LastRefusedReason != "wrong_signature" {
		t.Errorf("%d were refused, the last at %v because %v", row.RefusedWebhooks, row.LastRefusedAt, row.LastRefusedReason)
	}
	if row.LastWebhookAt != nil || len(f.webhooks(t, tenant)) != 0 {
		t.Error("a refused webhook counts as received")
	}
}
