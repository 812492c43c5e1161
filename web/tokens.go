package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/token"
)

// newToken is a token with its secret, which is shown this once.
type newToken struct {
	token.Token
	Secret string `json:"token"`
}

func (s *Server) createToken(r *request) (int, any, error) {
	var body struct {
		Name      string        `json:"name"`
		Scopes    []token.Scope `json:"scopes"`
		TenantIDs []uuid.UUID   `json:"tenant_ids"`
		ExpiresIn string        `json:"expires_in"`
	}
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	lifetime, err := duration("expires_in", body.ExpiresIn, 0)
	if err != nil {
		return 0, nil, err
	}
	made, secret, err := s.config.Tokens.Create(r.context(), r.holder(), token.Details{
		Name: body.Name, Lifetime: lifetime, Grant: token.Grant{Scopes: body.Scopes, Tenants: body.TenantIDs},
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, newToken{made, secret.Reveal()}, nil
}

func (s *Server) listTokens(r *request) (int, any, error) {
	query, err := r.listQuery()
	if err != nil {
		return 0, nil, err
	}
	tokens, err := s.config.Tokens.List(r.context(), r.holder(), query.after, query.limit+1)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, newPage(tokens, query.limit, func(t token.Token) uuid.UUID { return t.ID }), nil
}

func (s *Server) revokeToken(r *request) (int, any, error) {
	id, err := r.pathID("id", "token")
	if err != nil {
		return 0, nil, err
	}
	revoked, err := s.config.Tokens.Revoke(r.context(), r.holder(), id)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, revoked, nil
}

func (s *Server) rollToken(r *request) (int, any, error) {
	id, err := r.pathID("id", "token")
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Overlap   string `json:"overlap"`
		ExpiresIn string `json:"expires_in"`
	}
	if err := r.decodeOptional(&body); err != nil {
		return 0, nil, err
	}
	overlap, err := duration("overlap", body.Overlap, token.DefaultOverlap)
	if err != nil {
		return 0, nil, err
	}
	lifetime, err := duration("expires_in", body.ExpiresIn, 0)
	if err != nil {
		return 0, nil, err
	}
	rolled, secret, err := s.config.Tokens.Roll(r.context(), r.holder(), id, overlap, lifetime)
	if errors.Is(err, token.ErrRevoked) { // the one that is to be rolled, not the one that asks
		return 0, nil, &apiError{Code: CodeTokenRevoked, Message: err.Error()}
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, newToken{rolled, secret.Reveal()}, nil
}

// duration reads a member that is a duration. An empty one is the default.
func duration(field, text string, otherwise time.Duration) (time.Duration, error) {
	if text == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, invalid(field, `must be a duration, such as "24h"`)
	}
	return d, nil
}
