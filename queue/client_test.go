package queue_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// TestReindexed checks that River rebuilds exactly the indexes that its table of jobs has.
func TestReindexed(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	there := queuetest.All[string](t, f,
		"SELECT indexname::text FROM pg_indexes WHERE schemaname = 'jazzhr' AND tablename = 'river_job'")
	slices.Sort(there)
	if diff := cmp.Diff(there, slices.Sorted(slices.Values(queue.Reindexed()))); diff != "" {
		t.Errorf("indexes of river_job and those that are built anew differ (-there +built):\n%s", diff)
	}
}
