package console

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// TestVerdict holds the verdict on each state that a candidate can be in.
func TestVerdict(t *testing.T) {
	t.Parallel()
	now := time.Now()
	soon := now.Add(time.Minute)
	active := gen.Tenant{Connection: "verified", KeyState: "ok"}
	paused, refused := active, active
	paused.PausedAt = &now
	refused.KeyState, refused.KeyRetryAt = "rejected", &soon
	id := uuid.New()
	request := &gen.InterviewRequest{RequestID: id, CreatedAt: now}

	written := func(change func(*writebackStory)) thread {
		w := writebackStory{StoryWritebacksRow: gen.StoryWritebacksRow{WritebackID: id, State: queue.StatePending, NextAttemptAt: soon, ApplicantID: new("prospect_1")}}
		change(&w)
		return thread{request: request, writebacks: []writebackStory{w}}
	}
	waits := func(reason outcome.Code) thread {
		return written(func(w *writebackStory) { w.WaitingFor, w.LastError = reason.Column(), new("unavailable: 503") })
	}
	ended := func(state, reason string, steps ...gen.StoryStepsRow) thread {
		return written(func(w *writebackStory) { w.State, w.LastError, w.steps, w.DoneAt = state, &reason, steps, &now })
	}
	asked := func(e gen.StoryEventsRow) thread {
		e.Type, e.Subject = "interview.requested", id.String()
		return thread{request: request, events: []gen.StoryEventsRow{e}}
	}
	webhook := func(w gen.StoryWebhooksRow) thread {
		w.WebhookID = id
		return thread{webhooks: []gen.StoryWebhooksRow{w}}
	}
	entry := func(state string, code outcome.Code) thread {
		return thread{entries: []gen.StageEntry{{Stage: "Screen", State: state, Outcome: code.Column(), NextAttemptAt: soon, CaseID: &id}}}
	}
	note := gen.StoryStepsRow{Kind: queue.StepWriteNotes, State: queue.StateDone, RemoteID: new("comment_1")}
	link := gen.StoryStepsRow{Kind: queue.StepLinkApplicantToJob, State: queue.StateRejected, LastError: new("JazzHR refused: closed")}
	open := gen.StoryStepsRow{Kind: queue.StepWriteNotes, State: queue.StateAttention, LastError: outcome.TwoMatches.Column()}

	tests := map[string]struct {
		of     gen.Tenant
		thread thread
		tone   tone
		owner  party
		says   string
		idle   bool // no process works the queue
	}{
		"written":                       {active, ended(queue.StateDone, "", note), good, ownerNobody, "Written as comment_1 on prospect_1", false},
		"rejected":                      {active, ended(queue.StateRejected, string(outcome.StepRejected), link), bad, ownerCustomer, "JazzHR refused: closed", false},
		"only the link refused":         {active, ended(queue.StateRejected, string(outcome.StepRejected), link, note), warn, ownerCustomer, "The note is in JazzHR; another step was refused", false},
		"disconnected":                  {active, ended(queue.StateRejected, string(outcome.Disconnected)), bad, ownerCustomer, "The tenant was disconnected", false},
		"given up":                      {active, ended(queue.StateRejected, string(outcome.Abandoned)), bad, ownerNobody, "A person gave it up", false},
		"with a person":                 {active, ended(queue.StateAttention, "", open), warn, ownerUs, "More than one thing in JazzHR could be it", false},
		"in a job":                      {active, written(func(w *writebackStory) { w.AdmittedAt = &now }), wait, ownerUs, "is being worked on", false},
		"in the queue":                  {active, waits(""), wait, ownerUs, "the next to be worked on", false},
		"nobody works":                  {active, waits(""), bad, ownerUs, "No process works the queue", true},
		"paused":                        {paused, waits(""), warn, ownerUs, "the tenant is paused", false},
		"paused, and nobody works":      {paused, waits(""), warn, ownerUs, "the tenant is paused", true},
		"key refused":                   {refused, waits(outcome.WaitsRateLimit), bad, ownerCustomer, "JazzHR refuses the customer’s key", false},
		"call limit":                    {active, waits(outcome.WaitsRateLimit), wait, ownerJazzHR, "are used up", false},
		"answer lost":                   {active, waits(outcome.WaitsSettling), wait, ownerUs, "the answer was lost", false},
		"JazzHR down":                   {active, waits(outcome.WaitsOutage), wait, ownerJazzHR, "takes no writes of anybody", false},
		"JazzHR away":                   {active, waits(outcome.WaitsRetry), wait, ownerJazzHR, "unavailable: 503", false},
		"another's case":                {active, waits(outcome.WaitsPerson), warn, ownerUs, "under Attention", false},
		"earlier revision":              {active, waits(outcome.WaitsEarlierStep), wait, ownerUs, "An earlier revision", false},
		"asked, event purged":           {active, thread{request: request}, wait, ownerIntrvio, "Intrvio was asked", false},
		"taken":                         {active, asked(gen.StoryEventsRow{State: "delivered", DeliveredAt: &now}), wait, ownerIntrvio, "Intrvio took the request", false},
		"given up by us":                {active, asked(gen.StoryEventsRow{State: "failed", Attempts: 9}), bad, ownerIntrvio, "tried 9 times and given up", false},
		"not taken yet":                 {active, asked(gen.StoryEventsRow{State: "pending", Attempts: 1, LastError: new("500"), NextAttemptAt: soon}), warn, ownerIntrvio, "tried once (500)", false},
		"on its way":                    {active, asked(gen.StoryEventsRow{State: "pending"}), wait, ownerUs, "is on its way", false},
		"pulled":                        {active, asked(gen.StoryEventsRow{State: "pending", Attempts: 3, LastError: new("no INTRVIO_EVENTS_URL is set")}), wait, ownerIntrvio, "Intrvio pulls them", false},
		"export waits":                  {active, webhook(gen.StoryWebhooksRow{State: queue.StatePending, WaitingFor: outcome.WaitsRetry.Column(), NextAttemptAt: soon}), wait, ownerJazzHR, "The export waits", false},
		"export with a person":          {active, webhook(gen.StoryWebhooksRow{State: queue.StateAttention, Problem: outcome.Conflict.Column()}), warn, ownerUs, "other content under an id", false},
		"export of no known event":      {active, webhook(gen.StoryWebhooksRow{State: queue.StateAttention, Problem: outcome.Unreadable.Column()}), warn, ownerUs, "not the body of an event", false},
		"export, JazzHR not read":       {active, webhook(gen.StoryWebhooksRow{State: queue.StateAttention, Problem: outcome.JazzHRUnreadable.Column()}), warn, ownerUs, "JazzHR could not be read for three days", false},
		"export dropped":                {active, webhook(gen.StoryWebhooksRow{State: queue.StateDone, Problem: outcome.Disconnected.Column()}), bad, ownerCustomer, "the tenant was disconnected", false},
		"export that asked for nothing": {active, webhook(gen.StoryWebhooksRow{State: queue.StateDone}), off, ownerCustomer, "asked for no interview", false},
		"move waits":                    {paused, entry(queue.StatePending, ""), warn, ownerUs, "The move to “Screen” waits", false},
		"move of another job":           {active, entry(queue.StateDone, outcome.OtherJob), off, ownerCustomer, "in other jobs only", false},
		"move that is a case":           {active, entry(queue.StateAttention, outcome.KeepsFailing), warn, ownerUs, "Screen” is a case for a person", false},
		"move that was given up":        {active, entry(queue.StateDone, outcome.Abandoned), off, ownerCustomer, "A person gave it up", false},
		"move of a known request":       {active, entry(queue.StateDone, outcome.Repeated), off, ownerIntrvio, "asked for already", false},
		"only known":                    {active, thread{}, off, ownerCustomer, "no export of them came", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := test.thread.assess(test.of, storyData{workers: !test.idle})
			if v.Tone != test.tone || v.Owner != test.owner || !strings.Contains(v.Title+" "+v.Next, test.says) {
				t.Errorf("%+v", v)
			}
			if v.When == nil && strings.HasSuffix(v.Next, "again") {
				t.Errorf("it does not say when: %+v", v)
			}
			test.thread.buildTimeline(test.of, storyData{}) // must not panic
		})
	}
	repeat := webhook(gen.StoryWebhooksRow{State: queue.StateDone})
	repeat.events = []gen.StoryEventsRow{{Type: "candidate.exported", Subject: id.String(), Repeat: "true"}}
	if v := repeat.assess(active, storyData{}); v.Owner != ownerIntrvio || !strings.Contains(v.Title, "repeats an earlier one") {
		t.Errorf("a repeat: %+v", v)
	}
}

// TestEvidenceHasText holds that each kind of evidence has a text.
func TestEvidenceHasText(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"confirmed", "refused", "not_sent", "lost", "found", "absent", "replanned", "reopened", "attention", "late_answer"} {
		step := gen.StoryStepsRow{
			Kind: queue.StepWriteNotes, Part: 2, State: queue.StatePending,
			Evidence: []byte(`[{"at":"2026-01-01T00:00:00Z","what":"` + what + `","remote_ids":["comment_9"],"detail":"503"}]`),
		}
		line := &timeline{}
		line.step(step, 3)
		if len(line.entries) != 1 || !strings.Contains(strings.ToLower(line.entries[0].Text), "part 2 of the note") ||
			!strings.Contains(strings.Join(line.entries[0].Lines, " "), "comment_9") {
			t.Errorf("%s: %+v", what, line.entries)
		}
	}
}

func TestSamePeople(t *testing.T) {
	t.Parallel()
	tenant, other := uuid.New(), uuid.New()
	c := func(tenant uuid.UUID, applicant string, keys ...string) foundCandidate {
		f := foundCandidate{Tenant: tenant, keys: keys}
		if applicant != "" {
			f.Applicants, f.keys = []string{applicant}, append(f.keys, "applicant:"+applicant)
		}
		return f
	}
	tests := map[string]struct {
		found []foundCandidate
		want  int
	}{
		"one id":                    {[]foundCandidate{c(tenant, "a", "request:1"), c(tenant, "a", "writeback:1")}, 1},
		"one email":                 {[]foundCandidate{c(tenant, "", "email:x"), c(tenant, "a", "email:x")}, 1},
		"one email, two applicants": {[]foundCandidate{c(tenant, "a", "email:x"), c(tenant, "b", "email:x")}, 2},
		"two tenants":               {[]foundCandidate{c(tenant, "a", "email:x"), c(other, "a", "email:x")}, 2},
		"nothing in common":         {[]foundCandidate{c(tenant, "", "request:1"), c(tenant, "", "request:2")}, 2},
	}
	for name, test := range tests {
		if people := samePeople(test.found); len(people) != test.want {
			t.Errorf("%s: %d people", name, len(people))
		}
	}
}
