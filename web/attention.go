package web

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

func (s *Server) listAttention(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	query, err := r.query("limit", "cursor")
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
	if _, err := s.config.Tenants.Get(r.context(), tenant); err != nil {
		return 0, nil, err
	}
	var items []queue.AttentionItem
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		items, err = queue.ListAttention(r.context(), tx, after, limit+1)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, newPage(items, limit, func(item queue.AttentionItem) uuid.UUID { return item.ID }), nil
}

// decide settles what needed a person.
func (s *Server) decide(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	item, err := r.pathID("item", "item in attention")
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
		return queue.Decide(r.context(), tx, s.config.Client, item, queue.Decision{
			Decision: body.Decision, RemoteID: body.RemoteID, By: r.gin.GetString(bearerKey),
		})
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		ID       uuid.UUID `json:"id"`
		Decision string    `json:"decision"`
	}{item, body.Decision}, nil
}
