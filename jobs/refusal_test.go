package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// TestMergedAway merges the applicant into another of the same email, before the link and before
// the note are sent, or after the note was.
func TestMergedAway(t *testing.T) {
	t.Parallel()
	for name, drops := range map[string]bool{"moving what it has": false, "dropping what it has": true} {
		for _, endpoint := range []string{jazzhrtest.EndpointLinkApplicant, jazzhrtest.EndpointApplicantNotes} {
			t.Run(name+" at "+endpoint, func(t *testing.T) {
				t.Parallel()
				c := newWorld(t).seasoned("acme")
				c.account.Configure(func(s *jazzhrtest.Settings) { s.MergeDrops = drops })
				c.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Nth: 1, Fault: jazzhrtest.Before(func(context.Context, jazzhrtest.Call) { c.merge("ada@example.com") })})
				c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
				there := c.account.ApplicantsByEmail("ada@example.com")
				if len(there) != 1 || len(c.account.Notes(there[0].ID)) != 1 {
					t.Errorf("%d applicants, notes %v", len(there), c.account.Notes(""))
				}
				if d := c.sim.Duplicates(); len(d) > 0 {
					t.Errorf("duplicates: %v", d)
				}
			})
		}
	}
}

// TestRefusedWhileNew has JazzHR refuse a write to an applicant that is new, and be down until the
// applicant is new no more: the refusal was of a moment all the same.
func TestRefusedWhileNew(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withSettleDelay(time.Minute)).customer("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.UsableAfter = time.Hour })
	down := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointLinks, When: func(call jazzhrtest.Call) bool {
		return call.Account.Count(jazzhrtest.EndpointLinkApplicant) > 0 // since it was refused
	}, Fault: jazzhrtest.Refuse(503)})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepLinkApplicantToJob, "waits_retry")
	down.Remove()
	c.advance(5 * time.Minute)
	c.attempted(1, queue.StepLinkApplicantToJob, "waits_settling", queue.StateRejected)
	c.account.Configure(func(s *jazzhrtest.Settings) { s.UsableAfter = 0 })
	c.advance(10 * time.Minute)
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}

// merge has a recruiter enter the person anew and merge the one there was into that.
func (c *customer) merge(email string) {
	c.t.Helper()
	was := c.account.ApplicantsByEmail(email)[0]
	stays := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: was.FirstName, LastName: was.LastName, Email: email})
	if err := c.account.Merge(was.ID, stays.ID); err != nil {
		c.t.Error(err)
	}
}

// TestMergedAfterALostNote loses the note's answer and then the applicant: the note is looked for
// where that went.
func TestMergedAfterALostNote(t *testing.T) {
	t.Parallel()
	for name, drops := range map[string]bool{"moved": false, "dropped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).seasoned("acme")
			c.account.Configure(func(s *jazzhrtest.Settings) { s.MergeDrops = drops })
			c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
			id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			c.attempted(1, queue.StepWriteNotes, "waits_settling")
			c.merge("ada@example.com")
			c.finish(queue.StateDone, id)
			there := c.account.ApplicantsByEmail("ada@example.com")
			if len(there) != 1 || len(c.account.Notes(there[0].ID)) != 1 {
				t.Errorf("applicants %d, notes %v", len(there), c.account.Notes(""))
			}
		})
	}
}

// TestGoneForGood has an applicant that was named to us and that nobody can find again.
func TestGoneForGood(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	for name, job := range map[string]*writeback.Job{"with a job": {ID: c.job.ID}, "without": nil} {
		c.wantProblem(c.enqueue(writeback.Writeback{
			InterviewID: name, Job: job, Note: writeback.Note{Summary: "Fine."},
			Candidate: writeback.Candidate{ID: "c", ApplicantID: "prospect_20200101000000_GONEGONEGONEGONE"},
		}), "applicant_gone")
	}
	if n := c.account.Count(jazzhrtest.EndpointCreateApplicant); n != 1 {
		t.Errorf("%d applicants made, want Grace alone", n)
	}
}

// TestGivenApplicant writes to whom the writeback names, and to nobody else.
func TestGivenApplicant(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	there := c.person("Ada", "Lovelace", "ada@example.com")
	view := c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
		InterviewID: "i-1", Note: writeback.Note{Summary: "Fine."},
		Candidate: writeback.Candidate{ID: "c", ApplicantID: there.ID},
	}))
	if view.ApplicantID != there.ID || len(c.account.Notes(there.ID)) != 1 {
		t.Error("the note is not where it was asked for")
	}
}

// TestLinkThereAlready has a recruiter link the applicant while our link is under way, on an
// account that refuses a second.
func TestLinkThereAlready(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.RepeatedLink = jazzhrtest.LinksRefused })
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointLinkApplicant, Nth: 1, Fault: jazzhrtest.Before(func(_ context.Context, call jazzhrtest.Call) {
		if _, err := c.account.AddLink(call.Field("applicant_id"), c.job.ID); err != nil {
			t.Error(err)
		}
	})})
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	c.once("ada@example.com", 1)
}

// TestRefusedLink names a job that JazzHR does not have: the note is written all the same.
func TestRefusedLink(t *testing.T) {
	t.Parallel()
	for name, job := range map[string]writeback.Job{"by id": {ID: "job_20200101000000_NOSUCHNOSUCHNOSU"}, "by board code": {BoardCode: "nosuch"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme")
			view := c.finish(queue.StateRejected, c.enqueue(writeback.Writeback{
				InterviewID: "i-1", Job: &job, Note: writeback.Note{Summary: "Fine."},
				Candidate: writeback.Candidate{ID: "c", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
			}))
			link, note := step(t, view, queue.StepLinkApplicantToJob), step(t, view, queue.StepWriteNotes)
			if link.State != queue.StateRejected || link.LastError == "" || note.State != queue.StateDone {
				t.Error(c.show(view.ID))
			}
			if n := len(c.account.Notes(view.ApplicantID)); n != 1 {
				t.Errorf("%d notes", n)
			}
		})
	}
}

// TestRefusedCreate has JazzHR refuse an applicant, readably and with status 200: that binds the
// writeback that sent it, and no other with the same email.
func TestRefusedCreate(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	proxy := refuseCreates(c, "Ada")
	first := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	view := c.finish(queue.StateRejected, first)
	if got := step(t, view, queue.StepCreateApplicant).LastError; !strings.Contains(got, "was not set") {
		t.Errorf("it is told that %q", got)
	}
	c.finish(queue.StateDone, c.writeback("i-2", "Augusta", "King", "ada@example.com"))
	c.once("ada@example.com", 1)
	if proxy.Hits() != 1 {
		t.Errorf("sent %d times", proxy.Hits())
	}
}

// refuseCreates has JazzHR miss a field in creates of a first name.
func refuseCreates(c *customer, first string) *jazzhrtest.Injected {
	return c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant,
		When:     func(call jazzhrtest.Call) bool { return call.Field("first_name") == first },
		Fault:    jazzhrtest.Before(func(_ context.Context, call jazzhrtest.Call) { delete(call.Fields, "email") }),
	})
}
