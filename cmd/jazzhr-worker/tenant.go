package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// cliConnections is the size of the pool of a command that ends soon.
const cliConnections = 2

// administration is what the tenant commands work with.
type administration struct {
	*tenant.Service
	pool     *pgxpool.Pool
	config   Config
	client   *jazzhr.Client
	inserter *queue.Client
}

// administer opens the database for a command. The caller closes it.
func administer(ctx context.Context, env *environment, needs need) (*administration, error) {
	config, err := loadConfig(env.vars, needs)
	if err != nil {
		return nil, err
	}
	if err := db.CheckSchema(ctx, config.DatabaseURL); err != nil {
		return nil, err
	}
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: config.JazzHRBaseURL, Timeout: config.JazzHRTimeout})
	if err != nil {
		return nil, err
	}
	pool, err := db.Open(ctx, config.DatabaseURL, "jazzhr-worker tenant", cliConnections)
	if err != nil {
		return nil, err
	}
	inserter, err := queue.NewInserter(pool, slog.New(slog.DiscardHandler))
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &administration{
		Service: tenant.New(pool, inserter, config.sealer, work.Prober{Client: client}, config.PublicURL).In(config.deployment()),
		pool:    pool, config: config, client: client, inserter: inserter,
	}, nil
}

func (a *administration) close() {
	a.pool.Close()
	a.client.Close()
}

// find returns the tenant that a command line names, by id or by external id.
func (a *administration) find(ctx context.Context, name string) (gen.Tenant, error) {
	t, err := gen.Tenant{}, queue.ErrNoTenant
	if id, parseErr := uuid.Parse(name); parseErr == nil {
		t, err = a.Get(ctx, id)
	}
	if errors.Is(err, queue.ErrNoTenant) {
		t, err = a.GetByExternalID(ctx, name)
	}
	if errors.Is(err, queue.ErrNoTenant) {
		return t, fmt.Errorf("no tenant has the id or external id %q; \"jazzhr-worker tenant list\" shows all", name)
	}
	return t, err
}

// tenantArg is the argument that names a tenant.
type tenantArg struct {
	Tenant string `arg:"" help:"The tenant's id, or its external id."`
}

// tenantView is a tenant as commands print it; the names are those of the API.
type tenantView struct {
	ID           uuid.UUID    `json:"id"`
	ExternalID   *string      `json:"external_id,omitempty"`
	Name         string       `json:"name"`
	Region       string       `json:"region"`
	State        tenant.State `json:"state"`
	Reason       string       `json:"reason,omitempty"`
	PollInterval string       `json:"poll_interval,omitempty"`
	CreatedAt    time.Time    `json:"created_at"`
	LastPollAt   *time.Time   `json:"last_poll_at,omitempty"`
	LastWebhook  *time.Time   `json:"last_webhook_at,omitempty"`
	Refused      *refusedView `json:"last_refused_webhook,omitempty"`
	Counts       *countsView  `json:"counts,omitempty"`
}

// refusedView is the last webhook whose signature fitted none of the tenant's secrets.
type refusedView struct {
	At     *time.Time `json:"at"`
	Reason *string    `json:"reason"`
	Total  int64      `json:"total"`
}

type countsView struct {
	WebhooksWaiting     int64 `json:"webhooks_waiting"`
	WritebacksWaiting   int64 `json:"writebacks_waiting"`
	StageMovesWaiting   int64 `json:"stage_moves_waiting"`
	WebhooksAttention   int64 `json:"webhooks_attention"`
	WritebacksAttention int64 `json:"writebacks_attention"`
	StageMovesAttention int64 `json:"stage_moves_attention"`
}

func viewTenant(t gen.Tenant) tenantView {
	state, reason := tenant.StateOf(t)
	view := tenantView{
		ID: t.TenantID, ExternalID: t.ExternalID, Name: t.Name, Region: t.Region, State: state, Reason: reason,
		CreatedAt: t.CreatedAt.UTC(), LastPollAt: utc(t.LastPollAt), LastWebhook: utc(t.LastWebhookAt),
	}
	if t.PollInterval != nil {
		view.PollInterval = t.PollInterval.String()
	}
	if t.RefusedWebhooks > 0 {
		view.Refused = &refusedView{At: utc(t.LastRefusedAt), Reason: t.LastRefusedReason, Total: t.RefusedWebhooks}
	}
	return view
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	in := t.UTC()
	return &in
}

// print writes the tenant as JSON, or as lines of a name and a value.
func (v tenantView) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, v)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...)) // Flush returns the error
	}
	line("id", "%s", v.ID)
	if v.ExternalID != nil {
		line("external id", "%s", *v.ExternalID)
	}
	line("name", "%s", v.Name)
	line("region", "%s", v.Region)
	line("state", "%s", v.State)
	if v.Reason != "" {
		line("", "%s", v.Reason)
	}
	if v.PollInterval != "" {
		line("poll interval", "%s", v.PollInterval)
	}
	line("created", "%s", moment(&v.CreatedAt))
	line("last poll", "%s", moment(v.LastPollAt))
	line("last webhook", "%s", moment(v.LastWebhook))
	if v.Refused != nil {
		line("refused webhooks", "%d, the last %s: %s", v.Refused.Total, moment(v.Refused.At), *v.Refused.Reason)
	}
	if v.Counts != nil {
		const rows = "%d webhooks, %d writebacks, %d moves to stages"
		line("waiting", rows, v.Counts.WebhooksWaiting, v.Counts.WritebacksWaiting, v.Counts.StageMovesWaiting)
		line("need attention", rows, v.Counts.WebhooksAttention, v.Counts.WritebacksAttention, v.Counts.StageMovesAttention)
	}
	return table.Flush()
}

func moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Format(time.RFC3339)
}
