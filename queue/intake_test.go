package queue_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// export is a webhook that can be read.
func export(id, body string) queue.Received {
	return queue.Received{
		UUID: id, Body: []byte(body), Readable: true, SecretVersion: 1, SecretUsed: true,
		Headers: map[string]string{"X-JazzHR-Event": "CANDIDATE-EXPORT"}, ExportContext: "job_1",
	}
}

func (f *fixture) intake() *queue.Intake { return queue.NewIntake(f.Pool, f.client, nil, true) }

// receiver is a tenant as it is now.
func (f *fixture) receiver(t testing.TB, id uuid.UUID) tenant.Receiver {
	t.Helper()
	row := f.row(t, id)
	return tenant.Receiver{TenantID: id, Verified: row.Connection == "verified", MayWork: row.KeyState == "ok" && row.PausedAt == nil}
}

// accept takes a webhook of a tenant as it is now.
func (f *fixture) accept(t testing.TB, tenant uuid.UUID, received queue.Received) queue.Accepted {
	t.Helper()
	accepted, err := f.intake().Accept(t.Context(), f.receiver(t, tenant), received)
	if err != nil {
		t.Fatal(err)
	}
	return accepted
}

// webhooks lists a tenant's webhooks, the oldest first: state, problem, whether admitted.
func (f *fixture) webhooks(t testing.TB, tenant uuid.UUID) []string {
	t.Helper()
	return all[string](t, f, `SELECT concat_ws(' ', state, problem, CASE WHEN admitted_at IS NOT NULL THEN 'admitted' END)
		FROM jazzhr.webhooks WHERE tenant_id = $1 ORDER BY webhook_id`, tenant)
}

func (f *fixture) events(t testing.TB, tenant uuid.UUID) []string {
	t.Helper()
	return all[string](t, f, "SELECT type FROM jazzhr.events WHERE tenant_id = $1 ORDER BY sequence", tenant)
}

func TestAcceptExport(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	if accepted := f.accept(t, tenant, export("uuid-1", `{"a":1}`)); accepted != queue.AcceptedNew {
		t.Errorf("accepted as %s", accepted)
	}
	if got := f.webhooks(t, tenant); !slices.Equal(got, []string{"pending admitted"}) {
		t.Errorf("the webhooks are %q", got)
	}
	body := one[[]byte](t, f, "SELECT body FROM jazzhr.webhooks WHERE export_context = 'job_1'")
	if string(body) != `{"a":1}` {
		t.Errorf("the body is kept as %s", body)
	}
	args := one[map[string]string](t, f, "SELECT args FROM jazzhr.river_job WHERE kind = 'resolve_export' AND queue = 'reads'")
	if id := one[uuid.UUID](t, f, "SELECT webhook_id FROM jazzhr.webhooks"); len(args) != 2 ||
		args["tenant_id"] != tenant.String() || args["webhook_id"] != id.String() {
		t.Errorf("the job's args are %v", args)
	}
	if f.row(t, tenant).LastWebhookAt == nil {
		t.Error("the tenant's last webhook is not noted")
	}
}

// TestAcceptIsOneTransaction holds that there is no record without its job.
func TestAcceptIsOneTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	f.exec(t, "ALTER TABLE jazzhr.river_job RENAME TO river_job_gone")
	if _, err := f.intake().Accept(t.Context(), f.receiver(t, tenant), export("uuid-1", "{}")); err == nil {
		t.Error("accepted without a job")
	}
	if got := f.webhooks(t, tenant); len(got) != 0 {
		t.Errorf("the webhooks are %q", got)
	}
}

func TestAcceptConcurrently(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t, "connection = 'awaiting_verify'")
	receiver, intake := f.receiver(t, tenant), f.intake()
	const requests = 20
	accepted, errs := make([]queue.Accepted, requests), make([]error, requests)
	atOnce(requests, func(i int) {
		accepted[i], errs[i] = intake.Accept(t.Context(), receiver, export("uuid-1", "{}"))
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(accepted)
	if accepted[0] != queue.AcceptedNew || accepted[1] != queue.AcceptedRepeat || accepted[requests-1] != queue.AcceptedRepeat {
		t.Errorf("accepted as %v", accepted)
	}
	if got := f.webhooks(t, tenant); len(got) != 1 || f.jobs(t, tenant, "resolve_export") != 1 {
		t.Errorf("the webhooks are %q, with %d jobs", got, f.jobs(t, tenant, "resolve_export"))
	}
	if got := f.events(t, tenant); !slices.Equal(got, []string{string(intrvio.ConnectionVerified)}) {
		t.Errorf("the events are %q", got)
	}
}

func TestOtherBytesUnderOneUUID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	for _, step := range []struct {
		id, body string
		want     queue.Accepted
	}{
		{"uuid-1", "{}", queue.AcceptedNew},
		{"uuid-1", "{}", queue.AcceptedRepeat},
		{"uuid-1", `{"a":1}`, queue.AcceptedConflict},
		{"uuid-1", `{"a":1}`, queue.AcceptedConflict}, // kept once
		{"uuid-1", `{"a":2}`, queue.AcceptedConflict},
		{"uuid-1", "{}", queue.AcceptedRepeat},
		{"uuid-2", "{}", queue.AcceptedNew},
	} {
		if accepted := f.accept(t, tenant, export(step.id, step.body)); accepted != step.want {
			t.Errorf("%s under %s was accepted as %s, want %s", step.body, step.id, accepted, step.want)
		}
	}
	want := []string{"pending admitted", "attention conflict", "attention conflict", "pending admitted"}
	if got := f.webhooks(t, tenant); !slices.Equal(got, want) {
		t.Errorf("the webhooks are %q, want %q", got, want)
	}
	if jobs := f.jobs(t, tenant, "resolve_export"); jobs != 2 {
		t.Errorf("there are %d jobs", jobs)
	}
	if accepted := f.accept(t, f.tenant(t), export("uuid-1", `{"a":1}`)); accepted != queue.AcceptedNew {
		t.Errorf("another tenant's was accepted as %s", accepted)
	}
}

// TestHashServesForThreeHours holds the rule for webhooks that come without a UUID.
func TestHashServesForThreeHours(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	for _, step := range []struct {
		at   time.Duration
		body string
		want queue.Accepted
	}{
		{0, "{}", queue.AcceptedNew},
		{0, "{}", queue.AcceptedRepeat},
		{0, `{"a":1}`, queue.AcceptedNew},
		{3*time.Hour - time.Minute, "{}", queue.AcceptedRepeat},
		{3*time.Hour + time.Minute, "{}", queue.AcceptedNew},
		{6 * time.Hour, "{}", queue.AcceptedRepeat}, // three hours count from the one that was new
		{7 * time.Hour, "{}", queue.AcceptedNew},
	} {
		dbtest.OffsetClock(t, f.Database, step.at)
		if accepted := f.accept(t, tenant, export("", step.body)); accepted != step.want {
			t.Errorf("%s after %s was accepted as %s, want %s", step.body, step.at, accepted, step.want)
		}
	}
	if jobs := f.jobs(t, tenant, "resolve_export"); jobs != 4 {
		t.Errorf("there are %d jobs", jobs)
	}
}

func TestUnreadableIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t, "connection = 'awaiting_verify'")
	received := export("uuid-1", "\x00 not JSON \xff")
	received.Readable = false
	for _, want := range []queue.Accepted{queue.AcceptedUnread, queue.AcceptedRepeat} {
		if accepted := f.accept(t, tenant, received); accepted != want {
			t.Errorf("accepted as %s, want %s", accepted, want)
		}
	}
	if got := f.webhooks(t, tenant); !slices.Equal(got, []string{"attention unreadable"}) {
		t.Errorf("the webhooks are %q", got)
	}
	if body := one[[]byte](t, f, "SELECT body FROM jazzhr.webhooks"); string(body) != string(received.Body) {
		t.Errorf("the body is kept as %q", body)
	}
	if jobs := f.jobs(t, tenant, "resolve_export"); jobs != 0 {
		t.Errorf("there are %d jobs", jobs)
	}
	if f.row(t, tenant).Connection != "verified" {
		t.Error("its signature did not verify the connection")
	}
}

// TestPausedTenantsWebhooksWait holds that they are accepted, and go on once the tenant does.
func TestPausedTenantsWebhooksWait(t *testing.T) {
	t.Parallel()
	for _, wait := range []struct{ why, begin, end string }{
		{"paused", "paused_at = jazzhr.now()", "paused_at = NULL"},
		{"key rejected", "key_state = 'rejected'", "key_state = 'ok'"},
	} {
		t.Run(wait.why, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			tenant := f.tenant(t, wait.begin)
			if accepted := f.accept(t, tenant, export("uuid-1", "{}")); accepted != queue.AcceptedNew {
				t.Errorf("accepted as %s", accepted)
			}
			f.tick(t, f.ticker())
			if jobs := f.jobs(t, tenant, "resolve_export"); jobs != 0 {
				t.Errorf("there are %d jobs while it waits", jobs)
			}
			f.change(t, tenant, wait.end)
			f.tick(t, f.ticker())
			if jobs := f.jobs(t, tenant, "resolve_export"); jobs != 1 {
				t.Errorf("there are %d jobs once it goes on", jobs)
			}
			if got := f.webhooks(t, tenant); !slices.Equal(got, []string{"pending admitted"}) {
				t.Errorf("the webhooks are %q", got)
			}
		})
	}
}
