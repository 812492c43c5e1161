package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// matched reads what ties a request to an export and to a stage entry.
func (c *customer) matched() (both int) {
	c.t.Helper()
	c.scan(`SELECT count(*) FROM jazzhr.interview_requests r JOIN jazzhr.webhooks w USING (tenant_id, webhook_id)
		JOIN jazzhr.stage_entries s USING (tenant_id, activity_id)
		WHERE r.webhook_seen_at = w.received_at AND r.activity_seen_at = s.first_seen_at AND s.request_id = r.request_id`, nil, &both)
	return both
}

// TestExportThenStage is one request.
func TestExportThenStage(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.export(ada.ID, c.job.ID)
	c.advance(2 * time.Hour)
	c.enter(ada.ID, c.job.ID, "matched")
	c.wantRequests(intrvio.TriggerExport)
	if c.matched() != 1 {
		t.Error("the request does not keep both")
	}
}

// TestStageThenExport is one request, also if it has been answered in between.
func TestStageThenExport(t *testing.T) {
	t.Parallel()
	for _, answered := range []bool{true, false} {
		t.Run(fmt.Sprint("answered ", answered), func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).triggered("acme")
			ada := c.person("Ada", "Lovelace", "ada@example.com")
			c.enter(ada.ID, c.job.ID, "requested")
			if answered {
				c.answer(c.requests()[0].RequestID)
			}
			c.advance(2 * time.Hour)
			if got := c.export(ada.ID, c.job.ID); !got.exported.Repeat || len(got.requests) != 0 {
				t.Errorf("the export gives %+v", got)
			}
			c.wantRequests(intrvio.TriggerStage)
			if c.matched() != 1 {
				t.Error("the request does not keep both")
			}
		})
	}
}

// TestExportAndStageAtOnce has both decided at the same moment, again and again.
func TestExportAndStageAtOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	const tries = 25
	people := make([]jazzhrtest.Applicant, tries)
	for i := range people {
		people[i] = c.person("Ada", fmt.Sprintf("Lovelace %d", i), fmt.Sprintf("ada%d@example.com", i))
		c.move(people[i].ID, c.job.ID, interviewStage)
	}
	race(
		func() { c.poll("ok") },
		func() {
			for _, person := range people {
				c.send(person.ID, c.job.ID)
			}
		},
	)
	c.attempted(tries, "resolve_stage_entry", "requested", "matched")
	c.attempted(tries, "resolve_export", "resolved")
	c.wantEachOnce(people)
}

// wantEachOnce fails unless each person has one request, of both an export and a stage entry.
func (c *customer) wantEachOnce(people []jazzhrtest.Applicant) {
	c.t.Helper()
	asked := map[string]int{}
	for _, request := range c.requests() {
		asked[request.ApplicantID]++
	}
	for _, person := range people {
		if asked[person.ID] != 1 {
			c.t.Errorf("%d requests for one person", asked[person.ID])
		}
	}
	if both := c.matched(); both != len(people) {
		c.t.Errorf("%d of %d requests keep both", both, len(people))
	}
}

// TestDecidedAtOnce stops every decision before its end, where whoever has not waited for the
// others has decided already.
func TestDecidedAtOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	people := make([]jazzhrtest.Applicant, 2)
	for i := range people {
		people[i] = c.person("Ada", fmt.Sprintf("Lovelace %d", i), fmt.Sprintf("ada%d@example.com", i))
	}
	tx, err := c.db.Pool.Begin(t.Context())
	check(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM jazzhr.event_counters WHERE tenant_id = $1 FOR UPDATE", c.id)
	check(t, err)
	for _, person := range people {
		c.send(person.ID, c.job.ID)
		c.insertEntry(person)
	}
	for waiting, until := 0, time.Now().Add(patience); waiting < 2*len(people); {
		c.scan("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", nil, &waiting)
		if time.Now().After(until) {
			t.Fatalf("%d decisions wait\n%s", waiting, c.journal)
		}
	}
	check(t, tx.Commit(t.Context()))
	c.attempted(len(people), "resolve_stage_entry", "requested", "matched")
	c.attempted(len(people), "resolve_export", "resolved")
	c.wantEachOnce(people)
}

// TestUnresolvedExportAndStage are one request, found by the email, whichever is decided first.
func TestUnresolvedExportAndStage(t *testing.T) {
	t.Parallel()
	hidden := func(c *customer) *jazzhrtest.Injected {
		return c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Fault: jazzhrtest.Refuse(500)})
	}
	t.Run("export pending", func(t *testing.T) {
		t.Parallel()
		c := newWorld(t).triggered("acme")
		ada := c.person("Ada", "Lovelace", "ada@example.com")
		c.person("Ada", "Lovelace", "ada@example.com") // a twin: the export is never resolved
		lists := hidden(c)
		c.send(ada.ID, c.job.ID)
		c.attempted(1, "resolve_export", "waits_retry")
		c.insertEntry(ada)
		c.attempted(1, "resolve_stage_entry", "requested")
		// What the entry has learned of the email must not resolve the export here.
		c.exec("DELETE FROM jazzhr.applicants")
		lists.Remove()
		c.advance(4 * time.Hour)
		if got := c.heard(c.newestWebhook()); got.exported.UnresolvedReason != "two_matches" || !got.exported.Repeat {
			t.Errorf("told %+v", got)
		}
		c.wantRequests(intrvio.TriggerStage)
	})
	t.Run("export told", func(t *testing.T) {
		t.Parallel()
		c := newWorld(t).triggered("acme")
		ada := c.person("Ada", "Lovelace", "ada@example.com")
		c.person("Ada", "Lovelace", "ada@example.com")
		got := c.export(ada.ID, c.job.ID)
		c.enter(ada.ID, c.job.ID, "matched")
		c.wantRequests(intrvio.TriggerExport)
		// Whom it is about is known by now.
		c.answer(got.requests[0].RequestID)
		if notes := c.account.Notes(ada.ID); len(notes) != 1 {
			t.Errorf("%d notes", len(notes))
		}
	})
}

// TestTwinsExported has the entry of one matched with that one's export, though a namesake's, which
// was not resolved, is nearer in time.
func TestTwinsExported(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.export(ada.ID, c.job.ID)
	c.advance(time.Hour)
	twin := c.person("Ada", "Lovelace", "ada@example.com")
	c.poll("ok") // tells that there are two
	if got := c.export(twin.ID, c.job.ID); got.exported.UnresolvedReason != "two_matches" {
		t.Fatalf("told %+v", got)
	}
	c.enter(ada.ID, c.job.ID, "matched")
	c.enter(twin.ID, c.job.ID, "matched")
	c.wantRequests(intrvio.TriggerExport, intrvio.TriggerExport)
	if both := c.matched(); both != 2 {
		t.Errorf("%d of 2 requests keep both", both)
	}
}

// TestBeyondTheWindow gives two requests, in either order.
func TestBeyondTheWindow(t *testing.T) {
	t.Parallel()
	for _, first := range []intrvio.Trigger{intrvio.TriggerExport, intrvio.TriggerStage} {
		t.Run(string(first), func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).triggered("acme")
			ada := c.person("Ada", "Lovelace", "ada@example.com")
			if first == intrvio.TriggerExport {
				c.export(ada.ID, c.job.ID)
				c.advance(3*time.Hour + time.Second)
				c.enter(ada.ID, c.job.ID, "requested")
				c.wantRequests(intrvio.TriggerExport, intrvio.TriggerStage)
				return
			}
			c.enter(ada.ID, c.job.ID, "requested")
			c.advance(3*time.Hour + time.Second)
			if got := c.export(ada.ID, c.job.ID); got.exported.Repeat {
				t.Errorf("told %+v", got)
			}
			c.wantRequests(intrvio.TriggerStage, intrvio.TriggerExport)
		})
	}
}

// TestReentry asks again once the request before was answered, and not while it waits.
func TestReentry(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.export(ada.ID, c.job.ID)
	c.enter(ada.ID, c.job.ID, "matched")
	c.move(ada.ID, c.job.ID, "Reviewed")
	c.enter(ada.ID, c.job.ID, "repeated")
	c.wantRequests(intrvio.TriggerExport)
	c.answer(c.requests()[0].RequestID)
	c.move(ada.ID, c.job.ID, "Reviewed")
	c.enter(ada.ID, c.job.ID, "requested")
	c.export(ada.ID, c.job.ID) // of that same move
	c.wantRequests(intrvio.TriggerExport, intrvio.TriggerStage)
	c.export(ada.ID, c.job.ID) // while it waits
	c.wantRequests(intrvio.TriggerExport, intrvio.TriggerStage)
	c.answer(c.requests()[1].RequestID)
	check(t, c.account.EditApplicant(ada.ID, func(a *jazzhrtest.Applicant) { a.Phone = "617-555-0100" })) // other bytes
	c.export(ada.ID, c.job.ID)
	c.wantRequests(intrvio.TriggerExport, intrvio.TriggerStage, intrvio.TriggerExport)
}

// TestOtherJobsAndPeople are never matched.
func TestOtherJobsAndPeople(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	welder := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, c.job.ID, welder.ID)
	grace := c.person("Grace", "Hopper", "grace@example.com")
	c.export(ada.ID, welder.ID)
	c.enter(ada.ID, c.job.ID, "requested")
	c.enter(grace.ID, c.job.ID, "requested")
	c.wantRequests(intrvio.TriggerExport, intrvio.TriggerStage, intrvio.TriggerStage)
}
