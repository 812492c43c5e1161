package console_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/web"
)

// TestOIDCSignIn holds that a person signs in with a role, under a session of its own, and is led to
// the page that was asked for.
func TestOIDCSignIn(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	page := s.send("GET", "/console/sign-in?to=/console/health", nil, "Accept", "text/html").want(http.StatusOK)
	for _, want := range []string{`href="/console/oidc/start?to=%2Fconsole%2Fhealth"`, "Sign in at localhost:", "The identity provider does not work?"} {
		if !strings.Contains(string(page.body), want) {
			t.Errorf("no %s on the sign-in: %s", want, page.body)
		}
	}
	old := s.as(p, "sue")
	callback, cookie := s.signInAs(p, "sue", "/console/health")
	got := s.send("GET", callback, nil, "Cookie", cookie+"; "+old).want(http.StatusOK)
	if got.header.Get("Refresh") != "0; url=/console/health" {
		t.Errorf("it leads to %q", got.header.Get("Refresh"))
	}
	s.send("GET", "/console/health", nil, "Cookie", old).want(http.StatusSeeOther) // a new id at each sign-in
	s.wantCount(1, "sessions WHERE name = 'sue@example.com' AND role = 'support' AND subject = 'sue'")
	s.wantCount(1, "sessions WHERE expires_at <= jazzhr.now() + interval '1 hour'") // the provider's token ends then
	s.wantCount(2, "actions WHERE what = 'sign_in' AND who = 'sue@example.com' AND detail = 'with the role support'")
	s.wantCount(0, "actions WHERE what = 'break_glass'")
}

// TestOIDCRefuses holds each answer that lets nobody in, and that the page says what to do.
func TestOIDCRefuses(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	refused := func(name, callback, cookie, why string, status int) {
		t.Helper()
		got := s.send("GET", callback, nil, "Cookie", cookie, "Accept", "text/html")
		if got.status != status || !strings.Contains(string(got.body), why) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		for _, set := range got.header.Values("Set-Cookie") {
			if strings.HasPrefix(set, "jazzhr_console=") {
				t.Errorf("%s: a session is set", name)
			}
		}
	}
	const again, bad = "Sign in again.", "tell whoever runs the service"
	for name, forge := range map[string]func(map[string]any){
		"wrong nonce":      func(c map[string]any) { c["nonce"] = "other" },
		"no nonce":         func(c map[string]any) { delete(c, "nonce") },
		"another audience": func(c map[string]any) { c["aud"] = []string{"other"} },
		"another party":    func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "other"}, "other" },
		"expired":          func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"another issuer":   func(c map[string]any) { c["iss"] = "https://elsewhere.example" },
		"another person":   func(c map[string]any) { c["sub"] = "anna" },
	} {
		p.set(func(p *provider) { p.forge = forge })
		callback, cookie := s.signInAs(p, "rita", "")
		refused(name, callback, cookie, bad, http.StatusUnauthorized)
	}
	p.set(func(p *provider) { p.forge = nil })

	callback, cookie := s.signInAs(p, "rita", "")
	_, other := s.signInAs(p, "rita", "")
	state := must(url.Parse(callback)).Query().Get("state")
	refused("no cookie", callback, "", again, http.StatusUnauthorized)
	refused("the cookie of another sign-in", callback, other, again, http.StatusUnauthorized)
	refused("a cookie of nobody's", callback, cookie+"A", again, http.StatusUnauthorized)
	refused("another state", strings.Replace(callback, state, state[1:]+"A", 1), cookie, again, http.StatusUnauthorized)
	refused("an answer of another issuer", callback+"&iss=https://elsewhere.example", cookie, bad, http.StatusUnauthorized)
	refused("an error", "/console/oidc/callback?error=access_denied&state="+state, cookie, "let nobody in", http.StatusUnauthorized)
	s.wantCount(0, "sessions")
	s.send("GET", callback, nil, "Cookie", cookie).want(http.StatusOK)
	refused("a code that comes twice", callback, cookie, bad, http.StatusUnauthorized)

	callback, cookie = s.signInAs(p, "nils", "")
	refused("no group", callback, cookie, "Ask whoever manages the groups there", http.StatusForbidden)
	s.wantCount(1, "actions WHERE what = 'sign_in' AND who = 'nils@example.com' AND result = 'refused'")
	for _, secret := range append([]string{clientSecret, state}, p.tokens...) {
		if secret != "" && strings.Contains(s.logs.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestOIDCRoleGoes holds that all sessions of a person end with the role.
func TestOIDCRoleGoes(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	first, second := s.as(p, "otto"), s.as(p, "otto")
	s.send("GET", "/console/health", nil, "Cookie", first).want(http.StatusOK)
	p.set(func(p *provider) { p.groups["otto"] = []string{"others"} })
	callback, cookie := s.signInAs(p, "otto", "")
	s.send("GET", callback, nil, "Cookie", cookie).want(http.StatusForbidden)
	for _, session := range []string{first, second} {
		s.send("GET", "/console/health", nil, "Cookie", session).want(http.StatusSeeOther)
	}
	// Another mapping of groups ends every session: it may give another role.
	rita := s.as(p, "rita")
	other := startOn(t, s.pool, oidcAt(p), func(c *web.Config) {
		c.OIDC.Roles = maps.Clone(c.OIDC.Roles)
		delete(c.OIDC.Roles, "readers")
	})
	other.send("GET", "/console/health", nil, "Cookie", rita).want(http.StatusSeeOther)
}

// TestOIDCAway holds that the service starts while the provider is away, that the sign-in says so, and
// that the admin token still lets in.
func TestOIDCAway(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	p.set(func(p *provider) { p.away = true })
	page := s.send("GET", "/console/sign-in", nil).want(http.StatusOK)
	if !strings.Contains(string(page.body), "can’t be reached") || strings.Contains(string(page.body), "by-provider") {
		t.Errorf("it does not say that the provider is away: %s", page.body)
	}
	if to := s.send("GET", "/console/oidc/start", nil).want(http.StatusSeeOther).header.Get("Location"); !strings.HasPrefix(to, "/console/sign-in") {
		t.Errorf("it leads to %s", to)
	}
	s.signIn()
	s.wantCount(1, "actions WHERE what = 'break_glass' AND who = 'admin'")
	if !strings.Contains(s.logs.String(), "past the identity provider") {
		t.Error("the log does not warn of the admin token")
	}
}

// TestAdminTokenOff holds that without an admin token it opens neither the console nor the API.
func TestAdminTokenOff(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t, func(c *web.Config) { c.AdminToken = "" })
	if page := s.send("GET", "/console/sign-in", nil).want(http.StatusOK); strings.Contains(string(page.body), `name="token"`) {
		t.Error("the sign-in asks for the admin token")
	}
	for _, token := range []string{"", adminToken} {
		s.post("/console/sign-in", url.Values{"token": {token}}).want(http.StatusNotFound)
		s.send("GET", "/v1/tenants", nil, "Authorization", "Bearer "+token).want(http.StatusUnauthorized)
	}
	s.send("GET", "/console/health", nil, "Cookie", "jazzhr_console=x").want(http.StatusSeeOther)
	s.send("GET", "/console/health", nil, "Cookie", s.as(p, "rita")).want(http.StatusOK)
}

// TestOIDCOpensNoRedirect holds that the sign-in leads to pages of the console only.
func TestOIDCOpensNoRedirect(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	for _, to := range []string{"https://evil.example/", "//evil.example/console/", "/\\evil.example", "/console/oidc/start", "javascript:alert(1)"} {
		callback, cookie := s.signInAs(p, "rita", to)
		if got := s.send("GET", callback, nil, "Cookie", cookie).want(http.StatusOK); got.header.Get("Refresh") != "0; url=/console/" {
			t.Errorf("%s leads to %s", to, got.header.Get("Refresh"))
		}
	}
}
