package web

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

func (s *Server) listCases(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	query, err := r.listQuery()
	if err != nil {
		return 0, nil, err
	}
	if _, err := s.config.Tenants.Get(r.context(), tenant); err != nil {
		return 0, nil, err
	}
	var cases []writeback.Case
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		cases, err = writeback.ListCases(r.context(), tx, query.after, query.limit+1)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, newPage(cases, query.limit, func(c writeback.Case) uuid.UUID { return c.ID }), nil
}

// decideCase takes a person's decision about a case.
func (s *Server) decideCase(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	id, err := r.pathID("item", "case")
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Decision string `json:"decision"`
		RemoteID string `json:"remote_id"`
	}
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		if err := writeback.Decide(r.context(), tx, s.config.Client, id, writeback.Decision{
			Decision: body.Decision, RemoteID: body.RemoteID, By: r.holder().String(),
		}); err != nil {
			return err
		}
		return record.Add(r.context(), tx, record.Action{
			Tenant: tenant, What: record.Decided, Target: id.String(), Detail: body.Decision,
		})
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		ID       uuid.UUID `json:"id"`
		Decision string    `json:"decision"`
	}{id, body.Decision}, nil
}
