package console

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// scannedJobs is how many of the newest jobs are searched for those of a tenant.
const scannedJobs = 100_000

// tenantJobs are a tenant's jobs.
type tenantJobs struct {
	ID    uuid.UUID
	Name  string // empty if the filter does not fit exactly one tenant
	Rows  []queueJob
	Pager pager
}

type queueJob struct {
	gen.SystemJobsOfTenantRow
	Text        string
	Tone        tone
	Word        string
	Href        string // of our own page of the job
	Subject     string // what it works on
	SubjectHref string // the address of that; may be empty
}

// River returns the address of the job in River UI.
func (r queueJob) River() string { return riverJobHref(r.ID) }

// jobsOf lists the jobs of the tenant that fits a filter.
func (k *Console) jobsOf(ctx context.Context, at place, w tenantFilter) (*tenantJobs, error) {
	if !w.One() {
		return &tenantJobs{}, nil
	}
	shown := &tenantJobs{ID: w.IDs[0], Name: w.Name}
	after, err := at.after()
	if err != nil {
		return nil, err
	}
	before := int64(math.MaxInt64)
	if after != "" {
		if before, err = strconv.ParseInt(after, 10, 64); err != nil {
			return nil, errNotFound
		}
	}
	rows, err := gen.New().SystemJobsOfTenant(ctx, k.config.Pool, gen.SystemJobsOfTenantParams{
		Before: before, LookedAt: scannedJobs, TenantID: shown.ID.String(), MaxRows: pageRows + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("list jobs of a tenant: %w", err)
	}
	next := ""
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		next = strconv.FormatInt(rows[pageRows-1].ID, 10)
	}
	shown.Pager = at.pages(next)
	for _, row := range rows {
		r := queueJob{SystemJobsOfTenantRow: row, Text: jobText(row.Kind), Href: jobHref(row.ID)}
		r.Subject, r.SubjectHref = jobSubject(shown.ID, row.Kind, row.WebhookID, row.WritebackID)
		r.Tone, r.Word = riverBadge(row.State)
		shown.Rows = append(shown.Rows, r)
	}
	return shown, nil
}

// jobSubject returns what a job works on, and the address of its page if there is one.
func jobSubject(tenantID uuid.UUID, kind, webhookID, writebackID string) (on, href string) {
	if id, err := uuid.Parse(webhookID); err == nil {
		return "a webhook", webhookHref(tenantID, id)
	}
	if id, err := uuid.Parse(writebackID); err == nil {
		return "a writeback", storyHref(tenantID, id.String())
	}
	switch kind {
	case queue.DeliverEvent{}.Kind():
		return "an event", ""
	case queue.ResolveStageEntry{}.Kind():
		return "a move to a stage", ""
	default:
		return "the account", ""
	}
}

func jobHref(id int64) string { return queuePath + "/jobs/" + strconv.FormatInt(id, 10) }

func (k *Console) jobPage() page {
	return page{route: "/queue/jobs/:job", file: "job", section: "/queue", load: k.loadJob, every: 3 * time.Second}
}

// job is the data of the page.
type job struct {
	gen.SystemJobRow
	Text        string
	Tone        tone
	Word        string
	Tenant      *tenantName // nil if the job has none
	Subject     string      // what it works on
	SubjectHref string      // the address of that; may be empty
}

// River returns the address of the job in River UI.
func (j job) River() string { return riverJobHref(j.ID) }

// TenantJobs returns the address of the list of its tenant's jobs.
func (j job) TenantJobs() string { return tenantJobsHref(j.Tenant.ID) }

func (k *Console) loadJob(ctx context.Context, at place) (any, error) {
	id, err := strconv.ParseInt(at.params.ByName("job"), 10, 64)
	if err != nil {
		return nil, errNotFound
	}
	row, err := gen.New().SystemJob(ctx, k.config.Pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	shown := job{SystemJobRow: row, Text: jobText(row.Kind)}
	shown.Tone, shown.Word = riverBadge(row.State)
	tenantID, err := uuid.Parse(row.TenantID)
	if err != nil {
		return shown, nil //nolint:nilerr // a job of no tenant
	}
	names, err := gen.New().TenantNames(ctx, db.Of(k.config.Pool, tenantID), tenantID)
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	if len(names) == 1 {
		shown.Tenant = &tenantName{tenantID, names[0]}
		shown.Subject, shown.SubjectHref = jobSubject(tenantID, row.Kind, row.WebhookID, row.WritebackID)
	}
	return shown, nil
}

// jobError is a job that failed.
type jobError struct {
	gen.SystemJobErrorsRow
	Text string
	Tone tone
	Word string
}

// readErrors reads the jobs that failed last.
func (k *Console) readErrors(ctx context.Context, shown *queueView) error {
	rows, err := gen.New().SystemJobErrors(ctx, k.config.Pool, errorRows)
	if err != nil {
		return fmt.Errorf("list failed jobs: %w", err)
	}
	for _, row := range rows {
		e := jobError{SystemJobErrorsRow: row, Text: jobText(row.Kind)}
		e.Tone, e.Word = riverBadge(row.State)
		shown.Errors = append(shown.Errors, e)
	}
	return nil
}

// riverJobHref is the address of a job in River UI.
func riverJobHref(id int64) string { return riverPath + "/jobs/" + strconv.FormatInt(id, 10) }

// River returns the address of the job in River UI.
func (e jobError) River() string { return riverJobHref(e.ID) }

// tenantJobsHref is the address of the list of a tenant's jobs.
func tenantJobsHref(id uuid.UUID) string { return queuePath + "?tenant=" + id.String() }
