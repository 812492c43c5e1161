package jobs_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// attention is what of the customer needs a person.
func (c *customer) attention() (items []writeback.Case) {
	c.t.Helper()
	check(c.t, db.InTenant(c.t.Context(), c.db.Pool, c.id, func(tx db.TenantTx) (err error) {
		items, err = writeback.ListCases(c.t.Context(), tx, uuid.Nil, 100)
		return err
	}))
	return items
}

// decide takes a decision on a writeback, as the API would.
func (c *customer) decide(id uuid.UUID, decision, remoteID string) error {
	return db.InTenant(c.t.Context(), c.db.Pool, c.id, func(tx db.TenantTx) error {
		return writeback.Decide(c.t.Context(), tx, c.client, id, writeback.Decision{Decision: decision, RemoteID: remoteID, By: "somebody"})
	})
}

func TestTwoMatchesAreAdoptedByAPerson(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.person("Ada", "Lovelace", "ada@example.com")
	second := c.person("Ada", "Lovelace", "ada@example.com")
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(id, outcome.TwoMatches)
	items := c.attention()
	if len(items) != 1 || items[0].ID != id || items[0].Problem != outcome.TwoMatches || len(items[0].Evidence) == 0 {
		t.Fatalf("attention: %+v", items)
	}
	var invalid *queue.InvalidError
	if err := c.decide(id, writeback.DecisionResend, ""); !errors.As(err, &invalid) || invalid.Field != "decision" {
		t.Errorf("a third applicant of the email: %v", err)
	}
	check(t, c.decide(id, writeback.DecisionAdopt, second.ID))
	if view := c.finish(queue.StateDone, id); view.ApplicantID != second.ID {
		t.Errorf("written to %s, want %s", view.ApplicantID, second.ID)
	}
	if err := c.decide(id, writeback.DecisionAdopt, second.ID); !errors.Is(err, writeback.ErrNoCase) {
		t.Errorf("decided twice: %v", err)
	}
	var by, problem string
	check(t, c.db.Pool.QueryRow(t.Context(), "SELECT decided_by, problem FROM jazzhr.decisions WHERE item_id = $1", id).Scan(&by, &problem))
	if by != "somebody" || problem != string(outcome.TwoMatches) {
		t.Errorf("recorded: %s decided about %s", by, problem)
	}
}

// TestHiddenNoteIsSentAgainByAPerson leaves a lost note of an account that hides notes to a person,
// who has looked.
func TestHiddenNoteIsSentAgainByAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.seasoned("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsEmpty })
	w.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointApplicantNotes, Times: 1,
		Fault: jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose},
	})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(id, "not_visible")
	check(t, c.decide(id, writeback.DecisionResend, ""))
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}

func TestAbandonedWritebackIsRejected(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.person("Ada", "Lovelace", "ada@example.com")
	c.person("Ada", "Lovelace", "ada@example.com")
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(id, outcome.TwoMatches)
	check(t, c.decide(id, writeback.DecisionAbandon, ""))
	c.finish(queue.StateRejected, id)
	if items := c.attention(); len(items) != 0 {
		t.Errorf("still in attention: %+v", items)
	}
	// The next one of the email must not take it for absent.
	c.wantProblem(c.writeback("i-2", "Ada", "Lovelace", "ada@example.com"), outcome.TwoMatches)
}

func TestUnresolvedApplicantIsNamedByAPerson(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	gone := c.person("Ada", "King", "king@example.com")
	check(t, c.account.Merge(gone.ID, ada.ID))
	id := c.enqueue(writeback.Writeback{
		InterviewID: "i-1", Candidate: writeback.Candidate{ID: "c", ApplicantID: gone.ID},
		Job: &writeback.Job{ID: c.job.ID}, Note: writeback.Note{Summary: "Good."},
	})
	c.wantProblem(id, outcome.ApplicantGone)
	check(t, c.decide(id, writeback.DecisionAdopt, ada.ID))
	if view := c.finish(queue.StateDone, id); view.ApplicantID != ada.ID {
		t.Errorf("written to %s, want %s", view.ApplicantID, ada.ID)
	}
}

// TestDistrustedLedgerLooksFirst forgets what was written, as a restore of an older backup does:
// while the ledger is not trusted the same writebacks find their work done.
func TestDistrustedLedgerLooksFirst(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	before := c.backend.Events()[len(c.backend.Events())-1].Sequence
	for _, table := range []string{"steps", "writebacks", "effects", "applicants", "visibility"} {
		_, err := c.db.Pool.Exec(t.Context(), "DELETE FROM jazzhr."+table)
		check(t, err)
	}
	since, err := work.Distrust(t.Context(), c.db.Pool)
	check(t, err)
	if since.IsZero() {
		t.Error("not distrusted")
	}
	again := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.finish(queue.StateDone, again)
	c.once("ada@example.com", 1)
	if last := c.backend.Events()[len(c.backend.Events())-1].Sequence; last < before+work.SequenceJump {
		t.Errorf("the sequence went from %d to %d: numbers of lost events are given out again", before, last)
	}
	was, err := work.Trust(t.Context(), c.db.Pool)
	check(t, err)
	if !was {
		t.Error("was not distrusted")
	}
}

// TestSettledMeanwhile has a writeback go on that was left to a person in the moment in which
// another's answer settled its effect, whatever the person decides.
func TestSettledMeanwhile(t *testing.T) {
	t.Parallel()
	for _, decision := range []string{writeback.DecisionAdopt, writeback.DecisionResend} {
		t.Run(decision, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).seasoned("acme")
			id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			view := c.finish(queue.StateDone, id)
			c.exec(`UPDATE jazzhr.writebacks SET state = 'attention', step = 'write_notes', part = 1 WHERE writeback_id = $1`, id)
			c.exec(`UPDATE jazzhr.steps SET state = 'attention', last_error = 'not_visible' WHERE writeback_id = $1 AND kind = 'write_notes'`, id)
			remote := ""
			if decision == writeback.DecisionAdopt {
				remote = view.Steps[2].RemoteID
			}
			check(t, c.decide(id, decision, remote))
			c.attempted(3, queue.StepWriteNotes, "done") // the season's, the first, and this one
			if notes := c.account.Notes(view.ApplicantID); len(notes) != 1 {
				t.Errorf("%d notes", len(notes))
			}
		})
	}
}
