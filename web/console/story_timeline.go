package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// timeline collects what happened to a tenant's candidate.
type timeline struct {
	tenant  gen.Tenant
	entries []timelineEntry
}

// add adds an entry, unless it has no time. Empty lines are left out.
func (t *timeline) add(at *time.Time, tone tone, text string, lines ...string) {
	if at != nil {
		t.entries = append(t.entries, timelineEntry{At: *at, Tone: tone, Text: text, Lines: notEmpty(lines)})
	}
}

// link adds a link to the entry that was added last.
func (t *timeline) link(to link) {
	last := &t.entries[len(t.entries)-1]
	last.Links = append(last.Links, to)
}

// buildTimeline returns the timeline of a thread, the oldest entry first.
func (t thread) buildTimeline(of gen.Tenant, m storyData) []timelineEntry {
	line := &timeline{tenant: of}
	for _, w := range t.webhooks {
		// One transaction ends the webhook and makes the request. The end comes first on the
		// timeline.
		if t.request != nil && w.DoneAt != nil &&
			w.DoneAt.After(t.request.CreatedAt) && w.DoneAt.Sub(t.request.CreatedAt) < time.Minute {
			w.DoneAt = &t.request.CreatedAt
		}
		line.webhook(w, t.event(string(intrvio.CandidateExported), w.WebhookID))
	}
	for _, e := range t.entries {
		line.stageMove(e)
	}
	if t.request != nil {
		line.request(*t.request, t.Title)
	}
	for _, w := range t.writebacks {
		line.writeback(w)
	}
	for _, e := range t.events {
		line.event(e)
	}
	line.jobErrors(t, m)
	slices.SortStableFunc(line.entries, func(a, b timelineEntry) int { return a.At.Compare(b.At) })
	return line.entries
}

func (t *timeline) webhook(w gen.StoryWebhooksRow, event *gen.StoryEventsRow) {
	t.add(&w.ReceivedAt, good, "JazzHR sent the candidate by webhook", idLine("Webhook", w.WebhookID))
	t.link(link{Text: "The webhook", Href: webhookHref(t.tenant.TenantID, w.WebhookID)})
	switch {
	case w.State == queue.StatePending:
		return // the verdict says why it waits
	case w.State == queue.StateAttention:
		t.add(w.DoneAt, warn, "The export was left to a person", sentence(meaning(outcome.Webhook, db.Text(w.Problem))))
	case w.Problem != nil && outcome.Of(w.Problem) != outcome.Disconnected:
		t.add(w.DoneAt, warn, "The person could not be found in JazzHR",
			sentence(meaning(outcome.Webhook, *w.Problem)), "The interview can be held anyway.", triesLine(w.Attempts))
	case w.Problem != nil:
		t.add(w.DoneAt, bad, "The export was dropped", sentence(meaning(outcome.Webhook, *w.Problem)))
	default:
		text := "Person and job were found in JazzHR"
		if event != nil && event.Repeat == "true" {
			text = "It repeats an export of the last three hours: no second interview is asked for"
		}
		t.add(w.DoneAt, good, text, triesLine(w.Attempts))
	}
}

func (t *timeline) stageMove(e gen.StageEntry) {
	t.add(&e.FirstSeenAt, good, "A poll saw the move to “"+e.Stage+"”",
		"In "+cmp.Or(e.JobTitle, "a job without a title")+", activity "+e.ActivityID+", "+e.ApplicantID)
	tone, code := off, outcome.Of(e.Outcome)
	text := sentence(meaning(outcome.StageMove, string(code)))
	switch {
	case e.State == queue.StatePending:
		return // the verdict says why it waits
	case e.State == queue.StateAttention:
		t.add(e.DoneAt, warn, "The move was left to a person", text)
		return
	case code == outcome.Requested || code == outcome.Matched:
		tone = good
	}
	t.add(e.DoneAt, tone, text, triesLine(e.Attempts))
}

func (t *timeline) request(r gen.InterviewRequest, job string) {
	why := "Because a recruiter exported the candidate"
	if r.Trigger == "stage" {
		why = "Because the candidate entered a stage that asks for it"
	}
	who := "The applicant is not known in JazzHR yet"
	if r.ApplicantID != nil {
		who = "Applicant " + *r.ApplicantID
	}
	t.add(&r.CreatedAt, good, "An interview was asked for", why,
		labelled("Job", job), who, idLine("Request", r.RequestID))
}

// event adds an event for Intrvio, with its delivery.
func (t *timeline) event(e gen.StoryEventsRow) {
	names := map[intrvio.EventType]string{
		intrvio.InterviewRequested: "of the request",
		intrvio.CandidateExported:  "of the export",
		intrvio.WritebackCompleted: "that the note is written",
		intrvio.WritebackRejected:  "that it was rejected",
		intrvio.WritebackAttention: "that a person is needed",
	}
	name := names[intrvio.EventType(e.Type)]
	number := fmt.Sprintf("Event %s, number %d", e.Type, e.Sequence)
	switch e.State {
	case "delivered":
		t.add(e.DeliveredAt, good, "Intrvio was told "+name, number, triesLine(e.Attempts-1))
	case "failed":
		t.add(&e.DeliverUntil, bad, "Intrvio could not be told "+name, number,
			"Tried "+times(e.Attempts)+": "+db.Text(e.LastError))
	default:
		line := ""
		switch {
		case notPushed(e):
			line = "This service does not push events: Intrvio pulls them"
		case e.Attempts > 0:
			line = "Not taken yet, tried " + times(e.Attempts) + ": " + db.Text(e.LastError)
		}
		t.add(&e.CreatedAt, wait, "Intrvio is being told "+name, number, line)
	}
}

// jobErrors adds errors of jobs, which are not answers of JazzHR. River keeps them as long as the
// job.
func (t *timeline) jobErrors(of thread, m storyData) {
	subjects := map[string]bool{}
	for _, id := range of.ids() {
		subjects[id.String()] = true
	}
	for _, e := range of.entries {
		subjects[e.ActivityID] = true
	}
	for _, job := range m.jobs {
		if !subjects[job.Subject] {
			continue
		}
		for _, raw := range job.Errors {
			var failed struct {
				At      time.Time `json:"at"`
				Attempt int       `json:"attempt"`
				Error   string    `json:"error"`
			}
			if json.Unmarshal(raw, &failed) != nil {
				continue
			}
			text := fmt.Sprintf("Attempt %d of a job failed: %s", failed.Attempt, strings.ToLower(jobText(job.Kind)))
			t.add(&failed.At, warn, text, failed.Error)
			t.link(link{Text: fmt.Sprintf("Job %d", job.ID), Href: jobHref(job.ID)})
		}
	}
}

// notPushed reports whether an event waits because the service has no address to push events to.
func notPushed(e gen.StoryEventsRow) bool {
	return e.State != "delivered" && strings.Contains(db.Text(e.LastError), "INTRVIO_EVENTS_URL")
}

func triesLine(failed int32) string {
	if failed <= 1 {
		return ""
	}
	return fmt.Sprintf("After %d tries", failed)
}

func idLine(name string, id uuid.UUID) string { return name + " " + id.String() }

func labelled(name, value string) string {
	if value == "" {
		return ""
	}
	return name + " " + value
}

func notEmpty(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}
