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

// tenantView is a tenant as the API shows it. It never holds a secret, nor the webhook's address,
// which holds a token.
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
	// The members below are read for one tenant, and left out in lists.
	Waiting   *rowCounts                 `json:"waiting,omitempty"`
	Attention *rowCounts                 `json:"attention,omitempty"`
	Webhooks  *webhookRate               `json:"webhooks,omitempty"`
	Sync      map[string]tenant.ListSync `json:"sync,omitempty"` // how far each list has been read
}

type settingsView struct {
	// PollInterval is a duration as Go writes it; null is the service's default.
	PollInterval *string `json:"poll_interval"`
	// AutoTriggerStages are read for one tenant, and left out in lists.
	AutoTriggerStages *[]autoTrigger  `json:"auto_trigger_stages,omitempty"`
	NoteContent       noteContentView `json:"note_content"`
}

type refusedWebhook struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Count  int64     `json:"count"` // of all webhooks that were ever refused
}

type rowCounts struct {
	Webhooks   int64 `json:"webhooks"`
	Writebacks int64 `json:"writebacks"`
	StageMoves int64 `json:"stage_moves"`
}

func viewTenant(t gen.Tenant) tenantView {
	view := tenantView{
		ID: t.TenantID, Name: t.Name, ExternalID: t.ExternalID, Region: t.Region, Connection: t.Connection,
		Paused: t.PausedAt != nil, LastPollAt: db.UTC(t.LastPollAt), LastWebhookAt: db.UTC(t.LastWebhookAt),
		CreatedAt: t.CreatedAt.UTC(),
	}
	view.Settings.NoteContent = viewNoteContent(t)
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

// showTenant answers with a tenant and its counts.
func (s *Server) showTenant(r *request, status int, t gen.Tenant) (int, any, error) {
	setLogTenant(r.gin, t.TenantID)
	view := viewTenant(t)
	err := db.InTenant(r.context(), s.config.Pool, t.TenantID, func(tx db.TenantTx) error {
		counts, err := tx.Q.TenantCounts(r.context(), tx, tx.Tenant)
		if err != nil {
			return fmt.Errorf("count a tenant's rows: %w", err)
		}
		view.Waiting = &rowCounts{counts.WebhooksWaiting, counts.WritebacksWaiting, counts.StageMovesWaiting}
		view.Attention = &rowCounts{counts.WebhooksAttention, counts.WritebacksAttention, counts.StageMovesAttention}
		if view.Sync, err = tenant.ViewSync(r.context(), tx); err != nil {
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
	query, err := r.listQuery("external_id")
	if err != nil {
		return 0, nil, err
	}
	var tenants []gen.Tenant
	if query.Has("external_id") {
		tenants, err = s.tenantsByExternalID(r, query.Get("external_id"))
	} else {
		tenants, err = s.config.Tenants.ListAmong(r.context(), r.holder().Tenants, query.after, query.limit+1)
	}
	if err != nil {
		return 0, nil, err
	}
	views := make([]tenantView, len(tenants))
	for i, t := range tenants {
		views[i] = viewTenant(t)
	}
	return http.StatusOK, newPage(views, query.limit, func(view tenantView) uuid.UUID { return view.ID }), nil
}

// tenantsByExternalID returns the one tenant that has the id and that the token is for, or none.
func (s *Server) tenantsByExternalID(r *request, externalID string) ([]gen.Tenant, error) {
	t, err := s.config.Tenants.GetByExternalID(r.context(), externalID)
	if errors.Is(err, queue.ErrNoTenant) || err == nil && !r.holder().Sees(t.TenantID) {
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
	changes := tenant.Changes{Name: body.Name}
	if body.Settings.PollInterval.given {
		changes.PollInterval = &interval
	}
	if body.Settings.AutoTriggerStages.given {
		changes.AutoTriggers = func([]tenant.AutoTrigger) []tenant.AutoTrigger { return triggers }
	}
	if body.Settings.NoteContent.given {
		changes.NoteContent = body.Settings.NoteContent.value.apply
		changes.TranscriptConsent = body.Settings.NoteContent.value.consent()
	}
	t, err := s.config.Tenants.Change(r.context(), id, changes, tenant.Actor{})
	if err != nil {
		return 0, nil, err
	}
	return s.showTenant(r, http.StatusOK, t)
}

// pollInterval parses the setting. nil is the service's default.
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
	if err := r.decodeNothing(); err != nil {
		return 0, nil, err
	}
	t, err := s.config.Tenants.Pause(r.context(), id, tenant.Actor{})
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
	if err := r.decodeNothing(); err != nil {
		return 0, nil, err
	}
	t, err := s.config.Tenants.Resume(r.context(), id, tenant.Actor{})
	if err != nil {
		return 0, nil, err
	}
	return s.showTenant(r, http.StatusOK, t)
}
