package queue_test

import (
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// TestSweep removes the jobs of admitted rows in several ways, and checks that the rows get others.
func TestSweep(t *testing.T) {
	t.Parallel()
	finish := func(state string) string {
		return "UPDATE jazzhr.river_job SET finalized_at = now(), state = '" + state + "'"
	}
	tests := []struct {
		name, statement string
		gone            bool
	}{
		{"deleted", "DELETE FROM jazzhr.river_job", true},
		{"cancelled", finish("cancelled"), true},
		{"discarded", finish("discarded"), true},
		{"completed", finish("completed"), true},
		{"available", "SELECT", false},
		{"running", "UPDATE jazzhr.river_job SET state = 'running'", false},
		{"retryable", "UPDATE jazzhr.river_job SET state = 'retryable'", false},
		{"scheduled", "UPDATE jazzhr.river_job SET state = 'scheduled'", false},
		{"pending", "UPDATE jazzhr.river_job SET state = 'pending'", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := queuetest.New(t)
			tenant := f.Tenant(t)
			f.MustEnqueue(t, tenant, queuetest.Writeback("interview-1"))
			f.Accept(t, tenant, queuetest.Export("uuid-1", "{}"))
			f.Announce(t, tenant, 1)
			f.Exec(t, test.statement)
			dbtest.OffsetClock(t, f.Database, 15*time.Second)
			if inserted := f.Tick(t, f.Ticker()); inserted != 0 {
				t.Errorf("%d jobs were inserted for rows admitted a moment ago", inserted)
			}
			want := 0
			if test.gone {
				want = 3
			}
			dbtest.OffsetClock(t, f.Database, 40*time.Second)
			if inserted := f.Tick(t, f.Ticker()); inserted != want {
				t.Errorf("%d jobs were inserted, want %d", inserted, want)
			}
			active := queuetest.One[int](t, f,
				"SELECT count(DISTINCT kind) FROM jazzhr.river_job WHERE finalized_at IS NULL")
			if active != 3 {
				t.Errorf("%d kinds of row have a job", active)
			}
		})
	}
}

// TestSweepLeavesTheRest checks that the sweep leaves rows that have ended and rows that wait.
func TestSweepLeavesTheRest(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	ended := f.MustEnqueue(t, tenant, queuetest.Writeback("interview-1"))
	waits := f.MustEnqueue(t, tenant, queuetest.Writeback("interview-2"))
	q := gen.New()
	_, err := q.EndWriteback(t.Context(), f.Pool, gen.EndWritebackParams{
		TenantID: tenant, WritebackID: ended, State: queue.StateDone,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.HandBackWriteback(t.Context(), f.Pool, gen.HandBackWritebackParams{
		TenantID: tenant, WritebackID: waits, Step: queue.StepCreateApplicant, Part: 1,
		NextAttemptAt: time.Now().Add(time.Hour), WaitingFor: outcome.WaitsRetry.Column(),
	}); err != nil {
		t.Fatal(err)
	}
	f.Exec(t, "DELETE FROM jazzhr.river_job")
	dbtest.OffsetClock(t, f.Database, time.Minute)
	if inserted := f.Tick(t, f.Ticker()); inserted != 0 {
		t.Errorf("%d jobs were inserted", inserted)
	}
	reason := queuetest.One[string](t, f, "SELECT waiting_for FROM jazzhr.writebacks WHERE writeback_id = $1", waits)
	if outcome.Code(reason) != outcome.WaitsRetry {
		t.Errorf("the waiting row waits for %s", reason)
	}
}
