package console

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

const (
	chartWidth  = 120.0
	chartHeight = 28.0
)

// sparkline draws figures as a line. label says in words what it shows, for people who can't see
// it.
func sparkline(label string, values []float64) template.HTML {
	var points strings.Builder
	top := highest(values)
	for i, v := range values {
		x := chartWidth
		if len(values) > 1 {
			x = chartWidth * float64(i) / float64(len(values)-1)
		}
		fmt.Fprintf(&points, "%.1f,%.1f ", x, chartHeight-2-(chartHeight-4)*v/top)
	}
	line := fmt.Sprintf(`<polyline class="line" points="%s"/>`, strings.TrimSpace(points.String()))
	return chart("spark", label, line)
}

// bar is a bar of a bar chart.
type bar struct {
	Label string // shown when pointed at
	Value float64
	Tone  tone // empty for the plain colour
}

// bars draws figures as bars.
func bars(label string, list []bar) template.HTML {
	values := make([]float64, len(list))
	for i, b := range list {
		values[i] = b.Value
	}
	top, step := highest(values), chartWidth/math.Max(float64(len(list)), 1)
	var drawn strings.Builder
	for i, b := range list {
		height := (chartHeight - 1) * b.Value / top
		if b.Value > 0 {
			height = math.Max(height, 1.5)
		}
		fmt.Fprintf(&drawn, `<rect class="bar %s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`,
			template.HTMLEscapeString(string(b.Tone)), float64(i)*step, chartHeight-height, math.Max(step-1.5, 0.5), height,
			template.HTMLEscapeString(b.Label))
	}
	return chart("bars", label, drawn.String())
}

// meter draws how much of a whole is used.
func meter(label string, used, whole float64) template.HTML {
	share := 0.0
	if whole > 0 {
		share = math.Min(math.Max(used/whole, 0), 1)
	}
	of := ""
	if share >= 0.9 {
		of = string(warn)
	}
	rail := fmt.Sprintf(`<rect class="rail" width="%.0f" height="%.0f"/>`, chartWidth, chartHeight)
	bar := fmt.Sprintf(`<rect class="bar %s" width="%.1f" height="%.0f"/>`, of, chartWidth*share, chartHeight)
	return chart("meter", label, rail+bar)
}

func chart(class, label, drawn string) template.HTML {
	//nolint:gosec // the label is escaped, and what is drawn is made of numbers and escaped labels
	return template.HTML(fmt.Sprintf(`<svg class="chart chart-%s" viewBox="0 0 %.0f %.0f" preserveAspectRatio="none" role="img" aria-label="%s">%s</svg>`,
		class, chartWidth, chartHeight, template.HTMLEscapeString(label), drawn))
}

func highest(values []float64) float64 {
	top := 0.0
	for _, v := range values {
		top = math.Max(top, v)
	}
	if top == 0 {
		return 1
	}
	return top
}
