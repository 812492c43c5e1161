package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// party is whose turn it is.
type party string

const (
	ofNobody   party = ""
	ofUs       party = "our"
	ofJazzHR   party = "JazzHR’s"
	ofIntrvio  party = "Intrvio’s"
	ofCustomer party = "the customer’s"
)

// verdict says where something stands: in one look, the answer to "where is my candidate's note?".
type verdict struct {
	Tone  tone
	Title string
	Turn  party
	Next  string     // what will happen, or has to
	When  *time.Time // when that is
	Link  link       // where to see or settle it
}

// judge says where a thread stands, by the furthest that it came.
func (t thread) judge(of gen.Tenant, m material) verdict {
	switch {
	case len(t.writebacks) > 0:
		return t.judgeWritebacks(of, m)
	case t.request != nil:
		return t.judgeRequest()
	case len(t.webhooks) > 0:
		return t.judgeWebhook(of, m, t.webhooks[len(t.webhooks)-1])
	case len(t.entries) > 0:
		return judgeEntry(of, m, t.entries[0])
	default:
		return verdict{
			Tone: off, Title: "No interview was asked for", Turn: ofCustomer,
			Next: "JazzHR has the candidate, but no export of them came, and no move to a stage that asks for an interview was seen. A recruiter exports the candidate or moves them to such a stage.",
		}
	}
}

// judgeWritebacks judges the latest writeback that has not ended, else the latest.
func (t thread) judgeWritebacks(of gen.Tenant, m material) verdict {
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
			v.Next = "Written as " + id + " on " + cmp.Or(orEmpty(w.ApplicantID), "the applicant")
		}
		return v
	case queue.StateRejected:
		return w.judgeRejected()
	case queue.StateAttention:
		return verdict{
			Tone: warn, Title: "The note waits for a person’s decision", Turn: ofUs,
			Next: sentence(problemWords(w.problem())) + ". Nothing goes on by itself.",
			Link: link{Text: "Decide it under Attention", Href: itemHref(of.TenantID, w.WritebackID)},
		}
	default:
		var next *time.Time
		if w.AdmittedAt == nil {
			next = &w.NextAttemptAt
		}
		return waitingVerdict(of, m, "The note", orEmpty(w.WaitingFor), next, orEmpty(w.LastError))
	}
}

// noteID is JazzHR's id of the writeback's first note.
func (w writebackStory) noteID() string {
	for _, step := range w.steps {
		if step.Kind == queue.StepWriteNotes && step.RemoteID != nil {
			return *step.RemoteID
		}
	}
	return ""
}

// problem is why the writeback is with a person.
func (w writebackStory) problem() string {
	for _, step := range w.steps {
		if step.State == queue.StateAttention {
			return cmp.Or(orEmpty(step.LastError), orEmpty(step.Problem), orEmpty(w.LastError))
		}
	}
	return orEmpty(w.LastError)
}

func (w writebackStory) judgeRejected() verdict {
	reason := orEmpty(w.LastError)
	refusedStep := ""
	written := 0
	for _, step := range w.steps {
		if step.State == queue.StateRejected {
			refusedStep = cmp.Or(refusedStep, orEmpty(step.LastError), orEmpty(step.Refusal))
		}
		if step.Kind == queue.StepWriteNotes && step.State == queue.StateDone {
			written++
		}
	}
	v := verdict{Tone: bad, Title: "There is no note: the writeback was rejected", When: w.DoneAt}
	switch {
	case reason == queue.ProblemDisconnected:
		v.Turn, v.Next = ofCustomer, "The tenant was disconnected before the note was written. It connects again, and Intrvio sends the result anew as a further revision. Rejected"
	case reason == "abandoned":
		v.Turn, v.Next = ofNobody, "A person decided to leave it. Rejected"
	case written > 0:
		v.Tone, v.Title, v.Turn = warn, "The note is in JazzHR; another step was refused", ofCustomer
		v.Next = sentence(cmp.Or(refusedStep, problemWords(reason))) + ". Ended"
	default:
		v.Turn, v.Next = ofCustomer, sentence(cmp.Or(refusedStep, problemWords(reason)))+". What JazzHR objects to has to be mended there, or Intrvio sends the result anew as a further revision. Rejected"
	}
	return v
}

// judgeRequest judges a request to which no writeback has come.
func (t thread) judgeRequest() verdict {
	told := t.event("interview.requested", t.request.RequestID)
	v := verdict{Tone: wait, Title: "No note yet: Intrvio has sent no result of the interview", Turn: ofIntrvio}
	switch {
	case told == nil:
		v.Next, v.When = "Intrvio was asked for the interview. When it is over, it sends the result, and the note follows within seconds. Asked", &t.request.CreatedAt
	case told.State == "delivered":
		v.Next, v.When = "Intrvio took the request. When the interview is over, it sends the result, and the note follows within seconds. Taken", told.DeliveredAt
	case told.State == "failed":
		v.Tone, v.Title = bad, "No note: Intrvio did not take the request for the interview"
		v.Next = "It was tried " + times(told.Attempts) + " and given up. Intrvio’s receiver has to be mended, then the event is sent anew (POST /v1/events/redeliver)."
	case notPushed(*told):
		v.Next, v.When = "Events are not pushed from here: Intrvio pulls them. When the interview is over, it sends the result, and the note follows within seconds. Asked", &t.request.CreatedAt
	case told.Attempts > 0:
		v.Tone, v.Title = warn, "No note yet: Intrvio has not taken the request for the interview"
		v.Next, v.When = "It was tried "+times(told.Attempts)+" ("+orEmpty(told.LastError)+"). It is tried again", &told.NextAttemptAt
	default:
		v.Title, v.Turn = "No note yet: Intrvio is being told of the request", ofUs
		v.Next, v.When = "The event was made and is on its way. Made", &told.CreatedAt
	}
	return v
}

func (t thread) judgeWebhook(of gen.Tenant, m material, w gen.StoryWebhooksRow) verdict {
	told := t.event("candidate.exported", w.WebhookID)
	switch {
	case w.State == queue.StateAttention:
		return verdict{
			Tone: warn, Title: "The export waits for a person’s decision", Turn: ofUs,
			Next: sentence(problemWords(orEmpty(w.Problem))) + ".",
			Link: link{Text: "Decide it under Attention", Href: itemHref(of.TenantID, w.WebhookID)},
		}
	case w.State == queue.StatePending:
		var next *time.Time
		if w.AdmittedAt == nil {
			next = &w.NextAttemptAt
		}
		return waitingVerdict(of, m, "The export", orEmpty(w.WaitingFor), next, orEmpty(w.LastError))
	case orEmpty(w.Problem) == queue.ProblemDisconnected:
		return verdict{
			Tone: bad, Title: "No interview was asked for: the tenant was disconnected", Turn: ofCustomer,
			Next: "The export was dropped. After connecting again, a recruiter exports the candidate anew. Dropped", When: w.DoneAt,
		}
	case told != nil && told.Repeat == "true":
		return verdict{
			Tone: off, Title: "This export repeats an earlier one", Turn: ofIntrvio,
			Next: "An interview of the same person and job had been asked for less than three hours before, and is still to come. Repeated", When: &w.ReceivedAt,
		}
	default:
		return verdict{
			Tone: off, Title: "The export asked for no interview", Turn: ofCustomer,
			Next: cmp.Or(sentence(problemWords(orEmpty(w.Problem))), "It was done with") + ". Ended", When: w.DoneAt,
		}
	}
}

// judgeEntry judges a move to a stage that made no request.
func judgeEntry(of gen.Tenant, m material, e gen.StageEntry) verdict {
	if e.State == queue.StatePending {
		var next *time.Time
		if e.AdmittedAt == nil {
			next = &e.NextAttemptAt
		}
		return waitingVerdict(of, m, "The move to “"+e.Stage+"”", orEmpty(e.WaitingFor), next, orEmpty(e.LastError))
	}
	v := verdict{Tone: off, Title: "No interview was asked for", Turn: ofCustomer, When: e.DoneAt}
	switch orEmpty(e.Outcome) {
	case "other_job":
		v.Next = "The stage “" + e.Stage + "” asks for interviews in other jobs only. Seen"
	case "trigger_removed":
		v.Next = "The stage “" + e.Stage + "” no longer asked for interviews when the move was looked at. Seen"
	case "gone":
		v.Next = "The applicant was merged or deleted in JazzHR. Seen"
	case queue.ProblemDisconnected:
		v.Next = "The tenant was disconnected before the move was looked at. Dropped"
	default:
		v.Turn, v.Next = ofIntrvio, "The move belongs to an interview that was asked for already. Seen"
	}
	return v
}

// waitingVerdict judges what waits: next is nil for what has a job.
func waitingVerdict(of gen.Tenant, m material, what, waitingFor string, next *time.Time, lastError string) verdict {
	v := verdict{Tone: wait, When: next}
	reason := webhookReason(of.PausedAt != nil, of.KeyState, waitingFor)
	v.Title = what + " waits " + reasonText(reason)
	switch reason {
	case queue.WaitingForPaused:
		v.Tone, v.Turn, v.When = warn, ofUs, of.PausedAt
		v.Title = what + " waits: the tenant is paused"
		v.Next = "Nothing is lost. It goes on when the tenant is resumed, here or by the customer who paused it. Paused"
	case queue.WaitingForCredentials:
		v.Tone, v.Turn, v.When = bad, ofCustomer, of.KeyRetryAt
		v.Title = what + " waits: JazzHR refuses the customer’s key"
		v.Next = "Nothing is lost. It goes on when the customer gives the account’s current key. The stored one is tried again"
		if of.KeyRetryAt == nil {
			v.Next = "Nothing is lost. It goes on when the customer gives the account’s current key."
		}
	case queue.WaitingForRateLimit:
		v.Turn, v.Next = ofJazzHR, "JazzHR allows so many calls a minute, and they are used up. It goes on by itself"
	case queue.WaitingForSettling:
		v.Turn, v.Title = ofUs, what+" may be in JazzHR already: the answer was lost"
		v.Next = "Nothing is sent again before JazzHR was looked through for it. It is looked for"
	case queue.WaitingForRetry:
		v.Turn, v.Next = ofJazzHR, "JazzHR could not be asked or does not show it yet. It is tried again"
		if lastError != "" {
			v.Next = "JazzHR: " + lastError + ". It is tried again"
		}
	case queue.WaitingForPerson:
		v.Tone, v.Turn, v.Next = warn, ofUs, "What it needs is with a person, under Attention. Looked at again"
	case queue.WaitingForEarlierStep:
		v.Turn, v.Next = ofUs, "An earlier revision of the same interview comes first. Looked at again"
	default:
		v.Turn, v.Next = ofUs, "It is the next to be worked on"
		if next == nil {
			v.Title, v.Next = what+" is being worked on", "It has a job in the queue. It takes seconds, unless JazzHR is slow."
		}
	}
	if !m.workers && v.Turn == ofUs && reason != queue.WaitingForPaused {
		v.Tone, v.Next = bad, "No process works the queue: see the page Health. Nothing is lost"
		v.When = nil
	}
	return v
}

// sentence begins a text with a capital.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func times(n int32) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
