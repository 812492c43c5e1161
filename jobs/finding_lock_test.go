package jobs_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// TestFinding19Deadlocks disconnects tenants, and has people abandon cases, in the middle of the
// workers' ends and reopenings.
func TestFinding19Deadlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 5 {
		c := w.customer(fmt.Sprintf("tenant-%d", round))
		c.sim.Fault(jazzhrtest.Rule{
			Endpoint: jazzhrtest.EndpointCreateApplicant, Account: c.account, Times: 4,
			Fault: jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose},
		})
		var cases []uuid.UUID
		for i := range 4 {
			cases = append(cases, c.writeback(fmt.Sprintf("lost-%d", i), "Ada", fmt.Sprintf("Lost%c", 'a'+i), fmt.Sprintf("lost%d@example.com", i)))
		}
		for _, id := range cases {
			c.wantProblem(id, outcome.NoControl)
		}
		var all sync.WaitGroup
		for i := range 6 { // the first of them that is confirmed reopens the cases
			all.Go(func() {
				c.writeback(fmt.Sprintf("i-%d", i), "Ada", fmt.Sprintf("Name%c", 'a'+i), fmt.Sprintf("ada%d@example.com", i))
			})
		}
		for _, id := range cases {
			all.Go(func() {
				if err := c.decide(id, writeback.DecisionAbandon, ""); err != nil && err.Error() != writeback.ErrNoCase.Error() {
					t.Errorf("abandon: %v", err)
				}
			})
		}
		all.Wait()
		c.attempted(1+round%3, queue.StepWriteNotes)
		if _, err := c.tenants.Disconnect(t.Context(), c.id, tenant.Actor{}); err != nil {
			t.Errorf("disconnect: %v", err)
		}
	}
	if text := w.journal.String(); strings.Contains(text, "deadlock") {
		t.Errorf("a worker met a deadlock:\n%s", text)
	}
}
