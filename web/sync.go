package web

import (
	"net/http"

	"github.com/intrvio/jazzhr-worker/tenant"
)

// alreadyQueued is the reason in an answer to a sync that was not queued.
const alreadyQueued = "already_queued"

func (s *Server) startSync(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Kind *tenant.SyncKind `json:"kind"`
	}
	if err := r.decodeOptional(&body); err != nil {
		return 0, nil, err
	}
	kind := tenant.SyncPoll
	if body.Kind != nil {
		kind = *body.Kind
	}
	if kind != tenant.SyncPoll && kind != tenant.SyncFull {
		return 0, nil, invalid("kind", "must be poll or full")
	}
	answer := struct {
		Kind   tenant.SyncKind `json:"kind"`
		Queued bool            `json:"queued"`
		Reason string          `json:"reason,omitempty"`
	}{Kind: kind}
	answer.Queued, err = s.config.Tenants.StartSync(r.context(), id, kind, tenant.Actor{})
	if err != nil {
		return 0, nil, err
	}
	if !answer.Queued {
		answer.Reason = alreadyQueued
		return http.StatusOK, answer, nil
	}
	return http.StatusAccepted, answer, nil
}
