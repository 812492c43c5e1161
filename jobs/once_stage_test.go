package jobs_test

import (
	"math/rand/v2"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// stageOfInterviews is the one whose entry asks for an interview.
const stageOfInterviews = "Interview"

// watch has moves to the stage ask for interviews from here on: what stood in the accounts before
// is taken in first.
func (tr *trial) watch() {
	tr.t.Helper()
	for _, s := range tr.customers {
		s.exec(`INSERT INTO jazzhr.auto_triggers (tenant_id, stage) VALUES ($1, $2)`, s.customer.id, stageOfInterviews)
	}
	tr.poll()
}

// poll polls every account, and waits for what that starts.
func (tr *trial) poll() {
	tr.t.Helper()
	for _, s := range tr.customers {
		s.insert(queue.PollActivities{TenantID: s.customer.id})
	}
	tr.drive()
}

// pollAtEnd polls when reads have caught up with writes, and calls may be made: what a poll can't
// read is left to the next.
func (tr *trial) pollAtEnd() {
	tr.t.Helper()
	tr.exec(`UPDATE jazzhr.call_buckets SET closed_until = NULL, tokens = 1000000, refilled_at = jazzhr.now()`)
	for _, s := range tr.customers {
		s.account.Configure(func(a *jazzhrtest.Settings) { a.ReadLag = 0 })
	}
	tr.poll()
}

// move is a recruiter's moving of people who were there before, each once to a stage.
func (s *subject) move(r *rand.Rand) {
	for _, person := range s.people {
		for _, stage := range []string{stageOfInterviews, "Offer"} {
			if r.IntN(3) == 0 && s.account.MoveStage(person.ID, s.jobs[0].ID, stage) == nil {
				s.moves++
			}
		}
	}
}

// examineStages holds that each move is told of once.
func (s *subject) examineStages(v *verdict) {
	var told, distinct, open int
	s.scan(`SELECT count(*), count(DISTINCT data ->> 'activity_id'),
			(SELECT count(*) FROM jazzhr.stage_entries s WHERE s.tenant_id = $1 AND state <> 'done')
		FROM jazzhr.events e WHERE e.tenant_id = $1 AND type = 'candidate.stage_changed'`, []any{s.customer.id}, &told, &distinct, &open)
	switch {
	case distinct < s.moves:
		v.lose("%s: %d moves of stages, told of %d", s.account.ID(), s.moves, distinct)
	case told > s.moves:
		v.double("%s: %d moves of stages, told of %d times", s.account.ID(), s.moves, told)
	}
	if open > 0 {
		v.fault("%s: %d entries to a stage have not ended", s.account.ID(), open)
	}
}
