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
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

func (s *Server) enqueueWriteback(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body writeback.Writeback
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	if err := s.refuseUnknownJob(r.context(), tenant, body); err != nil {
		return 0, nil, err
	}
	status := http.StatusOK
	var view writeback.View
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		id, created, err := writeback.Enqueue(r.context(), tx, s.config.Client, tenant, body)
		if err != nil {
			return err
		}
		if created {
			status = http.StatusAccepted
			if err := record.Add(r.context(), tx, record.Action{
				Tenant: tenant, What: record.WritebackEnqueued, Target: id.String(),
			}); err != nil {
				return err
			}
		}
		view, err = writeback.Get(r.context(), tx, id)
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
	var view writeback.View
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		view, err = writeback.Get(r.context(), tx, id)
		return err
	})
	return http.StatusOK, view, err
}

func (s *Server) listWritebacks(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	query, err := r.listQuery("state", "interview_id")
	if err != nil {
		return 0, nil, err
	}
	states := []string{queue.StatePending, queue.StateDone, queue.StateRejected, queue.StateAttention}
	if state := query.Get("state"); state != "" && !slices.Contains(states, state) {
		return 0, nil, invalid("state", "must be one of "+strings.Join(states, ", "))
	}
	var views []writeback.View
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		views, err = writeback.List(r.context(), tx, writeback.Filter{
			State: query.Get("state"), InterviewID: query.Get("interview_id"),
			After: query.after, Limit: query.limit + 1,
		})
		return err
	})
	if err != nil {
		return 0, nil, orNoTenant(err)
	}
	return http.StatusOK, newPage(views, query.limit, func(view writeback.View) uuid.UUID { return view.ID }), nil
}

// orNoTenant makes a missing row into [queue.ErrNoTenant]. It is for a transaction that first reads
// a row that each tenant has.
func orNoTenant(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return queue.ErrNoTenant
	}
	return err
}
