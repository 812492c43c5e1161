package jobs_test

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// export is a recruiter's pressing of the button: of somebody who was there before, now and then
// twice.
func (s *subject) export(r *rand.Rand) {
	for _, person := range s.people {
		if len(s.account.Links(person.ID)) == 0 || r.IntN(3) > 0 {
			continue
		}
		for range 1 + r.IntN(2) {
			s.deliver(func(ctx context.Context) (jazzhrtest.Delivery, error) {
				return s.account.Export(ctx, person.ID, s.jobs[0].ID)
			})
		}
	}
}

// exportAgain is for exports that were answered and are forgotten.
func (s *subject) exportAgain() {
	for _, d := range s.account.Deliveries() {
		if d.Event == jazzhr.EventCandidateExport {
			s.deliver(func(ctx context.Context) (jazzhrtest.Delivery, error) { return s.account.Redeliver(ctx, d.UUID) })
		}
	}
}

// deliver sends until it is received, as JazzHR does for a while.
func (s *subject) deliver(send func(context.Context) (jazzhrtest.Delivery, error)) {
	d, err := send(s.t.Context())
	for attempt := 0; err != nil && d.UUID != ""; attempt++ {
		if attempt == 100 {
			s.t.Errorf("export not accepted: %v", err)
			return
		}
		s.journal.moved(50 * time.Millisecond)
		d, err = s.account.Redeliver(s.t.Context(), d.UUID)
	}
}

// examineExports holds that each export is told of once, and that each person and job that was
// exported is asked for once.
func (s *subject) examineExports(v *verdict) {
	sent := map[string]bool{}
	for _, d := range s.account.Deliveries() {
		if d.Event == jazzhr.EventCandidateExport {
			sent[d.UUID] = true
		}
	}
	var done, told, distinct, requests, pairs, asked int
	s.scan(`SELECT (SELECT count(*) FROM jazzhr.webhooks w WHERE w.tenant_id = $1 AND state = 'done'),
			(SELECT count(*) FROM jazzhr.events e WHERE e.tenant_id = $1 AND type = 'candidate.exported'),
			(SELECT count(DISTINCT data ->> 'webhook_id') FROM jazzhr.events e WHERE e.tenant_id = $1 AND type = 'candidate.exported'),
			(SELECT count(*) FROM jazzhr.interview_requests r WHERE r.tenant_id = $1),
			(SELECT count(DISTINCT (coalesce(applicant_id, person_id), coalesce(job_id, job_key))) FROM jazzhr.interview_requests r WHERE r.tenant_id = $1),
			(SELECT count(*) FROM jazzhr.events e WHERE e.tenant_id = $1 AND type = 'interview.requested')`,
		[]any{s.customer.id}, &done, &told, &distinct, &requests, &pairs, &asked)
	if done != len(sent) || told != len(sent) || distinct != len(sent) {
		v.lose("%s: of %d exports %d have ended, and %d events tell of %d", s.account.ID(), len(sent), done, told, distinct)
	}
	if requests != pairs || asked != requests {
		v.double("%s: %d requests for %d pairs of person and job, and %d events", s.account.ID(), requests, pairs, asked)
	}
}
