package console_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/token"
)

// TestTokensPage holds that the page shows what each token may do, and no secret.
func TestTokensPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	wantTexts(t, s.see(cookie, "/console/tokens"), "No token yet", "ADMIN_TOKEN")
	by := token.Holder{Name: "command line", Grant: token.Full()}
	make := func(name string, tenants ...uuid.UUID) (token.Token, string) {
		t.Helper()
		made, secret, err := s.Tokens.Create(t.Context(), by, token.Details{
			Name: name, Lifetime: time.Hour, Grant: token.Grant{Scopes: []token.Scope{token.EventsRead, token.TenantsRead}, Tenants: tenants},
		})
		if err != nil {
			t.Fatal(err)
		}
		return made, secret.Reveal()
	}
	tenants := []uuid.UUID{s.NewTenant().ID, s.NewTenant().ID, s.NewTenant().ID, s.NewTenant().ID}
	bound, first := make("Harbour <CRM>", tenants...)
	wide, second := make("Nightly")
	_, third, err := s.Tokens.Roll(t.Context(), by, wide.ID, 30*time.Minute, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tokens.Revoke(t.Context(), by, bound.ID); err != nil {
		t.Fatal(err)
	}
	page := s.see(cookie, "/console/tokens")
	wantTexts(t, page, "Harbour &lt;CRM&gt;", bound.ID.String(), bound.Prefix, "revoked", "tenants:read, events:read", tenants[0].String(),
		"and 1 more", "Nightly", wide.Prefix, "lives until", "active", "command line", "all")
	wantNone(t, page, first[14:], second[14:], third.Reveal()[14:], tenants[3].String())
	wantTexts(t, s.see(cookie, "/console/actions"), "made an API token", "gave an API token a new secret", "revoked an API token", "/console/tokens")
	s.send("GET", "/console/tokens?after=nonsense", nil, "Cookie", cookie).want(http.StatusNotFound)
	for range 49 {
		make("one of many")
	}
	wantTexts(t, s.see(cookie, "/console/tokens"), `rel="next"`)
}
