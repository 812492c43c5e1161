package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// announced are the events of a type that Intrvio is told of, delivered or not, in order.
func announced[T intrvio.Data](c *customer, event intrvio.EventType) (all []T) {
	c.t.Helper()
	rows, err := c.db.Pool.Query(c.t.Context(), `SELECT data FROM jazzhr.events WHERE tenant_id = $1 AND type = $2 ORDER BY sequence`,
		c.id, string(event))
	check(c.t, err)
	defer rows.Close()
	for rows.Next() {
		e := intrvio.Envelope{Type: event}
		check(c.t, rows.Scan(&e.Data))
		data, err := intrvio.Decode[T](e)
		check(c.t, err)
		all = append(all, data)
	}
	check(c.t, rows.Err())
	return all
}

func (c *customer) applied() []intrvio.Applied {
	return announced[intrvio.Applied](c, intrvio.CandidateApplied)
}

func (c *customer) linked() []intrvio.Linked {
	return announced[intrvio.Linked](c, intrvio.CandidateLinked)
}

// watched makes a customer whose lists have been read to their ends.
func (w *world) watched(name string) *customer {
	w.t.Helper()
	c := w.customer(name)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	return c
}

// people adds so many applicants to the customer's job, who applied so many days ago.
func (c *customer) people(n, daysAgo int) (all []jazzhrtest.Applicant) {
	for i := range n {
		last := fmt.Sprintf("Lovelace %d %d", daysAgo, i)
		all = append(all, c.account.AddApplicant(jazzhrtest.Applicant{
			FirstName: "Ada", LastName: last, Email: fmt.Sprintf("ada%d.%d@example.com", daysAgo, i), Applied: time.Now().AddDate(0, 0, -daysAgo),
		}, c.job.ID))
	}
	return all
}

// wantOnce fails unless each of the people was told of once as applicant and once as linked, and
// nobody else.
func (c *customer) wantOnce(people ...jazzhrtest.Applicant) {
	c.t.Helper()
	applied, linked := map[string]int{}, map[string]int{}
	for _, a := range c.applied() {
		applied[a.ApplicantID]++
	}
	for _, l := range c.linked() {
		linked[l.ApplicantID]++
	}
	for _, p := range people {
		if applied[p.ID] != 1 || linked[p.ID] != 1 {
			c.t.Errorf("%s: told %d times that they applied, %d times that they are linked", p.LastName, applied[p.ID], linked[p.ID])
		}
	}
	if len(applied) != len(people) || len(linked) != len(people) {
		c.t.Fatalf("told of %d applicants and of %d linked, want %d", len(applied), len(linked), len(people))
	}
}

// wantNoError fails if a job ended with an error, which would have made River try it again.
func (c *customer) wantNoError(kind string) {
	c.t.Helper()
	if errors := c.journal.count(c.attempts(kind, "error")); errors > 0 {
		c.t.Errorf("%d attempts at %s ended with an error", errors, kind)
	}
}

func TestNewApplicant(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.person("Grace", "Hopper", "grace@example.com") // stood there before
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "Ada@Example.com", Phone: "555"}, c.job.ID)
	c.poll("ok")
	c.poll("ok")
	c.wantOnce(ada)
	today := time.Now().UTC().Format(time.DateOnly)
	want := intrvio.Applied{
		ApplicantID: ada.ID, AppliedOn: today, JobID: c.job.ID, JobTitle: "Engineer",
		Candidate: intrvio.Candidate{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Phone: "555"},
	}
	if got := c.applied(); got[0] != want {
		t.Errorf("told %+v, want %+v", got[0], want)
	}
	link := c.account.Links(ada.ID)[0]
	if got := c.linked(); got[0] != (intrvio.Linked{LinkID: link.ID, ApplicantID: ada.ID, JobID: c.job.ID, LinkedOn: today}) {
		t.Errorf("told %+v", got[0])
	}
	if reads := c.account.Count(jazzhrtest.EndpointApplicant); reads != 1 {
		t.Errorf("%d applicants were read, want the new one", reads)
	}
}

// TestFurtherJob of one who is known is a link and no applicant.
func TestFurtherJob(t *testing.T) {
	t.Parallel()
	c := newWorld(t).watched("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.poll("ok")
	other := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	_, err := c.account.AddLink(ada.ID, other.ID)
	check(t, err)
	c.poll("ok")
	if applied, linked := c.applied(), c.linked(); len(applied) != 1 || len(linked) != 2 || linked[1].JobID != other.ID {
		t.Errorf("told %+v and %+v", applied, linked)
	}
}

// TestMadeByUs tells those whom a writeback made from others; that they are known by then swallows
// nothing.
func TestMadeByUs(t *testing.T) {
	t.Parallel()
	c := newWorld(t).watched("acme")
	theirs := c.person("Ada", "Lovelace", "ada@example.com")
	c.finish(queue.StateDone, c.writeback("i-1", "Grace", "Hopper", "grace@example.com"))
	c.finish(queue.StateDone, c.writeback("i-2", "Ada", "Lovelace", "ada@example.com")) // found by its email
	ours := c.account.ApplicantsByEmail("grace@example.com")[0]
	c.poll("ok")
	c.wantOnce(theirs, ours)
	for _, a := range c.applied() {
		if a.MadeByUs != (a.ApplicantID == ours.ID) {
			t.Errorf("told %+v", a)
		}
	}
	for _, l := range c.linked() {
		if l.MadeByUs != (l.ApplicantID == ours.ID) {
			t.Errorf("told %+v", l)
		}
	}
}

// TestPeopleShiftWhileRead adds applicants between the pages of a pass, so that some come twice.
func TestPeopleShiftWhileRead(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).watched("acme")
	all := c.people(150, 0)
	applicants, links := hold(c, jazzhrtest.EndpointApplicants, 2), hold(c, jazzhrtest.EndpointLinks, 2)
	c.insert(queue.PollActivities{TenantID: c.id})
	applicants.await()
	all = append(all, c.people(40, 0)...)
	applicants.release()
	links.await()
	all = append(all, c.person("Grace", "Hopper", "grace@example.com"))
	links.release()
	c.attempted(2, "poll_activities", "ok")
	c.poll("ok")
	c.wantOnce(all...)
}

// TestPageOfPeopleFails in the middle: what was read is told once, and the rest with the next pass,
// which reads nobody again.
func TestPageOfPeopleFails(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{jazzhrtest.EndpointApplicants, jazzhrtest.EndpointApplicant, jazzhrtest.EndpointLinks} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).watched("acme")
			all := c.people(130, 0)
			c.sim.Fault(jazzhrtest.Rule{Endpoint: endpoint, Nth: 2, Fault: jazzhrtest.Refuse(500)})
			list := "applicants"
			if endpoint == jazzhrtest.EndpointLinks {
				list = "links"
			}
			c.poll(list + "_stopped_retry")
			if applied, linked := len(c.applied()), len(c.linked()); applied == 0 || applied+linked == 2*len(all) {
				t.Errorf("told of %d applicants and %d links at the failure", applied, linked)
			}
			all = append(all, c.person("Grace", "Hopper", "grace@example.com"))
			c.poll("ok")
			c.poll("ok")
			c.wantOnce(all...)
			failed := 0
			if endpoint == jazzhrtest.EndpointApplicant {
				failed = 1
			}
			if reads := c.account.Count(jazzhrtest.EndpointApplicant); reads != len(all)+failed {
				t.Errorf("%d people were read, want each of %d once", reads, len(all))
			}
		})
	}
}

// TestTwoPollsOfPeopleAtOnce tell of each once.
func TestTwoPollsOfPeopleAtOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).watched("acme")
	all := c.people(5, 0)
	held := hold(c, jazzhrtest.EndpointApplicant, 1)
	c.insert(queue.PollActivities{TenantID: c.id})
	held.await()
	c.insert(queue.PollActivities{TenantID: c.id})
	c.attempted(2, "poll_activities", "ok")
	held.release()
	c.attempted(3, "poll_activities", "ok")
	c.wantOnce(all...)
}

// TestTwoPollsOfLinksAtOnce have both seen that links are new, and tell of each once.
func TestTwoPollsOfLinksAtOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t).watched("acme")
	all := c.people(5, 0)
	tx, err := c.db.Pool.Begin(t.Context())
	check(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `INSERT INTO jazzhr.links (tenant_id, link_id, applicant_id, job_id) VALUES ($1, $2, '', '')`,
		c.id, c.account.Links(all[2].ID)[0].ID)
	check(t, err)
	c.insert(queue.PollActivities{TenantID: c.id})
	c.insert(queue.PollActivities{TenantID: c.id})
	for waiting := 0; waiting < 2; {
		c.scan(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`, nil, &waiting)
	}
	check(t, tx.Rollback(t.Context()))
	c.attempted(3, "poll_activities", "ok")
	c.wantOnce(all...)
}

// TestMergedMeanwhile is one who is listed and not found a moment later: nothing to tell, and
// nothing stops.
func TestMergedMeanwhile(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).watched("acme")
	ada, twin := c.person("Ada", "Lovelace", "ada@example.com"), c.person("Ada", "Lovelace", "ada@example.org")
	held := hold(c, jazzhrtest.EndpointApplicant, 1)
	c.insert(queue.PollActivities{TenantID: c.id})
	held.await()
	check(t, c.account.Merge(ada.ID, twin.ID))
	held.release()
	c.attempted(2, "poll_activities", "ok")
	c.poll("ok")
	if applied := c.applied(); len(applied) != 1 || applied[0].ApplicantID != twin.ID {
		t.Errorf("told %+v", applied)
	}
	c.wantNoError("poll_activities")
}

// TestIdlePoll costs one call an endpoint, however many came on the last day.
func TestIdlePoll(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.people(250, 0)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	endpoints := []string{jazzhrtest.EndpointActivities, jazzhrtest.EndpointApplicants, jazzhrtest.EndpointLinks}
	before := map[string]int{}
	for _, endpoint := range endpoints {
		before[endpoint] = c.account.Count(endpoint)
	}
	c.poll("ok")
	for _, endpoint := range endpoints {
		if calls := c.account.Count(endpoint) - before[endpoint]; calls != 1 {
			t.Errorf("%d calls of %s", calls, endpoint)
		}
	}
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.poll("ok")
	c.wantOnce(ada)
	// From time to time all days are read whole: rows are not strictly in order.
	c.exec(`UPDATE jazzhr.poll_cursors SET passed_at = passed_at - interval '1 hour' WHERE tenant_id = $1`, c.id)
	yesterday := c.people(1, 1)
	c.poll("ok")
	c.wantOnce(append(yesterday, ada)...)
}

// TestDayToCome hides nobody who applies until then.
func TestDayToCome(t *testing.T) {
	t.Parallel()
	c := newWorld(t).watched("acme")
	early := c.people(1, -400)
	c.poll("ok")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.poll("ok")
	c.wantOnce(append(early, ada)...)
}
