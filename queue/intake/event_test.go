package intake_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

func TestJobOf(t *testing.T) {
	t.Parallel()
	tenant, webhook := uuid.New(), uuid.New()
	want := queue.ResolveExport{TenantID: tenant, WebhookID: webhook}
	if got := intake.JobOf(jazzhr.EventCandidateExport, tenant, webhook); got != want {
		t.Errorf("an export's job is %+v", got)
	}
	for _, event := range []string{"", "VERIFY", "CANDIDATE-SOMETHING", "candidate-export"} {
		if got := intake.JobOf(event, tenant, webhook); got != nil {
			t.Errorf("the job of %q is %+v", event, got)
		}
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		jazzhr.EventCandidateExport: "resolve_export",
		"CANDIDATE-SOMETHING":       "CANDIDATE-SOMETHING",
		"write_notes":               "write_notes",
		"":                          "",
	} {
		if got := intake.KindOf(event); got != want {
			t.Errorf("the kind of %q is %q, want %q", event, got, want)
		}
	}
}

// TestEventsHaveWorkers checks the table of events: each event once, with a job of a kind and
// queue.
func TestEventsHaveWorkers(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, handling := range intake.Events() {
		job := handling.Job(uuid.New(), uuid.New())
		if handling.Event == "" || seen[handling.Event] || job.Kind() == "" {
			t.Errorf("the event %q has a job of kind %q", handling.Event, job.Kind())
		}
		if handling.Check([]byte("not JSON")) == nil {
			t.Errorf("any body is one of the event %q", handling.Event)
		}
		seen[handling.Event] = true
	}
}

// TestUnknownEvent checks that a webhook that nothing is done with is kept for a person, and can't
// be replayed: it would only wait.
func TestUnknownEvent(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	received := queuetest.Export("uuid-1", "{}")
	received.Event = "CANDIDATE-SOMETHING"
	for _, want := range []intake.Accepted{intake.AcceptedUnreadable, intake.AcceptedRepeat} {
		if accepted := f.Accept(t, tenant, received); accepted != want {
			t.Errorf("accepted as %s, want %s", accepted, want)
		}
	}
	if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{"attention unreadable"}) {
		t.Errorf("the webhooks are %q", got)
	}
	stored := queuetest.One[string](t, f, "SELECT event || ' ' || convert_from(body, 'UTF8') FROM jazzhr.webhooks")
	if want := "CANDIDATE-SOMETHING " + string(received.Body); stored != want {
		t.Errorf("stored as %s", stored)
	}
	webhook := queuetest.One[uuid.UUID](t, f, "SELECT webhook_id FROM jazzhr.webhooks")
	if err := replay(t, f, tenant, webhook); !errors.Is(err, intake.ErrUnknownEvent) {
		t.Errorf("replayed: %v", err)
	}
	f.Tick(t, f.Ticker())
	if jobs := queuetest.One[int](t, f, "SELECT count(*) FROM jazzhr.river_job"); jobs != 0 {
		t.Errorf("there are %d jobs", jobs)
	}
	if got := f.Webhooks(t, tenant); !slices.Equal(got, []string{"attention unreadable"}) {
		t.Errorf("after a replay the webhooks are %q", got)
	}
}
