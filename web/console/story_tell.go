package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// telling puts what happened on a timeline.
type telling struct {
	of      gen.Tenant
	moments []happening
}

func (t *telling) add(at *time.Time, tone tone, what string, lines ...string) {
	if at != nil {
		t.moments = append(t.moments, happening{At: *at, Tone: tone, What: what, Lines: notEmpty(lines)})
	}
}

// link adds a link to the moment that was told last.
func (t *telling) link(to link) {
	last := &t.moments[len(t.moments)-1]
	last.Links = append(last.Links, to)
}

// tell makes the thread's timeline, the oldest first.
func (t thread) tell(of gen.Tenant, m material) []happening {
	told := &telling{of: of}
	for _, w := range t.webhooks {
		if t.request != nil && w.DoneAt != nil && w.DoneAt.After(t.request.CreatedAt) && w.DoneAt.Sub(t.request.CreatedAt) < time.Minute {
			w.DoneAt = &t.request.CreatedAt // it is one transaction, and first comes what led to the other
		}
		told.webhook(w, t.event("candidate.exported", w.WebhookID))
	}
	for _, e := range t.entries {
		told.entry(e)
	}
	if t.request != nil {
		told.request(*t.request, t.Title)
	}
	for _, w := range t.writebacks {
		told.writeback(w)
	}
	for _, e := range t.events {
		told.event(e)
	}
	told.jobErrors(t, m)
	slices.SortStableFunc(told.moments, func(a, b happening) int { return a.At.Compare(b.At) })
	return told.moments
}

func (t *telling) webhook(w gen.StoryWebhooksRow, event *gen.StoryEventsRow) {
	t.add(&w.ReceivedAt, good, "JazzHR sent the candidate by webhook", idLine("Webhook", w.WebhookID))
	t.link(link{Text: "The webhook", Href: webhookHref(t.of.TenantID, w.WebhookID)})
	switch {
	case w.State == queue.StatePending:
		return // the verdict says what it waits for
	case w.State == queue.StateAttention:
		t.add(w.DoneAt, warn, "The export was left to a person", sentence(problemWords(orEmpty(w.Problem))))
	case w.Problem != nil && *w.Problem != queue.ProblemDisconnected:
		t.add(w.DoneAt, warn, "The person could not be found in JazzHR", sentence(problemWords(*w.Problem)), "The interview can be held all the same.", triesLine(w.Attempts))
	case w.Problem != nil:
		t.add(w.DoneAt, bad, "The export was dropped", sentence(problemWords(*w.Problem)))
	default:
		what := "Person and job were found in JazzHR"
		if event != nil && event.Repeat == "true" {
			what = "It repeats an export of the last three hours: no second interview is asked for"
		}
		t.add(w.DoneAt, good, what, triesLine(w.Attempts))
	}
}

func (t *telling) entry(e gen.StageEntry) {
	t.add(&e.FirstSeenAt, good, "A poll saw the move to “"+e.Stage+"”", "In "+cmp.Or(e.JobTitle, "a job without a title")+", activity "+e.ActivityID+", "+e.ApplicantID)
	if e.State == queue.StatePending {
		return
	}
	outcomes := map[string]string{
		"requested": "The move asks for an interview", "matched": "The move belongs to the export of the same candidate",
		"repeated": "An interview asked for lately is still to come: no second one is asked for", "other_job": "The stage asks for interviews in other jobs only",
		"trigger_removed": "The stage no longer asked for interviews", "gone": "The applicant was merged or deleted in JazzHR",
		"disconnected": "Dropped: the tenant was disconnected",
	}
	tone := good
	if outcome := orEmpty(e.Outcome); outcome != "requested" && outcome != "matched" {
		tone = off
	}
	t.add(e.DoneAt, tone, cmp.Or(outcomes[orEmpty(e.Outcome)], orEmpty(e.Outcome)), triesLine(e.Attempts))
}

func (t *telling) request(r gen.InterviewRequest, job string) {
	why := "Because a recruiter exported the candidate"
	if r.Trigger == "stage" {
		why = "Because the candidate entered a stage that asks for it"
	}
	who := "The applicant is not known in JazzHR yet"
	if r.ApplicantID != nil {
		who = "Applicant " + *r.ApplicantID
	}
	t.add(&r.CreatedAt, good, "An interview was asked for", why, labelled("Job", job), who, idLine("Request", r.RequestID))
}

func (t *telling) writeback(w writebackStory) {
	notes, steps := 0, []string{}
	for _, step := range w.steps {
		switch {
		case step.Kind == queue.StepWriteNotes:
			notes++
		case step.State != queue.StateSkipped:
			steps = append(steps, strings.ToLower(jobText(step.Kind)[:1])+jobText(step.Kind)[1:])
		}
	}
	note := "write the note"
	if notes > 1 {
		note = fmt.Sprintf("write the note in %d parts", notes)
	}
	which := "Interview " + w.InterviewID
	if w.Revision > 1 {
		which += fmt.Sprintf(", revision %d", w.Revision)
	}
	t.add(&w.CreatedAt, good, "Intrvio sent the result of the interview", which, "To do: "+strings.Join(append(steps, note), ", "), idLine("Writeback", w.WritebackID))
	for _, step := range w.steps {
		t.step(step, notes)
	}
	for _, d := range w.decisions {
		words := map[string]string{
			queue.DecisionAdopt: "it is " + orEmpty(d.RemoteID), queue.DecisionResend: "it is not there: send it", queue.DecisionAbandon: "leave it",
		}
		t.add(&d.DecidedAt, good, d.DecidedBy+" decided: "+words[d.Decision], "It was asked because "+problemWords(d.Problem))
	}
	switch w.State {
	case queue.StateRejected:
		t.add(w.DoneAt, bad, "The writeback ended rejected", sentence(problemWords(orEmpty(w.LastError))))
	case queue.StateDone:
		t.add(w.DoneAt, good, "All that Intrvio asked for stands in JazzHR")
	}
}

// storyProof is an entry of an effect's evidence.
type storyProof struct {
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	RemoteIDs []string  `json:"remote_ids"`
	Detail    string    `json:"detail"`
}

// step tells each thing that is known of a step: its first send, and whatever showed how that ended.
func (t *telling) step(s gen.StoryStepsRow, parts int) {
	thing := map[string]string{queue.StepCreateApplicant: "the applicant", queue.StepLinkApplicantToJob: "the link to the job"}[s.Kind]
	if s.Kind == queue.StepWriteNotes {
		thing = "the note"
		if parts > 1 {
			thing = fmt.Sprintf("part %d of the note", s.Part)
		}
	}
	var sends []string
	if s.Sends != nil && *s.Sends > 0 {
		sends = append(sends, "Sent "+times(*s.Sends)+" in all")
	}
	t.add(s.FirstSentAt, good, sentence(thing)+" was sent to JazzHR", sends...)
	var proofs []storyProof
	_ = json.Unmarshal(s.Evidence, &proofs) // we wrote it
	for _, p := range proofs {
		tone, what := proofWords(p.What, thing)
		if what == "" {
			continue
		}
		detail := p.Detail
		if p.What == "attention" {
			detail = problemWords(p.Detail)
		}
		t.add(&p.At, tone, what, sentence(detail), labelled("JazzHR’s id", strings.Join(p.RemoteIDs, ", ")))
	}
	switch {
	case s.State == queue.StateSkipped && s.StartedAt != nil:
		t.add(s.DoneAt, good, sentence(thing)+" was in JazzHR already", labelled("JazzHR’s id", orEmpty(s.RemoteID)))
	case s.State == queue.StateDone && len(proofs) == 0:
		t.add(s.DoneAt, good, sentence(thing)+" is in JazzHR", labelled("JazzHR’s id", orEmpty(s.RemoteID)))
	case s.State == queue.StateRejected && len(proofs) == 0:
		t.add(s.DoneAt, bad, sentence(thing)+" was not written", sentence(problemWords(orEmpty(s.LastError))))
	case s.State == queue.StatePending && s.LastError != nil:
		t.add(s.StartedAt, warn, "Work on "+thing+" began", "The last try: "+*s.LastError, triesLine(s.Attempts))
	}
}

// proofWords says what an entry of evidence shows.
func proofWords(what, thing string) (tone, string) {
	switch what {
	case "confirmed":
		return good, "JazzHR confirmed " + thing
	case "found":
		return good, sentence(thing) + " was found in JazzHR"
	case "late_answer":
		return good, "JazzHR’s answer about " + thing + " came late: yes"
	case "refused":
		return bad, "JazzHR refused " + thing
	case "not_sent":
		return warn, sentence(thing) + " did not reach JazzHR: nothing was written"
	case "lost":
		return warn, "JazzHR’s answer about " + thing + " was lost"
	case "absent":
		return wait, "JazzHR was looked through: " + thing + " is not there"
	case "attention":
		return warn, sentence(thing) + " was left to a person"
	case "reopened":
		return wait, sentence(thing) + " goes on: its kind was seen on the account"
	case "replanned":
		return wait, sentence(thing) + " is tried anew"
	case "sent":
		return good, sentence(thing) + " was sent"
	default: // a person's decision, which is told as such
		return off, ""
	}
}

// event tells that Intrvio was told, or is to be.
func (t *telling) event(e gen.StoryEventsRow) {
	names := map[string]string{
		"interview.requested": "of the request", "candidate.exported": "of the export", "writeback.completed": "that the note is written",
		"writeback.rejected": "that it was rejected", "writeback.attention": "that a person is needed",
	}
	number := fmt.Sprintf("Event %s, number %d", e.Type, e.Sequence)
	switch e.State {
	case "delivered":
		t.add(e.DeliveredAt, good, "Intrvio was told "+names[e.Type], number, triesLine(e.Attempts-1))
	case "failed":
		t.add(&e.DeliverUntil, bad, "Intrvio could not be told "+names[e.Type], number, "Tried "+times(e.Attempts)+": "+orEmpty(e.LastError))
	default:
		line := ""
		switch {
		case notPushed(e):
			line = "Events are not pushed from here: Intrvio pulls them"
		case e.Attempts > 0:
			line = "Not taken yet, tried " + times(e.Attempts) + ": " + orEmpty(e.LastError)
		}
		t.add(&e.CreatedAt, wait, "Intrvio is being told "+names[e.Type], number, line)
	}
}

// jobErrors tells what went wrong in jobs, outside of what JazzHR answered: River knows it for a day.
func (t *telling) jobErrors(of thread, m material) {
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
			t.add(&failed.At, warn, fmt.Sprintf("A job failed at its attempt %d: %s", failed.Attempt, strings.ToLower(jobText(job.Kind))), failed.Error)
			t.link(link{Text: fmt.Sprintf("Job %d", job.ID), Href: jobHref(job.ID)})
		}
	}
}

// notPushed reports whether the service has nowhere to push events to.
func notPushed(e gen.StoryEventsRow) bool {
	return e.State != "delivered" && strings.Contains(orEmpty(e.LastError), "INTRVIO_EVENTS_URL")
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
