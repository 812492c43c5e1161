package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/queue"
)

// TestQuietPollTrips holds how often the poll of an idle account waits for the database, so that no
// wait creeps in. A poll also reads the key, which is not counted.
func TestQuietPollTrips(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.people(30, 0)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	config := c.another()
	pool, trips := c.db.CountTrips(t)
	config.Pool = pool
	runner, err := jobs.New(config)
	check(t, err)
	// The tenant with its key, what polls have left, and the note that this one was made. Its calls
	// were taken from the budget by the tick.
	trips.Hold(t, 3, func() {
		_, err := runner.PollPrepaid(t.Context(), c.id, 3)
		check(t, err)
	})
}

// TestStepTrips holds how often a writeback's three steps and its event wait for the database.
// River's own trips and those for the call budget of reads go over other pools.
func TestStepTrips(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.seasoned("acme")
	w.stop(w.runner)
	// No other job of the tenant runs meanwhile.
	c.exec(`UPDATE jazzhr.tenants SET next_poll_at = NULL,
		next_openings_at = NULL, next_full_at = NULL, notes_checked = 3`)
	c.exec("DELETE FROM jazzhr.river_job WHERE kind IN ('poll_activities', 'poll_openings', 'full_sync')")
	deliveries := c.journal.count(c.attempts(queue.DeliverEvent{}.Kind(), "delivered"))
	config := w.another()
	pool, trips := w.db.CountTripsOf(t, c.id)
	config.Pool = pool
	w.start(config)
	var people int
	// 57, and the notices of the three jobs that the steps insert, where River sends them.
	trips.Hold(t, 60, func() {
		people++
		name := fmt.Sprint("person", people)
		c.finish(queue.StateDone, c.writeback("i-"+name, "Ada", name, name+"@example.com"))
		c.attempted(deliveries+people, queue.DeliverEvent{}.Kind(), "delivered")
	})
}

// TestSpentBudget has a step's write take the tenant's last calls: the next step waits for the
// tick, and no job is fetched in vain.
func TestSpentBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.seasoned("acme")
	w.stop(w.runner)
	config := w.another()
	config.Bucket = queue.NewBucket(w.db.Pool, queue.MinCallsPerMinute) // 3 at once
	c.exec("UPDATE jazzhr.call_buckets SET tokens = 2, refilled_at = jazzhr.now()")
	w.start(config)
	id := c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(2, queue.StepCreateApplicant, "done") // the other is the season's
	var waits bool
	c.scan("SELECT begun AND admitted_at IS NULL AND step = 'link_applicant_to_job' AND waiting_for = 'rate_limit' FROM jazzhr.writebacks WHERE writeback_id = $1", []any{id}, &waits)
	if !waits {
		t.Error("the next step does not wait for the tick")
	}
	for _, step := range []string{queue.StepLinkApplicantToJob, queue.StepWriteNotes} {
		c.advance(time.Minute) // the budget comes back
		c.attempted(2, step, "done")
		if n := c.journal.count(c.attempts(step, "waits_rate_limit")); n != 0 {
			t.Errorf("%s was fetched in vain %d times", step, n)
		}
	}
	c.finish(queue.StateDone, id)
}
