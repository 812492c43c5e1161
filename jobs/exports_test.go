package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// told is what Intrvio was told of one export.
type told struct {
	exported intrvio.CandidateExport
	requests []intrvio.InterviewRequest
}

// export has a recruiter export a person, and waits for what Intrvio is told.
func (c *customer) export(applicant, job string) told {
	c.t.Helper()
	c.send(applicant, job)
	return c.heard(c.newestWebhook())
}

func (c *customer) send(applicant, job string) {
	c.t.Helper()
	_, err := c.account.Export(c.t.Context(), applicant, job)
	check(c.t, err)
}

func (c *customer) newestWebhook() (id uuid.UUID) {
	c.t.Helper()
	c.scan(`SELECT webhook_id FROM jazzhr.webhooks WHERE tenant_id = $1 ORDER BY webhook_id DESC LIMIT 1`, []any{c.id}, &id)
	return id
}

// heard waits for candidate.exported of a webhook and then for as many requests as were stored with
// it.
func (c *customer) heard(webhook uuid.UUID) (all told) {
	c.t.Helper()
	c.event(func(e intrvio.Envelope) bool {
		exported, err := intrvio.Decode[intrvio.CandidateExport](e)
		if err == nil && exported.WebhookID == webhook {
			all.exported = exported
			return true
		}
		return false
	})
	var requests int
	c.scan(`SELECT count(*) FROM jazzhr.interview_requests WHERE webhook_id = $1 AND trigger = 'export'`, []any{webhook}, &requests)
	c.event(func(e intrvio.Envelope) bool {
		request, err := intrvio.Decode[intrvio.InterviewRequest](e)
		if err == nil && request.WebhookID == webhook {
			all.requests = append(all.requests, request)
		}
		return len(all.requests) >= requests
	})
	return all
}

// TestExport resolves the person and the job of an export, however the job is named.
func TestExport(t *testing.T) {
	t.Parallel()
	for name, context := range map[string]jazzhrtest.ExportContext{
		"by the position": jazzhrtest.ContextNone, "by id": jazzhrtest.ContextJobID, "by board code": jazzhrtest.ContextBoardCode,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme").verified()
			c.account.Configure(func(s *jazzhrtest.Settings) { s.ExportContext = context })
			late := c.account.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "weld"}) // not known from the connection
			ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "Ada@Example.com"}, c.job.ID, late.ID)
			got := c.export(ada.ID, late.ID)
			if e := got.exported; !e.Resolved || e.ApplicantID != ada.ID || e.Repeat || e.UnresolvedReason != "" || e.Candidate.Email != "ada@example.com" {
				t.Errorf("exported %+v", e)
			}
			if len(got.requests) != 1 {
				t.Fatalf("%d requests", len(got.requests))
			}
			if r := got.requests[0]; r.JobID != late.ID || r.ApplicantID != ada.ID || !r.Resolved || r.Trigger != intrvio.TriggerExport {
				t.Errorf("requested %+v", r)
			}
			if n := c.account.Count(jazzhrtest.EndpointCreateApplicant); n != 0 {
				t.Errorf("%d applicants created", n)
			}
		})
	}
}

// TestExportByTitle has a position whose address names no job of the account.
func TestExportByTitle(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	welder := c.account.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "weld"})
	c.account.AddJob(jazzhrtest.Job{Title: "Welder II"})
	ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, welder.ID)
	c.receiveAs(ada.ID, welder.ID, `\/apply\/weld\/`, `\/apply\/gone\/`)
	if got := c.heard(c.newestWebhook()); len(got.requests) != 1 || got.requests[0].JobID != welder.ID {
		t.Errorf("requests %+v", got.requests)
	}
}

// receiveAs takes an export with something in its body replaced.
func (c *customer) receiveAs(applicant, job, was, is string) {
	c.t.Helper()
	c.account.Configure(func(s *jazzhrtest.Settings) { s.LoseExports = true })
	delivery, err := c.account.Export(c.t.Context(), applicant, job)
	check(c.t, err)
	if !strings.Contains(string(delivery.Body), was) {
		c.t.Fatalf("%q is not in %s", was, delivery.Body)
	}
	delivery.Header.Set("X-JazzHR-Event", "CANDIDATE-EXPORT")
	delivery.Header.Set("X-JazzHR-UUID", delivery.UUID)
	check(c.t, c.receive(c.t.Context(), delivery.Header, []byte(strings.ReplaceAll(string(delivery.Body), was, is))))
}

// TestExportOfOneWhoIsKnown asks JazzHR nothing about a person whose number, or whose email, was
// resolved before.
func TestExportOfOneWhoIsKnown(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.export(ada.ID, c.job.ID)
	grace := c.finish(queue.StateDone, c.writeback("i-0", "Grace", "Hopper", "grace@example.com"))
	calls := c.account.Count("")
	for _, id := range []string{ada.ID, grace.ApplicantID} {
		if got := c.export(id, c.job.ID); got.exported.ApplicantID != id {
			t.Errorf("exported %+v", got.exported)
		}
	}
	if n := c.account.Count("") - calls; n != 0 {
		t.Errorf("%d calls to find who is known", n)
	}
}

// TestExportOfOneNotShownYet finds the person at a later try.
func TestExportOfOneNotShownYet(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointApplicants, Times: 1,
		Fault: jazzhrtest.Before(func(_ context.Context, call jazzhrtest.Call) { call.Filters["name"] = "nobody" }),
	})
	c.send(ada.ID, c.job.ID)
	c.attempted(1, "resolve_export", "not_found_yet")
	c.advance(21 * time.Second)
	if got := c.heard(c.newestWebhook()); got.exported.ApplicantID != ada.ID || len(got.requests) != 1 {
		t.Errorf("told %+v", got)
	}
}

// TestUnresolvedExport tells of a person who can't be found, or not for certain. A writeback of it
// goes to a person.
func TestUnresolvedExport(t *testing.T) {
	t.Parallel()
	for reason, prepare := range map[string]func(c *customer, ada jazzhrtest.Applicant){
		"not_found": func(c *customer, ada jazzhrtest.Applicant) {
			c.receiveAs(ada.ID, c.job.ID, "ada@example.com", "other@example.com")
			c.attempted(1, "resolve_export", "not_found_yet")
			c.advance(10*time.Minute + 21*time.Second)
		},
		"two_matches": func(c *customer, ada jazzhrtest.Applicant) {
			c.person("Ada", "Lovelace", "ada@example.com")
			c.send(ada.ID, c.job.ID)
		},
		"no_name_or_email": func(c *customer, ada jazzhrtest.Applicant) {
			c.receiveAs(ada.ID, c.job.ID, `"ada@example.com"`, "null")
		},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme").verified()
			prepare(c, c.person("Ada", "Lovelace", "ada@example.com"))
			got := c.heard(c.newestWebhook())
			if e := got.exported; e.Resolved || e.UnresolvedReason != reason || e.ApplicantID != "" {
				t.Errorf("exported %+v", e)
			}
			if len(got.requests) != 1 || got.requests[0].Resolved || got.requests[0].UnresolvedReason != reason {
				t.Fatalf("requests %+v", got.requests)
			}
			c.wantProblem(c.enqueue(writeback.Writeback{
				InterviewID: "i-1", RequestID: &got.requests[0].RequestID,
				Candidate: writeback.Candidate{ID: "c"}, Note: writeback.Note{Summary: "Fine."},
			}), "applicant_unresolved")
			if n := len(c.sim.Writes()); n != 0 {
				t.Errorf("%d writes", n)
			}
		})
	}
}

// TestExportUnreadableForThreeDays is told as what it is, and shown to a person.
func TestExportUnreadableForThreeDays(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	unreadable := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Fault: jazzhrtest.Refuse(500)})
	c.send(ada.ID, c.job.ID)
	c.attempted(1, "resolve_export", "waits_retry")
	c.advance(73 * time.Hour)
	got := c.heard(c.newestWebhook())
	if got.exported.UnresolvedReason != "jazzhr_unreadable" || len(got.requests) != 1 || got.requests[0].JobID != c.job.ID {
		t.Fatalf("told %+v", got)
	}
	var state string
	c.scan(`SELECT state FROM jazzhr.webhooks`, nil, &state)
	if state != queue.StateAttention {
		t.Errorf("the webhook is %s", state)
	}
	unreadable.Remove()
	c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
		InterviewID: "i-1", RequestID: &got.requests[0].RequestID,
		Candidate: writeback.Candidate{ID: "c"}, Note: writeback.Note{Summary: "Fine."},
	}))
	c.once("ada@example.com", 1)
}

// TestRepeatedExport asks for no second interview while the first is to come.
func TestRepeatedExport(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	first := c.export(ada.ID, c.job.ID)
	if again := c.export(ada.ID, c.job.ID); !again.exported.Repeat || len(again.requests) != 0 {
		t.Errorf("a repeat within 3 h gives %+v", again)
	}
	id := c.enqueue(writeback.Writeback{
		InterviewID: "i-1", RequestID: &first.requests[0].RequestID,
		Candidate: writeback.Candidate{ID: "c"}, Note: writeback.Note{Summary: "Fine."},
	})
	if view := c.finish(queue.StateDone, id); view.ApplicantID != ada.ID || view.JobID != c.job.ID {
		t.Errorf("the request supplied applicant %s and job %s", view.ApplicantID, view.JobID)
	}
	if same := c.export(ada.ID, c.job.ID); !same.exported.Repeat || len(same.requests) != 0 {
		t.Errorf("the same bytes after a writeback give %+v", same)
	}
	check(t, c.account.EditApplicant(ada.ID, func(a *jazzhrtest.Applicant) { a.Phone = "617-555-0100" }))
	if after := c.export(ada.ID, c.job.ID); after.exported.Repeat || len(after.requests) != 1 {
		t.Errorf("after a writeback an export gives %+v", after)
	}
	c.advance(3*time.Hour + time.Second)
	if later := c.export(ada.ID, c.job.ID); later.exported.Repeat || len(later.requests) != 1 {
		t.Errorf("after 3 h an export gives %+v", later)
	}
}

// TestSameWebhookAgain is one export, however often it comes.
func TestSameWebhookAgain(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.export(ada.ID, c.job.ID)
	deliveries := c.account.Deliveries()
	_, err := c.account.Redeliver(t.Context(), deliveries[len(deliveries)-1].UUID)
	check(t, err)
	var webhooks, events int
	c.scan(`SELECT (SELECT count(*) FROM jazzhr.webhooks), (SELECT count(*) FROM jazzhr.events WHERE type <> 'connection.verified')`, nil, &webhooks, &events)
	if webhooks != 1 || events != 2 {
		t.Errorf("%d webhooks and %d events", webhooks, events)
	}
}

// TestExportOfSeveralJobs asks for an interview for each.
func TestExportOfSeveralJobs(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	welder := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, c.job.ID, welder.ID)
	c.export(ada.ID, welder.ID)
	got := c.export(ada.ID, "")
	if len(got.exported.Jobs) != 2 || got.exported.Repeat || len(got.requests) != 1 || got.requests[0].JobID != c.job.ID {
		t.Errorf("told %+v", got)
	}
}

// TestExportKeepsBack what is nobody's business, and says how long an attachment can be had.
func TestExportKeepsBack(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.account.AddApplicant(jazzhrtest.Applicant{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
		Protected:   jazzhrtest.Protected{Gender: "gender-value", Citizenship: "citizen-value", Race: "race-value", Disability: "disability-value", Veteran: "veteran-value"},
		Attachments: []jazzhrtest.Attachment{{FileName: "resume.pdf", MIMEType: "application/pdf", Content: []byte("x")}},
	}, c.job.ID)
	got := c.export(ada.ID, c.job.ID)
	for _, event := range c.backend.Events() {
		for _, kept := range []string{"gender-value", "citizen-value", "race-value", "disability-value", "veteran-value"} {
			if strings.Contains(string(event.Data), kept) {
				t.Errorf("%s holds %s", event.Type, kept)
			}
		}
	}
	if len(got.exported.Attachments) != 1 {
		t.Fatalf("%d attachments", len(got.exported.Attachments))
	}
	if left := time.Until(got.exported.Attachments[0].ExpiresAt); left < 2*time.Hour || left > 3*time.Hour {
		t.Errorf("the attachment can be had for %s", left)
	}
}

// TestPausedExports are accepted and wait.
func TestPausedExports(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	check(t, c.tenantsPause(true))
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.send(ada.ID, c.job.ID)
	c.insert(queue.ResolveExport{TenantID: c.id, WebhookID: c.newestWebhook()}) // one that was under way
	c.attempted(1, "resolve_export", "waits_paused")
	check(t, c.tenantsPause(false))
	if got := c.heard(c.newestWebhook()); !got.exported.Resolved {
		t.Errorf("told %+v", got)
	}
}
