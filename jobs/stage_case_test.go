package jobs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const resolveStageEntry = "resolve_stage_entry"

// stageCase has Ada's move to the stage fail until it is a case, and returns who she is and the case.
func (c *customer) stageCase() (ada jazzhrtest.Applicant, id uuid.UUID) {
	c.t.Helper()
	ada = c.person("Ada", "Lovelace", "ada@example.com")
	c.refuse("interview_requests")
	c.failTenTimes(resolveStageEntry, func() { c.insertEntry(ada) }, func() {})
	cases := c.attention()
	if len(cases) != 1 {
		c.t.Fatalf("the cases are %+v", cases)
	}
	is := cases[0]
	if is.Type != writeback.CaseStageMove || is.Problem != outcome.KeepsFailing || is.ApplicantID != ada.ID ||
		is.Stage != interviewStage || is.JobTitle != c.job.Title {
		c.t.Errorf("the case is %+v", is)
	}
	return ada, is.ID
}

// wantMove fails unless the only move is as given.
func (c *customer) wantMove(want string) {
	c.t.Helper()
	var is string
	c.scan("SELECT concat_ws(' ', state, outcome) FROM jazzhr.stage_entries", nil, &is)
	if is != want {
		c.t.Errorf("the move is %s, want %s", is, want)
	}
}

// TestStageCaseIsResent has a person try a move again that kept failing. It fails on, and is the same
// case; once the reason is gone, the interview is asked for.
func TestStageCaseIsResent(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada, id := c.stageCase()
	if err := c.decide(id, writeback.DecisionAdopt, "prospect_1"); !isInvalid(err, "decision") {
		t.Errorf("adopted with error %v", err)
	}
	c.failTenTimes(resolveStageEntry, func() { check(t, c.decide(id, writeback.DecisionResend, "")) }, func() { c.wantMove("pending") })
	if cases := c.attention(); len(cases) != 1 || cases[0].ID != id {
		t.Fatalf("the cases are %+v", cases)
	}
	c.exec("DROP TRIGGER refuse ON jazzhr.interview_requests")
	check(t, c.decide(id, writeback.DecisionResend, ""))
	c.attempted(1, resolveStageEntry, "requested")
	if request := c.wantRequests(intrvio.TriggerStage)[0]; request.ApplicantID != ada.ID || request.Candidate.Email != "ada@example.com" {
		t.Errorf("requested %+v", request)
	}
	c.wantMove("done requested")
	if err := c.decide(id, writeback.DecisionAbandon, ""); !errors.Is(err, writeback.ErrNoCase) {
		t.Errorf("decided after it was done: %v", err)
	}
	var decided int
	c.scan("SELECT count(*) FROM jazzhr.decisions WHERE item_id = $1 AND problem = 'keeps_failing'", []any{id}, &decided)
	if decided != 2 {
		t.Errorf("%d decisions are recorded", decided)
	}
}

// TestStageCaseResentLate looks for the person as if the move had just been seen: what was seen days
// ago is not given up at the first answer of JazzHR's that is of no use.
func TestStageCaseResentLate(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	_, id := c.stageCase()
	c.exec("DROP TRIGGER refuse ON jazzhr.interview_requests")
	c.advance(4 * 24 * time.Hour)
	away := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicant, Fault: jazzhrtest.Refuse(500)})
	check(t, c.decide(id, writeback.DecisionResend, ""))
	c.attempted(1, resolveStageEntry, "waits_retry")
	away.Remove()
	c.advance(time.Minute)
	c.attempted(1, resolveStageEntry, "requested")
	if request := c.wantRequests(intrvio.TriggerStage)[0]; request.Candidate.FirstName != "Ada" {
		t.Errorf("requested %+v", request)
	}
}

// TestStageCaseIsAbandoned ends a move without an interview, as a person decided.
func TestStageCaseIsAbandoned(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	_, id := c.stageCase()
	check(t, c.decide(id, writeback.DecisionAbandon, ""))
	c.wantMove("done abandoned")
	c.wantRequests()
	if cases := c.attention(); len(cases) != 0 {
		t.Errorf("the cases are %+v", cases)
	}
}

// TestStageCaseAfterDisconnect ends with the tenant's other work.
func TestStageCaseAfterDisconnect(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	_, id := c.stageCase()
	_, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{})
	check(t, err)
	c.wantMove("done disconnected")
	if err := c.decide(id, writeback.DecisionResend, ""); !errors.Is(err, writeback.ErrNoCase) {
		t.Errorf("decided after the disconnect: %v", err)
	}
}

// isInvalid reports whether an error says that a field is invalid.
func isInvalid(err error, field string) bool {
	invalid := new(queue.InvalidError)
	return errors.As(err, &invalid) && invalid.Field == field
}
