package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/token"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// with calls the API with a secret.
func (s *service) with(secret, method, path, body string) webtest.Answer {
	s.T.Helper()
	return s.Send(method, path, []byte(body), "Authorization", "Bearer "+secret)
}

// TestTokenRows goes through the life of a token by the API.
// TestOneTokenLeavesRoom has one token send more than it may: another one is answered all the same.
func TestOneTokenLeavesRoom(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.APIRate = 1 })
	refused := 0
	for range 50 {
		got := s.API("GET", "/v1/tenants", "")
		if got.Status == http.StatusOK {
			continue
		}
		refused++
		if got.WantError(web.CodeTooManyRequests, "").Header.Get("Retry-After") != "1" {
			t.Error("no Retry-After")
		}
	}
	if refused == 0 {
		t.Error("there is no bound")
	}
	s.Send("GET", "/v1/tenants", nil, "Authorization", "Bearer "+webtest.AdminToken).Want(http.StatusOK)
}

func TestTokenRows(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.NewTenant()
	made := s.API("POST", "/v1/tokens", `{"name":"Nightly","scopes":["tokens:write","tenants:read"],"tenant_ids":["`+acme.ID.String()+`"],"expires_in":"48h"}`).
		Want(http.StatusCreated)
	first, path := made.Text("token"), "/v1/tokens/"+made.Text("id")
	for field, want := range map[string]any{
		"name": "Nightly", "state": "active", "scopes.0": "tenants:read", "scopes.1": "tokens:write", "tenant_ids.0": acme.ID.String(),
		"created_by": "api_token", "prefix": first[:14], "last_used_at": nil, "revoked_at": nil, "previous": nil,
	} {
		if got := made.Get(field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	list := s.with(first, "GET", "/v1/tokens", "").Want(http.StatusOK)
	if _, shown := list.LookUp("items.0.token"); shown || strings.Contains(string(list.Body), first[14:]) || list.Text("items.0.prefix") != first[:14] {
		t.Errorf("the list: %s", list.Body)
	}
	child := s.with(first, "POST", "/v1/tokens", `{"name":"child","scopes":["tenants:read"],"tenant_ids":["`+acme.ID.String()+`"],"expires_in":"1h"}`).
		Want(http.StatusCreated)
	if by := child.Text("created_by"); by != `token "Nightly" `+made.Text("id") {
		t.Errorf("made by %s", by)
	}

	rolled := s.with(first, "POST", path+"/roll", "").Want(http.StatusOK)
	second := rolled.Text("token")
	if rolled.Text("previous.prefix") != first[:14] || rolled.Text("expires_at") != made.Text("expires_at") || second == first {
		t.Errorf("rolled: %s", rolled.Body)
	}
	s.with(first, "GET", acme.Path, "").Want(http.StatusOK)
	dbtest.OffsetClock(t, s.Database, 24*time.Hour) // the overlap, if none is given
	s.with(first, "GET", acme.Path, "").WantError(web.CodeUnauthorized, "")
	s.with(second, "GET", acme.Path, "").Want(http.StatusOK)
	third := s.API("POST", path+"/roll", `{"overlap":"0s","expires_in":"72h"}`).Want(http.StatusOK).Text("token")
	s.with(second, "GET", acme.Path, "").WantError(web.CodeUnauthorized, "")

	if revoked := s.with(third, "DELETE", path, "").Want(http.StatusOK); revoked.Text("state") != "revoked" {
		t.Errorf("revoked: %s", revoked.Body)
	}
	s.with(third, "GET", acme.Path, "").WantError(web.CodeUnauthorized, "")
	s.API("DELETE", path, "").Want(http.StatusOK)
	s.API("POST", path+"/roll", "").WantError(web.CodeTokenRevoked, "")
	s.WantCount(5, "actions WHERE what IN ('make_token', 'roll_token', 'revoke_token') AND result = 'done'")
}

func TestTokenMistakes(t *testing.T) {
	t.Parallel()
	s := start(t)
	for body, field := range map[string]string{
		`{}`:                           "name",
		`{"name":"n"}`:                 "scopes",
		`{"name":"n","scopes":["x"]}`:  "scopes",
		`{"name":"n","scopes":"all"}`:  "scopes",
		`{"name":"n","tenant_ids":[]}`: "scopes",
		`{"name":"n","scopes":["tenants:read"],"tenant_ids":[]}`:                               "tenant_ids",
		`{"name":"n","scopes":["tenants:read"],"tenant_ids":["` + uuid.NewString() + `"]}`:     "tenant_ids",
		`{"name":"n","scopes":["tenants:read"],"expires_in":"a week"}`:                         "expires_in",
		`{"name":"n","scopes":["tenants:read"],"expires_in":"59s"}`:                            "expires_in",
		`{"name":"n","scopes":["tenants:read"],"expires_at":"2026-11-23T09:00:00Z"}`:           "expires_at",
		`{"name":"` + strings.Repeat("n", 101) + `","scopes":["tenants:read"],"tenant_ids":1}`: "tenant_ids",
	} {
		s.API("POST", "/v1/tokens", body).WantError(web.CodeInvalidRequest, field)
	}
	s.WantCount(0, "api_tokens")
	made := s.API("POST", "/v1/tokens", `{"name":"n","scopes":["tenants:read"]}`).Want(http.StatusCreated)
	if made.Get("tenant_ids") != nil || made.Get("expires_at") != nil {
		t.Errorf("a token of all tenants, without end: %s", made.Body)
	}
	for body, field := range map[string]string{
		`{"overlap":"soon"}`: "overlap", `{"overlap":"-1s"}`: "overlap", `{"overlap":"721h"}`: "overlap", `{"expires_in":"1s"}`: "expires_in",
	} {
		s.API("POST", "/v1/tokens/"+made.Text("id")+"/roll", body).WantError(web.CodeInvalidRequest, field)
	}
	s.API("DELETE", "/v1/tokens/none", "").WantError(web.CodeNotFound, "")
}

// TestBoundToken holds what a token that is bound to tenants sees of what concerns several.
func TestBoundToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, other, last := s.Activate(), s.NewTenant(), s.NewTenant()
	s.Exec("UPDATE jazzhr.tenants SET external_id = 'cus_' || (CASE tenant_id WHEN $1 THEN 'own' ELSE 'other' END) WHERE tenant_id IN ($1, $2)",
		last.ID, other.ID)
	secret := s.token([]uuid.UUID{first.ID, last.ID}, token.AllScopes()...)
	page := s.with(secret, "GET", "/v1/tenants?limit=1", "").Want(http.StatusOK)
	next := s.with(secret, "GET", "/v1/tenants?limit=1&cursor="+page.Text("next_cursor"), "").Want(http.StatusOK)
	if page.Text("items.0.id") != first.ID.String() || next.Text("items.0.id") != last.ID.String() || next.Get("next_cursor") != nil {
		t.Errorf("the list is %s and %s", page.Body, next.Body)
	}
	for external, want := range map[string]bool{"cus_own": true, "cus_other": false, "cus_none": false} {
		list := s.with(secret, "GET", "/v1/tenants?external_id="+external, "").Want(http.StatusOK)
		if _, found := list.LookUp("items.0"); found != want {
			t.Errorf("%s: %s", external, list.Body)
		}
	}

	redeliver := func(tenant uuid.UUID) webtest.Answer {
		return s.with(secret, "POST", "/v1/events/redeliver", `{"since":"2020-01-01T00:00:00Z","tenant_id":"`+tenant.String()+`"}`)
	}
	s.Exec("UPDATE jazzhr.events SET state = 'delivered', delivered_at = jazzhr.now()")
	redeliver(other.ID).WantError(web.CodeNotFound, "")
	s.WantCount(0, "events WHERE state = 'pending'")
	if got := redeliver(first.ID).Want(http.StatusAccepted); got.Get("events") == 0.0 {
		t.Errorf("redelivered: %s", got.Body)
	}
	if foreign, none := redeliver(other.ID), redeliver(uuid.New()); string(foreign.Body) != string(none.Body) {
		t.Errorf("another tenant is answered with %s, none with %s", foreign.Body, none.Body)
	}
	s.with(secret, "POST", "/v1/events/redeliver", `{"since":"2020-01-01T00:00:00Z"}`).WantError(web.CodeBoundToken, "")
	s.with(secret, "POST", "/v1/tokens", `{"name":"n","scopes":["tenants:read"],"tenant_ids":["`+other.ID.String()+`"]}`).
		WantError(web.CodeInvalidRequest, "tenant_ids")
}

// TestTokenIsRecorded holds that what a token did is traced to it.
func TestTokenIsRecorded(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	secret := s.token([]uuid.UUID{tenant.ID}, token.ConnectionsWrite, token.AttentionRead, token.AttentionWrite)
	s.with(secret, "POST", tenant.Path+"/connect-links", `{"purpose":"manage"}`).Want(http.StatusCreated)
	s.WantCount(1, "actions a, jazzhr.api_tokens t WHERE a.what = 'connect_link' AND strpos(a.who, t.token_id::text) > 0 AND strpos(a.who, t.name) > 0")

	webhook := s.export(tenant, "uuid-1", "{}").Want(http.StatusOK)
	if got := webhook.Text("result"); got != "unreadable" {
		t.Fatalf("the webhook is %s", got)
	}
	item := s.with(secret, "GET", tenant.Path+"/attention", "").Want(http.StatusOK).Text("items.0.id")
	s.with(secret, "POST", tenant.Path+"/attention/"+item, `{"decision":"abandon"}`).Want(http.StatusOK)
	s.WantCount(1, "decisions d, jazzhr.api_tokens t WHERE d.decided_by = 'token \"' || t.name || '\" ' || t.token_id")
	if line := s.Logs.String(); !strings.Contains(line, `"token_id":"`) || strings.Contains(line, secret[14:]) {
		t.Error("the log does not name the token, or shows it")
	}
}
