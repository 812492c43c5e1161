package web

import (
	"net/http"

	"github.com/intrvio/jazzhr-worker/tenant"
)

func (s *Server) connect(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		APIKey string `json:"api_key"`
	}
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	connection, err := s.config.Tenants.Connect(r.context(), id, body.APIKey, tenant.Actor{})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		State         tenant.State `json:"state"`
		WebhookURL    string       `json:"webhook_url"`
		WebhookSecret string       `json:"webhook_secret,omitempty"` // until VERIFY has come
		JobsSeen      int          `json:"jobs_seen"`
	}{connection.State, connection.WebhookURL, connection.WebhookSecret, connection.JobsSeen}, nil
}

func (s *Server) testConnection(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		APIKey *string `json:"api_key"`
	}
	if err := r.decodeOptional(&body); err != nil {
		return 0, nil, err
	}
	var key string
	if body.APIKey != nil {
		if key = *body.APIKey; key == "" {
			return 0, nil, invalid("api_key", "must not be empty; leave it out to test the stored key")
		}
	}
	probe, err := s.config.Tenants.TestConnection(r.context(), id, key)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		JobsSeen int `json:"jobs_seen"`
	}{probe.JobsSeen}, nil
}

func (s *Server) rotateSecret(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		RevokeOld bool `json:"revoke_old"`
	}
	if err := r.decodeOptional(&body); err != nil {
		return 0, nil, err
	}
	secret, err := s.config.Tenants.RotateSecret(r.context(), id, body.RevokeOld, tenant.Actor{})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		WebhookSecret string `json:"webhook_secret"`
	}{secret}, nil
}

func (s *Server) disconnect(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	if err := r.decodeNothing(); err != nil {
		return 0, nil, err
	}
	_, err = s.config.Tenants.Disconnect(r.context(), id, tenant.Actor{})
	if err != nil {
		return 0, nil, err
	}
	t, err := s.config.Tenants.Get(r.context(), id)
	if err != nil {
		return 0, nil, err
	}
	return s.showTenant(r, http.StatusOK, t)
}
