package queue_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/queue"
)

// kinds returns the args of every kind of job.
func kinds() []river.JobArgs {
	return []river.JobArgs{
		queue.CreateApplicant{},
		queue.LinkApplicantToJob{},
		queue.WriteNotes{},
		queue.ResolveExport{},
		queue.ResolveStageEntry{},
		queue.PollActivities{},
		queue.PollOpenings{},
		queue.FullSync{},
		queue.ReadNoteBack{},
		queue.CheckKey{},
		queue.EndWork{},
		queue.AuditDuplicates{},
		queue.DeliverEvent{},
		queue.Tick{},
		queue.Purge{},
	}
}

// TestDocsNameEveryQueue holds the table of queues in docs/operations.md to the queues that there
// are and to the kinds of job that run in each.
func TestDocsNameEveryQueue(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	for _, args := range kinds() {
		name := args.(river.JobArgsWithInsertOpts).InsertOpts().Queue
		want[name] = append(want[name], args.Kind())
	}
	_, table, _ := strings.Cut(operations(t), "| queue | what runs there |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|([^|]*)\\|").FindAllStringSubmatch(table, -1)
	if len(rows) != len(want) {
		t.Errorf("the table has %d queues, there are %d", len(rows), len(want))
	}
	for _, row := range rows {
		for _, kind := range want[row[1]] {
			if !strings.Contains(row[2], "`"+kind+"`") {
				t.Errorf("the row of %s does not name %s", row[1], kind)
			}
		}
	}
}

// TestEveryKindIsListed holds that the list above has each type of args in args.go.
func TestEveryKindIsListed(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("args.go")
	if err != nil {
		t.Fatal(err)
	}
	var there, listed []string
	for _, kind := range regexp.MustCompile(`Kind\(\) string \{ return "([a-z_]+)" \}`).FindAllStringSubmatch(string(source), -1) {
		there = append(there, kind[1])
	}
	for _, args := range kinds() {
		listed = append(listed, args.Kind())
	}
	slices.Sort(there)
	slices.Sort(listed)
	if !slices.Equal(there, listed) {
		t.Errorf("args.go has %q, the test lists %q", there, listed)
	}
}

// TestDocsSayHowLongJobsAreKept holds docs/operations.md to the retention of finished jobs.
func TestDocsSayHowLongJobsAreKept(t *testing.T) {
	t.Parallel()
	text := fmt.Sprintf("%d minutes", int(queue.CompletedJobRetention.Minutes()))
	if !strings.Contains(operations(t), "deleted after "+text) || !strings.Contains(operations(t), "| "+text+" to seven days |") {
		t.Errorf("docs/operations.md does not say that finished jobs are deleted after %s", text)
	}
}

// TestDocsSayHowManyRunAtOnce holds docs/operations.md to the defaults of what runs at once.
func TestDocsSayHowManyRunAtOnce(t *testing.T) {
	t.Parallel()
	limits := queue.DefaultLimits(1)
	for _, text := range []string{
		fmt.Sprintf("`AUDITS_AT_ONCE` (%d)", limits.Audits),
		fmt.Sprintf("`FULL_SYNCS_AT_ONCE` (%d)", limits.FullSyncs),
		fmt.Sprintf("`POLLS_AT_ONCE` (%s times `WORKERS` if not set)", map[int]string{8: "eight"}[limits.Polls]),
	} {
		if !strings.Contains(operations(t), text) {
			t.Errorf("docs/operations.md does not say: %s", text)
		}
	}
}

// TestDocsSayWhenANodeIsDead holds docs/operations.md to how long a process may be silent.
func TestDocsSayWhenANodeIsDead(t *testing.T) {
	t.Parallel()
	silence := fmt.Sprintf("%d s", int(queue.NodeTimeout.Seconds()))
	for _, text := range []string{"After " + silence + " of silence", "given to others after " + silence} {
		if !strings.Contains(operations(t), text) {
			t.Errorf("docs/operations.md does not say: %s", text)
		}
	}
}

func operations(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
