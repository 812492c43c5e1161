package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/intrvio/jazzhr-worker/web/console"
)

// createConnectLink makes a link with which a customer's administrator connects a tenant or manages
// it.
func (s *Server) createConnectLink(r *request) (int, any, error) {
	id, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	body := struct {
		Purpose   console.Purpose `json:"purpose"`
		ExpiresIn string          `json:"expires_in"`
	}{ExpiresIn: console.DefaultLinkLifetime.String()}
	if err := r.decode(&body); err != nil {
		return 0, nil, err
	}
	if body.Purpose != console.Connect && body.Purpose != console.Manage {
		return 0, nil, invalid("purpose", `must be "connect" or "manage"`)
	}
	lifetime, err := time.ParseDuration(body.ExpiresIn)
	if err != nil || lifetime < console.MinLinkLifetime || lifetime > console.MaxLinkLifetime {
		return 0, nil, invalid("expires_in", fmt.Sprintf(`must be a duration from %s to %s, such as "168h"`,
			console.MinLinkLifetime, console.MaxLinkLifetime))
	}
	link, err := s.console.NewConnectLink(r.context(), id, body.Purpose, lifetime, r.holder().String())
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, struct {
		URL       string          `json:"url"`
		Purpose   console.Purpose `json:"purpose"`
		ExpiresAt time.Time       `json:"expires_at"`
	}{link.URL, link.Purpose, link.ExpiresAt}, nil
}
