package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

func TestWritebackIsWrittenOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
	if result := c.told(intrvio.WritebackCompleted, id); len(result.Steps) != 3 || result.ApplicantID == "" || result.JobID != c.job.ID {
		t.Errorf("told %+v", result)
	} else if result.Written == nil || !slices.Equal(result.Written.Note, []string{"summary", "transcript"}) || result.Written.StoredIn != "us" {
		t.Errorf("told that %+v is written", result.Written)
	}
}

func TestTwoInterviewsOfOnePerson(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	one := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	two := c.writeback("i-2", "Ada", "Lovelace", "Ada@Example.com")
	c.finish(queue.StateDone, one)
	c.finish(queue.StateDone, two)
	c.once("ada@example.com", 2)
}

func TestKnownApplicantIsAdopted(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	there := c.person("Ada", "Lovelace", "ada@example.com")
	c.person("Ada", "Lovelace", "other@example.com")
	if view := c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")); view.ApplicantID != there.ID {
		t.Fatalf("applicant %s, want %s", view.ApplicantID, there.ID)
	}
	c.once("ada@example.com", 1)
	if n := c.account.Count(jazzhrtest.EndpointLinkApplicant); n != 0 {
		t.Errorf("%d links sent for one who is linked", n)
	}
}

func TestLongTranscriptIsSplitInOrder(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	transcript := strings.Repeat("A line of an interview that goes on for long.\n", 700)
	view := c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
		InterviewID: "i-1",
		Candidate:   writeback.Candidate{ID: "c", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
		Job:         &writeback.Job{BoardCode: c.job.BoardCode}, Note: writeback.Note{Transcript: transcript},
	}))
	parts := step(t, view, queue.StepWriteNotes).Parts
	c.once("ada@example.com", len(parts))
	if len(parts) < 3 {
		t.Fatalf("%d parts", len(parts))
	}
	for i, note := range c.account.Notes(view.ApplicantID) {
		if parts[i].RemoteID != note.ID {
			t.Errorf("part %d is not note %d", i+1, i+1)
		}
	}
}

func TestRevisionIsAFurtherNote(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.finish(queue.StateDone, c.enqueue(revision("i-1", 2, c.job.ID)))
	c.once("ada@example.com", 2)
	if n := c.account.Count(jazzhrtest.EndpointLinkApplicant); n != 1 {
		t.Errorf("%d links sent, want the first revision's alone", n)
	}
}

func revision(interview string, number int, job string) writeback.Writeback {
	return writeback.Writeback{
		InterviewID: interview, Revision: number,
		Candidate: writeback.Candidate{ID: "c-" + interview, FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
		Job:       &writeback.Job{ID: job}, Note: writeback.Note{Summary: "Better on a second look."},
	}
}

// TestRevisionWaitsForLowerOnes holds the first revision in its note while the second comes in.
func TestRevisionWaitsForLowerOnes(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	held := hold(c, jazzhrtest.EndpointApplicantNotes, 1)
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	held.await()
	second := c.enqueue(revision("i-1", 2, c.job.ID))
	c.attempted(1, queue.StepCreateApplicant, "waits_earlier_step")
	if got := step(t, c.view(second), queue.StepCreateApplicant).WaitingFor; got != outcome.WaitsEarlierStep {
		t.Errorf("it waits for %q", got)
	}
	held.release()
	c.finish(queue.StateDone, first)
	view := c.finish(queue.StateDone, second)
	c.once("ada@example.com", 2)
	notes := c.account.Notes(view.ApplicantID)
	if !strings.Contains(notes[0].Text, "Did well.") || !strings.Contains(notes[1].Text, "second look") {
		t.Error("the revisions stand in another order")
	}
}

// TestRevisionWaitsAsLong holds that a revision is not looked at before the one that it waits for.
func TestRevisionWaitsAsLong(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.Outage = jazzhrtest.Outage{Until: time.Now().AddDate(1, 0, 0)} })
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_retry")
	c.exec("UPDATE jazzhr.writebacks SET next_attempt_at = jazzhr.now() + interval '5 hours' WHERE writeback_id = $1", first)
	second := c.enqueue(revision("i-1", 2, c.job.ID))
	c.attempted(1, queue.StepCreateApplicant, "waits_earlier_step")
	var long bool
	c.scan("SELECT next_attempt_at > jazzhr.now() + interval '4 hours' FROM jazzhr.writebacks WHERE writeback_id = $1", []any{second}, &long)
	if !long {
		t.Error("it is looked at before the one that it waits for")
	}
	c.account.Configure(func(s *jazzhrtest.Settings) { s.Outage = jazzhrtest.Outage{} })
	c.exec("UPDATE jazzhr.writebacks SET next_attempt_at = jazzhr.now() WHERE writeback_id = $1", first)
	c.finish(queue.StateDone, first)
	c.finish(queue.StateDone, second) // woken by the end of the first
}

func TestNoteRoutes(t *testing.T) {
	t.Parallel()
	for _, route := range []jazzhrtest.NotesRoute{jazzhrtest.NotesOnly, jazzhrtest.NotesSwallowed, jazzhrtest.NotesByApplicant} {
		t.Run(string(route), func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).seasoned("acme")
			c.account.Configure(func(s *jazzhrtest.Settings) { s.NotesRoute = route })
			c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
			c.once("ada@example.com", 1)
			before := c.account.Count(jazzhrtest.EndpointApplicantNotes)
			c.finish(queue.StateDone, c.writeback("i-2", "Ada", "Lovelace", "ada@example.com"))
			if asked := c.account.Count(jazzhrtest.EndpointApplicantNotes) - before; (asked == 0) != (route != jazzhrtest.NotesByApplicant) {
				t.Errorf("the route by applicant was asked %d times for the second note", asked)
			}
		})
	}
}

// TestSwallowedFromTheFirstNote has an account whose route by applicant answers 200 and writes
// nothing, from the first note on: nothing of the kind was ever seen there. The account is switched
// all the same, and the next note frees the first.
func TestSwallowedFromTheFirstNote(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.NotesRoute = jazzhrtest.NotesSwallowed })
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.wantProblem(first, "no_control")
	c.finish(queue.StateDone, c.writeback("i-2", "Grace", "Hopper", "grace@example.com"))
	c.finish(queue.StateDone, first)
	c.once("ada@example.com", 1)
	c.once("grace@example.com", 1)
}

// TestFinding02UnknownRoutes has accounts with one note route of either kind, whose other route answers
// in each way in which an unknown route may answer: every note is written, and nobody is asked.
func TestFinding02UnknownRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, unknown := range jazzhrtest.UnknownRoutes() {
		for _, route := range []jazzhrtest.NotesRoute{jazzhrtest.NotesOnly, jazzhrtest.NotesByApplicant} {
			name := fmt.Sprintf("%s-%d", route, i)
			c := w.customer(name)
			c.account.Configure(func(s *jazzhrtest.Settings) { s.NotesRoute, s.UnknownRoute = route, unknown })
			var ids []uuid.UUID
			for n := range 3 {
				ids = append(ids, c.writeback(fmt.Sprintf("i-%d", n), "Ada", "Lovelace", fmt.Sprintf("ada%d@example.com", n)))
			}
			for n, id := range ids {
				c.finish(queue.StateDone, id)
				c.once(fmt.Sprintf("ada%d@example.com", n), 1)
			}
		}
	}
}

// TestFinding02NoRoute has both routes answer as if they were unknown: nothing is refused. Once one of
// them is back, the note is written.
func TestFinding02NoRoute(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	var faults []*jazzhrtest.Injected
	for _, endpoint := range []string{jazzhrtest.EndpointApplicantNotes, jazzhrtest.EndpointNotes} {
		faults = append(faults, c.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Fault: jazzhrtest.Refuse(404)}))
	}
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepWriteNotes, "waits_settling")
	for _, fault := range faults {
		fault.Remove()
	}
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}
