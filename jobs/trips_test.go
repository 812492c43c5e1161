package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/queue"
)

// TestQuietPollTrips holds how often the poll of an idle account waits for the database, so that no wait creeps in. Besides, it reads the
// key.
func TestQuietPollTrips(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.people(30, 0)
	c.poll("ok")
	c.attempted(1, "full_sync", "ok")
	row, err := c.tenants.Get(t.Context(), c.id)
	check(t, err)
	key, err := c.tenants.KeyOf(row)
	check(t, err)
	config := c.another()
	pool, trips := c.db.Counted(t)
	config.Pool = pool
	runner, err := jobs.New(config)
	check(t, err)
	// Its state, and the note that it was made.
	trips.Hold(t, 2, func() { check(t, runner.Poll(t.Context(), c.id, key)) })
}

// TestStepTrips holds how often a writeback's three steps and its event wait for the database, apart from River's own trips and the
// calls of reads.
func TestStepTrips(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.seasoned("acme")
	w.stop(w.runner)
	config := w.another()
	pool, trips := w.db.Counted(t)
	config.Pool = pool
	w.start(config)
	var people int
	// 53, and the notice of each new job where River sends one.
	trips.Hold(t, 57, func() {
		people++
		name := fmt.Sprint("person", people)
		c.finish(queue.StateDone, c.writeback("i-"+name, "Ada", name, name+"@example.com"))
	})
}

// TestSpentBudget has a step's write take the tenant's last calls: the next step waits for the tick, and no job is fetched in vain.
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
