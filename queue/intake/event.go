package intake

import (
	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Handling says what is done with webhooks of one event.
type Handling struct {
	Event string // as X-JazzHR-Event names it
	// Check returns an error if a body is not one of the event.
	Check func(body []byte) error
	// Job is the job that works on a webhook of the event.
	Job func(tenant, webhook uuid.UUID) river.JobArgs
}

// fits reports whether a body is one of the event.
func (h Handling) fits(body []byte) bool { return h.Check(body) == nil }

// Events is the table of the events that are worked on. A webhook of any other event is stored as a
// case. VERIFY is not in the table: it is answered at once, by [AcceptVerify], and not stored.
func Events() []Handling {
	return []Handling{
		{
			Event: jazzhr.EventCandidateExport,
			Check: func(body []byte) error { _, err := jazzhr.ParseExport(body); return err },
			Job: func(tenant, webhook uuid.UUID) river.JobArgs {
				return queue.ResolveExport{TenantID: tenant, WebhookID: webhook}
			},
		},
	}
}

// handlingOf returns the row of an event in the table, if it has one.
func handlingOf(event string) (handling Handling, known bool) {
	for _, handling := range Events() {
		if handling.Event == event {
			return handling, true
		}
	}
	return Handling{}, false
}

// JobOf returns the args of the job that works on a webhook, or nil if its event is not worked on.
// It is the [queue.WebhookJob] of the ticker.
func JobOf(event string, tenant, webhook uuid.UUID) river.JobArgs {
	handling, known := handlingOf(event)
	if !known {
		return nil
	}
	return handling.Job(tenant, webhook)
}

// KindOf returns the kind of the job that works on webhooks of an event. It returns any other text
// as it is, since lists of what waits hold the kinds of jobs beside events.
func KindOf(event string) string {
	if args := JobOf(event, uuid.Nil, uuid.Nil); args != nil {
		return args.Kind()
	}
	return event
}
