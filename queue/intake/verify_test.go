package intake_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t, "connection = 'awaiting_verify'", "verified_at = NULL")
	for range 2 { // it is never deduplicated
		if err := intake.AcceptVerify(t.Context(), f.Pool, f.Client, tenant, 1); err != nil {
			t.Fatal(err)
		}
	}
	row := f.Row(t, tenant)
	if row.Connection != "verified" || row.VerifiedAt == nil || row.LastWebhookAt == nil {
		t.Errorf("the connection is %s, verified at %v, last webhook at %v",
			row.Connection, row.VerifiedAt, row.LastWebhookAt)
	}
	if row.NextPollAt == nil || row.NextPollAt.Before(*row.VerifiedAt) ||
		row.NextPollAt.Sub(*row.VerifiedAt) > time.Minute {
		t.Errorf("verified at %v, the first poll is due at %v", row.VerifiedAt, row.NextPollAt)
	}
	if got := f.Events(t, tenant); !slices.Equal(got, []string{string(intrvio.ConnectionVerified)}) {
		t.Errorf("the events are %q", got)
	}
	if got := f.Webhooks(t, tenant); len(got) != 0 {
		t.Errorf("the webhooks are %q", got)
	}
}

// TestVerifyAfterDisconnect checks that a request that was under way when the tenant was
// disconnected does not connect it again.
func TestVerifyAfterDisconnect(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t, "connection = 'disconnected'", "key_state = 'none'")
	if err := intake.AcceptVerify(t.Context(), f.Pool, f.Client, tenant, 1); err != nil {
		t.Fatal(err)
	}
	if row := f.Row(t, tenant); row.Connection != "disconnected" || len(f.Events(t, tenant)) != 0 {
		t.Errorf("the connection is %s, the events %q", row.Connection, f.Events(t, tenant))
	}
}

// TestPollsAreSpread checks that tenants that were verified at the same time are polled at others.
func TestPollsAreSpread(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	for range 40 {
		tenant := f.Tenant(t, "connection = 'awaiting_verify'", "verified_at = NULL")
		if err := intake.AcceptVerify(t.Context(), f.Pool, f.Client, tenant, 1); err != nil {
			t.Fatal(err)
		}
	}
	thirds := queuetest.All[int](t, f,
		`SELECT DISTINCT (extract(epoch FROM next_poll_at - verified_at) / 20)::int FROM jazzhr.tenants`)
	if len(thirds) < 3 {
		t.Errorf("the first polls of 40 tenants fall into the thirds %v of a minute", thirds)
	}
}

// TestSecretsChangeOver checks that an older secret expires 24 hours after the first request that
// is signed with a newer one.
func TestSecretsChangeOver(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	for version := range 2 {
		f.Exec(t,
			`INSERT INTO jazzhr.webhook_secrets (tenant_id, version, sealed) VALUES ($1, $2, '\x00')`,
			tenant, version+1)
	}
	const left = `SELECT coalesce(round(extract(epoch FROM expires_at - jazzhr.now()) / 3600)::text, 'for ever')
		FROM jazzhr.webhook_secrets WHERE tenant_id = $1 ORDER BY version`
	received := queuetest.Export("uuid-1", "{}")
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
		f.Accept(t, tenant, received)
		if got := queuetest.All[string](t, f, left, tenant); !slices.Equal(got, step.want) {
			t.Errorf("after a request signed with %d the secrets have %q hours left, want %q",
				step.signed, got, step.want)
		}
	}
}

func TestRefusedWebhooksAreCounted(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	in := f.Intake()
	for _, reason := range []string{"missing_signature", "wrong_signature"} {
		if err := in.Refuse(t.Context(), tenant, reason); err != nil {
			t.Fatal(err)
		}
	}
	row := refusedOf(t, f, tenant, 2)
	if row.RefusedWebhooks != 2 || row.LastRefusedAt == nil || row.LastRefusedReason == nil ||
		*row.LastRefusedReason != "wrong_signature" {
		t.Errorf("%d were refused, the last at %v because %v",
			row.RefusedWebhooks, row.LastRefusedAt, row.LastRefusedReason)
	}
	if row.LastWebhookAt != nil || len(f.Webhooks(t, tenant)) != 0 {
		t.Error("a refused webhook counts as received")
	}
}

// refusedOf returns a tenant once so many of its requests are counted as refused.
func refusedOf(t *testing.T, f *queuetest.Fixture, id uuid.UUID, count int64) (row gen.Tenant) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		if row = f.Row(t, id); row.RefusedWebhooks == count || time.Now().After(deadline) {
			return row
		}
		<-time.After(10 * time.Millisecond)
	}
}

// TestFinding27RefusalsShareWrites refuses many requests: all are counted, by few writes.
func TestFinding27RefusalsShareWrites(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	f.Exec(t, "CREATE TABLE public.writes ()")
	f.Exec(t, `CREATE FUNCTION public.count_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
		'BEGIN INSERT INTO public.writes DEFAULT VALUES; RETURN NEW; END'`)
	f.Exec(t, "CREATE TRIGGER count_write AFTER UPDATE ON jazzhr.tenants FOR EACH ROW EXECUTE FUNCTION public.count_write()")
	in := f.Intake()
	const requests = 600
	queuetest.AtOnce(requests, func(int) {
		if err := in.Refuse(t.Context(), tenant, "wrong_signature"); err != nil {
			t.Error(err)
		}
	})
	if row := refusedOf(t, f, tenant, requests); row.RefusedWebhooks != requests {
		t.Errorf("%d of %d are counted", row.RefusedWebhooks, requests)
	}
	if n := queuetest.One[int](t, f, "SELECT count(*) FROM public.writes"); n > requests/10 {
		t.Errorf("%d requests are %d writes", requests, n)
	}
}
