package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// mirror runs a pass over the openings and waits for its end.
func (c *customer) mirror(outcome string) {
	c.t.Helper()
	before := c.journal.count(c.attempts("poll_openings", outcome))
	c.insert(queue.PollOpenings{TenantID: c.id})
	c.attempted(before+1, "poll_openings", outcome)
}

// news is what Intrvio was told of an opening.
type news struct {
	event   intrvio.EventType
	opening intrvio.Opening
}

// news are the events about openings, delivered or not, in order.
func (c *customer) news() (all []news) {
	c.t.Helper()
	rows, err := c.db.Pool.Query(c.t.Context(), `SELECT type, data FROM jazzhr.events WHERE tenant_id = $1 AND type LIKE 'job.%'
		ORDER BY sequence`, c.id)
	check(c.t, err)
	all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (n news, err error) {
		var e intrvio.Envelope
		if err = row.Scan(&e.Type, &e.Data); err != nil {
			return n, err
		}
		n.event = e.Type
		n.opening, err = intrvio.Decode[intrvio.Opening](e)
		return n, err
	})
	check(c.t, err)
	return all
}

// wantNews fails unless these events, and no others, tell of openings: of each opening in this
// order.
func (c *customer) wantNews(want ...news) {
	c.t.Helper()
	got := c.news()
	for _, list := range [][]news{got, want} {
		slices.SortStableFunc(list, func(a, b news) int { return strings.Compare(a.opening.JobID, b.opening.JobID) })
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Fatalf("told\n%v, want\n%v", got, want)
	}
}

// about is an event that tells how an opening is now.
func about(event intrvio.EventType, job jazzhrtest.Job, previous string, changed ...string) news {
	return news{event, intrvio.Opening{
		JobID: job.ID, Title: job.Title, Status: job.Status, PreviousStatus: previous, BoardCode: job.BoardCode,
		Department: job.Department, City: job.City, State: job.State, CountryID: "usa", Changed: changed,
		Gone: slices.Contains(changed, "gone"),
	}}
}

// TestOpenings goes through the life of one opening: each difference is told once, at the pass that
// follows it.
func TestOpenings(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.mirror("ok")
	job := c.account.AddJob(jazzhrtest.Job{Title: "Welder", Department: "Yard", City: "Bergen", State: "HL"})
	told := []news{about(intrvio.JobOpened, job, "")}
	for _, act := range []struct {
		change func(*jazzhrtest.Job)
		event  intrvio.EventType
		fields []string
	}{
		{func(j *jazzhrtest.Job) { j.Title = "Senior Welder" }, intrvio.JobChanged, []string{"title"}},
		{func(j *jazzhrtest.Job) { j.BoardCode, j.Department = "other", "Dock" }, intrvio.JobChanged, []string{"board_code", "department"}},
		{func(j *jazzhrtest.Job) { j.City, j.State = "Oslo", "OS" }, intrvio.JobChanged, []string{"city", "state"}},
		{func(j *jazzhrtest.Job) { j.Status = "Filled" }, intrvio.JobClosed, []string{"status"}},
		{func(j *jazzhrtest.Job) { j.Status = "Closed" }, intrvio.JobChanged, []string{"status"}},
		{func(j *jazzhrtest.Job) { j.Status, j.City = "Open", "Bergen" }, intrvio.JobOpened, []string{"status", "city"}},
		{func(j *jazzhrtest.Job) { j.Status = "On Hold" }, intrvio.JobChanged, []string{"status"}},
		{func(j *jazzhrtest.Job) { j.Status, j.Title = "Cancelled", "Welder" }, intrvio.JobClosed, []string{"status", "title"}},
		{func(j *jazzhrtest.Job) { j.Status = "Drafting" }, intrvio.JobChanged, []string{"status"}},
		{func(j *jazzhrtest.Job) { j.Status = "Open" }, intrvio.JobOpened, []string{"status"}},
	} {
		c.mirror("ok")
		c.wantNews(told...)
		before := job.Status
		check(t, c.account.EditJob(job.ID, act.change))
		act.change(&job)
		told = append(told, about(act.event, job, before, act.fields...))
	}
	c.mirror("ok")
	c.mirror("ok")
	c.wantNews(told...)
	event := c.event(func(e intrvio.Envelope) bool { return e.Type == intrvio.JobOpened })
	if event.TenantID != c.id {
		t.Error("told of another tenant")
	}
}

// TestFirstOpenings is the baseline: what it holds is not news, and what was asked for before it
// neither.
func TestFirstOpenings(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	late := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, late.ID)
	c.export(ada.ID, late.ID)
	check(t, c.account.SetJobStatus(late.ID, "Closed"))
	c.account.AddJob(jazzhrtest.Job{Title: "Baker"})
	c.mirror("ok")
	c.wantNews()
	drafted := c.account.AddJob(jazzhrtest.Job{Title: "Diver", Status: "Drafting"})
	c.mirror("ok")
	c.wantNews(about(intrvio.JobChanged, drafted, ""))
}

// TestGoneOpenings are told of once, and again if they come back.
func TestGoneOpenings(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	open := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	filled := c.account.AddJob(jazzhrtest.Job{Title: "Baker", Status: "Filled"})
	c.mirror("ok")
	check(t, c.account.DeleteJob(open.ID))
	check(t, c.account.DeleteJob(filled.ID))
	unsure := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointJob, Fault: jazzhrtest.Refuse(500)})
	c.mirror("stopped_retry")
	c.wantNews()
	unsure.Remove()
	c.mirror("ok")
	told := []news{about(intrvio.JobClosed, open, "Open", "gone"), about(intrvio.JobChanged, filled, "Filled", "gone")}
	c.wantNews(told...)
	calls := c.account.Count(jazzhrtest.EndpointJob)
	c.mirror("ok")
	c.wantNews(told...)
	if n := c.account.Count(jazzhrtest.EndpointJob) - calls; n != 0 {
		t.Errorf("%d reads of what is known to be gone", n)
	}
	c.account.AddJob(open)
	c.mirror("ok")
	back := about(intrvio.JobOpened, open, "Open", "gone")
	back.opening.Gone = false
	c.wantNews(append(told, back)...)
}

// TestOpeningsShiftWhileRead takes a row of the first page away, so that one of the second is on
// neither, and adds others, so that some come twice.
func TestOpeningsShiftWhileRead(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	var made []jazzhrtest.Job
	for i := range 210 {
		made = append(made, c.account.AddJob(jazzhrtest.Job{Title: fmt.Sprintf("Welder %d", i)}))
	}
	c.mirror("ok")
	var told []news
	for _, shift := range []func(){
		func() {
			gone := made[len(made)-1]
			check(t, c.account.DeleteJob(gone.ID))
			told = append(told, about(intrvio.JobClosed, gone, "Open", "gone"))
		},
		func() {
			for i := range 3 {
				told = append(told, about(intrvio.JobOpened, c.account.AddJob(jazzhrtest.Job{Title: fmt.Sprintf("Baker %d", i)}), ""))
			}
		},
	} {
		held := hold(c, jazzhrtest.EndpointJobs, 2)
		done := c.journal.count(c.attempts("poll_openings", "ok"))
		c.insert(queue.PollOpenings{TenantID: c.id})
		held.await()
		shift()
		held.release()
		c.attempted(done+1, "poll_openings", "ok")
		held.rule.Remove()
		c.mirror("ok")
		c.wantNews(told...)
	}
}

// TestOpeningsPageFails in the middle: what was read is told, nothing counts as gone, and the rest
// comes with the next pass.
func TestOpeningsPageFails(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	gone := c.account.AddJob(jazzhrtest.Job{Title: "Diver"})
	for i := range 120 {
		c.account.AddJob(jazzhrtest.Job{Title: fmt.Sprintf("Welder %d", i)})
	}
	c.mirror("ok")
	var complete time.Time
	passed := func() (at time.Time) {
		c.scan(`SELECT passed_at FROM jazzhr.poll_cursors WHERE tenant_id = $1 AND list = 'openings'`, []any{c.id}, &at)
		return at
	}
	complete = passed()
	check(t, c.account.DeleteJob(gone.ID))
	check(t, c.account.SetJobStatus(c.job.ID, "Closed")) // on the last page
	opened := c.account.AddJob(jazzhrtest.Job{Title: "Baker"})
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointJobs, Nth: 2, Fault: jazzhrtest.Refuse(500)})
	c.mirror("stopped_retry")
	told := []news{about(intrvio.JobOpened, opened, "")}
	c.wantNews(told...)
	if at := passed(); !at.Equal(complete) {
		t.Error("a pass that failed counts as complete")
	}
	c.mirror("ok")
	closed := c.job
	closed.Status = "Closed"
	c.wantNews(append(told, about(intrvio.JobClosed, closed, "Open", "status"), about(intrvio.JobClosed, gone, "Open", "gone"))...)
	if at := passed(); !at.After(complete) {
		t.Error("the complete pass does not count")
	}
}

// TestTwoPassesAtOnce have read the same differences before either compares.
func TestTwoPassesAtOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.mirror("ok")
	opened := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	check(t, c.account.SetJobStatus(c.job.ID, "Closed"))
	check(t, db.InTx(t.Context(), c.db.Pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SELECT FROM jazzhr.poll_cursors WHERE tenant_id = $1 AND list = 'openings' FOR UPDATE`, c.id)
		if err != nil {
			return err
		}
		for range 2 {
			c.insert(queue.PollOpenings{TenantID: c.id})
		}
		for n := 0; n < 2; {
			c.scan(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`, nil, &n)
		}
		return nil
	}))
	c.attempted(3, "poll_openings", "ok")
	closed := c.job
	closed.Status = "Closed"
	c.wantNews(about(intrvio.JobClosed, closed, "Open", "status"), about(intrvio.JobOpened, opened, ""))
}

// TestOlderPass has a page answered from before what was read meanwhile: what is newer stays.
func TestOlderPass(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	c.mirror("ok")
	held := hold(c, jazzhrtest.EndpointJobs, 1)
	c.insert(queue.PollOpenings{TenantID: c.id})
	held.await()
	c.exec(`UPDATE jazzhr.openings SET status = 'Closed', seen_at = jazzhr.now() WHERE job_id = $1`, c.job.ID)
	held.release()
	c.attempted(2, "poll_openings", "ok")
	c.wantNews()
	c.mirror("ok")
	c.wantNews(about(intrvio.JobOpened, c.job, "Closed", "status"))
}

// TestOpeningReadOnDemand is told of then, and not by the pass that follows.
func TestOpeningReadOnDemand(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	c.mirror("ok")
	late := c.account.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "weld"})
	ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, late.ID)
	c.export(ada.ID, late.ID)
	told := about(intrvio.JobOpened, late, "")
	c.wantNews(told)
	c.mirror("ok")
	c.wantNews(told)
}

// TestConnectingTellsNothing: what a replacing key shows is left to the next pass.
func TestConnectingTellsNothing(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.mirror("ok")
	opened := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	check(t, c.account.SetJobStatus(c.job.ID, "Closed"))
	key := fresh("new")
	c.account.RotateKey(key)
	_, err := c.tenants.Connect(t.Context(), c.id, key, tenant.Actor{})
	check(t, err)
	c.mirror("ok")
	closed := c.job
	closed.Status = "Closed"
	c.wantNews(about(intrvio.JobOpened, opened, ""), about(intrvio.JobClosed, closed, "Open", "status"))
}

// TestOpeningsAreTheTicks: they are read soon after the verification and then hourly, and not for a
// paused tenant.
func TestOpeningsAreTheTicks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paused, active := w.customer("paused").polled(), w.customer("active").polled()
	check(t, paused.tenantsPause(true))
	before := paused.account.Count(jazzhrtest.EndpointJobs)
	w.advance(time.Hour)
	active.attempted(1, "poll_openings", "ok")
	w.advance(time.Hour)
	active.attempted(2, "poll_openings", "ok")
	if n := paused.account.Count(jazzhrtest.EndpointJobs) - before; n != 0 {
		t.Errorf("%d reads for a paused tenant", n)
	}
	check(t, paused.tenantsPause(false))
	paused.attempted(1, "poll_openings", "ok")
}

// TestOpeningsOfTheDisconnected end quietly.
func TestOpeningsOfTheDisconnected(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	_, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{})
	check(t, err)
	c.mirror("not_connected")
}
