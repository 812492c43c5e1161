package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// serverLog is a log of PostgreSQL with auto_explain. Lines after the first of an entry begin with
// a tab.
const serverLog = `serve|LOG:  duration: 9.000 ms  plan:
	{"Query Text": "-- name: Early :one\nSELECT 1", "Plan": {"Node Type": "Result"}}
` + measuredLog

// measuredLog is the part of serverLog that is measured.
const measuredLog = `bench|LOG:  duration: 5.000 ms  plan:
	{"Query Text": "-- name: Ours :one\nSELECT 1", "Plan": {"Node Type": "Result"}}
serve|LOG:  duration: 1.500 ms  plan:
	{
	  "Query Text": "-- name: Steps :many\nSELECT",
	  "Plan": {"Node Type": "Nested Loop", "Actual Rows": 3, "Actual Loops": 1, "Shared Hit Blocks": 7, "Shared Read Blocks": 2,
	    "Plans": [
	      {"Node Type": "Index Scan", "Relation Name": "steps", "Index Name": "steps_pkey", "Actual Rows": 3, "Actual Loops": 2, "Rows Removed by Filter": 1},
	      {"Node Type": "Seq Scan", "Relation Name": "tenants", "Actual Rows": 4, "Actual Loops": 1, "Rows Removed by Filter": 96}
	    ]}
	}
|LOG:  checkpoint starting: time
serve|LOG:  duration: 0.250 ms  plan:
	{"Query Text": "-- name: Steps :many\nSELECT", "Plan": {"Node Type": "Index Scan", "Relation Name": "steps", "Index Name": "steps_pkey", "Actual Rows": 1, "Actual Loops": 1, "Shared Hit Blocks": 4}}
serve|LOG:  duration: 0.100 ms  plan:
	{"Query Text": "SELECT 1 FROM ONLY \"jazzhr\".\"tenants\" x WHERE tenant_id = $1 FOR KEY SHARE OF x", "Plan": {"Node Type": "LockRows"}}
`

// readLog returns a report of the measured part of serverLog.
func readLog(t *testing.T) *report {
	t.Helper()
	file := filepath.Join(t.TempDir(), "postgres.log")
	if err := os.WriteFile(file, []byte(serverLog), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &report{stats: map[string]*queryStats{}}
	log := logReader{file: file, from: int64(len(serverLog) - len(measuredLog))}
	if err := log.read(r.add); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadServerLog(t *testing.T) {
	t.Parallel()
	r := readLog(t)
	if len(r.stats) != 2 || r.stats["foreign key to tenants"] == nil || r.stats["Steps"] == nil {
		t.Fatalf("the log holds %v", r.stats)
	}
	s := r.stats["Steps"]
	if !slices.Equal(s.took, []float64{1.5, 0.25}) || !slices.Equal(s.blocks, []float64{9, 4}) || !slices.Equal(s.read, []float64{2, 0}) {
		t.Errorf("ms %v, blocks %v, of these not in memory %v", s.took, s.blocks, s.read)
	}
	// (3 + 1) rows in each of 2 loops, and 4 + 96 of the whole table.
	if s.rows != 3 || s.scanned != 108 {
		t.Errorf("%g rows came of %g", s.rows, s.scanned)
	}
	if s.worst.took != 1.5 || !s.scans["Seq Scan tenants"] || !s.scans["steps_pkey"] || len(s.scans) != 2 {
		t.Errorf("the worst call took %g ms; scans %v", s.worst.took, s.scans)
	}
}

func TestReadServerLogBroken(t *testing.T) {
	t.Parallel()
	e := executed{text: []byte("{")}
	if err := e.parse(func(executed) error { return nil }); err == nil {
		t.Error("half a plan was parsed")
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := readLog(t)
	r.out = t.TempDir()
	if err := os.Mkdir(filepath.Join(r.out, "plans"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.queries = []namedQuery{{name: "Steps"}, {name: "Never"}}
	r.large = map[string]int64{"tenants": 100_000}
	r.generic = map[string]plan{"Never": {NodeType: "Seq Scan", Relation: "tenants"}, "Steps": {NodeType: "Index Scan"}}
	r.tables = []tableUse{{name: "tenants", updated: 4, hot: 3}}
	r.indexes = []usedIndex{{name: "used", scans: 1}, {name: "unique", constraint: true}, {name: "idle"}}
	text, err := r.write()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| Steps | 2 | 3 | 108 | 9 | 9 | 2 | 1.50 | 1.50 | 1.5 | Seq Scan tenants, steps_pkey |",
		"## Did not run\n\nNever\n",
		"- Never, planned for any values: tenants\n- Steps, as it ran: tenants\n",
		"| 75 % |", "| used | 0 | 1 |  |", "holds uniqueness", "| idle | 0 | 0 | **unused** |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	if _, err := os.Stat(filepath.Join(r.out, "plans", "foreign_key_to_tenants.worst.json")); err != nil {
		t.Error(err)
	}
}

func TestNameOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\n-- name: JobGetAvailable :many\nWITH": "JobGetAvailable",
		"SELECT\n\t1":                            "SELECT 1",
		strings.Repeat("x", 100):                 strings.Repeat("x", 60),
		`SELECT FROM ONLY "jazzhr"."effects" x`:  `SELECT FROM ONLY "jazzhr"."effects" x`,
	} {
		if got := nameOf(text); got != want {
			t.Errorf("%q is named %q, want %q", text, got, want)
		}
	}
}

func TestPlanResult(t *testing.T) {
	t.Parallel()
	changed := plan{NodeType: "ModifyTable", Loops: 1, Plans: []plan{{NodeType: "Index Scan", Rows: 5, Loops: 2}}}
	if got := changed.result(); got != 10 {
		t.Errorf("an update without RETURNING changed %g rows, want 10", got)
	}
	returned := plan{NodeType: "ModifyTable", Rows: 4, Loops: 1, Plans: changed.Plans}
	if got := returned.result(); got != 4 {
		t.Errorf("an update returned %g rows, want 4", got)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	values := []float64{4, 1, 3, 2}
	for share, want := range map[float64]float64{0: 1, 0.5: 3, 0.99: 4, 1: 4} {
		if got := quantile(values, share); got != want {
			t.Errorf("quantile %g is %g, want %g", share, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("the median of nothing is %g", got)
	}
}

// TestReadQueries reads the generated code, of which the report is made.
func TestReadQueries(t *testing.T) {
	t.Parallel()
	queries, err := readQueries("../db/gen")
	if err != nil || len(queries) < 100 {
		t.Fatalf("%d queries, error %v", len(queries), err)
	}
	if !slices.ContainsFunc(queries, func(q namedQuery) bool { return q.name == "WritebackToWork" }) {
		t.Error("there is no WritebackToWork")
	}
	if _, err := readQueries(t.TempDir()); err == nil {
		t.Error("a folder without queries gives no error")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	got := size{tenants: 100, effects: 30_000}.sql("{tenants} {writebacks} {people} {webhooks} {events} {waiting}")
	if want := "100 10000 15000 6000 9000 10"; got != want {
		t.Errorf("the sizes are %q, want %q", got, want)
	}
}
