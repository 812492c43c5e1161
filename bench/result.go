package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// result is a row of the table.
type result struct {
	Name     string   `json:"name"`
	Unit     string   `json:"unit"`
	Value    float64  `json:"value"`
	Baseline *float64 `json:"baseline"` // of the same run; null without one
	Ratio    *float64 `json:"ratio"`    // value / baseline
	Aim      string   `json:"aim"`      // empty without an aim
	Met      *bool    `json:"met"`      // null without an aim
}

type results []result

// bound is the aim of a figure or of its ratio to the baseline.
type bound struct {
	least bool
	limit float64
}

func atLeast(limit float64) bound { return bound{true, limit} }
func atMost(limit float64) bound  { return bound{false, limit} }

func (b bound) holds(figure float64) bool { return (figure >= b.limit) == b.least || figure == b.limit }

func (b bound) text(unit string) string {
	if b.least {
		return fmt.Sprintf("at least %g %s", b.limit, unit)
	}
	return fmt.Sprintf("at most %g %s", b.limit, unit)
}

// compare adds a row whose ratio to the baseline has an aim.
func (r *results) compare(name, unit string, value, baseline float64, aim bound) {
	ratio := value / baseline
	met := aim.holds(ratio)
	*r = append(*r, result{name, unit, value, &baseline, &ratio, aim.text("×"), &met})
}

// check adds a row whose value has an aim.
func (r *results) check(name, unit string, value float64, aim bound) {
	met := aim.holds(value)
	*r = append(*r, result{Name: name, Unit: unit, Value: value, Aim: aim.text(unit), Met: &met})
}

// reportRatio adds a row whose ratio to the baseline has no aim.
func (r *results) reportRatio(name, unit string, value, baseline float64) {
	ratio := value / baseline
	*r = append(*r, result{Name: name, Unit: unit, Value: value, Baseline: &baseline, Ratio: &ratio})
}

// report adds a row without an aim.
func (r *results) report(name, unit string, value float64) {
	*r = append(*r, result{Name: name, Unit: unit, Value: value})
}

// print writes the table for a person.
func (r *results) print(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nwhat\tvalue\tbaseline\tratio\taim\t")
	for _, row := range *r {
		baseline, ratio, met := "", "", ""
		if row.Baseline != nil {
			baseline, ratio = figure(*row.Baseline), fmt.Sprintf("%.2f ×", *row.Ratio)
		}
		if row.Met != nil {
			met = map[bool]string{true: "met", false: "NOT met"}[*row.Met]
		}
		_, _ = fmt.Fprintf(table, "%s\t%s %s\t%s\t%s\t%s\t%s\n",
			row.Name, figure(row.Value), row.Unit, baseline, ratio, row.Aim, met)
	}
	_ = table.Flush()
}

// figure formats a number with three digits.
func figure(f float64) string {
	switch size := math.Abs(f); {
	case size >= 100:
		return fmt.Sprintf("%.0f", f)
	case size >= 10:
		return fmt.Sprintf("%.1f", f)
	default:
		return fmt.Sprintf("%.3g", f)
	}
}

// write writes the table as JSON. Without any row the last run's file stays.
func (r *results) write(path string) error {
	if len(*r) == 0 {
		return nil
	}
	text, err := json.MarshalIndent(*r, "", "  ")
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// percentile returns the smallest of the sorted values that is at least as large as the given share
// of them.
func percentile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	at := int(math.Ceil(share*float64(len(sorted)))) - 1
	return sorted[max(at, 0)]
}

func sorted(values []time.Duration) []time.Duration {
	values = slices.Clone(values)
	slices.Sort(values)
	return values
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
