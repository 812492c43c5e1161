package outcome_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestChecks holds that the database takes exactly the codes of the set.
func TestChecks(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	for constraint, want := range map[string][]string{
		"writebacks_waiting_for_check":    codesOf(outcome.Waiting),
		"webhooks_waiting_for_check":      codesOf(outcome.Waiting),
		"stage_entries_waiting_for_check": codesOf(outcome.Waiting),
		"webhooks_problem_check":          codesOf(outcome.Webhook),
		"stage_entries_outcome_check":     codesOf(outcome.StageMove),
		"audits_stopped_by_check":         codesOf(outcome.Audit),
		"effects_problem_check":           codesOf(outcome.Writeback, outcome.Case, outcome.Noted),
	} {
		var definition string
		err := database.Pool.QueryRow(t.Context(), `SELECT pg_get_constraintdef(oid) FROM pg_constraint
			WHERE connamespace = 'jazzhr'::regnamespace AND conname = $1`, constraint).Scan(&definition)
		if err != nil {
			t.Errorf("%s: %v", constraint, err)
			continue
		}
		var got []string
		for _, literal := range regexp.MustCompile(`'([a-z_]+)'`).FindAllStringSubmatch(definition, -1) {
			got = append(got, literal[1])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s takes %q, want %q", constraint, got, want)
		}
	}
}

// codesOf returns the codes of a subject, sorted: all of them, or those of some kinds.
func codesOf(subject outcome.Subject, kinds ...outcome.Kind) (codes []string) {
	for _, info := range outcome.All() {
		if info.Subject == subject && (len(kinds) == 0 || slices.Contains(kinds, info.Kind)) {
			codes = append(codes, string(info.Code))
		}
	}
	slices.Sort(codes)
	return codes
}
