package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/token"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// change is a request that changes something, and what the record calls it.
type change struct {
	route string
	what  record.Kind
	body  string
}

// madeChanges has a request for each route of the API that changes something, in an order in which each does.
var madeChanges = []change{
	{"POST /v1/tenants", record.TenantCreated, `{"name":"Another","region":"us"}`},
	{"PATCH /v1/tenants/:id", record.SettingsChanged, `{"name":"Acme & Co","settings":{"poll_interval":"10m"}}`},
	{"POST /v1/tenants/:id/pause", record.Paused, ""},
	{"POST /v1/tenants/:id/resume", record.Resumed, ""},
	{"POST /v1/tenants/:id/sync", record.Resynced, ""},
	{"PUT /v1/tenants/:id/connection", record.KeySet, `{"api_key":"` + webtest.APIKey + `"}`},
	{"POST /v1/tenants/:id/connection/test", record.KeyTested, ""},
	{"POST /v1/tenants/:id/connection/secret", record.SecretRotated, ""},
	{"POST /v1/tenants/:id/connect-links", record.ConnectLinkMade, `{"purpose":"manage"}`},
	{"POST /v1/tenants/:id/writebacks", record.WritebackEnqueued, fullWriteback},
	{"POST /v1/tenants/:id/attention/:item", record.Decided, `{"decision":"abandon"}`},
	{"POST /v1/events/redeliver", record.EventsRedelivered, `{"since":"2020-01-01T00:00:00Z"}`},
	{"POST /v1/tokens", record.TokenMade, `{"name":"n","scopes":["tokens:write"]}`},
	{"POST /v1/tokens/:id/roll", record.TokenRolled, ""},
	{"DELETE /v1/tokens/:id", record.TokenRevoked, ""},
	{"DELETE /v1/tenants/:id/connection", record.Disconnected, ""},
}

// TestEveryChangeIsRecorded makes each change once, and wants exactly one row of it. A route that
// changes something and is not in the list fails.
func TestEveryChangeIsRecorded(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.export(tenant, "uuid-1", "{}").Want(http.StatusOK)
	item := s.API("GET", tenant.Path+"/attention", "").Want(http.StatusOK).Text("items.0.id")
	target := s.API("POST", "/v1/tokens", `{"name":"target","scopes":["tenants:read"]}`).Want(http.StatusCreated).Text("id")
	secret := s.token(nil, token.AllScopes()...)
	listed := s.API("GET", "/v1/tokens", "").Want(http.StatusOK)
	own := listed.Text("items.1.id")

	engine, ok := s.server.Handler().(*gin.Engine)
	if !ok {
		t.Fatal("the handler does not tell its routes")
	}
	for _, info := range engine.Routes() {
		route := info.Method + " " + info.Path
		reads := info.Method == http.MethodGet || info.Method == http.MethodHead
		if strings.HasPrefix(info.Path, "/v1/") && !reads && !slices.ContainsFunc(madeChanges, func(c change) bool { return c.route == route }) {
			t.Errorf("%s changes something, and has no row here", route)
		}
	}
	for _, c := range madeChanges {
		method, path, _ := strings.Cut(c.route, " ")
		id := tenant.ID.String()
		if strings.HasPrefix(path, "/v1/tokens") {
			id = target
		}
		path = strings.NewReplacer(":id", id, ":item", item).Replace(path)
		before := s.Count("actions")
		answer := s.with(secret, method, path, c.body)
		if answer.Status >= 300 {
			t.Fatalf("%s: %d %s", c.route, answer.Status, answer.Body)
		}
		request := answer.Header.Get("X-Request-Id")
		s.WantCount(before+1, "actions")
		if n := s.Count("actions WHERE request_id = $1 AND actor_kind = 'token' AND actor_id = $2 AND address = '127.0.0.1' AND result = 'done' AND what = $3", request, own, c.what); n != 1 {
			t.Errorf("%s left %d rows with its request, token and action", c.route, n)
		}
	}
	s.WantCount(1, `actions WHERE what = 'change_settings' AND changes = '{"name":{},"poll_interval":{"before":"default","after":"10m0s"}}'`)
}

// TestRefusedIsRecorded counts what is refused, as one row a minute and reason.
func TestRefusedIsRecorded(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant, other := s.NewTenant(), s.NewTenant()
	secret := s.token([]uuid.UUID{tenant.ID}, token.TenantsRead)
	for range 3 {
		s.with(secret, "POST", tenant.Path+"/pause", "").WantError(web.CodeMissingScope, "")
		s.with(secret, "GET", other.Path, "").WantError(web.CodeNotFound, "")
		s.with("wrong", "GET", tenant.Path, "").WantError(web.CodeUnauthorized, "")
		s.Post("/console/sign-in", url.Values{"token": {"wrong"}, "name": {"Eve"}})
		s.Send("GET", "/connect/wrong", nil)
	}
	check(t, s.server.Record().Flush(t.Context()))
	for what, where := range map[string]string{
		"a scope":  "what = 'pause' AND detail = 'missing_scope' AND actor_kind = 'token'",
		"a token":  "what = 'read' AND detail = 'unauthorized' AND actor_kind = 'stranger'",
		"sign-ins": "what = 'sign_in' AND actor_kind = 'stranger'",
		"links":    "what = 'use_link'",
	} {
		var rows, times int
		check(t, s.Pool.QueryRow(t.Context(), "SELECT count(*), coalesce(sum(times), 0) FROM jazzhr.actions WHERE result = 'refused' AND "+where).Scan(&rows, &times))
		if rows != 2 || times != 3 {
			t.Errorf("%s: %d rows that count %d", what, rows, times)
		}
	}
	s.WantCount(0, "actions WHERE strpos(actions::text, 'Eve') > 0")
}

// TestListActions filters the record, and shows a bound token its tenants' alone.
func TestListActions(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant, other := s.NewTenant(), s.NewTenant()
	s.API("POST", tenant.Path+"/pause", "").Want(http.StatusOK)
	s.API("POST", other.Path+"/pause", "").Want(http.StatusOK)
	items := func(secret, query string) (n int) {
		t.Helper()
		answer := s.with(secret, "GET", "/v1/actions?"+query, "").Want(http.StatusOK)
		list, _ := answer.Get("items").([]any)
		return len(list)
	}
	bound := s.token([]uuid.UUID{tenant.ID}, token.RecordRead)
	for query, want := range map[string]int{
		"":                            5, // with the token that was made
		"tenant=" + other.ID.String(): 2,
		"action=pause":                2,
		"actor=api_token":             4,
		"actor=nobody":                0,
		"from=2020-01-01T00:00:00Z":   5,
		"to=2020-01-01T00:00:00Z":     0,
		"action=pause&limit=1":        1,
	} {
		if got := items(webtest.APIToken, query); got != want {
			t.Errorf("%q lists %d, want %d", query, got, want)
		}
	}
	if got := items(bound, ""); got != 2 {
		t.Errorf("a bound token is shown %d", got)
	}
	s.with(bound, "GET", "/v1/actions?tenant="+other.ID.String(), "").WantError(web.CodeNotFound, "")
	for query, field := range map[string]string{"from=yesterday": "from", "tenant=1": "tenant", "who=x": "who"} {
		s.with(bound, "GET", "/v1/actions?"+query, "").WantError(web.CodeInvalidRequest, field)
	}
}

// TestReadingIsRecorded holds what the console records of who reads about people, and that it keeps
// nothing of what was searched for.
func TestReadingIsRecorded(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	cookie := s.SignIn()
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	written := s.API("POST", tenant.Path+"/writebacks", fullWriteback).Want(http.StatusAccepted).Text("id")
	for _, q := range []string{"Jonesworth", "kenny.j@example.com", written} {
		s.Send("GET", "/console/candidates?q="+url.QueryEscape(q), nil, "Cookie", cookie).Want(http.StatusOK)
	}
	s.Send("GET", "/console/attention/"+tenant.ID.String()+"/"+written, nil, "Cookie", cookie).Want(http.StatusOK)
	check(t, s.server.Record().Flush(t.Context()))
	s.WantCount(2, "actions WHERE what = 'search' AND actor_kind = 'person' AND actor_id IS NOT NULL AND address = '127.0.0.1'")
	s.WantCount(1, "actions WHERE what = 'read_story' AND target = $1", written)
	s.WantCount(1, "actions WHERE what = 'read_case' AND target = $1 AND tenant_id = $2", written, tenant.ID)
	for _, private := range []string{"Jonesworth", "Kenny", "kenny.j@", "Tell me about", webtest.APIKey, tenant.Secret, webtest.AdminToken} {
		s.WantCount(0, "actions a WHERE strpos(a::text, $1) > 0", private)
	}
	_, err := record.Chain(t.Context(), s.Pool)
	check(t, err)
	if _, err := record.Verify(t.Context(), s.Pool); err != nil {
		t.Error(err)
	}
}
