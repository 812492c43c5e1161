package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// stageView is a stage of a tenant's hiring workflows that a move has named.
type stageView struct {
	Stage       string    `json:"stage"`
	FirstSeenAt time.Time `json:"first_seen_at"`
	LastSeenAt  time.Time `json:"last_seen_at"`
}

// autoTrigger is an entry of settings.auto_trigger_stages. SetAt in a request is ignored.
type autoTrigger struct {
	Stage string    `json:"stage"`
	JobID string    `json:"job_id,omitempty"`
	SetAt time.Time `json:"set_at,omitzero"`
}

// webhookRate counts the moves to an auto-trigger stage of the last seven days.
type webhookRate struct {
	Expected int64 `json:"expected_7d"` // all of them: each should have an export
	Missed   int64 `json:"missed_7d"`   // those whose export did not come
}

func (s *Server) listStages(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	if _, err := r.query(); err != nil {
		return 0, nil, err
	}
	if _, err := s.config.Tenants.Get(r.context(), id); err != nil {
		return 0, nil, err
	}
	views := page[stageView]{Items: []stageView{}}
	err = db.InTenant(r.context(), s.config.Pool, id, func(tx db.TenantTx) error {
		stages, err := tx.Q.Stages(r.context(), tx, tx.Tenant)
		for _, stage := range stages {
			views.Items = append(views.Items, stageView{stage.Stage, stage.FirstSeenAt.UTC(), stage.LastSeenAt.UTC()})
		}
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("list stages: %w", err)
	}
	return http.StatusOK, views, nil
}

// autoTriggers parses the setting. nil is no triggers.
func autoTriggers(given *[]autoTrigger) ([]tenant.AutoTrigger, error) {
	if given == nil {
		return nil, nil
	}
	triggers := make([]tenant.AutoTrigger, len(*given))
	for i, trigger := range *given {
		triggers[i] = tenant.AutoTrigger(trigger)
	}
	triggers, err := tenant.NormalizeAutoTriggers(triggers)
	if e, ok := errors.AsType[*queue.InvalidError](err); ok {
		return nil, invalid("settings."+e.Field, e.Message)
	}
	return triggers, err
}

// showTriggers adds a tenant's auto triggers and the rate of their webhooks to its view.
func (s *Server) showTriggers(r *request, tx db.TenantTx, view *tenantView) error {
	triggers, err := tx.Q.AutoTriggers(r.context(), tx, tx.Tenant)
	if err != nil {
		return fmt.Errorf("read auto triggers: %w", err)
	}
	shown := make([]autoTrigger, len(triggers))
	for i, trigger := range triggers {
		shown[i] = autoTrigger{trigger.Stage, trigger.JobID, trigger.SetAt.UTC()}
	}
	view.Settings.AutoTriggerStages = &shown
	rate, err := tx.Q.WebhookRate(r.context(), tx, s.config.TriggerMatchWindow, tx.Tenant)
	if err != nil {
		return fmt.Errorf("count missed webhooks: %w", err)
	}
	view.Webhooks = &webhookRate{rate.Expected, rate.Missed}
	return nil
}
