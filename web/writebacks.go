package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

func (s *Server) enqueueWriteback(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body queue.Writeback
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	if err := s.refuseUnknownJob(r.context(), tenant, body); err != nil {
		return 0, nil, err
	}
	status := http.StatusOK
	var view queue.WritebackView
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		id, created, err := queue.EnqueueWriteback(r.context(), tx.Tx, s.config.Client, tenant, body)
		if err != nil {
			return err
		}
		if created {
			status = http.StatusAccepted
		}
		view, err = queue.ViewWriteback(r.context(), tx, id)
		return err
	})
	return status, view, err
}

func (s *Server) getWriteback(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	id, err := r.pathID("wid", "writeback")
	if err != nil {
		return 0, nil, err
	}
	var view queue.WritebackView
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		view, err = queue.ViewWriteback(r.context(), tx, id)
		return err
	})
	return http.StatusOK, view, err
}

func (s *Server) listWritebacks(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	query, err := r.query("state", "interview_id", "limit", "cursor")
	if err != nil {
		return 0, nil, err
	}
	states := []string{queue.StatePending, queue.StateDone, queue.StateRejected, queue.StateAttention}
	if state := query.Get("state"); state != "" && !slices.Contains(states, state) {
		return 0, nil, invalid("state", "must be one of "+strings.Join(states, ", "))
	}
	limit, err := limitOf(query, maxLimit)
	if err != nil {
		return 0, nil, err
	}
	after, err := cursorOf(query)
	if err != nil {
		return 0, nil, err
	}
	var views []queue.WritebackView
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		views, err = queue.ListWritebacks(r.context(), tx, queue.WritebackFilter{
			State: query.Get("state"), InterviewID: query.Get("interview_id"), After: after, Limit: limit + 1,
		})
		return err
	})
	if err != nil {
		return 0, nil, orNoTenant(err)
	}
	return http.StatusOK, newPage(views, limit, func(view queue.WritebackView) uuid.UUID { return view.ID }), nil
}

// orNoTenant says what a missing row means to a caller whose first read is that of a row each tenant has.
func orNoTenant(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return queue.ErrNoTenant
	}
	return err
}
