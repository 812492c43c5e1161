package jobs_test

import (
	"context"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
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
