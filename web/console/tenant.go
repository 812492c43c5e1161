package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// workRows is how many rows of open work of each kind are shown.
	workRows = 8
	// recentRows is how many of the latest writebacks, events and actions are shown.
	recentRows = 8
)

func (k *Console) tenantPage() page {
	return page{route: "/tenants/:id", file: "tenant", section: "/tenants", load: k.loadTenant, every: 3 * time.Second}
}

// tenantView is the data of the page.
type tenantView struct {
	tenantRow
	Actions  []tenantAction
	Rate     gen.WebhookRateRow
	Lists    []listView
	Triggers []triggerView
	Stages   []gen.StagesRow
	OpenWork []workItem
	Jobs     []jobRow
	Failing  []failingJob
	Charts   []dayChart
	Recent   []gen.RecentWritebacksRow
	Events   []gen.RecentEventsRow
	Record   []recordRow
	MoreWork bool // there is more open work than is shown
}

// listView tells how far a list of JazzHR's has been read.
type listView struct {
	Name string
	tenant.ListSync
}

type triggerView struct {
	gen.AutoTriggersRow
	JobTitle string
}

// workItem is a row of open work: it waits, or has a job.
type workItem struct {
	Text, Candidate string
	Href            string // the address of its story
	HasJob          bool   // it is worked on
	Why             string
	NextAttemptAt   *time.Time
	Attempts        int32
	Error           string
	Since           time.Time
}

// jobRow is a River job.
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
	if errors.Is(err, queue.ErrNoTenant) {
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
	view := tenantView{tenantRow: rows[0], Actions: actionsFor(t)}
	err = db.InTenant(ctx, k.config.Pool, t.TenantID, func(tx db.TenantTx) error {
		return errors.Join(k.readSyncAndTriggers(ctx, tx, &view), readWork(ctx, tx, &view), readRecent(ctx, tx, &view))
	})
	if err != nil {
		return nil, err
	}
	if err := k.readJobs(ctx, &view); err != nil {
		return nil, err
	}
	if view.Failing, err = k.readFailing(ctx, &t.TenantID); err != nil {
		return nil, err
	}
	return view, k.readCharts(ctx, &view)
}

// readSyncAndTriggers reads how far JazzHR's lists have been read, and what asks for interviews.
func (k *Console) readSyncAndTriggers(ctx context.Context, tx db.TenantTx, view *tenantView) (err error) {
	lists, err := tenant.ViewSync(ctx, tx)
	if err != nil {
		return err
	}
	for _, list := range []struct{ key, name string }{
		{"activities", "Activities"},
		{"applicants", "Applicants"},
		{"links", "Applicants in jobs"},
		{"openings", "Job openings"},
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

// readWork reads open work, a few rows of each kind.
func readWork(ctx context.Context, tx db.TenantTx, view *tenantView) error {
	webhooks, err := tx.Q.WaitingWebhooks(ctx, tx, tx.Tenant, workRows)
	if err != nil {
		return fmt.Errorf("read waiting webhooks: %w", err)
	}
	for _, w := range webhooks {
		view.addWork(w.WaitingFor, w.AdmittedAt, w.NextAttemptAt, workItem{
			Text: "Resolve a webhook", Candidate: "A webhook", Href: storyHref(tx.Tenant, w.WebhookID.String()),
			Attempts: w.Attempts, Error: db.Text(w.LastError), Since: w.ReceivedAt,
		})
	}
	entries, err := tx.Q.WaitingStageEntries(ctx, tx, tx.Tenant, workRows)
	if err != nil {
		return fmt.Errorf("read waiting stage entries: %w", err)
	}
	for _, e := range entries {
		view.addWork(e.WaitingFor, e.AdmittedAt, e.NextAttemptAt, workItem{
			Text: "Resolve a move to “" + e.Stage + "”", Candidate: e.ApplicantID,
			Href:     storyHref(tx.Tenant, e.ApplicantID),
			Attempts: e.Attempts, Error: db.Text(e.LastError), Since: e.FirstSeenAt,
		})
	}
	writebacks, err := tx.Q.WaitingWritebacks(ctx, tx, tx.Tenant, workRows)
	if err != nil {
		return fmt.Errorf("read waiting writebacks: %w", err)
	}
	for _, w := range writebacks {
		what := jobText(w.Step)
		if w.Step == queue.StepWriteNotes && w.Part > 1 {
			what = fmt.Sprintf("%s, part %d", what, w.Part)
		}
		view.addWork(w.WaitingFor, w.AdmittedAt, w.NextAttemptAt, workItem{
			Text: what, Candidate: cmp.Or(personName(w.FirstName, w.LastName), db.Text(w.Email), w.InterviewID),
			Href: storyHref(tx.Tenant, w.WritebackID.String()), Attempts: w.Attempts,
			Error: db.Text(w.LastError), Since: w.CreatedAt,
		})
	}
	view.MoreWork = int64(len(view.OpenWork)) < view.Waiting()
	return nil
}

func (view *tenantView) addWork(waitingFor *string, admitted *time.Time, next time.Time, row workItem) {
	mayWork := queue.Hold(view.PausedAt, view.KeyState) == ""
	row.HasJob = mayWork && admitted != nil
	reason := waitingReason(view.PausedAt != nil, view.KeyState, outcome.Of(waitingFor))
	row.Why = meaning(outcome.Waiting, string(reason))
	if mayWork && !row.HasJob {
		row.NextAttemptAt = &next
	}
	view.OpenWork = append(view.OpenWork, row)
}

// readJobs reads the tenant's River jobs.
func (k *Console) readJobs(ctx context.Context, view *tenantView) error {
	jobs, err := gen.New().SystemTenantJobs(ctx, k.config.Pool, view.TenantID.String(), 2*workRows)
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
		view.Record = append(view.Record, newRecordRow(record.Named{Entry: record.EntryOf(a.Action)}))
	}
	return nil
}
