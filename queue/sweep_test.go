package queue_test

import (
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// TestSweep takes away the jobs of admitted rows, each in another way, and has the rows get others.
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
			f := newFixture(t)
			tenant := f.tenant(t)
			f.mustEnqueue(t, tenant, writeback("interview-1"))
			f.accept(t, tenant, export("uuid-1", "{}"))
			f.announce(t, tenant, 1)
			f.exec(t, test.statement)
			dbtest.OffsetClock(t, f.Database, 15*time.Second)
			if inserted := f.tick(t, f.ticker()); inserted != 0 {
				t.Errorf("%d jobs were inserted for rows admitted a moment ago", inserted)
			}
			want := 0
			if test.gone {
				want = 3
			}
			dbtest.OffsetClock(t, f.Database, 40*time.Second)
			if inserted := f.tick(t, f.ticker()); inserted != want {
				t.Errorf("%d jobs were inserted, want %d", inserted, want)
			}
			active := one[int](t, f, "SELECT count(DISTINCT kind) FROM jazzhr.river_job WHERE finalized_at IS NULL")
			if active != 3 {
				t.Errorf("%d kinds of row have a job", active)
			}
		})
	}
}

// TestSweepLeavesTheRest holds that a row that has ended, or that waits, is none of the sweep's.
func TestSweepLeavesTheRest(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	ended, waits := f.mustEnqueue(t, tenant, writeback("interview-1")), f.mustEnqueue(t, tenant, writeback("interview-2"))
	q := gen.New()
	if _, err := q.EndWriteback(t.Context(), f.Pool, gen.EndWritebackParams{TenantID: tenant, WritebackID: ended, State: "done"}); err != nil {
		t.Fatal(err)
	}
	if _, err := q.HandBackWriteback(t.Context(), f.Pool, gen.HandBackWritebackParams{
		TenantID: tenant, WritebackID: waits, Step: queue.StepCreateApplicant, Part: 1,
		NextAttemptAt: time.Now().Add(time.Hour), WaitingFor: new(queue.WaitingForRetry),
	}); err != nil {
		t.Fatal(err)
	}
	f.exec(t, "DELETE FROM jazzhr.river_job")
	dbtest.OffsetClock(t, f.Database, time.Minute)
	if inserted := f.tick(t, f.ticker()); inserted != 0 {
		t.Errorf("%d jobs were inserted", inserted)
	}
	if reason := one[string](t, f, "SELECT waiting_for FROM jazzhr.writebacks WHERE writeback_id = $1", waits); reason != queue.WaitingForRetry {
		t.Errorf("the waiting row waits for %s", reason)
	}
}
