package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// tenantView is a tenant as the API shows it: never a secret, nor the webhook's address, which holds a token.
type tenantView struct {
	ID                 uuid.UUID       `json:"id"`
	Name               string          `json:"name"`
	ExternalID         *string         `json:"external_id"`
	Region             string          `json:"region"`
	State              tenant.State    `json:"state"`
	Reason             string          `json:"reason,omitempty"` // why it is in that state, and what to do
	Connection         string          `json:"connection"`
	Paused             bool            `json:"paused"`
	Settings           settingsView    `json:"settings"`
	LastPollAt         *time.Time      `json:"last_poll_at"`
	LastWebhookAt      *time.Time      `json:"last_webhook_at"`
	LastRefusedWebhook *refusedWebhook `json:"last_refused_webhook"`
	CreatedAt          time.Time       `json:"created_at"`
	// Waiting and Attention are counted for one tenant, not in lists.
	Waiting   *rowCounts `json:"waiting,omitempty"`
	Attention *rowCounts `json:"attention,omitempty"`
	// Webhooks likewise.
	Webhooks *webhookRate `json:"webhooks,omitempty"`
	// Sync tells by list how far the account has been read; of one tenant, likewise.
	Sync map[string]queue.ListSync `json:"sync,omitempty"`
}

type settingsView struct {
	// PollInterval is a duration as Go writes it; null is the service's default.
	PollInterval *string `json:"poll_interval"`
	// AutoTriggerStages are read for one tenant, not in lists.
	AutoTriggerStages *[]autoTrigger  `json:"auto_trigger_stages,omitempty"`
	NoteContent       noteContentView `json:"note_content"`
}

// noteContentView is what is written into a tenant's notes.
type noteContentView struct {
	Score      bool `json:"score"`
	Summary    bool `json:"summary"`
	Link       bool `json:"link"`
	Transcript bool `json:"transcript"`
}

type refusedWebhook struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Count  int64     `json:"count"` // of all that were ever refused
}

type rowCounts struct {
	Webhooks   int64 `json:"webhooks"`
	Writebacks int64 `json:"writebacks"`
}

func viewTenant(t gen.Tenant) tenantView {
	view := tenantView{
		ID: t.TenantID, Name: t.Name, ExternalID: t.ExternalID, Region: t.Region, Connection: t.Connection,
		Paused: t.PausedAt != nil, LastPollAt: utc(t.LastPollAt), LastWebhookAt: utc(t.LastWebhookAt),
		CreatedAt: t.CreatedAt.UTC(),
	}
	view.Settings.NoteContent = noteContentView(tenant.NoteContentOf(t))
	view.State, view.Reason = tenant.StateOf(t)
	if t.PollInterval != nil {
		text := t.PollInterval.String()
		view.Settings.PollInterval = &text
	}
	if t.LastRefusedAt != nil {
		view.LastRefusedWebhook = &refusedWebhook{At: t.LastRefusedAt.UTC(), Count: t.RefusedWebhooks}
		if t.LastRefusedReason != nil {
			view.LastRefusedWebhook.Reason = *t.LastRefusedReason
		}
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

// showTenant answers with a tenant and its counts.
func (s *Server) showTenant(r *request, status int, t gen.Tenant) (int, any, error) {
	noteTenant(r.gin, t.TenantID)
	view := viewTenant(t)
	err := db.InTenant(r.context(), s.config.Pool, t.TenantID, func(tx db.TenantTx) error {
		counts, err := tx.Q.TenantCounts(r.context(), tx, tx.Tenant)
		if err != nil {
			return fmt.Errorf("count a tenant's rows: %w", err)
		}
		view.Waiting = &rowCounts{Webhooks: counts.WebhooksWaiting, Writebacks: counts.WritebacksWaiting}
		view.Attention = &rowCounts{Webhooks: counts.WebhooksAttention, Writebacks: counts.WritebacksAttention}
		if view.Sync, err = queue.ViewSync(r.context(), tx); err != nil {
			return err
		}
		return s.showTriggers(r, tx, &view)
	})
	return status, view, err
}

func (s *Server) createTenant(r *request) (int, any, error) {
	var body struct {
		Name       string `json:"name"`
		ExternalID string `json:"external_id"`
		Region     string `json:"region"`
	}
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	t, created, err := s.config.Tenants.Create(r.context(), tenant.Details(body))
	if err != nil {
		return 0, nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return s.showTenant(r, status, t)
}

func (s *Server) listTenants(r *request) (int, any, error) {
	query, err := r.query("external_id", "limit", "cursor")
	if err != nil {
		return 0, nil, err
	}
	limit, err := limitOf(query, maxLimit)
	if err != nil {
		return 0, nil, err
	}
	after, err := cursorOf(query)
	if err != nil {
		return 0, nil, err
	}
	var tenants []gen.Tenant
	if query.Has("external_id") {
		tenants, err = s.tenantsByExternalID(r, query.Get("external_id"))
	} else {
		tenants, err = s.config.Tenants.List(r.context(), after, limit+1)
	}
	if err != nil {
		return 0, nil, err
	}
	views := make([]tenantView, len(tenants))
	for i, t := range tenants {
		views[i] = viewTenant(t)
	}
	return http.StatusOK, newPage(views, limit, func(view tenantView) uuid.UUID { return view.ID }), nil
}

// tenantsByExternalID returns the one tenant that has the id, or none.
func (s *Server) tenantsByExternalID(r *request, externalID string) ([]gen.Tenant, error) {
	t, err := s.config.Tenants.GetByExternalID(r.context(), externalID)
	if errors.Is(err, tenant.ErrNoTenant) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []gen.Tenant{t}, nil
}

func (s *Server) getTenant(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	t, err := s.config.Tenants.Get(r.context(), id)
	if err != nil {
		return 0, nil, err
	}
	return s.showTenant(r, http.StatusOK, t)
}

func (s *Server) changeTenant(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Name     *string `json:"name"`
		Settings struct {
			PollInterval      optional[string]        `json:"poll_interval"`
			AutoTriggerStages optional[[]autoTrigger] `json:"auto_trigger_stages"`
			NoteContent       optional[noteContent]   `json:"note_content"`
		} `json:"settings"`
	}
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	interval, err := pollInterval(body.Settings.PollInterval.value)
	if err != nil {
		return 0, nil, err
	}
	triggers, err := autoTriggers(body.Settings.AutoTriggerStages.value)
	if err != nil {
		return 0, nil, err
	}
	t, err := s.config.Tenants.Get(r.context(), id)
	if err == nil && body.Name != nil {
		t, err = s.config.Tenants.Rename(r.context(), id, *body.Name)
	}
	if err == nil && body.Settings.PollInterval.given {
		t, err = s.config.Tenants.SetPollInterval(r.context(), id, interval)
	}
	if err == nil && body.Settings.AutoTriggerStages.given {
		t, err = s.config.Tenants.SetAutoTriggers(r.context(), id, triggers)
	}
	if err == nil && body.Settings.NoteContent.given {
		t, err = s.config.Tenants.SetNoteContent(r.context(), id, body.Settings.NoteContent.value.over(tenant.NoteContentOf(t)))
	}
	if err != nil {
		return 0, nil, err
	}
	return s.showTenant(r, http.StatusOK, t)
}

// noteContent is a change of what is written into notes; what is left out stays.
type noteContent struct {
	Score      *bool `json:"score"`
	Summary    *bool `json:"summary"`
	Link       *bool `json:"link"`
	Transcript *bool `json:"transcript"`
}

// over is what becomes of the content before; null is the default, all of it.
func (c *noteContent) over(before tenant.NoteContent) tenant.NoteContent {
	if c == nil {
		return tenant.NoteContent{Score: true, Summary: true, Link: true, Transcript: true}
	}
	choose := func(given *bool, before bool) bool {
		if given == nil {
			return before
		}
		return *given
	}
	return tenant.NoteContent{
		Score: choose(c.Score, before.Score), Summary: choose(c.Summary, before.Summary),
		Link: choose(c.Link, before.Link), Transcript: choose(c.Transcript, before.Transcript),
	}
}

// pollInterval reads the setting; nil is the service's default.
func pollInterval(text *string) (*time.Duration, error) {
	if text == nil {
		return nil, nil
	}
	interval, err := time.ParseDuration(*text)
	if err != nil || interval < tenant.MinPollInterval {
		return nil, invalid("settings.poll_interval",
			fmt.Sprintf(`must be a duration of at least %s, such as "5m", or null for the default`, tenant.MinPollInterval))
	}
	return &interval, nil
}

func (s *Server) pauseTenant(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	t, err := s.config.Tenants.Pause(r.context(), id)
	if err != nil {
		return 0, nil, err
	}
	return s.showTenant(r, http.StatusOK, t)
}

func (s *Server) resumeTenant(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	t, err := s.config.Tenants.Resume(r.context(), id)
	if err != nil {
		return 0, nil, err
	}
	return s.showTenant(r, http.StatusOK, t)
}
