package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// nowRows is how many rows of each kind "what happens now" shows.
	nowRows = 8
	// recentRows is how many of the latest writebacks, events and actions are shown.
	recentRows = 8
	// countedEvents is how many of a tenant's latest events are counted by day.
	countedEvents = 20_000
)

func (k *Console) tenantPage() page {
	return page{route: "/tenants/:id", file: "tenant", section: "/tenants", load: k.loadTenant, every: 3 * time.Second}
}

// tenantView is what the page shows.
type tenantView struct {
	tenantRow
	Offers    []offer
	Rate      gen.WebhookRateRow
	Lists     []listView
	Triggers  []triggerView
	Stages    []gen.StagesRow
	Now       []nowRow
	Jobs      []jobRow
	Charts    []dayChart
	Recent    []gen.RecentWritebacksRow
	Events    []gen.RecentEventsRow
	Actions   []recordRow
	MoreToRun bool // more waits than is shown
}

// listView tells how far one of JazzHR's lists has been read.
type listView struct {
	Name string
	queue.ListSync
}

type triggerView struct {
	gen.AutoTriggersRow
	JobTitle string
}

// nowRow is something that waits or is worked on.
type nowRow struct {
	What, Who string
	Href      string // of its story
	Working   bool   // it has a job
	Why       string
	Next      *time.Time
	Attempts  int32
	Error     string
	Since     time.Time
}

// jobRow is a job of River's.
type jobRow struct {
	gen.SystemTenantJobsRow
	What string
}

func (k *Console) tenantOf(ctx context.Context, at place) (gen.Tenant, error) {
	id, err := at.id("id")
	if err != nil {
		return gen.Tenant{}, err
	}
	t, err := k.config.Tenants.Get(ctx, id)
	if errors.Is(err, tenant.ErrNoTenant) {
		return t, errNotFound
	}
	return t, err
}

func (k *Console) loadTenant(ctx context.Context, at place) (any, error) {
	t, err := k.tenantOf(ctx, at)
	if err != nil {
		return nil, err
	}
	rows := []tenantRow{{Tenant: t}}
	rows[0].State, rows[0].Reason = tenant.StateOf(t)
	if err := k.addFigures(ctx, rows); err != nil {
		return nil, err
	}
	view := tenantView{tenantRow: rows[0], Offers: offersTo(t)}
	err = db.InTenant(ctx, k.config.Pool, t.TenantID, func(tx db.TenantTx) error {
		return errors.Join(k.readStanding(ctx, tx, &view), readNow(ctx, tx, &view), readRecent(ctx, tx, &view))
	})
	if err != nil {
		return nil, err
	}
	if err := k.readJobs(ctx, &view); err != nil {
		return nil, err
	}
	return view, k.readCharts(ctx, &view)
}

// readStanding reads how far JazzHR's lists are read, and what asks for interviews.
func (k *Console) readStanding(ctx context.Context, tx db.TenantTx, view *tenantView) (err error) {
	lists, err := queue.ViewSync(ctx, tx)
	if err != nil {
		return err
	}
	for _, list := range []struct{ key, name string }{
		{"activities", "Activities"}, {"applicants", "Applicants"}, {"links", "Applicants in jobs"}, {"openings", "Job openings"},
	} {
		view.Lists = append(view.Lists, listView{list.name, lists[list.key]})
	}
	if view.Rate, err = tx.Q.WebhookRate(ctx, tx, k.config.TriggerMatchWindow, tx.Tenant); err != nil {
		return fmt.Errorf("count missed webhooks: %w", err)
	}
	if view.Stages, err = tx.Q.Stages(ctx, tx, tx.Tenant); err != nil {
		return fmt.Errorf("read stages: %w", err)
	}
	triggers, err := tx.Q.AutoTriggers(ctx, tx, tx.Tenant)
	if err != nil {
		return fmt.Errorf("read auto triggers: %w", err)
	}
	var jobs []string
	for _, trigger := range triggers {
		jobs = append(jobs, trigger.JobID)
	}
	titles, err := openingTitles(ctx, tx, jobs)
	for _, trigger := range triggers {
		view.Triggers = append(view.Triggers, triggerView{trigger, titles[trigger.JobID]})
	}
	return err
}

func openingTitles(ctx context.Context, tx db.TenantTx, jobs []string) (map[string]string, error) {
	rows, err := tx.Q.StoryOpenings(ctx, tx, tx.Tenant, jobs)
	if err != nil {
		return nil, fmt.Errorf("read job openings: %w", err)
	}
	titles := map[string]string{}
	for _, row := range rows {
		titles[row.JobID] = row.Title
	}
	return titles, nil
}

// readNow reads what waits and what is worked on, a few rows of each kind.
func readNow(ctx context.Context, tx db.TenantTx, view *tenantView) error {
	webhooks, err := tx.Q.WaitingWebhooks(ctx, tx, tx.Tenant, nowRows)
	if err != nil {
		return fmt.Errorf("read waiting webhooks: %w", err)
	}
	for _, w := range webhooks {
		view.now(w.WaitingFor, w.AdmittedAt, w.NextAttemptAt, nowRow{
			What: "Find out who was exported", Who: "Export", Href: storyHref(tx.Tenant, w.WebhookID.String()),
			Attempts: w.Attempts, Error: orEmpty(w.LastError), Since: w.ReceivedAt,
		})
	}
	entries, err := tx.Q.WaitingStageEntries(ctx, tx, tx.Tenant, nowRows)
	if err != nil {
		return fmt.Errorf("read waiting stage entries: %w", err)
	}
	for _, e := range entries {
		view.now(e.WaitingFor, e.AdmittedAt, e.NextAttemptAt, nowRow{
			What: "Find out who entered “" + e.Stage + "”", Who: e.ApplicantID, Href: storyHref(tx.Tenant, e.ApplicantID),
			Attempts: e.Attempts, Error: orEmpty(e.LastError), Since: e.FirstSeenAt,
		})
	}
	writebacks, err := tx.Q.WaitingWritebacks(ctx, tx, tx.Tenant, nowRows)
	if err != nil {
		return fmt.Errorf("read waiting writebacks: %w", err)
	}
	for _, w := range writebacks {
		what := jobText(w.Step)
		if w.Step == queue.StepWriteNotes && w.Part > 1 {
			what = fmt.Sprintf("%s, part %d", what, w.Part)
		}
		view.now(w.WaitingFor, w.AdmittedAt, w.NextAttemptAt, nowRow{
			What: what, Who: firstText(personName(w.FirstName, w.LastName), orEmpty(w.Email), w.InterviewID),
			Href: storyHref(tx.Tenant, w.WritebackID.String()), Attempts: w.Attempts, Error: orEmpty(w.LastError), Since: w.CreatedAt,
		})
	}
	view.MoreToRun = int64(len(view.Now)) < view.Waiting()
	return nil
}

func (view *tenantView) now(waitingFor *string, admitted *time.Time, next time.Time, row nowRow) {
	mayWork := view.PausedAt == nil && view.KeyState == "ok"
	row.Working = mayWork && admitted != nil
	row.Why = reasonText(webhookReason(view.PausedAt != nil, view.KeyState, orEmpty(waitingFor)))
	if mayWork && !row.Working {
		row.Next = &next
	}
	view.Now = append(view.Now, row)
}

// readJobs reads River's jobs of the tenant.
func (k *Console) readJobs(ctx context.Context, view *tenantView) error {
	jobs, err := gen.New().SystemTenantJobs(ctx, k.config.Pool, view.TenantID.String(), 2*nowRows)
	if err != nil {
		return fmt.Errorf("read jobs: %w", err)
	}
	for _, job := range jobs {
		view.Jobs = append(view.Jobs, jobRow{job, jobText(job.Kind)})
	}
	return nil
}

func readRecent(ctx context.Context, tx db.TenantTx, view *tenantView) (err error) {
	if view.Recent, err = tx.Q.RecentWritebacks(ctx, tx, tx.Tenant, recentRows); err != nil {
		return fmt.Errorf("read the latest writebacks: %w", err)
	}
	if view.Events, err = tx.Q.RecentEvents(ctx, tx, tx.Tenant, recentRows); err != nil {
		return fmt.Errorf("read the latest events: %w", err)
	}
	actions, err := tx.Q.TenantActions(ctx, tx, &tx.Tenant, uuid.Max, recentRows)
	if err != nil {
		return fmt.Errorf("read the latest actions: %w", err)
	}
	for _, a := range actions {
		view.Actions = append(view.Actions, newRecordRow(gen.SystemActionsRow{
			ActionID: a.ActionID, TenantID: a.TenantID, At: a.At, Who: a.Who, What: a.What, Target: a.Target, Result: a.Result, Detail: a.Detail,
		}))
	}
	return nil
}

// dayChart is a number by day, as a picture that can be read out.
type dayChart struct {
	Title, Hint string
	Total       int64
	Tone        tone // of the figure
	Picture     template.HTML
	First       time.Time
}

// readCharts draws the last days.
func (k *Console) readCharts(ctx context.Context, view *tenantView) error {
	q := gen.New()
	days, err := q.SystemTenantDays(ctx, k.config.Pool, []uuid.UUID{view.TenantID}, chartDays)
	if err != nil {
		return fmt.Errorf("read the days: %w", err)
	}
	events, err := q.EventDays(ctx, k.config.Pool, view.TenantID, countedEvents, chartDays)
	if err != nil {
		return fmt.Errorf("read the days' events: %w", err)
	}
	missed, err := q.MissedDays(ctx, k.config.Pool, k.config.TriggerMatchWindow, view.TenantID, chartDays)
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
		newDayChart("Webhooks", "exports that came from JazzHR", "", at, series[0]),
		newDayChart("Writebacks", "results that Intrvio sent", "", at, series[1]),
		newDayChart("Events", "told to Intrvio", "", at, series[2]),
		newDayChart("Missed webhooks", "moves without an export", warn, at, series[4]),
		newDayChart("Cases for a person", "left to a person to decide", warn, at, series[3]),
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
	c.Picture = bars(fmt.Sprintf("%s by day, of the last %d days. %s", title, len(days), strings.Join(spoken, ", ")), list)
	return c
}
