package jobs_test

import (
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// fullSync runs a full pass and waits for its end.
func (c *customer) fullSync(outcome string) {
	c.t.Helper()
	before := c.journal.count(c.attempts("full_sync", outcome))
	c.insert(queue.FullSync{TenantID: c.id})
	c.attempted(before+1, "full_sync", outcome)
}

// old adds applicants who applied one a day, up to ten days ago.
func (c *customer) old(n int) (all []jazzhrtest.Applicant) {
	for i := range n {
		all = append(all, c.people(1, 10+n-i)...)
	}
	return all
}

func (c *customer) backfilled() []intrvio.Backfill {
	return announced[intrvio.Backfill](c, intrvio.BackfillCompleted)
}

// missed is how many rows of a list the last complete full pass found that polls had not.
func (c *customer) missed(list string) (missed int) {
	c.t.Helper()
	c.scan(`SELECT full_missed FROM jazzhr.poll_cursors WHERE tenant_id = $1 AND list = $2`, []any{c.id, list}, &missed)
	return missed
}

func TestBackfill(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.old(350)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	c.wantOnce()
	if told := c.backfilled(); len(told) != 1 || told[0] != (intrvio.Backfill{Applicants: 350, Links: 350, Jobs: 1}) {
		t.Errorf("told %+v", told)
	}
	if reads := c.account.Count(jazzhrtest.EndpointApplicant); reads != 0 {
		t.Errorf("%d people were read", reads)
	}
	var named int
	c.scan(`SELECT count(*) FROM jazzhr.applicants WHERE tenant_id = $1 AND email IS NULL AND folded_name LIKE 'ada lovelace%'`, []any{c.id}, &named)
	if named != 350 {
		t.Errorf("%d are known by name", named)
	}
	c.poll("ok")
	c.fullSync("ok")
	c.wantOnce()
	if told := c.backfilled(); len(told) != 1 {
		t.Errorf("told %+v", told)
	}
}

// TestBackfillGoesOn where it was stopped, with the next poll.
func TestBackfillGoesOn(t *testing.T) {
	t.Parallel()
	for stop, test := range map[string]struct {
		outcome string
		calls   int // of the next poll and what it starts; five if that began anew
	}{"cancelled": {"error", 4}, "paused": {"stopped_paused", 3}} {
		t.Run(stop, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t, withTimeout(patience)).customer("acme")
			c.old(350)
			held := hold(c, jazzhrtest.EndpointApplicants, 5) // two pages are the poll's
			c.poll("ok")
			held.await()
			if stop == "paused" {
				check(t, c.tenantsPause(true))
				held.release()
			} else {
				c.cancelFullSync()
			}
			c.attempted(1, "full_sync", test.outcome)
			c.untilNoFullSync()
			if stop == "paused" {
				check(t, c.tenantsPause(false))
			}
			before := c.account.Count(jazzhrtest.EndpointApplicants)
			ada := c.person("Ada", "Lovelace", "ada@example.com")
			c.poll("ok")
			c.attempted(1, "full_sync", "ok")
			if told := c.backfilled(); len(told) != 1 || told[0].Applicants != 351 {
				t.Errorf("told %+v", told)
			}
			if calls := c.account.Count(jazzhrtest.EndpointApplicants) - before; calls != test.calls {
				t.Errorf("%d calls, want %d", calls, test.calls)
			}
			c.wantOnce(ada)
		})
	}
}

// cancelFullSync cancels the full pass that runs, as an operator would.
func (c *customer) cancelFullSync() {
	c.t.Helper()
	var id int64
	c.scan(`SELECT id FROM jazzhr.river_job WHERE kind = 'full_sync'`, nil, &id)
	_, err := c.client.JobCancel(c.t.Context(), id)
	check(c.t, err)
}

// untilNoFullSync returns once River has noted the end of all full passes.
func (c *customer) untilNoFullSync() {
	c.t.Helper()
	for active := 1; active > 0; {
		c.scan(`SELECT count(*) FROM jazzhr.river_job WHERE kind = 'full_sync' AND finalized_at IS NULL`, nil, &active)
	}
}

// TestAppliedDuringBackfill is told of once, by the polls, which go on meanwhile.
func TestAppliedDuringBackfill(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	c.old(250)
	held := hold(c, jazzhrtest.EndpointApplicants, 4)
	c.poll("ok")
	held.await()
	ada, grace := c.person("Ada", "Lovelace", "ada@example.com"), c.person("Grace", "Hopper", "grace@example.com")
	c.finish(queue.StateDone, c.writeback("i-1", "Grace", "Hopper", "grace@example.com"))
	c.poll("ok")
	c.wantOnce(ada, grace)
	late := c.person("Late", "Comer", "late@example.com")
	held.release()
	c.attempted(1, "full_sync", "ok")
	c.wantOnce(ada, grace)
	c.poll("ok")
	c.wantOnce(ada, grace, late)
	if told := c.backfilled(); len(told) != 1 || told[0].Applicants != 252 {
		t.Errorf("told %+v", told)
	}
}

// TestLiveWorkGoesFirst when calls are scarce: the backfill waits for what lies above the reserve,
// and does not end.
func TestLiveWorkGoesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTimeout(patience))
	w.stop(w.runner)
	config := w.another()
	config.Bucket = queue.NewBucket(w.db.Pool, 80)
	c := w.customer("acme")
	w.exec(`UPDATE jazzhr.call_buckets SET tokens = 20, refilled_at = jazzhr.now()`)
	c.old(350)
	w.start(config)
	held := hold(c, jazzhrtest.EndpointApplicants, 3)
	c.poll("ok")
	held.await()
	w.exec(`UPDATE jazzhr.call_buckets SET tokens = 9, refilled_at = jazzhr.now() + interval '1 hour'`) // below the reserve
	held.release()
	c.finish(queue.StateDone, c.writeback("i-1", "Grace", "Hopper", "grace@example.com"))
	if told := c.backfilled(); len(told) != 0 {
		t.Error("the backfill ended first")
	}
	w.exec(`UPDATE jazzhr.call_buckets SET tokens = 20, refilled_at = jazzhr.now()`)
	c.attempted(1, "full_sync", "ok")
}

// TestFullPassFindsMissed tells of whom polls should have come to, and counts them.
func TestFullPassFindsMissed(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	old := c.old(120)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	c.fullSync("ok")
	if applicants, links := c.missed("applicants"), c.missed("links"); applicants+links != 0 {
		t.Errorf("%d applicants and %d links were missed", applicants, links)
	}
	c.exec(`DELETE FROM jazzhr.applicants WHERE tenant_id = $1 AND applicant_id = $2`, c.id, old[7].ID)
	c.exec(`DELETE FROM jazzhr.links WHERE tenant_id = $1 AND applicant_id = $2`, c.id, old[7].ID)
	ada := c.person("Ada", "Lovelace", "ada@example.com") // whom the polls will come to
	c.fullSync("ok")
	c.wantOnce(old[7])
	if applied := c.applied(); applied[0].Candidate.Email != old[7].Email {
		t.Errorf("told %+v", applied)
	}
	if applicants, links := c.missed("applicants"), c.missed("links"); applicants != 1 || links != 1 {
		t.Errorf("%d applicants and %d links were missed", applicants, links)
	}
	c.poll("ok")
	c.fullSync("ok")
	c.wantOnce(old[7], ada)
	if applicants, links := c.missed("applicants"), c.missed("links"); applicants+links != 0 {
		t.Errorf("%d applicants and %d links were missed again", applicants, links)
	}
	if got := c.missedMetric(); got["applicants"] != 1 || got["links"] != 1 || got["activities"] != 0 {
		t.Errorf("the metric shows %v", got)
	}
}

// missedMetric is the metric of what polls missed, by list.
func (w *world) missedMetric() map[string]float64 {
	w.t.Helper()
	families, err := w.registry.Gather()
	check(w.t, err)
	missed := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "jazzhr_sync_missed_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			missed[metric.GetLabel()[0].GetValue()] = metric.GetCounter().GetValue()
		}
	}
	return missed
}

// TestGone is told once of one who was merged away, and who is in the list again is so silently.
func TestGone(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	people := c.old(3)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	gone := func() []intrvio.Gone { return announced[intrvio.Gone](c, intrvio.CandidateGone) }
	check(t, c.account.Merge(people[0].ID, people[1].ID))
	c.fullSync("ok")
	if told := gone(); len(told) != 0 {
		t.Errorf("told %+v of one who was known for a moment only", told)
	}
	c.exec(`UPDATE jazzhr.applicants SET created_at = created_at - interval '2 hours'`)
	// One who is known to be gone by other ways, and one who is not.
	c.exec(`UPDATE jazzhr.applicants SET gone_at = jazzhr.now() WHERE applicant_id IN ($1, $2)`, people[0].ID, people[2].ID)
	before := c.account.Count(jazzhrtest.EndpointApplicant)
	c.fullSync("ok")
	c.fullSync("ok")
	if told := gone(); len(told) != 1 || told[0].ApplicantID != people[0].ID {
		t.Errorf("told %+v", told)
	}
	if reads := c.account.Count(jazzhrtest.EndpointApplicant) - before; reads != 1 {
		t.Errorf("%d people were read", reads)
	}
	var still int
	c.scan(`SELECT count(*) FROM jazzhr.applicants WHERE gone_at IS NOT NULL`, nil, &still)
	if still != 1 {
		t.Errorf("%d are gone", still)
	}
	c.wantOnce()
}

// TestListedElsewhere is not gone: a list whose rows shift may pass over one, whom a read finds.
func TestListedElsewhere(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withTimeout(patience)).customer("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.MergeDrops = true })
	people := c.old(120)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	c.exec(`UPDATE jazzhr.applicants SET created_at = created_at - interval '2 hours'`)
	held := hold(c, jazzhrtest.EndpointApplicants, 2)
	c.insert(queue.FullSync{TenantID: c.id})
	held.await()
	check(t, c.account.Merge(people[119].ID, people[118].ID)) // of the first page
	held.release()
	c.attempted(2, "full_sync", "ok")
	c.wantOnce()
	if reads := c.account.Count(jazzhrtest.EndpointApplicant); reads != 1 {
		t.Errorf("%d people were read, want the one who was passed over", reads)
	}
	if told := announced[intrvio.Gone](c, intrvio.CandidateGone); len(told) != 0 {
		t.Errorf("told %+v", told)
	}
}

// TestFullPassSurvives what passes.
func TestFullPassSurvives(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]jazzhrtest.Fault{"429": jazzhrtest.RateLimit(time.Second), "503": jazzhrtest.Refuse(503)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme")
			c.old(10)
			c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointLinks, Nth: 2, Fault: fault})
			c.poll("ok")
			c.attempted(1, "full_sync", "ok")
			if told := c.backfilled(); len(told) != 1 || told[0].Links != 10 {
				t.Errorf("told %+v", told)
			}
			c.wantNoError("full_sync")
		})
	}
}

// TestFullPassStops at a refused key.
func TestFullPassStops(t *testing.T) {
	t.Parallel()
	c := newWorld(t).watched("acme")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicants, Times: 1, Fault: jazzhrtest.Refuse(401)})
	c.fullSync("stopped_credentials")
	c.endBy("disconnected")
	c.fullSync("not_connected")
}

// TestFullPassesAreTheTicks: one that is due runs by itself, and a paused tenant's does not; it
// keeps its hour.
func TestFullPassesAreTheTicks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paused, active := w.customer("paused").polled(), w.customer("active").polled()
	row, err := w.tenants.Get(t.Context(), active.id)
	check(t, err)
	if night := w.one(`SELECT date_trunc('day', jazzhr.now(), 'UTC') + interval '1 day'`); row.NextFullAt == nil ||
		row.NextFullAt.Before(night) || row.NextFullAt.After(night.Add(6*time.Hour)) {
		t.Errorf("the first full pass is at %v", row.NextFullAt)
	}
	check(t, paused.tenantsPause(true))
	due := w.one(`SELECT jazzhr.now() - interval '3 days 1 hour'`)
	w.exec(`UPDATE jazzhr.tenants SET next_full_at = $1, next_poll_at = NULL`, due)
	active.attempted(1, "full_sync", "ok") // before any poll
	if told := active.backfilled(); len(told) != 1 {
		t.Errorf("told %+v", told)
	}
	if row, err = w.tenants.Get(t.Context(), active.id); err != nil || !row.NextFullAt.Equal(due.Add(4*24*time.Hour)) {
		t.Errorf("the next full pass is at %v (%v)", row.NextFullAt, err)
	}
	if row, err = w.tenants.Get(t.Context(), paused.id); err != nil || !row.NextFullAt.Equal(due) {
		t.Errorf("a paused tenant had a full pass: the next one is at %v (%v)", row.NextFullAt, err)
	}
}
