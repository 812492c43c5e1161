package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

func TestNewRefusesAWeakConfiguration(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]web.Config{
		"no admin token":    {PublicURL: "https://example.com"},
		"short admin token": {PublicURL: "https://example.com", AdminToken: webtest.AdminToken[:31]},
		"empty API token":   {PublicURL: "https://example.com", AdminToken: webtest.AdminToken, APITokens: []string{""}},
		"no public URL":     {AdminToken: webtest.AdminToken},
		"path only":         {PublicURL: "/hooks", AdminToken: webtest.AdminToken},
		"no budget":         {PublicURL: "https://example.com", AdminToken: webtest.AdminToken, PayloadRetention: time.Hour},
		"no retention":      {PublicURL: "https://example.com", AdminToken: webtest.AdminToken, CallsPerMinute: 80},
	} {
		if _, err := web.New(config); err == nil || strings.Contains(err.Error(), webtest.AdminToken[:31]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	for header, want := range map[string]int{
		"Bearer " + webtest.APIToken:            http.StatusOK,
		"bearer " + webtest.APIToken:            http.StatusOK,
		"Bearer " + webtest.AdminToken:          http.StatusOK,
		"":                                      http.StatusUnauthorized,
		"Bearer ":                               http.StatusUnauthorized,
		"Bearer " + webtest.APIToken[:20]:       http.StatusUnauthorized,
		"Bearer " + webtest.APIToken + "x":      http.StatusUnauthorized,
		"Basic " + webtest.APIToken:             http.StatusUnauthorized,
		webtest.APIToken:                        http.StatusUnauthorized,
		"Bearer " + webtest.APIToken + " extra": http.StatusUnauthorized,
	} {
		got := s.Send("GET", "/v1/tenants", nil, "Authorization", header).Want(want)
		if want == http.StatusUnauthorized {
			got.WantError(web.CodeUnauthorized, "")
			if !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%q: WWW-Authenticate %q", header, got.Header.Get("WWW-Authenticate"))
			}
		}
	}
}

func TestRoutesThatAreNone(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/", "/v1", "/v1/nothing", "/v1/tenants/", "/webhooks/jazzhr/", "/console/nothing", "/metrics"} {
		s.API("GET", path, "").WantError(web.CodeNotFound, "")
	}
	refused := s.API("DELETE", "/v1/tenants", "").WantError(web.CodeMethodNotAllowed, "")
	if allow := refused.Header.Get("Allow"); !strings.Contains(allow, "POST") || !strings.Contains(allow, "GET") {
		t.Errorf("Allow: %q", allow)
	}
	s.API("GET", "/webhooks/jazzhr/token", "").WantError(web.CodeMethodNotAllowed, "")
}

func TestBodies(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
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
		{"PATCH", tenant.Path, `{"settings":{"poll_interval":7}}`, "settings.poll_interval"},
		{"PATCH", tenant.Path, `{"settings":{"poll":"5m"}}`, "settings.poll"},
		{"PATCH", tenant.Path, `{"settings":[]}`, "settings"},
		{"POST", tenant.Path + "/connection/secret", `{"revoke_old":"yes"}`, "revoke_old"},
		{"POST", tenant.Path + "/writebacks", `{"interview_id":"1","note":{"score":"4.5"}}`, "note.score"},
		{"POST", tenant.Path + "/writebacks", `{"interview_id":"1","revision":1.5}`, "revision"},
		{"POST", tenant.Path + "/writebacks", `{"interview_id":"1","request_id":"req"}`, "request_id"},
		{"POST", tenant.Path + "/writebacks", `{"interview_id":"1","candidate":{"mail":"a@b"}}`, "candidate.mail"},
		{"POST", "/v1/events/redeliver", `{}`, "since"},
		{"POST", "/v1/events/redeliver", `{"since":"yesterday"}`, "since"},
		{"POST", "/v1/events/redeliver", `{"since":"2026-11-02T00:00:00Z","until":"2026-11-01T00:00:00Z"}`, "since"},
	} {
		got := s.API(test.method, test.path, test.body).WantError(web.CodeInvalidRequest, test.field)
		if message := got.Text("error.message"); message == "" || strings.Contains(message, "jsontext") {
			t.Errorf("%s: message %q", test.body, message)
		}
	}
	s.WantCount(1, "tenants")
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	within := `{"interview_id":"1","candidate":{"id":"c","applicant_id":"prospect_1"},"note":{"transcript":"` + strings.Repeat("a", 2<<20-200) + `"}}`
	s.API("POST", tenant.Path+"/writebacks", within).Want(http.StatusAccepted)
	s.API("POST", tenant.Path+"/writebacks", within+strings.Repeat(" ", 300)).WantError(web.CodeTooLarge, "")
}

func TestQueries(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	for query, field := range map[string]string{
		"/v1/tenants?limit=0":                    "limit",
		"/v1/tenants?limit=201":                  "limit",
		"/v1/tenants?limit=ten":                  "limit",
		"/v1/tenants?limt=10":                    "limt",
		"/v1/tenants?limit=1&limit=2":            "limit",
		"/v1/tenants?cursor=nonsense":            "cursor",
		"/v1/tenants?cursor=%zz":                 "",
		tenant.Path + "/writebacks?state=broken": "state",
		tenant.Path + "/writebacks?cursor=x":     "cursor",
		tenant.Path + "/events?after=-1":         "after",
		tenant.Path + "/events?after=x":          "after",
		tenant.Path + "/events?limit=501":        "limit",
		tenant.Path + "/events?cursor=1":         "cursor",
	} {
		s.API("GET", query, "").WantError(web.CodeInvalidRequest, field)
	}
	s.API("GET", tenant.Path+"/events?limit=500", "").Want(http.StatusOK)
	s.API("GET", "/v1/tenants?limit=200", "").Want(http.StatusOK)
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	s := startOn(t, webtest.Nowhere(t))
	for _, request := range [][2]string{
		{"POST", "/webhooks/jazzhr/token"},
		{"GET", "/v1/tenants"},
		{"GET", "/v1/tenants/0198f4a2-0000-7000-8000-000000000001/events"},
	} {
		got := s.API(request[0], request[1], "{}").WantError(web.CodeDatabaseUnavailable, "")
		if got.Header.Get("Retry-After") == "" {
			t.Errorf("%v: no Retry-After", request)
		}
	}
	if strings.Contains(s.Send("GET", "/metrics-of-none", nil).Want(404).Text("error.message"), "nobody") {
		t.Error("an answer names the database's role")
	}
	s.API("POST", "/v1/tenants", `{"name":"Acme","region":"us"}`).WantError(web.CodeDatabaseUnavailable, "")
	if strings.Contains(s.Logs.String(), "is not recorded") {
		t.Error("the answer waited for a record that could not be written")
	}
}

// TestDatabaseLostInTheMiddle has the server's own connection killed while its transaction waits
// for a lock.
func TestDatabaseLostInTheMiddle(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	tx, err := s.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), "LOCK TABLE jazzhr.writebacks IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan webtest.Answer, 1)
	go func() { done <- s.API("POST", tenant.Path+"/writebacks", webtest.Writeback("int-1")) }()
	s.untilWaiting("count(*) FILTER (WHERE pg_terminate_backend(pid))")
	(<-done).WantError(web.CodeDatabaseUnavailable, "")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.WantCount(0, "writebacks")
	s.API("POST", tenant.Path+"/writebacks", webtest.Writeback("int-1")).Want(http.StatusAccepted)
}

func TestPanic(t *testing.T) {
	t.Parallel()
	s := start(t, func(config *web.Config) {
		config.Tenants = nil // what follows is a nil dereference in a handler
	})
	s.API("GET", "/v1/tenants", "").WantError(web.CodeInternal, "")
	if logged := s.Logs.String(); !strings.Contains(logged, `"msg":"panic"`) || !strings.Contains(logged, "web.(*Server).listTenants") {
		t.Errorf("no stack in the log: %s", logged)
	}
	// The value of a panic can hold anything.
	if strings.Contains(s.Logs.String(), "invalid memory address") {
		t.Error("the panic's value was logged")
	}
}
