package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// TestFinding13BusyAccount polls an account whose feed of one day takes more calls than the budget
// leaves to a poll: who applies is told of nevertheless, and so is the move at the end of the feed.
func TestFinding13BusyAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.watched("acme")
	w.stop(w.runner)
	config := w.another()
	config.Bucket = queue.NewBucket(w.db.Pool, 20) // three calls a poll, and more after 4 s each
	w.start(config)
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	check(t, c.account.MoveStage(ada.ID, c.job.ID, "Interview"))
	c.logins(500)
	const most = 24
	var applied, linked, changed int
	for n := 1; applied*linked*changed == 0; n++ {
		if n > most {
			t.Fatalf("after %d polls %d applicants, %d links and %d moves are told of, want 1 each", most, applied, linked, changed)
		}
		c.logins(4)
		c.advance(time.Minute) // the budget comes back
		job := c.insert(queue.PollActivities{TenantID: c.id})
		c.logged(1, func(e entry) bool { return e.Message == "job" && e.JobID == job }, fmt.Sprint("poll ", n))
		applied, linked, changed = len(c.applied()), len(c.linked()), len(c.changes())
		if n == 4 && applied*linked == 0 {
			t.Errorf("after 4 polls %d applicants and %d links are told of", applied, linked)
		}
	}
	before := c.account.Count(jazzhrtest.EndpointActivities)
	c.logins(4)
	for range 3 { // the first may still end what was begun
		c.advance(time.Minute)
		job := c.insert(queue.PollActivities{TenantID: c.id})
		c.logged(1, func(e entry) bool { return e.Message == "job" && e.JobID == job }, "poll")
	}
	if calls := c.account.Count(jazzhrtest.EndpointActivities) - before; calls > 6 {
		t.Errorf("%d calls for four activities", calls)
	}
}
