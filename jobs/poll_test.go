package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// poll runs a poll and waits for its end.
func (c *customer) poll(outcome string) {
	c.t.Helper()
	job := c.insert(queue.PollActivities{TenantID: c.id}) // the tick's, begun earlier, may end first
	c.logged(1, func(e entry) bool { return e.Message == "job" && e.JobID == job && e.Outcome == outcome }, "poll that came to "+outcome)
}

// changes are the stage changes that Intrvio is told of, delivered or not, in order.
func (c *customer) changes() (changes []intrvio.StageChange) {
	c.t.Helper()
	rows, err := c.db.Pool.Query(c.t.Context(), `SELECT data FROM jazzhr.events WHERE tenant_id = $1 AND type = $2 ORDER BY sequence`,
		c.id, string(intrvio.CandidateStageChanged))
	check(c.t, err)
	defer rows.Close()
	for rows.Next() {
		var e intrvio.Envelope
		check(c.t, rows.Scan(&e.Data))
		e.Type = intrvio.CandidateStageChanged
		change, err := intrvio.Decode[intrvio.StageChange](e)
		check(c.t, err)
		changes = append(changes, change)
	}
	check(c.t, rows.Err())
	return changes
}

// logins makes the feed longer by activities of no interest.
func (c *customer) logins(n int) {
	for range n {
		c.account.Login()
	}
}

func TestStageChanges(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	move := func(stage string) { check(t, c.account.MoveStage(ada.ID, c.job.ID, stage)) }
	move("Reviewed")
	c.poll("ok")
	if got := c.changes(); len(got) != 0 {
		t.Fatalf("the first pass announces %+v", got)
	}
	move("Interview")
	c.logins(250)
	move("Offer")
	c.poll("ok")
	c.poll("ok")
	got := c.changes()
	if len(got) != 2 {
		t.Fatalf("announced %+v", got)
	}
	for _, change := range got {
		if change.ApplicantID != ada.ID || change.JobTitle != "Engineer" || !change.Parsed || change.OccurredOn == "" {
			t.Errorf("announced %+v", change)
		}
	}
	event := c.event(func(e intrvio.Envelope) bool { return e.Type == intrvio.CandidateStageChanged })
	if event.TenantID != c.id {
		t.Error("told of another tenant")
	}
}

// TestRowsShiftWhileRead adds rows between the pages of a pass, so that some come twice.
func TestRowsShiftWhileRead(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	c.poll("ok")
	const people = 150
	for i := range people {
		p := c.person("Ada", fmt.Sprintf("Lovelace %d", i), "")
		check(t, c.account.MoveStage(p.ID, c.job.ID, "Reviewed"))
	}
	held := hold(c, jazzhrtest.EndpointActivities, 2)
	c.insert(queue.PollActivities{TenantID: c.id})
	held.await()
	c.logins(40)
	held.release()
	c.attempted(2, "poll_activities", "ok")
	seen := map[string]int{}
	for _, change := range c.changes() {
		seen[change.ApplicantID]++
	}
	if len(seen) != people {
		t.Errorf("%d people's changes announced, want %d", len(seen), people)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s announced %d times", id, n)
		}
	}
}

// TestPageFails in the middle of a pass: what was read is announced once, and the rest with the
// next pass.
func TestPageFails(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprint("first pass ", first), func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme")
			if !first {
				c.poll("ok")
			}
			ada := c.person("Ada", "Lovelace", "ada@example.com")
			check(t, c.account.MoveStage(ada.ID, c.job.ID, "Reviewed"))
			c.logins(150)
			c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointActivities, Nth: 2, Fault: jazzhrtest.Refuse(500)})
			c.poll("activities_stopped_retry")
			check(t, c.account.MoveStage(ada.ID, c.job.ID, "Interview"))
			c.poll("ok")
			c.poll("ok")
			want := 2
			if first {
				want = 0
			}
			if got := c.changes(); len(got) != want {
				t.Errorf("announced %+v, want %d", got, want)
			}
		})
	}
}

// TestOneListStops the others only if it stops all calls of the tenant.
func TestOneListStops(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   jazzhrtest.Fault
		outcome string
		goesOn  bool
	}{
		"a page fails":      {jazzhrtest.Refuse(500), "activities_stopped_retry", true},
		"too many calls":    {jazzhrtest.RateLimit(time.Minute), "activities_stopped_rate_limit", false},
		"a key is rejected": {jazzhrtest.Refuse(401), "activities_stopped_credentials", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme")
			c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointActivities, Times: 1, Fault: tc.fault})
			c.poll(tc.outcome)
			if calls := c.account.Count(jazzhrtest.EndpointApplicants); (calls > 0) != tc.goesOn {
				t.Errorf("%d calls for applicants", calls)
			}
		})
	}
}

// TestIdlePollCostsOneCall for the activities, also where one day fills pages.
func TestIdlePollCostsOneCall(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.logins(250)
	c.poll("ok")
	before := c.account.Count(jazzhrtest.EndpointActivities)
	c.poll("ok")
	if calls := c.account.Count(jazzhrtest.EndpointActivities) - before; calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
	c.logins(1)
	c.poll("ok")
	if calls := c.account.Count(jazzhrtest.EndpointActivities) - before; calls != 1+2 {
		t.Errorf("%d calls for the idle poll and the next, want 3: it ends at the first page without news", calls)
	}
}

// TestTwoPollsAtOnce of one tenant announce each change once.
func TestTwoPollsAtOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	c.poll("ok")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	check(t, c.account.MoveStage(ada.ID, c.job.ID, "Reviewed"))
	held := hold(c, jazzhrtest.EndpointActivities, 1)
	c.insert(queue.PollActivities{TenantID: c.id})
	held.await()
	c.insert(queue.PollActivities{TenantID: c.id})
	c.attempted(2, "poll_activities", "ok")
	held.release()
	c.attempted(3, "poll_activities", "ok")
	if got := c.changes(); len(got) != 1 {
		t.Errorf("announced %+v", got)
	}
}

// TestOldChangesStayOld has a long history of which the first pass reads only the latest days: what
// a later pass reads beyond that is not news.
func TestOldChangesStayOld(t *testing.T) {
	t.Parallel()
	clock := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	c := newWorld(t, withClock(clock)).customer("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	stages := []string{"Reviewed", "Interview"}
	for i := range 250 {
		check(t, c.account.MoveStage(ada.ID, c.job.ID, stages[i%2]))
	}
	clock.add(10 * 24 * time.Hour)
	c.logins(99)
	c.poll("ok")
	c.logins(60)
	check(t, c.account.MoveStage(ada.ID, c.job.ID, "Offer"))
	c.poll("ok")
	if got := c.changes(); len(got) != 1 || got[0].To != "Offer" {
		t.Errorf("announced %d changes, want the last alone", len(got))
	}
}

// TestUnparsableChange is passed on as it is.
func TestUnparsableChange(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.poll("ok")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.account.AddActivity(jazzhrtest.Activity{Category: "resume_status", ObjectID: ada.ID, Action: `moved to "Reviewed"`})
	c.poll("ok")
	if got := c.changes(); len(got) != 1 || got[0].Parsed || got[0].RawAction == "" || got[0].From != "" {
		t.Errorf("announced %+v", got)
	}
}

// TestPollsAreTheTicks: one that is due runs by itself, and a paused tenant's does not.
func TestPollsAreTheTicks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paused, active := w.customer("paused").polled(), w.customer("active").polled()
	check(t, paused.tenantsPause(true))
	w.advance(2 * time.Hour)
	active.attempted(1, "poll_activities", "ok")
	if n := paused.account.Count(jazzhrtest.EndpointActivities); n != 0 {
		t.Errorf("%d polls of a paused tenant", n)
	}
	if row, err := w.tenants.Get(t.Context(), active.id); err != nil || row.LastPollAt == nil {
		t.Errorf("the last poll is %v (%v)", row.LastPollAt, err)
	}
}

// TestActivityOfADayToCome hides nothing, neither at the first pass nor later.
func TestActivityOfADayToCome(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprint("first pass ", first), func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme")
			ada := c.person("Ada", "Lovelace", "ada@example.com")
			if !first {
				c.poll("ok")
			}
			c.account.AddActivity(jazzhrtest.Activity{Category: "logins", ObjectID: "x", Action: "?", At: time.Now().AddDate(1, 0, 0)})
			c.poll("ok")
			check(t, c.account.MoveStage(ada.ID, c.job.ID, "Reviewed"))
			c.logins(250)
			c.poll("ok")
			if got := c.changes(); len(got) != 1 {
				t.Errorf("%d changes announced, want 1", len(got))
			}
		})
	}
}

// TestPausedIsNotPolled though its job was made before.
func TestPausedIsNotPolled(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.poll("ok")
	calls := c.account.Count(jazzhrtest.EndpointActivities)
	c.exec(`UPDATE jazzhr.tenants SET paused_at = jazzhr.now()`)
	c.poll("stopped_paused")
	if n := c.account.Count(jazzhrtest.EndpointActivities) - calls; n != 0 {
		t.Errorf("%d calls of a paused tenant", n)
	}
}
