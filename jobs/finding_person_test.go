package jobs_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// The tests named TestFinding01 and so on each play one way in which a JazzHR, or what comes from
// outside, could be that nobody had imagined: go test ./... -run TestFinding

// noteOn fails unless an applicant has so many notes of ours.
func (c *customer) noteOn(applicant string, notes int) {
	c.t.Helper()
	if got := c.account.Notes(applicant); len(got) != notes {
		c.t.Errorf("%d notes on %s, want %d", len(got), applicant, notes)
	}
}

// TestFinding01FamilyAddress exports two people who share an address, and writes back to each.
func TestFinding01FamilyAddress(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	alice := c.person("Alice", "Young", "none@none.com")
	bob := c.person("Bob", "Old", "none@none.com")
	for _, person := range []jazzhrtest.Applicant{alice, bob} {
		got := c.export(person.ID, c.job.ID)
		if e := got.exported; e.ApplicantID != person.ID || e.Repeat || len(got.requests) != 1 {
			t.Fatalf("export of %s: %+v", person.FirstName, got)
		}
		request := got.requests[0]
		for round := range 2 {
			id := c.enqueue(writeback.Writeback{
				InterviewID: fmt.Sprintf("%s-%d", person.FirstName, round), RequestID: &request.RequestID,
				Candidate: writeback.Candidate{ID: person.FirstName, FirstName: person.FirstName, LastName: person.LastName, Email: person.Email},
				Job:       &writeback.Job{ID: c.job.ID}, Note: writeback.Note{Summary: "Of " + person.FirstName},
			})
			if view := c.finish(queue.StateDone, id); view.ApplicantID != person.ID {
				t.Errorf("the interview of %s is written on %s", person.FirstName, view.ApplicantID)
			}
		}
		c.noteOn(person.ID, 2)
	}
	if n := c.account.Count(jazzhrtest.EndpointCreateApplicant); n != 0 {
		t.Errorf("%d applicants created", n)
	}
}

// TestFinding01OtherName has a writeback for somebody of whose email JazzHR knows another person: a
// person is asked once, and the answer is kept for the name and email.
func TestFinding01OtherName(t *testing.T) {
	t.Parallel()
	for decision, want := range map[string]int{writeback.DecisionAdopt: 1, writeback.DecisionResend: 2} {
		t.Run(decision, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).seasoned("acme")
			alice := c.person("Alice", "Young", "home@example.com")
			c.finish(queue.StateDone, c.writeback("j-0", "Alice", "Young", "home@example.com")) // whom we know since
			first := c.writeback("i-1", "Bob", "Old", "home@example.com")
			c.wantProblem(first, outcome.OtherName)
			adopted := ""
			if decision == writeback.DecisionAdopt {
				adopted = alice.ID
			}
			check(t, c.decide(first, decision, adopted))
			bob := c.finish(queue.StateDone, first).ApplicantID
			if (bob == alice.ID) != (decision == writeback.DecisionAdopt) {
				t.Errorf("written on %s", bob)
			}
			if second := c.finish(queue.StateDone, c.writeback("i-2", "BOB", "Old", "Home@Example.com")); second.ApplicantID != bob {
				t.Errorf("the second is written on %s, the first on %s", second.ApplicantID, bob)
			}
			// The mapping has not rubbed off on the other.
			if third := c.finish(queue.StateDone, c.writeback("i-3", "Alice", "Young", "home@example.com")); third.ApplicantID != alice.ID {
				t.Errorf("Alice's is written on %s", third.ApplicantID)
			}
			if got := len(c.account.ApplicantsByEmail("home@example.com")); got != want {
				t.Errorf("%d applicants have the email, want %d", got, want)
			}
		})
	}
}

// TestFinding01LikeNames has interviews of one person whose name is given in several ways, at once:
// they make one applicant.
func TestFinding01LikeNames(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
	var ids []uuid.UUID
	for i, first := range []string{"R.", "Rob", "Robert", "ROBERT", "R"} {
		ids = append(ids, c.writeback(fmt.Sprintf("j-%d", i), first, "Smith", "rob@example.com"))
	}
	for _, id := range ids {
		c.finish(queue.StateDone, id)
	}
	c.once("rob@example.com", len(ids))
}

// TestFinding01TwoNamesAtOnce has interviews of two people of one address begin at once: one of them
// is created, and about the other a person is asked.
func TestFinding01TwoNamesAtOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	held := hold(c, jazzhrtest.EndpointCreateApplicant, 1)
	alice := c.writeback("i-1", "Alice", "Young", "home@example.com")
	held.await()
	bob := c.writeback("i-2", "Bob", "Old", "home@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_settling")
	held.release()
	c.finish(queue.StateDone, alice)
	c.wantProblem(bob, outcome.OtherName)
	if got := len(c.account.ApplicantsByEmail("home@example.com")); got != 1 {
		t.Errorf("%d applicants have the email", got)
	}
}

// TestFinding01BothLost has the first creates of two people of one address be lost, and no write
// confirmed yet: once one is, each is created, and neither waits for the other.
func TestFinding01BothLost(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	lost := c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant, Times: 2,
		Fault: jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose},
	})
	var ids []uuid.UUID
	for i, name := range []string{"Alice", "Bob"} {
		ids = append(ids, c.writeback(fmt.Sprintf("i-%d", i), name, "Young", "home@example.com"))
		c.wantProblem(ids[i], outcome.NoControl)
	}
	if lost.Hits() != 2 {
		t.Fatalf("%d were lost", lost.Hits())
	}
	c.finish(queue.StateDone, c.writeback("season", "Sea", "Son", "season@example.com"))
	for _, id := range ids {
		c.finish(queue.StateDone, id)
	}
	if got := len(c.account.ApplicantsByEmail("home@example.com")); got != 2 {
		t.Errorf("%d applicants have the email, want 2", got)
	}
}

// TestFinding01CorrectedEmail has an email given to somebody else in JazzHR after the service has
// learnt it: what is known proposes, and JazzHR decides.
func TestFinding01CorrectedEmail(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme").verified()
	wrong := c.person("Alice", "Young", "home@example.com")
	c.export(wrong.ID, c.job.ID)
	check(t, c.account.EditApplicant(wrong.ID, func(a *jazzhrtest.Applicant) { a.Email = "alice@example.com" }))
	right := c.person("Alice", "Young", "home@example.com")
	c.exec(`UPDATE jazzhr.applicants SET read_at = jazzhr.now() - interval '2 hours'`)
	if got := c.finish(queue.StateDone, c.writeback("i-1", "Alice", "Young", "home@example.com")); got.ApplicantID != right.ID {
		t.Errorf("written on %s, want %s", got.ApplicantID, right.ID)
	}
	// JazzHR's number was taken for somebody else by mistake.
	c.exec(`UPDATE jazzhr.people SET applicant_id = $1`, right.ID)
	c.exec(`UPDATE jazzhr.applicants SET read_at = jazzhr.now() - interval '2 hours'`)
	if got := c.export(wrong.ID, c.job.ID); got.exported.ApplicantID != wrong.ID {
		t.Errorf("exported %+v", got.exported)
	}
}

// TestFinding04ListedWithoutDetails has JazzHR list somebody whose details it does not show: they may
// be the one who was created, so nobody is created again.
func TestFinding04ListedWithoutDetails(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Nth: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})
	season := c.account.Applicants()[0].ID
	hidden := c.sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointApplicant, When: func(call jazzhrtest.Call) bool { return call.ID != season },
		Fault: jazzhrtest.Fault{Answer: jazzhrtest.AnswerOtherShape},
	})
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "waits_retry")
	hidden.Remove()
	c.finish(queue.StateDone, id)
	c.once("ada@example.com", 1)
}

// TestFinding05Names has people in JazzHR whose name is spelt otherwise than Intrvio gives it.
func TestFinding05Names(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	for i, name := range [][2]string{
		{"O'Neil", "ONeil"},
		{"ONeil", "O’Neil"},
		{"Smith-Jones", "Smith Jones"},
		{"Smith Jones", "Smith-Jones"},
		{"van  der Berg", "van der Berg"},
		{"Müller", "Muller"},
		{"Muller", "Müller"},
		{"Ёлкин", "Елкин"},
	} {
		email := fmt.Sprintf("ada%d@example.com", i)
		there := c.person("Ada", name[0], email)
		if got := c.finish(queue.StateDone, c.writeback(fmt.Sprintf("j-%d", i), "Ada", name[1], email)); got.ApplicantID != there.ID {
			t.Errorf("%s is not taken for %s", name[1], name[0])
		}
		c.once(email, 1)
	}
}

// TestFinding06Emails has one address spelt in ways that look alike.
func TestFinding06Emails(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	for i, spelt := range []string{"ada%d@example.com", "ADA%d@Example.com", "ada%d@ex\u200bample.com", "\ufeffada%d@example.com", "ada%d@example.c\u00adom"} {
		email := fmt.Sprintf("ada%d@example.com", i)
		there := c.person("Ada", "Lovelace", fmt.Sprintf(spelt, i))
		if got := c.finish(queue.StateDone, c.writeback(fmt.Sprintf("j-%d", i), "Ada", "Lovelace", email)); got.ApplicantID != there.ID {
			t.Errorf("%q is another address than %q", spelt, email)
		}
	}
	if jazzhr.NormalizeEmail("ada@bücher.example") != jazzhr.NormalizeEmail("ADA@xn--bcher-kva.example") {
		t.Error("an international host name has two forms")
	}
}

// TestFinding07CorrectedRevision has a revision of an interview give another name and email: it goes
// to the applicant of the first.
func TestFinding07CorrectedRevision(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	first := c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@exmaple.com"))
	corrected := revision("i-1", 2, c.job.ID)
	corrected.Candidate.LastName, corrected.Candidate.Email = "King", "ada@example.com"
	if second := c.finish(queue.StateDone, c.enqueue(corrected)); second.ApplicantID != first.ApplicantID {
		t.Errorf("the revision is written on %s, the first on %s", second.ApplicantID, first.ApplicantID)
	}
	c.once("ada@exmaple.com", 2)
	if got := c.account.ApplicantsByEmail("ada@example.com"); len(got) != 0 {
		t.Errorf("%d applicants of the corrected email", len(got))
	}
}
