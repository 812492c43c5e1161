package console

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// story is everything about one candidate of one tenant.
type story struct {
	Tenant     gen.Tenant
	State      tenant.State
	Name       string
	Email      string
	Applicants []gen.StoryApplicantsRow
	Threads    []thread // the latest first; never empty
}

// Verdict returns the verdict on the latest thread.
func (s story) Verdict() verdict { return s.Threads[0].Verdict }

// Earlier reports whether there is more than one thread.
func (s story) Earlier() bool { return len(s.Threads) > 1 }

// thread is one interview, from its trigger to its note; or a webhook or stage move that asked for
// no interview.
type thread struct {
	Title    string // the job, as far as it is known
	Since    time.Time
	Verdict  verdict
	Timeline []timelineEntry

	request    *gen.InterviewRequest
	webhooks   []gen.StoryWebhooksRow
	entries    []gen.StageEntry
	writebacks []writebackStory
	events     []gen.StoryEventsRow
}

// writebackStory is a writeback with its steps and the decisions about it.
type writebackStory struct {
	gen.StoryWritebacksRow
	steps     []gen.StoryStepsRow
	decisions []gen.StoryDecisionsRow
}

// timelineEntry is something that happened.
type timelineEntry struct {
	At    time.Time
	Tone  tone
	Text  string
	Lines []string
	Links []link
}

// storyData is what was read about a candidate, not yet sorted into threads.
type storyData struct {
	requests   []gen.InterviewRequest
	webhooks   []gen.StoryWebhooksRow
	entries    []gen.StageEntry
	writebacks []gen.StoryWritebacksRow
	steps      []gen.StoryStepsRow
	events     []gen.StoryEventsRow
	applicants []gen.StoryApplicantsRow
	decisions  []gen.StoryDecisionsRow
	jobs       []gen.SystemStoryJobsRow
	titles     map[string]string
	workers    bool // a process works the queue
}

// threads sorts what was read into threads, the latest first.
func (m storyData) threads() []thread {
	var list []thread
	for _, request := range m.requests {
		t := thread{request: &request, Since: request.CreatedAt, Title: m.jobTitle(request.JobID, request.JobKey)}
		for _, w := range m.webhooks {
			if request.WebhookID != nil && *request.WebhookID == w.WebhookID {
				t.webhooks = append(t.webhooks, w)
				t.Since = earlier(t.Since, w.ReceivedAt)
			}
		}
		for _, e := range m.entries {
			asked := e.RequestID != nil && *e.RequestID == request.RequestID
			if asked || request.ActivityID != nil && *request.ActivityID == e.ActivityID {
				t.entries = append(t.entries, e)
				t.Since = earlier(t.Since, e.FirstSeenAt)
			}
		}
		list = append(list, t)
	}
	list = m.addWritebacks(list)
	for _, w := range m.webhooks {
		if !slices.ContainsFunc(list, func(t thread) bool {
			return slices.ContainsFunc(t.webhooks, func(of gen.StoryWebhooksRow) bool {
				return of.WebhookID == w.WebhookID
			})
		}) {
			list = append(list, thread{webhooks: []gen.StoryWebhooksRow{w}, Since: w.ReceivedAt})
		}
	}
	for _, e := range m.entries {
		if !slices.ContainsFunc(list, func(t thread) bool {
			return slices.ContainsFunc(t.entries, func(of gen.StageEntry) bool { return of.ActivityID == e.ActivityID })
		}) {
			list = append(list, thread{entries: []gen.StageEntry{e}, Since: e.FirstSeenAt, Title: e.JobTitle})
		}
	}
	if len(list) == 0 { // JazzHR has the applicant, and nothing else is known
		t := thread{}
		for _, a := range m.applicants {
			t.Since = a.CreatedAt
		}
		list = append(list, t)
	}
	for i := range list {
		list[i].events = m.eventsOf(list[i])
	}
	slices.SortStableFunc(list, func(a, b thread) int {
		return cmp.Or(b.latest().Compare(a.latest()), b.Since.Compare(a.Since))
	})
	return list
}

// addWritebacks adds each writeback to the thread of its request, or of its interview.
func (m storyData) addWritebacks(list []thread) []thread {
	for _, w := range slices.Backward(m.writebacks) { // the oldest first
		added := writebackStory{StoryWritebacksRow: w}
		for _, step := range m.steps {
			if step.WritebackID == w.WritebackID {
				added.steps = append(added.steps, step)
			}
		}
		for _, d := range m.decisions {
			if d.ItemID == w.WritebackID {
				added.decisions = append(added.decisions, d)
			}
		}
		at := slices.IndexFunc(list, func(t thread) bool {
			return t.request != nil && w.RequestID != nil && t.request.RequestID == *w.RequestID ||
				slices.ContainsFunc(t.writebacks, func(of writebackStory) bool { return of.InterviewID == w.InterviewID })
		})
		if at < 0 {
			list = append(list, thread{Since: w.CreatedAt, Title: m.jobTitle(w.JobID, db.Text(w.BoardCode))})
			at = len(list) - 1
		}
		list[at].writebacks = append(list[at].writebacks, added)
	}
	return list
}

// latest returns when the latest part of a thread began. Support is asked about the newest thread.
func (t thread) latest() time.Time {
	at := t.Since
	for _, w := range t.writebacks {
		if w.CreatedAt.After(at) {
			at = w.CreatedAt
		}
	}
	return at
}

func (m storyData) jobTitle(id *string, key string) string {
	return cmp.Or(m.titles[db.Text(id)], db.Text(id), key)
}

// eventsOf returns the events about a thread.
func (m storyData) eventsOf(t thread) (events []gen.StoryEventsRow) {
	subjects := map[string]bool{}
	for _, id := range t.ids() {
		subjects[id.String()] = true
	}
	for _, e := range m.events {
		if subjects[e.Subject] {
			events = append(events, e)
		}
	}
	return events
}

// ids returns the ids of the rows in a thread.
func (t thread) ids() (ids []uuid.UUID) {
	if t.request != nil {
		ids = append(ids, t.request.RequestID)
	}
	for _, w := range t.webhooks {
		ids = append(ids, w.WebhookID)
	}
	for _, w := range t.writebacks {
		ids = append(ids, w.WritebackID)
	}
	return ids
}

// event returns the latest event of a type that is about an id.
func (t thread) event(kind string, id uuid.UUID) *gen.StoryEventsRow {
	for i, e := range slices.Backward(t.events) {
		if e.Type == kind && e.Subject == id.String() {
			return &t.events[i]
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
