package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/web"
)

func TestNewRefusesAWeakConfiguration(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]web.Config{
		"no admin token":    {PublicURL: "https://example.com"},
		"short admin token": {PublicURL: "https://example.com", AdminToken: adminToken[:31]},
		"empty API token":   {PublicURL: "https://example.com", AdminToken: adminToken, APITokens: []string{""}},
		"no public URL":     {AdminToken: adminToken},
		"path only":         {PublicURL: "/hooks", AdminToken: adminToken},
	} {
		if _, err := web.New(config); err == nil || strings.Contains(err.Error(), adminToken[:31]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	for header, want := range map[string]int{
		"Bearer " + apiToken:            http.StatusOK,
		"bearer " + apiToken:            http.StatusOK,
		"Bearer " + adminToken:          http.StatusOK,
		"":                              http.StatusUnauthorized,
		"Bearer ":                       http.StatusUnauthorized,
		"Bearer " + apiToken[:20]:       http.StatusUnauthorized,
		"Bearer " + apiToken + "x":      http.StatusUnauthorized,
		"Basic " + apiToken:             http.StatusUnauthorized,
		apiToken:                        http.StatusUnauthorized,
		"Bearer " + apiToken + " extra": http.StatusUnauthorized,
	} {
		got := s.send("GET", "/v1/tenants", nil, "Authorization", header).want(want)
		if want == http.StatusUnauthorized {
			got.wantError(web.CodeUnauthorized, "")
			if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%q: WWW-Authenticate %q", header, got.header.Get("WWW-Authenticate"))
			}
		}
	}
}

func TestRoutesThatAreNone(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/", "/v1", "/v1/nothing", "/v1/tenants/", "/webhooks/jazzhr/", "/console/nothing", "/metrics"} {
		s.api("GET", path, "").wantError(web.CodeNotFound, "")
	}
	refused := s.api("DELETE", "/v1/tenants", "").wantError(web.CodeMethodNotAllowed, "")
	if allow := refused.header.Get("Allow"); !strings.Contains(allow, "POST") || !strings.Contains(allow, "GET") {
		t.Errorf("Allow: %q", allow)
	}
	s.api("GET", "/webhooks/jazzhr/token", "").wantError(web.CodeMethodNotAllowed, "")
}

func TestBodies(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	for _, test := range []struct {
		method, path, body, field string
	}{
		{"POST", "/v1/tenants", ``, ""},
		{"POST", "/v1/tenants", `{"name":`, ""},
		{"POST", "/v1/tenants", `[]`, ""},
		{"POST", "/v1/tenants", `null`, "name"},
		{"POST", "/v1/tenants", `"Acme"`, ""},
		{"POST", "/v1/tenants", `{"name":"Acme","region":"us"} {}`, ""},
		{"POST", "/v1/tenants", `{"name":"Acme","region":"us","plan":"gold"}`, "plan"},
		{"POST", "/v1/tenants", `{"Name":"Acme","region":"us"}`, "Name"},
		{"POST", "/v1/tenants", `{"name":"Acme","name":"Other","region":"us"}`, "name"},
		{"POST", "/v1/tenants", `{"name":7,"region":"us"}`, "name"},
		{"POST", "/v1/tenants", "{\"name\":\"\xff\",\"region\":\"us\"}", ""},
		{"PATCH", tenant.path, `{"settings":{"poll_interval":7}}`, "settings.poll_interval"},
		{"PATCH", tenant.path, `{"settings":{"poll":"5m"}}`, "settings.poll"},
		{"PATCH", tenant.path, `{"settings":[]}`, "settings"},
		{"POST", tenant.path + "/connection/secret", `{"revoke_old":"yes"}`, "revoke_old"},
		{"POST", tenant.path + "/writebacks", `{"interview_id":"1","note":{"score":"4.5"}}`, "note.score"},
		{"POST", tenant.path + "/writebacks", `{"interview_id":"1","revision":1.5}`, "revision"},
		{"POST", tenant.path + "/writebacks", `{"interview_id":"1","request_id":"req"}`, "request_id"},
		{"POST", tenant.path + "/writebacks", `{"interview_id":"1","candidate":{"mail":"a@b"}}`, "candidate.mail"},
		{"POST", "/v1/events/redeliver", `{}`, "since"},
		{"POST", "/v1/events/redeliver", `{"since":"yesterday"}`, "since"},
		{"POST", "/v1/events/redeliver", `{"since":"2026-11-02T00:00:00Z","until":"2026-11-01T00:00:00Z"}`, "since"},
	} {
		got := s.api(test.method, test.path, test.body).wantError(web.CodeInvalidRequest, test.field)
		if message := got.text("error.message"); message == "" || strings.Contains(message, "jsontext") {
			t.Errorf("%s: message %q", test.body, message)
		}
	}
	s.wantCount(1, "tenants")
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	within := `{"interview_id":"1","candidate":{"id":"c","applicant_id":"prospect_1"},"note":{"transcript":"` + strings.Repeat("a", 2<<20-200) + `"}}`
	s.api("POST", tenant.path+"/writebacks", within).want(http.StatusAccepted)
	s.api("POST", tenant.path+"/writebacks", within+strings.Repeat(" ", 300)).wantError(web.CodeTooLarge, "")
}

func TestQueries(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	for query, field := range map[string]string{
		"/v1/tenants?limit=0":                    "limit",
		"/v1/tenants?limit=201":                  "limit",
		"/v1/tenants?limit=ten":                  "limit",
		"/v1/tenants?limt=10":                    "limt",
		"/v1/tenants?limit=1&limit=2":            "limit",
		"/v1/tenants?cursor=nonsense":            "cursor",
		"/v1/tenants?cursor=%zz":                 "",
		tenant.path + "/writebacks?state=broken": "state",
		tenant.path + "/writebacks?cursor=x":     "cursor",
		tenant.path + "/events?after=-1":         "after",
		tenant.path + "/events?after=x":          "after",
		tenant.path + "/events?limit=501":        "limit",
		tenant.path + "/events?cursor=1":         "cursor",
	} {
		s.api("GET", query, "").wantError(web.CodeInvalidRequest, field)
	}
	s.api("GET", tenant.path+"/events?limit=500", "").want(http.StatusOK)
	s.api("GET", "/v1/tenants?limit=200", "").want(http.StatusOK)
}

// nowhere is a pool whose server can't be reached.
func nowhere(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@"+unusedAddress(t)+"/nothing?connect_timeout=2")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	s := startOn(t, nowhere(t))
	for _, request := range [][2]string{
		{"POST", "/webhooks/jazzhr/token"},
		{"GET", "/v1/tenants"},
		{"GET", "/v1/tenants/0198f4a2-0000-7000-8000-000000000001/events"},
	} {
		got := s.api(request[0], request[1], "{}").wantError(web.CodeDatabaseUnavailable, "")
		if got.header.Get("Retry-After") == "" {
			t.Errorf("%v: no Retry-After", request)
		}
	}
	if strings.Contains(s.send("GET", "/metrics-of-none", nil).want(404).text("error.message"), "nobody") {
		t.Error("an answer names the database's role")
	}
}

// TestDatabaseLostInTheMiddle has the server's own connection killed while its transaction waits for a lock.
func TestDatabaseLostInTheMiddle(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), "LOCK TABLE jazzhr.writebacks IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan answer, 1)
	go func() { done <- s.api("POST", tenant.path+"/writebacks", writeback("int-1")) }()
	s.untilWaiting("count(*) FILTER (WHERE pg_terminate_backend(pid))")
	(<-done).wantError(web.CodeDatabaseUnavailable, "")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantCount(0, "writebacks")
	s.api("POST", tenant.path+"/writebacks", writeback("int-1")).want(http.StatusAccepted)
}

func TestPanic(t *testing.T) {
	t.Parallel()
	s := start(t, func(config *web.Config) {
		config.Tenants = nil // what follows is a nil dereference in a handler
	})
	s.api("GET", "/v1/tenants", "").wantError(web.CodeInternal, "")
	if logged := s.logs.String(); !strings.Contains(logged, `"msg":"panic"`) || !strings.Contains(logged, "web.(*Server).listTenants") {
		t.Errorf("no stack in the log: %s", logged)
	}
	// The value of a panic can hold anything.
	if strings.Contains(s.logs.String(), "invalid memory address") {
		t.Error("the panic's value was logged")
	}
}

// writeback is the body of a writeback for a known applicant.
func writeback(interview string) string {
	return `{"interview_id":"` + interview + `","candidate":{"id":"cand-1","applicant_id":"prospect_1"},"note":{"score":4.5,"scale":5}}`
}
