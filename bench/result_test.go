package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBoundHolds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		bound  bound
		figure float64
		want   bool
	}{
		{atLeast(2), 1.99, false},
		{atLeast(2), 2, true},
		{atLeast(2), 2.01, true},
		{atMost(2), 1.99, true},
		{atMost(2), 2, true},
		{atMost(2), 2.01, false},
	} {
		if got := test.bound.holds(test.figure); got != test.want {
			t.Errorf("%g is %s: %t, want %t", test.figure, test.bound.text("s"), got, test.want)
		}
	}
}

// sample returns a table with a row of each kind.
func sample() *results {
	r := &results{}
	r.compare("compared", "/s", 50, 100, atLeast(0.5))
	r.compare("compared and slow", "ms", 30, 10, atMost(1.3))
	r.check("checked", "s", 7, atMost(10))
	r.reportRatio("ratio only", "bytes", 1234, 617)
	r.report("reported", "MB", 73.94)
	return r
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	sample().print(&text)
	want := []string{
		"what value baseline ratio aim",
		"compared 50.0 /s 100 0.50 × at least 0.5 × met",
		"compared and slow 30.0 ms 10.0 3.00 × at most 1.3 × NOT met",
		"checked 7 s at most 10 s met",
		"ratio only 1234 bytes 617 2.00 ×",
		"reported 73.9 MB",
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), text.String())
	}
	for i, line := range lines {
		if got := strings.Join(strings.Fields(line), " "); got != want[i] {
			t.Errorf("line %d is %q, want %q", i, got, want[i])
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "latest.json")
	if err := (&results{}).write(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a table without rows was written")
	}
	if err := sample().write(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || rows[0]["ratio"] != 0.5 || rows[0]["met"] != true || rows[1]["met"] != false {
		t.Errorf("the file holds %s", text)
	}
	for _, field := range []string{"baseline", "ratio", "met"} {
		if value, there := rows[4][field]; !there || value != nil {
			t.Errorf("%s of a row without an aim is %v", field, value)
		}
	}
}

func TestFigure(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]string{
		0: "0", 0.02604: "0.026", 1.374: "1.37", 9.999: "10", 42.64: "42.6", 123.4: "123", 4357: "4357", -12.34: "-12.3",
	} {
		if got := figure(number); got != want {
			t.Errorf("%g is written as %q, want %q", number, got, want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[99-i] = time.Duration(i + 1)
	}
	for _, test := range []struct {
		values []time.Duration
		share  float64
		want   time.Duration
	}{
		{nil, 0.5, 0},
		{[]time.Duration{7}, 0, 7},
		{[]time.Duration{7}, 0.99, 7},
		{[]time.Duration{3, 1, 2}, 0.5, 2},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
	} {
		if got := percentile(sorted(test.values), test.share); got != test.want {
			t.Errorf("percentile %g of %v is %d, want %d", test.share, test.values, got, test.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("sorted changed its argument")
	}
}

func TestCores(t *testing.T) {
	t.Parallel()
	start := usage{at: time.Unix(0, 0), service: time.Second, server: 2 * time.Second, sim: 3 * time.Second}
	end := usage{at: time.Unix(10, 0), service: 6 * time.Second, server: 22 * time.Second, sim: 3 * time.Second}
	if service, server, sim := end.cores(start); service != 0.5 || server != 2 || sim != 0 {
		t.Errorf("cores: %g, %g, %g", service, server, sim)
	}
}
