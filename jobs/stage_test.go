package jobs_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const interviewStage = "Interview"

// triggered makes a customer whose candidates are interviewed when they enter the stage; its first
// poll is over.
func (w *world) triggered(name string, jobs ...string) *customer {
	w.t.Helper()
	c := w.customer(name).verified()
	c.poll("ok")
	c.trigger(jobs...)
	return c
}

func (c *customer) trigger(jobs ...string) {
	c.t.Helper()
	var triggers []tenant.AutoTrigger
	for _, job := range append(jobs, make([]string, max(0, 1-len(jobs)))...) {
		triggers = append(triggers, tenant.AutoTrigger{Stage: interviewStage, JobID: job})
	}
	_, err := c.tenants.Change(c.t.Context(), c.id, tenant.Changes{
		AutoTriggers: func([]tenant.AutoTrigger) []tenant.AutoTrigger { return triggers },
	}, tenant.Actor{})
	check(c.t, err)
}

func (c *customer) move(applicant, job, stage string) {
	c.t.Helper()
	check(c.t, c.account.MoveStage(applicant, job, stage))
}

// enter moves a person to the stage, and waits until what the poll finds of it is decided.
func (c *customer) enter(applicant, job, outcome string) {
	c.t.Helper()
	before := c.journal.count(c.attempts("resolve_stage_entry", outcome))
	c.move(applicant, job, interviewStage)
	c.poll("ok")
	c.attempted(before+1, "resolve_stage_entry", outcome)
}

// insertEntry puts in a stage entry as a poll would, where JazzHR must not be asked for anything
// else.
func (c *customer) insertEntry(person jazzhrtest.Applicant) {
	c.t.Helper()
	c.exec(`INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title) VALUES ($1, 'activity of ' || $2, $2, $3, $4)`,
		c.id, person.ID, interviewStage, c.job.Title)
}

// requests are the requests that Intrvio is told of, delivered or not, in order.
func (c *customer) requests() (requests []intrvio.InterviewRequest) {
	c.t.Helper()
	rows, err := c.db.Pool.Query(c.t.Context(), `SELECT data FROM jazzhr.events WHERE tenant_id = $1 AND type = $2 ORDER BY sequence`,
		c.id, string(intrvio.InterviewRequested))
	check(c.t, err)
	defer rows.Close()
	for rows.Next() {
		e := intrvio.Envelope{Type: intrvio.InterviewRequested}
		check(c.t, rows.Scan(&e.Data))
		request, err := intrvio.Decode[intrvio.InterviewRequest](e)
		check(c.t, err)
		requests = append(requests, request)
	}
	check(c.t, rows.Err())
	return requests
}

// wantRequests fails unless as many interviews were asked for, each because of what is given.
func (c *customer) wantRequests(triggers ...intrvio.Trigger) []intrvio.InterviewRequest {
	c.t.Helper()
	requests := c.requests()
	var got []intrvio.Trigger
	for _, request := range requests {
		got = append(got, request.Trigger)
	}
	if !slices.Equal(got, triggers) {
		c.t.Fatalf("interviews were asked for by %v, want %v\n%s", got, triggers, c.journal)
	}
	return requests
}

// answer has Intrvio write the result of an interview back.
func (c *customer) answer(request uuid.UUID) {
	c.t.Helper()
	c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
		InterviewID: fresh("i"), RequestID: &request, Candidate: writeback.Candidate{ID: "c"}, Note: writeback.Note{Summary: "Fine."},
	}))
}

// TestStageEntry asks for an interview once, with everything that a writeback needs.
func TestStageEntry(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "Ada@Example.com")
	c.move(ada.ID, c.job.ID, "Reviewed")
	c.enter(ada.ID, c.job.ID, "requested")
	c.poll("ok")
	c.move(ada.ID, c.job.ID, "Offer")
	c.poll("ok")
	request := c.wantRequests(intrvio.TriggerStage)[0]
	want := intrvio.InterviewRequest{
		RequestID: request.RequestID, Trigger: intrvio.TriggerStage, ApplicantID: ada.ID, JobID: c.job.ID,
		Job:       intrvio.Job{JobID: c.job.ID, BoardCode: c.job.BoardCode, Title: c.job.Title, Resolved: true},
		Candidate: intrvio.Candidate{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Phone: ada.Phone},
		Resolved:  true, ActivityID: c.changes()[1].ActivityID, Stage: interviewStage,
	}
	if fmt.Sprintf("%+v", request) != fmt.Sprintf("%+v", want) {
		t.Errorf("requested %+v\nwant %+v", request, want)
	}
	c.answer(request.RequestID)
	c.once("ada@example.com", 1)
}

// TestStageEntryBefore a trigger is set, or after it is taken away, asks for nothing.
func TestStageEntryBefore(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada, grace := c.person("Ada", "Lovelace", "ada@example.com"), c.person("Grace", "Hopper", "grace@example.com")
	c.move(ada.ID, c.job.ID, interviewStage)
	c.trigger()
	c.poll("ok") // the first: what it reads is no news
	_, err := c.tenants.Change(t.Context(), c.id, tenant.Changes{
		AutoTriggers: func([]tenant.AutoTrigger) []tenant.AutoTrigger { return nil },
	}, tenant.Actor{})
	check(t, err)
	c.move(grace.ID, c.job.ID, interviewStage)
	c.poll("ok")
	c.trigger()
	c.poll("ok")
	var entries int
	c.scan("SELECT count(*) FROM jazzhr.stage_entries", nil, &entries)
	if entries != 0 {
		t.Errorf("%d entries of a stage that was not set", entries)
	}
	c.move(grace.ID, c.job.ID, "Offer")
	c.enter(grace.ID, c.job.ID, "requested")
	c.wantRequests(intrvio.TriggerStage)
}

// TestStageEntryLongBefore holds that a move which a later pass finds asks for nothing if its day
// lies surely before the trigger.
func TestStageEntryLongBefore(t *testing.T) {
	t.Parallel()
	clock := &clock{at: time.Now().AddDate(0, 0, -3)}
	c := newWorld(t, withClock(clock)).customer("acme").verified()
	c.poll("ok")
	c.trigger()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.move(ada.ID, c.job.ID, interviewStage)
	c.poll("ok")
	clock.add(3 * 24 * time.Hour)
	c.move(ada.ID, c.job.ID, "Offer")
	c.enter(ada.ID, c.job.ID, "requested")
	if entered := c.changes()[2].ActivityID; c.wantRequests(intrvio.TriggerStage)[0].ActivityID != entered {
		t.Error("the request is of the first entry")
	}
}

// TestStageEntryTakenBack has the trigger removed before the entry is worked.
func TestStageEntryTakenBack(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	held := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicant, Fault: jazzhrtest.Refuse(500)})
	c.insertEntry(ada)
	c.attempted(1, "resolve_stage_entry", "waits_retry")
	_, err := c.tenants.Change(t.Context(), c.id, tenant.Changes{
		AutoTriggers: func([]tenant.AutoTrigger) []tenant.AutoTrigger { return nil },
	}, tenant.Actor{})
	check(t, err)
	held.Remove()
	c.advance(time.Minute)
	c.attempted(1, "resolve_stage_entry", "trigger_removed")
	c.wantRequests()
}

// TestStageEntryByJob asks only for the jobs that are set.
func TestStageEntryByJob(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	welder, twin := c.account.AddJob(jazzhrtest.Job{Title: "Welder"}), c.account.AddJob(jazzhrtest.Job{Title: c.job.Title})
	c.poll("ok")
	c.trigger(welder.ID, twin.ID)
	ada := c.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, c.job.ID, welder.ID, twin.ID)
	c.enter(ada.ID, c.job.ID, "other_job")
	c.enter(ada.ID, welder.ID, "requested")
	// Two of the title stand in the stage by now: which was entered can't be told, and one of them
	// is set.
	c.enter(ada.ID, twin.ID, "requested")
	requests := c.wantRequests(intrvio.TriggerStage, intrvio.TriggerStage)
	if requests[0].JobID != welder.ID || !requests[0].Job.Resolved {
		t.Errorf("the first is %+v", requests[0])
	}
	if job := requests[1].Job; job.Resolved || job.JobID != "" || job.Title != c.job.Title {
		t.Errorf("the second is for %+v", job)
	}
}

// TestStageEntryOfOneNotShownYet asks once JazzHR shows who it is.
func TestStageEntryOfOneNotShownYet(t *testing.T) {
	t.Parallel()
	shown := &clock{at: time.Now()}
	c := newWorld(t, withClock(shown)).triggered("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.ReadLag = time.Minute })
	c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepCreateApplicant, "done")
	c.insertEntry(c.account.ApplicantsByEmail("ada@example.com")[0])
	c.attempted(1, "resolve_stage_entry", "not_found_yet")
	shown.add(time.Minute)
	c.advance(time.Minute)
	c.attempted(1, "resolve_stage_entry", "requested")
}

// TestStageEntryOfOneGone asks for nothing, once it is sure.
func TestStageEntryOfOneGone(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada, grace := c.person("Ada", "Lovelace", "ada@example.com"), c.person("Grace", "Hopper", "grace@example.com")
	c.move(ada.ID, c.job.ID, interviewStage)
	check(t, c.account.Merge(ada.ID, grace.ID))
	c.poll("ok")
	c.attempted(1, "resolve_stage_entry", "not_found_yet")
	c.advance(11 * time.Minute)
	c.attempted(1, "resolve_stage_entry", "gone")
	c.wantRequests()
}

// TestStageEntryUnreadableForThreeDays is asked for with what is known.
func TestStageEntryUnreadableForThreeDays(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.export(ada.ID, c.job.ID)
	c.advance(4 * time.Hour)
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicant, Fault: jazzhrtest.Refuse(500)})
	c.insertEntry(ada)
	c.attempted(1, "resolve_stage_entry", "waits_retry")
	c.advance(80 * time.Hour)
	c.attempted(1, "resolve_stage_entry", "requested")
	request := c.wantRequests(intrvio.TriggerExport, intrvio.TriggerStage)[1]
	if request.ApplicantID != ada.ID || !request.Resolved || request.Candidate.Email != "ada@example.com" || request.Job.Title != c.job.Title {
		t.Errorf("requested %+v", request)
	}
}

// TestStageEntryWhilePaused waits.
func TestStageEntryWhilePaused(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	check(t, c.tenantsPause(true))
	c.insertEntry(ada)
	c.insert(queue.ResolveStageEntry{TenantID: c.id, ActivityID: "activity of " + ada.ID}) // one that was under way
	c.attempted(1, "resolve_stage_entry", "waits_paused")
	check(t, c.tenantsPause(false))
	c.attempted(1, "resolve_stage_entry", "requested")
}

// TestStageEntryAfterDisconnect is dropped.
func TestStageEntryAfterDisconnect(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).triggered("acme")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	held := hold(c, jazzhrtest.EndpointApplicant, 1)
	c.insertEntry(ada)
	held.await()
	_, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{})
	check(t, err)
	held.release()
	c.attempted(1, "resolve_stage_entry", "ended_meanwhile")
	c.wantRequests()
	var state, outcome string
	c.scan("SELECT state, outcome FROM jazzhr.stage_entries", nil, &state, &outcome)
	if state != queue.StateDone || outcome != "disconnected" {
		t.Errorf("the entry is %s, %s", state, outcome)
	}
}

// TestStageEntryWhoseJobIsGone gets another.
func TestStageEntryWhoseJobIsGone(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	c.stop(c.runner)
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.insertEntry(ada)
	c.exec("UPDATE jazzhr.stage_entries SET admitted_at = jazzhr.now()")
	c.start(c.another())
	c.advance(time.Minute) // past the sweep's grace
	c.attempted(1, "resolve_stage_entry", "requested")
	c.wantRequests(intrvio.TriggerStage)
}

// TestStagesSeen keeps every stage that moves name.
func TestStagesSeen(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	c.poll("ok")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.move(ada.ID, c.job.ID, "Reviewed")
	c.poll("ok")
	c.move(ada.ID, c.job.ID, interviewStage)
	c.advance(time.Hour)
	c.poll("ok")
	seen := map[string]time.Duration{}
	c.inTenant(func(tx db.TenantTx) error {
		rows, err := tx.Q.Stages(t.Context(), tx, tx.Tenant)
		for _, row := range rows {
			seen[row.Stage] = row.LastSeenAt.Sub(row.FirstSeenAt).Round(time.Hour)
		}
		return err
	})
	if len(seen) != 3 || seen["New"] != 0 || seen["Reviewed"] != time.Hour || seen[interviewStage] != 0 {
		t.Errorf("seen %v", seen)
	}
}

// race runs both at the same moment.
func race(both ...func()) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for _, do := range both {
		group.Go(func() {
			<-start
			do()
		})
	}
	close(start)
	group.Wait()
}
