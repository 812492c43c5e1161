package jobs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// TestLostAnswers loses the answer of each write once, in each way: nothing may be doubled or lost.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]jazzhrtest.Fault{
		"closed":             jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose),
		"500":                jazzhrtest.LoseAnswer(jazzhrtest.AnswerStatus),
		"502 with HTML":      jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML),
		"timeout":            jazzhrtest.LoseAnswer(jazzhrtest.AnswerHang),
		"truncated":          jazzhrtest.LoseAnswer(jazzhrtest.AnswerTruncated),
		"cut":                jazzhrtest.LoseAnswer(jazzhrtest.AnswerCut),
		"other shape":        jazzhrtest.LoseAnswer(jazzhrtest.AnswerOtherShape),
		"never applied":      {Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose},
		"timed out unheard":  jazzhrtest.TimeoutBefore(),
		"refused with 500":   jazzhrtest.Refuse(500),
		"applied afterwards": jazzhrtest.ApplyLate(jazzhrtest.AnswerClose, 100*time.Millisecond),
		"too many":           jazzhrtest.RateLimit(time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, endpoint := range []string{jazzhrtest.EndpointCreateApplicant, jazzhrtest.EndpointLinkApplicant, jazzhrtest.EndpointApplicantNotes} {
				c := w.seasoned(fmt.Sprintf("acme-%d", len(endpoint)))
				injected := w.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Account: c.account, Nth: 1, Fault: fault})
				c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
				if injected.Hits() != 1 {
					t.Fatalf("the fault happened %d times", injected.Hits())
				}
				c.once("ada@example.com", 1)
			}
		})
	}
}

// TestFirstWriteEverIsLost loses the first write of a kind on an account: with nothing to hold its
// absence against, a person is asked, until another write of the kind is confirmed.
func TestFirstWriteEverIsLost(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{jazzhrtest.EndpointCreateApplicant, jazzhrtest.EndpointLinkApplicant, jazzhrtest.EndpointApplicantNotes} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme")
			c.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Nth: 1, Fault: jazzhrtest.Refuse(502)})
			first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			c.wantProblem(first, "no_control")
			c.finish(queue.StateDone, c.writeback("i-2", "Grace", "Hopper", "grace@example.com"))
			c.finish(queue.StateDone, first)
			c.once("ada@example.com", 1)
			c.once("grace@example.com", 1)
		})
	}
}

// TestFirstWriteFoundIsAControl has the other write confirmed by reading instead of by an answer.
func TestFirstWriteFoundIsAControl(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	rule := func(fault jazzhrtest.Fault) {
		c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Times: 1, Fault: fault})
	}
	rule(jazzhrtest.Refuse(502))
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(first, "no_control")
	rule(jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose))
	c.finish(queue.StateDone, c.writeback("i-2", "Grace", "Hopper", "grace@example.com"))
	c.finish(queue.StateDone, first)
	c.once("ada@example.com", 1)
}

// TestAccountThatHidesWhatWasWritten has notes that can't be read back: absence proves nothing
// there.
func TestAccountThatHidesWhatWasWritten(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jazzhrtest.Settings){
		"no notes shown":      func(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsEmpty },
		"cut before the mark": func(s *jazzhrtest.Settings) { s.CommentLimit = 10 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).seasoned("acme")
			c.account.Configure(change)
			c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
			c.wantProblem(c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"), "not_visible")
			c.once("ada@example.com", 1)
		})
	}
}

// TestMarkIsFound has notes that come back in another form than they were written in.
func TestMarkIsFound(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jazzhrtest.Settings){
		"shortened": func(s *jazzhrtest.Settings) { s.CommentLimit = 60 },
		"as HTML":   func(s *jazzhrtest.Settings) { s.NoteForm = jazzhrtest.NoteHTML },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme")
			c.account.Configure(change)
			c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
			c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
			c.once("ada@example.com", 1)
		})
	}
}

// TestControlThatIsGone merges away the applicants of confirmed notes: their absence says nothing
// of what the account shows.
func TestControlThatIsGone(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	gone := c.finish(queue.StateDone, c.writeback("i-2", "Alan", "Turing", "alan@example.com"))
	grace := c.account.ApplicantsByEmail("grace@example.com")[0]
	c.account.Configure(func(s *jazzhrtest.Settings) { s.MergeDrops = true })
	other := c.person("Grace", "Hopper", "hopper@example.com")
	check(t, c.account.Merge(grace.ID, other.ID))
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Nth: 1, Fault: jazzhrtest.Refuse(502)})
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.once("ada@example.com", 1)
	if gone.State != queue.StateDone {
		t.Error("the control was not written")
	}
}

// TestFoundTwice finds two people with the email after a create whose answer was lost.
func TestFoundTwice(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: jazzhrtest.Fault{
		Answer: jazzhrtest.AnswerClose, Hook: func(context.Context, jazzhrtest.Call) { c.person("Ada", "Lovelace", "ada@example.com") },
	}})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(id, "two_matches")
	var proofs []struct {
		What      string   `json:"what"`
		RemoteIDs []string `json:"remote_ids"`
	}
	check(t, json.Unmarshal(step(t, c.view(id), queue.StepCreateApplicant).Evidence, &proofs))
	if last := proofs[len(proofs)-1]; len(last.RemoteIDs) != 2 {
		t.Errorf("evidence %+v, want both ids", last)
	}
}

func TestTwoAlreadyThere(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.person("Ada", "Lovelace", "ada@example.com")
	c.person("Ada", "Lovelace", "ada@example.com")
	c.wantProblem(c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"), "two_matches")
	if n := c.account.Count(jazzhrtest.EndpointCreateApplicant); n != 0 {
		t.Errorf("%d creates sent", n)
	}
}

// TestNotComparable has a namesake without an email who appears while an answer is lost: it may be
// the one that was sent. One who was there before is somebody else.
func TestNotComparable(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	lost := jazzhrtest.Refuse(502)
	rule := jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: lost}
	c.person("Ada", "Lovelace", "")
	c.sim.Fault(rule)
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	rule.Fault.Hook = func(context.Context, jazzhrtest.Call) { c.person("Alan", "Turing", "") }
	c.sim.Fault(rule)
	c.wantProblem(c.writeback("i-2", "Alan", "Turing", "alan@example.com"), "not_comparable")
}

func TestTooManyNamesakes(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	for i := range 41 {
		c.person("Ada", "Lovelace", fmt.Sprintf("ada%d@example.com", i))
	}
	c.wantProblem(c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"), "too_many_matches")
	if n := c.account.Count(jazzhrtest.EndpointApplicant); n != 40 {
		t.Errorf("%d details read, want 40", n)
	}
}

// TestFinding09Outage has JazzHR take no notes for hours: they are sent again and again, and nobody is
// asked. After three days somebody is.
func TestFinding09Outage(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	outage := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Fault: jazzhrtest.Refuse(500)})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	for sends := 4; sends <= 6; sends++ {
		check(t, outage.Wait(t.Context(), sends-1))
		c.advance(7 * time.Hour)
		check(t, outage.Wait(t.Context(), sends))
	}
	outage.Remove()
	c.advance(7 * time.Hour)
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)

	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Fault: jazzhrtest.Refuse(500)})
	id = c.writeback("i-2", "Ada", "Lovelace", "ada@example.com")
	before := c.account.Count(jazzhrtest.EndpointApplicantNotes)
	check(t, c.sim.Wait(t.Context(), func() bool { return c.account.Count(jazzhrtest.EndpointApplicantNotes)-before == 3 }))
	c.advance(80 * time.Hour)
	c.wantProblem(id, outcome.NotTaken)
}

// TestAttentionIsShared has a second writeback need what is with a person already.
func TestAttentionIsShared(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: jazzhrtest.Refuse(502)})
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(first, "no_control")
	second := c.writeback("i-2", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(second, "no_control")
	c.finish(queue.StateDone, c.writeback("i-3", "Grace", "Hopper", "grace@example.com"))
	c.finish(queue.StateDone, first)
	c.finish(queue.StateDone, second)
	c.once("ada@example.com", 2)
}

// TestReadsLag shows what is written only after a while, and takes no write to an applicant that is
// new.
func TestReadsLag(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jazzhrtest.Settings){
		"not shown yet":  func(s *jazzhrtest.Settings) { s.ReadLag = 700 * time.Millisecond },
		"not usable yet": func(s *jazzhrtest.Settings) { s.UsableAfter = 700 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t, withSettleDelay(time.Second)).customer("acme")
			c.account.Configure(change)
			c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
			c.once("ada@example.com", 1)
		})
	}
}

// TestEvidence holds what a note that was lost once leaves in the ledger.
func TestEvidence(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Nth: 1, Fault: jazzhrtest.Refuse(502)})
	view := c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	var proofs []struct {
		What string `json:"what"`
	}
	check(t, json.Unmarshal(step(t, view, queue.StepWriteNotes).Parts[0].Evidence, &proofs))
	var got []string
	for _, p := range proofs {
		got = append(got, p.What)
	}
	if want := []string{"lost", "absent", "confirmed"}; !slices.Equal(got, want) {
		t.Errorf("evidence %s, want %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// TestIndexIsWhatWasRead has a writeback of an earlier interview claim another email: whose that
// is, JazzHR alone says.
func TestIndexIsWhatWasRead(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	nobody := c.person("Nobody", "Known", "")
	request := c.export(nobody.ID, "").requests[0].RequestID
	ada := c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	again := revision("i-1", 2, c.job.ID)
	again.RequestID, again.Candidate.Email = &request, "augusta@example.com"
	if view := c.finish(queue.StateDone, c.enqueue(again)); view.ApplicantID != ada.ApplicantID {
		t.Fatalf("the revision went to %s", view.ApplicantID)
	}
	if view := c.finish(queue.StateDone, c.writeback("i-2", "Augusta", "King", "augusta@example.com")); view.ApplicantID == ada.ApplicantID {
		t.Error("another's note went to Ada")
	}
}

// TestNoAfterItWasFound has JazzHR's readable no come when the row has been settled by reading.
func TestNoAfterItWasFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTimeout(30*time.Second))
	c := w.seasoned("acme")
	let := make(chan struct{})
	release := sync.OnceFunc(func() { close(let) })
	t.Cleanup(release)
	rule := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: jazzhrtest.Before(func(_ context.Context, call jazzhrtest.Call) {
		c.person("Ada", "Lovelace", "ada@example.com")
		<-let
		delete(call.Fields, "email")
	})})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	check(t, rule.Wait(t.Context(), 1))
	w.giveAway(queue.StepCreateApplicant)
	c.attempted(1, queue.StepCreateApplicant, "waits_settling")
	c.advance(time.Minute)
	c.finish(queue.StateDone, id)
	release()
	c.attempted(4, queue.StepCreateApplicant)
	c.finish(queue.StateDone, c.writeback("i-2", "Ada", "Lovelace", "ada@example.com"))
	var state string
	c.scan(`SELECT state FROM jazzhr.effects WHERE key LIKE 'ada@example.com %'`, nil, &state)
	if state != "done" {
		t.Errorf("the row is %s", state)
	}
}

// TestAnotherNameOfOneEmail has the writeback that settles a lost create give the name otherwise than
// the one that sent it: it is looked for by both.
func TestAnotherNameOfOneEmail(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_settling")
	c.exec(`UPDATE jazzhr.writebacks SET next_attempt_at = jazzhr.now() + interval '1 hour' WHERE writeback_id = $1`, first)
	c.finish(queue.StateDone, c.writeback("i-2", "Ada Augusta", "Lovelace", "ada@example.com"))
	c.finish(queue.StateDone, first)
	c.once("ada@example.com", 2)
}

// TestRouteGuessedWrongly has a note answered without an id on an account that does not show notes:
// it is taken off the right route, and comes back to it.
func TestRouteGuessedWrongly(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) {
		s.NotesRoute, s.Comments = jazzhrtest.NotesByApplicant, jazzhrtest.CommentsEmpty
	})
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerOtherShape)})
	c.wantProblem(c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"), "not_visible")
	c.finish(queue.StateDone, c.writeback("i-2", "Alan", "Turing", "alan@example.com"))
}
