package intake_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

func TestAcceptExport(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	received := queuetest.Export("uuid-1", `{"a":1}`)
	if accepted := f.Accept(t, tenant, received); accepted != intake.AcceptedNew {
		t.Errorf("accepted as %s", accepted)
	}
	if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{"pending admitted"}) {
		t.Errorf("the webhooks are %q", got)
	}
	body := queuetest.One[[]byte](t, f, "SELECT body FROM jazzhr.webhooks WHERE export_context = 'job_1'")
	if string(body) != string(received.Body) {
		t.Errorf("the body is kept as %s", body)
	}
	args := queuetest.One[map[string]string](t, f,
		"SELECT args FROM jazzhr.river_job WHERE kind = 'resolve_export' AND queue = 'reads'")
	if id := queuetest.One[uuid.UUID](t, f, "SELECT webhook_id FROM jazzhr.webhooks"); len(args) != 2 ||
		args["tenant_id"] != tenant.String() || args["webhook_id"] != id.String() {
		t.Errorf("the job's args are %v", args)
	}
	if f.Row(t, tenant).LastWebhookAt == nil {
		t.Error("the tenant's last webhook is not noted")
	}
}

// TestAcceptIsOneTransaction checks that no webhook is stored without its job.
func TestAcceptIsOneTransaction(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	f.Exec(t, "ALTER TABLE jazzhr.river_job RENAME TO river_job_gone")
	if _, err := f.Intake().Accept(t.Context(), f.Receiver(t, tenant), queuetest.Export("uuid-1", "{}")); err == nil {
		t.Error("accepted without a job")
	}
	if got := f.Webhooks(t, tenant); len(got) != 0 {
		t.Errorf("the webhooks are %q", got)
	}
}

func TestAcceptConcurrently(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t, "connection = 'awaiting_verify'")
	receiver, in := f.Receiver(t, tenant), f.Intake()
	const requests = 20
	accepted, errs := make([]intake.Accepted, requests), make([]error, requests)
	queuetest.AtOnce(requests, func(i int) {
		accepted[i], errs[i] = in.Accept(t.Context(), receiver, queuetest.Export("uuid-1", "{}"))
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(accepted)
	if accepted[0] != intake.AcceptedNew || accepted[1] != intake.AcceptedRepeat ||
		accepted[requests-1] != intake.AcceptedRepeat {
		t.Errorf("accepted as %v", accepted)
	}
	if got := f.Webhooks(t, tenant); len(got) != 1 || f.Jobs(t, tenant, "resolve_export") != 1 {
		t.Errorf("the webhooks are %q, with %d jobs", got, f.Jobs(t, tenant, "resolve_export"))
	}
	if got := f.Events(t, tenant); !slices.Equal(got, []string{string(intrvio.ConnectionVerified)}) {
		t.Errorf("the events are %q", got)
	}
}

func TestOtherBytesUnderOneUUID(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	for _, step := range []struct {
		id, body string
		want     intake.Accepted
	}{
		{"uuid-1", "{}", intake.AcceptedNew},
		{"uuid-1", "{}", intake.AcceptedRepeat},
		{"uuid-1", `{"a":1}`, intake.AcceptedConflict},
		{"uuid-1", `{"a":1}`, intake.AcceptedConflict}, // kept once
		{"uuid-1", `{"a":2}`, intake.AcceptedConflict},
		{"uuid-1", "{}", intake.AcceptedRepeat},
		{"uuid-2", "{}", intake.AcceptedNew},
	} {
		if accepted := f.Accept(t, tenant, queuetest.Export(step.id, step.body)); accepted != step.want {
			t.Errorf("%s under %s was accepted as %s, want %s", step.body, step.id, accepted, step.want)
		}
	}
	want := []string{"pending admitted", "attention conflict", "attention conflict", "pending admitted"}
	if got := f.Webhooks(t, tenant); !slices.Equal(got, want) {
		t.Errorf("the webhooks are %q, want %q", got, want)
	}
	if jobs := f.Jobs(t, tenant, "resolve_export"); jobs != 2 {
		t.Errorf("there are %d jobs", jobs)
	}
	if accepted := f.Accept(t, f.Tenant(t), queuetest.Export("uuid-1", `{"a":1}`)); accepted != intake.AcceptedNew {
		t.Errorf("another tenant's was accepted as %s", accepted)
	}
}

// TestHashServesForThreeHours checks how long the hash of a webhook's body stands for its missing
// UUID.
func TestHashServesForThreeHours(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	for _, step := range []struct {
		at   time.Duration
		body string
		want intake.Accepted
	}{
		{0, "{}", intake.AcceptedNew},
		{0, "{}", intake.AcceptedRepeat},
		{0, `{"a":1}`, intake.AcceptedNew},
		{3*time.Hour - time.Minute, "{}", intake.AcceptedRepeat},
		{3*time.Hour + time.Minute, "{}", intake.AcceptedNew},
		{6 * time.Hour, "{}", intake.AcceptedRepeat}, // three hours count from the one that was new
		{7 * time.Hour, "{}", intake.AcceptedNew},
	} {
		dbtest.OffsetClock(t, f.Database, step.at)
		if accepted := f.Accept(t, tenant, queuetest.Export("", step.body)); accepted != step.want {
			t.Errorf("%s after %s was accepted as %s, want %s", step.body, step.at, accepted, step.want)
		}
	}
	if jobs := f.Jobs(t, tenant, "resolve_export"); jobs != 4 {
		t.Errorf("there are %d jobs", jobs)
	}
}

func TestUnreadableIsKept(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t, "connection = 'awaiting_verify'")
	received := queuetest.Export("uuid-1", "{}")
	received.Body = []byte("\x00 not JSON \xff")
	for _, want := range []intake.Accepted{intake.AcceptedUnreadable, intake.AcceptedRepeat} {
		if accepted := f.Accept(t, tenant, received); accepted != want {
			t.Errorf("accepted as %s, want %s", accepted, want)
		}
	}
	if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{"attention unreadable"}) {
		t.Errorf("the webhooks are %q", got)
	}
	if body := queuetest.One[[]byte](t, f, "SELECT body FROM jazzhr.webhooks"); string(body) != string(received.Body) {
		t.Errorf("the body is kept as %q", body)
	}
	if jobs := f.Jobs(t, tenant, "resolve_export"); jobs != 0 {
		t.Errorf("there are %d jobs", jobs)
	}
	if f.Row(t, tenant).Connection != "verified" {
		t.Error("its signature did not verify the connection")
	}
}

// TestPausedTenantsWebhooksWait checks that webhooks of a tenant that may not work are accepted,
// and get their jobs once it may.
func TestPausedTenantsWebhooksWait(t *testing.T) {
	t.Parallel()
	for _, wait := range []struct{ why, begin, end string }{
		{"paused", "paused_at = jazzhr.now()", "paused_at = NULL"},
		{"key rejected", "key_state = 'rejected'", "key_state = 'ok'"},
	} {
		t.Run(wait.why, func(t *testing.T) {
			t.Parallel()
			f := queuetest.New(t)
			tenant := f.Tenant(t, wait.begin)
			if accepted := f.Accept(t, tenant, queuetest.Export("uuid-1", "{}")); accepted != intake.AcceptedNew {
				t.Errorf("accepted as %s", accepted)
			}
			f.Tick(t, f.Ticker())
			if jobs := f.Jobs(t, tenant, "resolve_export"); jobs != 0 {
				t.Errorf("there are %d jobs while it waits", jobs)
			}
			f.Change(t, tenant, wait.end)
			f.Tick(t, f.Ticker())
			if jobs := f.Jobs(t, tenant, "resolve_export"); jobs != 1 {
				t.Errorf("there are %d jobs once it goes on", jobs)
			}
			if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{"pending admitted"}) {
				t.Errorf("the webhooks are %q", got)
			}
		})
	}
}
