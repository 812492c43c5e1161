package web

import (
	"net/http"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// alreadyQueued is why a sync was not queued.
const alreadyQueued = "already_queued"

func (s *Server) startSync(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Kind *queue.SyncKind `json:"kind"`
	}
	if err := r.decodeOptional(&body); err != nil {
		return 0, nil, err
	}
	kind := queue.SyncPoll
	if body.Kind != nil {
		kind = *body.Kind
	}
	if kind != queue.SyncPoll && kind != queue.SyncFull {
		return 0, nil, invalid("kind", "must be poll or full")
	}
	answer := struct {
		Kind   queue.SyncKind `json:"kind"`
		Queued bool           `json:"queued"`
		Reason string         `json:"reason,omitempty"`
	}{Kind: kind}
	err = db.InTenant(r.context(), s.config.Pool, id, func(tx db.TenantTx) error {
		answer.Queued, err = queue.StartSync(r.context(), tx, s.config.Client, kind)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	if !answer.Queued {
		answer.Reason = alreadyQueued
		return http.StatusOK, answer, nil
	}
	return http.StatusAccepted, answer, nil
}
