package console

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{
		0: "0 s", 0.0421: "42 ms", 5.9: "5 s", 61: "1 min 1 s", 3661: "1 h 1 min", 3 * 86400: "3 days 0 h",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("%v s is %q, want %q", seconds, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "just now", -time.Second: "just now", 59 * time.Second: "59 s ago", 90 * time.Minute: "1 h ago",
		-5*time.Minute - time.Second: "in 5 min", 72 * time.Hour: "3 days ago",
	} {
		if got := relative(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
	for n, want := range map[any]string{7: "7", int64(1234567): "1,234,567", int32(-1000): "-1,000", 999: "999"} {
		if got, err := count(n); got != want || err != nil {
			t.Errorf("%v is %q, error %v", n, got, err)
		}
	}
	if _, err := count(1.5); err == nil {
		t.Error("half a thing is counted")
	}
	for n, want := range map[int]string{0: "0 jobs", 1: "1 job", 2000: "2,000 jobs"} {
		if got, _ := plural(n, "job", "jobs"); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
	var none *time.Time
	if got := ago(none); got != `<span class="none">never</span>` {
		t.Errorf("no time is %s", got)
	}
	if got := moment(time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600))); !strings.Contains(string(got), "2 Jan 2026, 02:04:05 UTC") {
		t.Errorf("a moment is %s", got)
	}
}

// TestCharts holds that a chart has an escaped label for screen readers, and stays within its
// frame.
func TestCharts(t *testing.T) {
	t.Parallel()
	label := `3 < 5 "webhooks"`
	for name, got := range map[string]any{
		"sparkline": sparkline(label, []float64{0, 5, 2}), "one": sparkline(label, []float64{3}), "none": sparkline(label, nil),
		"bars": bars(label, []bar{{"<1>", 0, ""}, {"<2>", 9, bad}}), "no bars": bars(label, nil),
		"meter": meter(label, 5, 2), "no whole": meter(label, 1, 0),
	} {
		svg := fmt.Sprint(got)
		if !strings.Contains(svg, `role="img" aria-label="3 &lt; 5 &#34;webhooks&#34;"`) || strings.Contains(svg, "<2>") ||
			strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || strings.Contains(svg, `="-`) {
			t.Errorf("%s: %s", name, svg)
		}
	}
}
