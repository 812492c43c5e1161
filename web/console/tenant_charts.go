package console

import (
	"context"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// countedEvents is how many of a tenant's latest events are counted by day.
const countedEvents = 20_000

// dayChart is a bar chart of a number by day. A screen reader can read it out.
type dayChart struct {
	Title, Hint string
	Total       int64
	Tone        tone // of the figure
	Picture     template.HTML
	First       time.Time
}

// readCharts reads the numbers of the last days, and draws them.
func (k *Console) readCharts(ctx context.Context, view *tenantView) error {
	q := gen.New()
	days, err := q.SystemTenantDays(ctx, k.config.Pool, []uuid.UUID{view.TenantID}, chartDays)
	if err != nil {
		return fmt.Errorf("read the days: %w", err)
	}
	events, err := q.EventDays(ctx, db.Of(k.config.Pool, view.TenantID), view.TenantID, countedEvents, chartDays)
	if err != nil {
		return fmt.Errorf("read the days' events: %w", err)
	}
	missed, err := q.MissedDays(ctx, db.Of(k.config.Pool, view.TenantID), k.config.TriggerMatchWindow, view.TenantID, chartDays)
	if err != nil {
		return fmt.Errorf("read the days' missed webhooks: %w", err)
	}
	counted := map[time.Time]*[3]int64{}
	series := [5][]int64{}
	for _, day := range days {
		counted[day.Day.UTC()] = &[3]int64{}
	}
	for _, row := range events {
		if day := counted[row.Day.UTC()]; day != nil {
			day[0], day[1] = row.Events, row.Cases
		}
	}
	for _, row := range missed {
		if day := counted[row.Day.UTC()]; day != nil {
			day[2] = row.Missed
		}
	}
	at := make([]time.Time, len(days))
	for i, day := range days {
		at[i] = day.Day.UTC()
		c := counted[at[i]]
		for s, n := range []int64{day.Webhooks, day.Writebacks, c[0], c[1], c[2]} {
			series[s] = append(series[s], n)
		}
	}
	view.Charts = []dayChart{
		newDayChart("Webhooks", "received from JazzHR", "", at, series[0]),
		newDayChart("Writebacks", "sent by Intrvio", "", at, series[1]),
		newDayChart("Events", "for Intrvio", "", at, series[2]),
		newDayChart("Missed webhooks", "stage moves without an export", warn, at, series[4]),
		newDayChart("Cases", "left to a person to decide", warn, at, series[3]),
	}
	return nil
}

func newDayChart(title, hint string, of tone, days []time.Time, numbers []int64) dayChart {
	c := dayChart{Title: title, Hint: hint}
	list := make([]bar, len(days))
	var spoken []string
	for i, day := range days {
		label := fmt.Sprintf("%s: %d", day.Format("2 Jan"), numbers[i])
		list[i] = bar{label, float64(numbers[i]), of}
		c.Total += numbers[i]
		if numbers[i] > 0 {
			spoken = append(spoken, label)
		}
	}
	if len(days) > 0 {
		c.First = days[0]
	}
	if c.Total > 0 {
		c.Tone = of
	} else {
		spoken = []string{"none"}
	}
	c.Picture = bars(
		fmt.Sprintf("%s by day, of the last %d days. %s", title, len(days), strings.Join(spoken, ", ")), list,
	)
	return c
}
