package console

import (
	"cmp"
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// party is who has to act next, as the page writes it before the word "turn".
type party string

const (
	ownerNobody   party = ""
	ownerUs       party = "our"
	ownerJazzHR   party = "JazzHR’s"
	ownerIntrvio  party = "Intrvio’s"
	ownerCustomer party = "the customer’s"
)

// verdict says where a thread stands. It answers the question "where is my candidate's note?" at a
// glance.
type verdict struct {
	Tone  tone
	Title string
	Owner party
	Next  string     // what will happen, or has to
	When  *time.Time // when that is; nil if nobody knows
	Link  link       // where to see or decide it
}

// assess returns the verdict on a thread, by the last step that it reached.
func (t thread) assess(of gen.Tenant, m storyData) verdict {
	switch {
	case len(t.writebacks) > 0:
		return t.assessWritebacks(of, m)
	case t.request != nil:
		return t.assessRequest()
	case len(t.webhooks) > 0:
		return t.assessWebhook(of, m, t.webhooks[len(t.webhooks)-1])
	case len(t.entries) > 0:
		return assessStageMove(of, m, t.entries[0])
	default:
		return verdict{
			Tone: off, Title: "No interview was asked for", Owner: ownerCustomer,
			Next: "JazzHR has the candidate. But no export of them came, and no move to a stage that asks for " +
				"an interview was seen. A recruiter has to export the candidate, or move them to such a stage.",
		}
	}
}

// assessWritebacks returns the verdict on the first writeback that has not ended, else on the
// latest.
func (t thread) assessWritebacks(of gen.Tenant, m storyData) verdict {
	at := slices.IndexFunc(t.writebacks, func(w writebackStory) bool {
		return w.State == queue.StatePending || w.State == queue.StateAttention
	})
	if at < 0 {
		at = len(t.writebacks) - 1
	}
	w := t.writebacks[at]
	switch w.State {
	case queue.StateDone:
		v := verdict{Tone: good, Title: "The note is in JazzHR", Next: "Written", When: w.DoneAt}
		if id := w.noteID(); id != "" {
			v.Next = "Written as " + id + " on " + cmp.Or(db.Text(w.ApplicantID), "the applicant")
		}
		return v
	case queue.StateRejected:
		return w.assessRejected()
	case queue.StateAttention:
		return verdict{
			Tone: warn, Title: "The note is a case for a person", Owner: ownerUs,
			Next: sentence(meaning(outcome.Writeback, w.problem())) + ". The work waits for a decision.",
			Link: link{Text: "Decide the case", Href: caseHref(of.TenantID, w.WritebackID)},
		}
	default:
		var next *time.Time
		if w.AdmittedAt == nil {
			next = &w.NextAttemptAt
		}
		return assessWaiting(of, m, "The note", outcome.Of(w.WaitingFor), next, db.Text(w.LastError))
	}
}

// noteID returns JazzHR's id of the writeback's first note.
func (w writebackStory) noteID() string {
	for _, step := range w.steps {
		if step.Kind == queue.StepWriteNotes && step.RemoteID != nil {
			return *step.RemoteID
		}
	}
	return ""
}

// problem returns why the writeback is a case.
func (w writebackStory) problem() string {
	for _, step := range w.steps {
		if step.State == queue.StateAttention {
			return cmp.Or(db.Text(step.LastError), db.Text(step.Problem), db.Text(w.LastError))
		}
	}
	return db.Text(w.LastError)
}

// assessRejected returns the verdict on a rejected writeback.
func (w writebackStory) assessRejected() verdict {
	reason := outcome.Of(w.LastError)
	refusedStep := ""
	written := 0
	for _, step := range w.steps {
		if step.State == queue.StateRejected {
			refusedStep = cmp.Or(refusedStep, db.Text(step.LastError), db.Text(step.Refusal))
		}
		if step.Kind == queue.StepWriteNotes && step.State == queue.StateDone {
			written++
		}
	}
	why := meaning(outcome.Writeback, cmp.Or(refusedStep, string(reason)))
	v := verdict{Tone: bad, Title: "There is no note: the writeback was rejected", When: w.DoneAt}
	switch {
	case reason == outcome.Disconnected:
		v.Owner = ownerCustomer
		v.Next = "The tenant was disconnected before the note was written. It has to connect again. " +
			"Then Intrvio sends the result again, as a new revision. Rejected"
	case reason == outcome.Abandoned:
		v.Owner, v.Next = ownerNobody, "A person gave it up. Rejected"
	case written > 0:
		v.Tone, v.Title, v.Owner = warn, "The note is in JazzHR; another step was refused", ownerCustomer
		v.Next = sentence(why) + ". Ended"
	default:
		v.Owner = ownerCustomer
		v.Next = sentence(why) + ". Somebody has to remove the cause in JazzHR, " +
			"or Intrvio has to send the result again, as a new revision. Rejected"
	}
	return v
}

// afterInterview says what follows once Intrvio knows of a request.
const afterInterview = "When the interview is over, it sends the result, and the note follows within seconds."

// assessRequest returns the verdict on a request for which no writeback has come.
func (t thread) assessRequest() verdict {
	event := t.event(string(intrvio.InterviewRequested), t.request.RequestID)
	v := verdict{Tone: wait, Title: "No note yet: Intrvio has sent no result of the interview", Owner: ownerIntrvio}
	switch {
	case event == nil:
		v.Next, v.When = "Intrvio was asked for the interview. "+afterInterview+" Asked", &t.request.CreatedAt
	case event.State == "delivered":
		v.Next, v.When = "Intrvio took the request. "+afterInterview+" Taken", event.DeliveredAt
	case event.State == "failed":
		v.Tone, v.Title = bad, "No note: Intrvio did not take the request for the interview"
		v.Next = "Delivery was tried " + times(event.Attempts) + " and given up. Repair Intrvio’s receiver, " +
			"then deliver the event again (POST /v1/events/redeliver)."
	case notPushed(*event):
		v.Next = "This service does not push events: Intrvio pulls them. " + afterInterview + " Asked"
		v.When = &t.request.CreatedAt
	case event.Attempts > 0:
		v.Tone, v.Title = warn, "No note yet: Intrvio has not taken the request for the interview"
		v.Next = "Delivery was tried " + times(event.Attempts) + " (" + db.Text(event.LastError) +
			"). It is tried again"
		v.When = &event.NextAttemptAt
	default:
		v.Title, v.Owner = "No note yet: Intrvio is being told of the request", ownerUs
		v.Next, v.When = "The event is on its way. Made", &event.CreatedAt
	}
	return v
}

// assessWebhook returns the verdict on a webhook that made no request.
func (t thread) assessWebhook(of gen.Tenant, m storyData, w gen.StoryWebhooksRow) verdict {
	event := t.event(string(intrvio.CandidateExported), w.WebhookID)
	switch {
	case w.State == queue.StateAttention:
		return verdict{
			Tone: warn, Title: "The export is a case for a person", Owner: ownerUs,
			Next: sentence(meaning(outcome.Webhook, db.Text(w.Problem))) + ".",
			Link: link{Text: "Decide the case", Href: caseHref(of.TenantID, w.WebhookID)},
		}
	case w.State == queue.StatePending:
		var next *time.Time
		if w.AdmittedAt == nil {
			next = &w.NextAttemptAt
		}
		return assessWaiting(of, m, "The export", outcome.Of(w.WaitingFor), next, db.Text(w.LastError))
	case outcome.Of(w.Problem) == outcome.Disconnected:
		return verdict{
			Tone: bad, Title: "No interview was asked for: the tenant was disconnected", Owner: ownerCustomer,
			Next: "The export was dropped. The tenant has to connect again. Then a recruiter exports the candidate " +
				"again. Dropped",
			When: w.DoneAt,
		}
	case event != nil && event.Repeat == "true":
		return verdict{
			Tone: off, Title: "This export repeats an earlier one", Owner: ownerIntrvio,
			Next: "An interview of the same person for the same job was requested less than three hours before, " +
				"and is still to come. Repeated",
			When: &w.ReceivedAt,
		}
	default:
		return verdict{
			Tone: off, Title: "The export asked for no interview", Owner: ownerCustomer,
			Next: sentence(cmp.Or(meaning(outcome.Webhook, db.Text(w.Problem)), "it asked for nothing")) + ". Ended",
			When: w.DoneAt,
		}
	}
}

// assessStageMove returns the verdict on a stage move that made no request.
func assessStageMove(of gen.Tenant, m storyData, e gen.StageEntry) verdict {
	if e.State == queue.StatePending {
		var next *time.Time
		if e.AdmittedAt == nil {
			next = &e.NextAttemptAt
		}
		return assessWaiting(of, m, "The move to “"+e.Stage+"”", outcome.Of(e.WaitingFor), next, db.Text(e.LastError))
	}
	if e.State == queue.StateAttention && e.CaseID != nil {
		return verdict{
			Tone: warn, Title: "The move to “" + e.Stage + "” is a case for a person", Owner: ownerUs,
			Next: sentence(meaning(outcome.StageMove, db.Text(e.Outcome))) + ".",
			Link: link{Text: "Decide the case", Href: caseHref(of.TenantID, *e.CaseID)},
		}
	}
	v := verdict{Tone: off, Title: "No interview was asked for", Owner: ownerCustomer, When: e.DoneAt}
	switch code := outcome.Of(e.Outcome); code {
	case outcome.OtherJob:
		v.Next = "The stage “" + e.Stage + "” asks for interviews in other jobs only. Seen"
	case outcome.TriggerRemoved:
		v.Next = "The stage “" + e.Stage + "” no longer asked for interviews when the move was looked at. Seen"
	case outcome.Gone:
		v.Next = "The applicant was merged or deleted in JazzHR. Seen"
	case outcome.Disconnected:
		v.Next = "The tenant was disconnected before the move was looked at. Dropped"
	case outcome.Abandoned, outcome.KeepsFailing:
		v.Next = sentence(meaning(outcome.StageMove, string(code))) + ". A recruiter can export the candidate. Ended"
	default:
		v.Owner, v.Next = ownerIntrvio, "The move belongs to an interview that was asked for already. Seen"
	}
	return v
}

// assessWaiting returns the verdict on work that waits. next is nil for work that has a job.
func assessWaiting(
	of gen.Tenant, m storyData, what string, waitingFor outcome.Code, next *time.Time, lastError string,
) verdict {
	v := verdict{Tone: wait, When: next}
	reason := waitingReason(of.PausedAt != nil, of.KeyState, waitingFor)
	v.Title = what + " " + waitsText(reason)
	switch reason {
	case outcome.WaitsPaused:
		v.Tone, v.Owner, v.When = warn, ownerUs, of.PausedAt
		v.Title = what + " waits: the tenant is paused"
		v.Next = "Nothing is lost. It goes on when the tenant is resumed, here or by the customer. Paused"
	case outcome.WaitsCredentials:
		v.Tone, v.Owner, v.When = bad, ownerCustomer, of.KeyRetryAt
		v.Title = what + " waits: JazzHR refuses the customer’s key"
		v.Next = "Nothing is lost. It goes on when the customer gives the account’s current key. The stored " +
			"key is tried again"
		if of.KeyRetryAt == nil {
			v.Next = "Nothing is lost. It goes on when the customer gives the account’s current key."
		}
	case outcome.WaitsRateLimit:
		v.Owner, v.Next = ownerJazzHR, "The calls that JazzHR allows in a minute are used up. It goes on by itself"
	case outcome.WaitsOutage:
		v.Owner, v.Next = ownerJazzHR, "JazzHR takes no writes of anybody: see the page Health. It goes on by itself"
	case outcome.WaitsSettling:
		v.Owner, v.Title = ownerUs, what+" may be in JazzHR already: the answer was lost"
		v.Next = "Nothing is sent again before the service has looked for it in JazzHR. It looks"
	case outcome.WaitsRetry:
		v.Owner, v.Next = ownerJazzHR, "JazzHR could not be asked, or does not show it yet. It is tried again"
		if lastError != "" {
			v.Next = "JazzHR: " + lastError + ". It is tried again"
		}
	case outcome.WaitsPerson:
		v.Tone, v.Owner, v.Next = warn, ownerUs, "What it needs is a case under Attention. It is tried again"
	case outcome.WaitsEarlierStep:
		v.Owner, v.Next = ownerUs, "An earlier revision of the same interview comes first. It is tried again"
	default:
		v.Owner, v.Next = ownerUs, "It is the next to be worked on"
		if next == nil {
			v.Title = what + " is being worked on"
			v.Next = "It has a job in the queue. That takes seconds, unless JazzHR is slow."
		}
	}
	if !m.workers && v.Owner == ownerUs && reason != outcome.WaitsPaused {
		v.Tone, v.Next = bad, "No process works the queue: see the page Health. Nothing is lost"
		v.When = nil
	}
	return v
}
