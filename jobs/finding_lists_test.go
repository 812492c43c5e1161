package jobs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// TestFinding10NULInAnExport has JazzHR export a profile with a character that Postgres can't store.
func TestFinding10NULInAnExport(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.receiveAs(ada.ID, c.job.ID, `"gender":`, `"head\u0000line":"a\u0000b \\u0000 \ud800","gender":`)
	got := c.heard(c.newestWebhook())
	if profile := string(got.exported.Profile); got.exported.ApplicantID != ada.ID || !strings.Contains(profile, `"headline"`) ||
		!strings.Contains(profile, `ab \\u0000`) {
		t.Errorf("told %s", profile)
	}
}

// TestFinding11Reconnect disconnects, has a person moved to a stage, and connects again: the move is
// of the time before, and asks for nothing.
func TestFinding11Reconnect(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	grace := c.person("Grace", "Hopper", "grace@example.com")
	_, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{})
	check(t, err)
	c.move(ada.ID, c.job.ID, interviewStage)
	_, err = c.tenants.Connect(t.Context(), c.id, c.account.Key(), tenant.Actor{})
	check(t, err)
	c.exec("UPDATE jazzhr.tenants SET connection = 'verified', verified_at = jazzhr.now()")
	c.poll("ok")
	var entries int
	c.scan("SELECT count(*) FROM jazzhr.stage_entries", nil, &entries)
	if entries != 0 {
		t.Errorf("%d moves of the time before are taken for triggers", entries)
	}
	c.enter(grace.ID, c.job.ID, string(outcome.Requested))
}

// TestFinding12ApplicantsOfADayToCome has somebody apply in a year: those who apply now are seen.
func TestFinding12ApplicantsOfADayToCome(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		c := newWorld(t).customer("acme")
		if !first {
			c.poll("ok")
		}
		c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "To", LastName: "Come", Email: "to@example.com", Applied: time.Now().AddDate(1, 0, 0)}, c.job.ID)
		c.poll("ok")
		c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Applied: time.Now().AddDate(0, 0, -1)}, c.job.ID)
		c.poll("ok")
		var told int
		c.scan(`SELECT count(*) FROM jazzhr.events WHERE type = 'candidate.applied' AND data::text LIKE '%ada@example.com%'`, nil, &told)
		if told != 1 {
			t.Errorf("first pass %v: %d events of who applied now", first, told)
		}
	}
}

// TestFinding15ApplicantsWithoutADay has an account show no day of application for a third of its
// people: once a full pass has taken in who stood there, polls tell of all who apply.
func TestFinding15ApplicantsWithoutADay(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.Dates = jazzhrtest.DatesNone })
	c.people(3, 0)
	c.poll("ok")
	c.fullSync("ok")
	c.people(3, 0)
	c.poll("ok")
	var told int
	c.scan(`SELECT count(*) FROM jazzhr.events WHERE type = 'candidate.applied'`, nil, &told)
	if told != 3 {
		t.Errorf("told of %d", told)
	}
}

// TestFinding14QuotesInATitle has the titles of jobs hold quotes: the moves in them are read.
func TestFinding14QuotesInATitle(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	for _, title := range []string{`Senior "Rockstar" Engineer`, `Technician 19" Racks`, `"`} {
		job := c.account.AddJob(jazzhrtest.Job{Title: title})
		ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, job.ID)
		c.enter(ada.ID, job.ID, string(outcome.Requested))
		changes := c.changes()
		if got := changes[len(changes)-1]; !got.Parsed || got.JobTitle != title || got.To != interviewStage {
			t.Errorf("%s: %+v", title, got)
		}
	}
}

// TestFinding26SameBody sends an export again under another id, after its interview was written back:
// JazzHR signs the body alone, so it asks for nothing.
func TestFinding26SameBody(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	first := c.export(ada.ID, c.job.ID)
	c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
		InterviewID: "i-1", RequestID: &first.requests[0].RequestID,
		Candidate: writeback.Candidate{ID: "c-1"}, Note: writeback.Note{Summary: "Fine."},
	}))
	deliveries := c.account.Deliveries()
	sent := deliveries[len(deliveries)-1]
	again := func(id string) told {
		header := http.Header{}
		header.Set(jazzhr.HeaderEvent, jazzhr.EventCandidateExport)
		header.Set(jazzhr.HeaderUUID, id)
		check(t, c.receive(t.Context(), header, sent.Body))
		return c.heard(c.newestWebhook())
	}
	if got := again("another"); !got.exported.Repeat || len(got.requests) != 0 {
		t.Errorf("within the window: %+v", got)
	}
	c.advance(4 * time.Hour)
	if got := again("later"); got.exported.Repeat || len(got.requests) != 1 {
		t.Errorf("after it: %+v", got)
	}
}

// TestFinding26ForeignAttachments has an export name a file that is not at JazzHR: Intrvio is not
// given the address, and is told that there was one.
func TestFinding26ForeignAttachments(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.account.AddApplicant(jazzhrtest.Applicant{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
		Attachments: []jazzhrtest.Attachment{{FileName: "cv.pdf"}, {FileName: "elsewhere.pdf"}},
	}, c.job.ID)
	c.receiveAs(ada.ID, c.job.ID, `["elsewhere.pdf"],"url":"http:\/\/`, `["elsewhere.pdf"],"url":"http:\/\/169.254.169.254\/\u0000`)
	got := c.heard(c.newestWebhook())
	if a := got.exported.Attachments; len(a) != 1 || a[0].FileName != "cv.pdf" || !strings.HasPrefix(a[0].URL, strings.TrimSuffix(c.sim.BaseURL, "/v1")+"/public/document/") {
		t.Errorf("attachments %+v", a)
	}
	if got.exported.AttachmentsDropped != 1 {
		t.Errorf("told that %d were dropped", got.exported.AttachmentsDropped)
	}
	if len(got.requests) != 1 {
		t.Fatalf("%d requests", len(got.requests))
	}
	for _, profile := range []string{string(got.exported.Profile), string(got.requests[0].Profile)} {
		if strings.Contains(profile, "169.254.169.254") || !strings.Contains(profile, "/public/document/") ||
			!strings.Contains(profile, "elsewhere.pdf") {
			t.Errorf("the profile is %s", profile)
		}
	}
}
