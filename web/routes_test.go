package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/token"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// routeRow says what a route of the API answers to tokens. In its route and body {tenant} stands for
// the id of the tenant that is asked about, and {item} for an id of nothing.
type routeRow struct {
	route string
	scope token.Scope
	body  string
	// free is the status for a token of all tenants that has the scope, and bound for one that is
	// bound to the tenant.
	free, bound int
}

// wrong is a body that a handler refuses, so that a route is reached without a change.
const wrong = `{"wrong":1}`

// routeRows are all routes of the API. Each needs a row here.
var routeRows = []routeRow{
	{"GET /v1/tenants", token.TenantsRead, "", 200, 200},
	{"POST /v1/tenants", token.TenantsWrite, wrong, 400, 403},
	{"GET /v1/tenants/{tenant}", token.TenantsRead, "", 200, 200},
	{"PATCH /v1/tenants/{tenant}", token.TenantsWrite, `{"name":"Acme"}`, 200, 200},
	{"GET /v1/tenants/{tenant}/stages", token.TenantsRead, "", 200, 200},
	{"GET /v1/tenants/{tenant}/jobs", token.TenantsRead, "", 200, 200},
	{"POST /v1/tenants/{tenant}/pause", token.TenantsWrite, "", 200, 200},
	{"POST /v1/tenants/{tenant}/resume", token.TenantsWrite, "", 200, 200},
	{"POST /v1/tenants/{tenant}/sync", token.TenantsWrite, wrong, 400, 400},
	{"PUT /v1/tenants/{tenant}/connection", token.ConnectionsWrite, `{"api_key":"` + webtest.APIKey + `"}`, 200, 200},
	{"POST /v1/tenants/{tenant}/connection/test", token.ConnectionsWrite, "", 200, 200},
	{"POST /v1/tenants/{tenant}/connection/secret", token.ConnectionsWrite, "", 200, 200},
	{"POST /v1/tenants/{tenant}/connect-links", token.ConnectionsWrite, `{"purpose":"manage"}`, 201, 201},
	{"POST /v1/tenants/{tenant}/writebacks", token.WritebacksWrite, wrong, 400, 400},
	{"GET /v1/tenants/{tenant}/writebacks", token.WritebacksRead, "", 200, 200},
	{"GET /v1/tenants/{tenant}/writebacks/{item}", token.WritebacksRead, "", 404, 404},
	{"GET /v1/tenants/{tenant}/events", token.EventsRead, "", 200, 200},
	{"POST /v1/events/redeliver", token.EventsRedeliver, `{"since":"2020-01-01T00:00:00Z"}`, 202, 403},
	{"GET /v1/tenants/{tenant}/attention", token.AttentionRead, "", 200, 200},
	{"POST /v1/tenants/{tenant}/attention/{item}", token.AttentionWrite, `{"decision":"abandon"}`, 404, 404},
	{"GET /v1/actions", token.RecordRead, "", 200, 200},
	{"GET /v1/tokens", token.TokensWrite, "", 200, 200},
	{"POST /v1/tokens", token.TokensWrite, `{"name":"n","scopes":["tokens:write"]}`, 201, 403},
	{"POST /v1/tokens/{item}/roll", token.TokensWrite, "", 404, 404},
	{"DELETE /v1/tokens/{item}", token.TokensWrite, "", 404, 404},
	{"DELETE /v1/tenants/{tenant}/connection", token.ConnectionsWrite, "", 200, 200},
}

// ofTenant reports whether the route is one of a tenant's own.
func (r routeRow) ofTenant() bool { return strings.Contains(r.route, "{tenant}") }

// ask asks about a tenant.
func (r routeRow) ask(s *service, secret string, tenant uuid.UUID) webtest.Answer {
	s.T.Helper()
	fill := strings.NewReplacer("{tenant}", tenant.String(), "{item}", "01a207ae-7d72-7c8e-9de0-39a0657438a2")
	method, path, _ := strings.Cut(fill.Replace(r.route), " ")
	return s.Send(method, path, []byte(fill.Replace(r.body)), "Authorization", "Bearer "+secret)
}

// token makes a token and returns its secret.
func (s *service) token(tenants []uuid.UUID, scopes ...token.Scope) string {
	s.T.Helper()
	_, secret, err := s.Tokens.Create(s.T.Context(), token.Holder{Name: "test", Grant: token.Full()}, token.Details{
		Name: "Test's", Grant: token.Grant{Scopes: scopes, Tenants: tenants},
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return secret.Reveal()
}

// TestEveryRouteHasARow holds the table above to the server's routes.
func TestEveryRouteHasARow(t *testing.T) {
	t.Parallel()
	engine, ok := startOn(t, webtest.Nowhere(t)).server.Handler().(*gin.Engine)
	if !ok {
		t.Fatal("the handler does not tell its routes")
	}
	parameters := strings.NewReplacer("/tenants/:id", "/tenants/{tenant}", ":id", "{item}", ":wid", "{item}", ":item", "{item}")
	rows, scopes := map[string]bool{}, token.AllScopes()
	for _, row := range routeRows {
		rows[row.route] = true
		scopes = slices.DeleteFunc(scopes, func(scope token.Scope) bool { return scope == row.scope })
	}
	for _, info := range engine.Routes() {
		route := info.Method + " " + parameters.Replace(info.Path)
		if strings.HasPrefix(info.Path, "/v1/") && !rows[route] {
			t.Errorf("%s has no row", route)
		}
		delete(rows, route)
	}
	if len(rows) > 0 || len(scopes) > 0 {
		t.Errorf("rows of no route: %v, scopes that no route needs: %v", rows, scopes)
	}
}

// TestEveryRoute asks every route with every scope, about the token's own tenant and another one.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	s := start(t)
	own, other := s.Activate(), s.NewTenant()
	free, bound := map[token.Scope]string{}, map[token.Scope]string{}
	for _, scope := range token.AllScopes() {
		free[scope], bound[scope] = s.token(nil, scope), s.token([]uuid.UUID{own.ID}, scope)
	}
	const row = "SELECT t::text FROM jazzhr.tenants t WHERE tenant_id = $1"
	var before, after string
	if err := s.Pool.QueryRow(t.Context(), row, other.ID).Scan(&before); err != nil {
		t.Fatal(err)
	}
	for _, r := range routeRows {
		for _, scope := range token.AllScopes() {
			answers := map[string]webtest.Answer{
				"a token of all tenants": r.ask(s, free[scope], own.ID), "a bound token": r.ask(s, bound[scope], own.ID),
				"a bound token, of another tenant": r.ask(s, bound[scope], other.ID),
			}
			for who, got := range answers {
				if scope != r.scope {
					if code, _ := got.LookUp("error.code"); got.Status != 403 || code != "missing_scope" || got.Get("error.scope") != string(r.scope) {
						t.Errorf("%s, %s with %s: %d %s", r.route, who, scope, got.Status, got.Body)
					}
					continue
				}
				want := map[string]int{"a token of all tenants": r.free}[who]
				switch {
				case want != 0:
				case who == "a bound token" || !r.ofTenant():
					want = r.bound
				default:
					want = http.StatusNotFound
				}
				if got.Status != want || want == 403 && !strings.Contains(string(got.Body), `"bound_token"`) {
					t.Errorf("%s, %s: %d %s, want %d", r.route, who, got.Status, got.Body, want)
				}
			}
			// A tenant that the token is not for can't be told from one that does not exist.
			foreign, none := answers["a bound token, of another tenant"], r.ask(s, bound[scope], uuid.New())
			if string(foreign.Body) != string(none.Body) {
				t.Errorf("%s: another tenant is answered with %s, none with %s", r.route, foreign.Body, none.Body)
			}
		}
		for _, secret := range []string{webtest.APIToken, webtest.AdminToken} {
			// A tenant that was disconnected meanwhile can't be asked for everything again.
			if got := r.ask(s, secret, own.ID); got.Status == 401 || got.Status == 403 {
				t.Errorf("%s, a token of the settings: %d %s", r.route, got.Status, got.Body)
			}
		}
	}
	if err := s.Pool.QueryRow(t.Context(), row, other.ID).Scan(&after); err != nil || after != before {
		t.Errorf("the other tenant was changed from\n%s to\n%s, %v", before, after, err)
	}
}

// TestEveryRouteNeedsAToken asks every route without a token that opens it.
func TestEveryRouteNeedsAToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
	secret := s.token(nil, token.AllScopes()...)
	list := s.API("GET", "/v1/tokens", "").Want(http.StatusOK)
	s.API("DELETE", "/v1/tokens/"+list.Text("items.0.id"), "").Want(http.StatusOK)
	for _, r := range routeRows {
		for _, given := range []string{"", secret, secret + "0", secret[:len(secret)-1], webtest.APIToken + "0"} {
			r.ask(s, given, tenant.ID).WantError(web.CodeUnauthorized, "")
		}
	}
}

// TestDocsListTheScopes holds the table of scopes in docs/http-api.md to [token.Scopes] and to the
// routes.
func TestDocsListTheScopes(t *testing.T) {
	t.Parallel()
	names := strings.NewReplacer("/tenants/{tenant}", "/tenants/{id}", "/writebacks/{item}", "/writebacks/{wid}", "/tokens/{item}", "/tokens/{id}")
	table := "| scope | what it opens | routes |\n|---|---|---|\n"
	for _, info := range token.Scopes() {
		var routes []string
		for _, r := range routeRows {
			if r.scope == info.Scope {
				routes = append(routes, "`"+names.Replace(r.route)+"`")
			}
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", info.Scope, info.Meaning, strings.Join(routes, ", "))
	}
	if !strings.Contains(doc(t, "http-api.md"), table+"\n") {
		t.Errorf("docs/http-api.md does not hold this table:\n%s", table)
	}
}
