package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// TestFindingLostCreateOfAnyDay loses the answer to a create on an account whose list knows no days: what
// was made is found all the same.
func TestFindingLostCreateOfAnyDay(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Fault: jazzhrtest.Before(func(_ context.Context, call jazzhrtest.Call) {
		if call.Filters["from_apply_date"] != "" {
			call.Filters["name"] = "nobody"
		}
	})})
	c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant, Times: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML),
	})
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.once("ada@example.com", 1)
}

// TestFindingCreateNamesAnother has JazzHR answer a create by the id of somebody who was there before:
// the note goes to who was made.
func TestFindingCreateNamesAnother(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	other := c.finish(queue.StateDone, c.writeback("i-0", "Grace", "Hopper", "grace@example.com"))
	c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant, Times: 1, Fault: jazzhrtest.Fault{AnswerID: other.ApplicantID},
	})
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.once("ada@example.com", 1)
	c.once("grace@example.com", 1)
}

// TestFindingRefusedCreateStands has JazzHR refuse a create that it applied: it is found.
func TestFindingRefusedCreateStands(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant, Times: 1,
		Fault: jazzhrtest.Fault{Answer: jazzhrtest.AnswerError, Status: 200},
	})
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.once("ada@example.com", 1)
}

// TestFindingNothingInserted has JazzHR say yes with the id 0, as PHP does where nothing was inserted.
func TestFindingNothingInserted(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	for _, endpoint := range []string{
		jazzhrtest.EndpointCreateApplicant, jazzhrtest.EndpointLinkApplicant, jazzhrtest.EndpointApplicantNotes,
	} {
		c.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Times: 1, Fault: jazzhrtest.Fault{AnswerID: "0"}})
	}
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.once("ada@example.com", 1)
}

// TestFindingLinkAfterAMerge merges a linked applicant away, and the link with it: a second interview
// links whom it is written on.
func TestFindingLinkAfterAMerge(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	first := c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.account.Configure(func(s *jazzhrtest.Settings) { s.MergeDrops = true })
	into := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"})
	check(t, c.account.Merge(first.ApplicantID, into.ID))
	if got := c.finish(queue.StateDone, c.writeback("i-2", "Ada", "Lovelace", "ada@example.com")); got.ApplicantID != into.ID {
		t.Errorf("written on %s, want %s", got.ApplicantID, into.ID)
	}
	if links := c.account.Links(into.ID); len(links) != 1 {
		t.Errorf("%d links, want 1", len(links))
	}
	if notes := c.account.Notes(into.ID); len(notes) != 1 {
		t.Errorf("%d notes, want 1", len(notes))
	}
}

// TestFindingControlNotShownYet loses a note where the one confirmed note is on an applicant that JazzHR does
// not show yet: that says nothing of the account, and nobody is asked.
func TestFindingControlNotShownYet(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.DetailAfter = time.Hour })
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointApplicantNotes, Times: 1, Fault: jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose},
	})
	id := c.enqueue(writeback.Writeback{
		InterviewID: "i-1", Candidate: writeback.Candidate{ID: "c-1", ApplicantID: ada.ID}, Note: writeback.Note{Summary: "Fine."},
	})
	c.attempted(1, queue.WriteNotes{}.Kind(), "waits_"+string(outcome.WaitsRetry))
	c.account.Configure(func(s *jazzhrtest.Settings) { s.DetailAfter = 0 })
	for try := 0; c.view(id).State == queue.StatePending && try < 10; try++ {
		c.idle()
		c.advance(time.Minute)
	}
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}

// TestFindingLostCreateOfChangedEmail has JazzHR store another email than was sent, and loses the answer: a
// namesake who is new may be the one, which a person decides. One who was there before is not, and nor is
// one who was made for another candidate.
func TestFindingLostCreateOfChangedEmail(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.person("Ada", "Lovelace", "ada@example.net")
	lost := jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)
	lost.Hook = func(_ context.Context, call jazzhrtest.Call) { call.Fields["email"] = "ada@exam" }
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Times: 1, Fault: lost})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(id, outcome.NotComparable)
	made := c.account.ApplicantsByEmail("ada@exam")
	if len(made) != 1 {
		t.Fatalf("%d were made", len(made))
	}
	check(t, c.decide(id, writeback.DecisionAdopt, made[0].ID))
	c.finish(queue.StateDone, id)
	if all := c.account.Applicants(); len(all) != 3 || len(c.account.Notes(made[0].ID)) != 1 {
		t.Errorf("%d applicants, and %d notes", len(all), len(c.account.Notes(made[0].ID)))
	}

	c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant, Times: 1, Fault: jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose},
	})
	waits := c.writeback("i-2", "Ada", "Lovelace", "ada@example.org")
	c.finish(queue.StateDone, c.writeback("i-3", "Ada", "Lovelace", "lovelace@example.org"))
	c.finish(queue.StateDone, waits)
	c.once("ada@example.org", 1)
}
