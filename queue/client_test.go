package queue_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/intrvio/jazzhr-worker/queue"
)

// TestReindexed holds that River builds anew what indexes its table of jobs has, and names none that our migrations have dropped.
func TestReindexed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	there := all[string](t, f, "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'jazzhr' AND tablename = 'river_job'")
	slices.Sort(there)
	if diff := cmp.Diff(there, slices.Sorted(slices.Values(queue.Reindexed()))); diff != "" {
		t.Errorf("indexes of river_job and those that are built anew differ (-there +built):\n%s", diff)
	}
}
