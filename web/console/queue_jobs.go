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

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// lookedAt is how many jobs, the newest, are looked through for those of a tenant.
const lookedAt = 100_000

// tenantJobs are a tenant's jobs.
type tenantJobs struct {
	ID    uuid.UUID
	Name  string // empty where the choice is not of one tenant
	Rows  []queueJob
	Pager pager
}

type queueJob struct {
	gen.SystemJobsOfTenantRow
	Text string
	Tone tone
	Word string
	Href string // of our own page of the job
	On   string // what it works on
	Row  string // the address of that; may be empty
}

// River is the address of the job in River UI.
func (r queueJob) River() string { return riverJob(r.ID) }

// jobsOf lists a tenant's jobs.
func (k *Console) jobsOf(ctx context.Context, at place, w whose) (*tenantJobs, error) {
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
		Before: before, LookedAt: lookedAt, TenantID: shown.ID.String(), MaxRows: pageRows + 1,
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
		r.On, r.Row = worksOn(shown.ID, row.Kind, row.WebhookID, row.WritebackID)
		r.Tone, r.Word = riverBadge(row.State)
		shown.Rows = append(shown.Rows, r)
	}
	return shown, nil
}

// worksOn is what a job works on, and its address, where there is a page of it.
func worksOn(tenant uuid.UUID, kind, webhookID, writebackID string) (on, href string) {
	if id, err := uuid.Parse(webhookID); err == nil {
		return "a webhook", webhookHref(tenant, id)
	}
	if id, err := uuid.Parse(writebackID); err == nil {
		return "a writeback", candidateHref(tenant, id)
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

// job is what the page of a job shows.
type job struct {
	gen.SystemJobRow
	Text   string
	Tone   tone
	Word   string
	Tenant *tenantName // nil if it is of none
	On     string      // what it works on
	Row    string      // the address of that; may be empty
}

// River is the address of the job in River UI.
func (j job) River() string { return riverJob(j.ID) }

// TenantJobs is the address of the jobs of its tenant.
func (j job) TenantJobs() string { return tenantQueue(j.Tenant.ID) }

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
	tenant, err := uuid.Parse(row.TenantID)
	if err != nil {
		return shown, nil //nolint:nilerr // a job of no tenant
	}
	names, err := gen.New().TenantNames(ctx, k.config.Pool, tenant)
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	if len(names) == 1 {
		shown.Tenant = &tenantName{tenant, names[0]}
		shown.On, shown.Row = worksOn(tenant, row.Kind, row.WebhookID, row.WritebackID)
	}
	return shown, nil
}
