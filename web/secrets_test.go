package web_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// TestNothingPrivateIsShown goes through everything once, the failures too, and looks for what must
// not be seen.
func TestNothingPrivateIsShown(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	token := strings.TrimPrefix(tenant.Webhook, "/webhooks/jazzhr/")
	cookie := s.SignIn()
	rotated := s.API("POST", tenant.Path+"/connection/secret", "").Want(http.StatusOK).Text("webhook_secret")

	made := s.API("POST", "/v1/tokens", `{"name":"Nightly","scopes":["tenants:read","tokens:write"]}`).Want(http.StatusCreated)
	secret := made.Text("token")
	rolled := s.API("POST", "/v1/tokens/"+made.Text("id")+"/roll", "").Want(http.StatusOK).Text("token")

	var answers []webtest.Answer
	see := func(a webtest.Answer) { answers = append(answers, a) }
	see(s.export(tenant, "uuid-1", exportBody))
	see(s.export(tenant, "uuid-1", exportBody+" "))
	see(s.Send("POST", tenant.Webhook+"?api_key="+webtest.APIKey, []byte(exportBody), "X-JazzHR-Signature", "00"))
	written := s.API("POST", tenant.Path+"/writebacks", fullWriteback)
	see(written)
	see(s.API("POST", tenant.Path+"/writebacks", strings.Replace(fullWriteback, "4.5", "3", 1)))
	see(s.API("POST", tenant.Path+"/writebacks", strings.Replace(fullWriteback, `"kenny.j@example.com"`, `["kenny.j@example.com"]`, 1)))
	see(s.API("POST", tenant.Path+"/writebacks", strings.Replace(fullWriteback, `"board_code"`, "bad", 1)))
	see(s.API("GET", tenant.Path+"/writebacks", ""))
	see(s.API("GET", tenant.Path+"/writebacks/"+written.Text("id"), ""))
	see(s.API("GET", tenant.Path+"/events", ""))
	see(s.API("GET", tenant.Path, ""))
	see(s.API("GET", "/v1/tenants", ""))
	see(s.API("PATCH", tenant.Path, `{"name":"Acme"}`))
	see(s.API("POST", tenant.Path+"/connection/test", `{"api_key":"`+webtest.APIKey+`"}`))
	see(s.API("PUT", tenant.Path+"/connection", `{"api_key":"`+webtest.APIKey+`x"}`))
	see(s.API("PUT", tenant.Path+"/connection", `{"api_key":["`+webtest.APIKey+`"]}`))
	see(s.Send("GET", "/v1/tenants", nil, "Authorization", "Bearer "+webtest.APIToken+"x"))
	for _, given := range []string{secret, rolled, secret + "0", secret[:40], rolled[1:]} {
		see(s.with(given, "GET", "/v1/tokens", ""))
		see(s.with(given, "GET", tenant.Path, ""))
		see(s.with(given, "POST", "/v1/tenants", `{"name":"Acme","region":"us"}`))
		see(s.with(given, "GET", tenant.Path+"?token="+given, ""))
	}
	see(s.API("POST", "/v1/tokens", `{"name":"`+secret+`","scopes":["tenants:read"]}`))
	see(s.API("DELETE", "/v1/tokens/"+secret, ""))
	see(s.API("DELETE", "/v1/tokens/"+made.Text("id"), ""))
	see(s.with(secret, "GET", tenant.Path, ""))
	check(t, s.Tokens.Flush(t.Context()))
	see(s.Send("GET", "/console/actions", nil, "Cookie", cookie))
	see(s.Send("GET", "/console/health", nil, "Cookie", cookie))
	see(s.Send("GET", "/console/river/api/jobs?state=available", nil, "Cookie", cookie))
	see(s.Post("/console/sign-in", url.Values{"token": {webtest.AdminToken + "x"}}))
	// The address holds the webhook's token: the one answer that may, and does.
	connected := s.API("PUT", tenant.Path+"/connection", `{"api_key":"`+webtest.APIKey+`"}`).Want(http.StatusOK)
	see(webtest.Answer{T: t, Body: []byte(strings.Replace(string(connected.Body), token, "", 1))})

	_, session, _ := strings.Cut(cookie, "=")
	private := map[string]string{
		"API key": webtest.APIKey, "webhook secret": tenant.Secret, "new webhook secret": rotated,
		"webhook token": token, "API token": webtest.APIToken, "admin token": webtest.AdminToken, "session": session,
		// All but how they begin, which is shown.
		"token's secret": secret[14:40], "new secret": rolled[14:40],
		"transcript": "Tell me about", "summary": "Well spoken", "name": "Jonesworth", "email": "kenny.j@", "first name": "Kenny",
	}
	logged, metrics := s.Logs.String(), s.metrics()
	for what, text := range private {
		if strings.Contains(logged, text) {
			t.Errorf("the %s was logged", what)
		}
		if strings.Contains(metrics, text) {
			t.Errorf("the %s stands in the metrics", what)
		}
		for i, a := range answers {
			if strings.Contains(string(a.Body), text) {
				t.Errorf("the %s stands in answer %d: %s", what, i, a.Body)
			}
		}
		var jobs int
		if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM jazzhr.river_job j WHERE strpos(j::text, $1) > 0", text).Scan(&jobs); err != nil || jobs > 0 {
			t.Errorf("the %s stands in %d jobs, %v", what, jobs, err)
		}
	}
}

// TestTokensAreStoredAsHashes looks for a secret in every table, as text and as bytes.
func TestTokensAreStoredAsHashes(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	made := s.API("POST", "/v1/tokens", `{"name":"Nightly","scopes":["tenants:read","attention:write","connections:write"]}`).Want(http.StatusCreated)
	secret := made.Text("token")
	rolled := s.API("POST", "/v1/tokens/"+made.Text("id")+"/roll", "").Want(http.StatusOK).Text("token")
	for _, given := range []string{secret, rolled} {
		s.with(given, "GET", tenant.Path, "").Want(http.StatusOK)
		s.with(given, "POST", tenant.Path+"/connect-links", `{"purpose":"manage"}`).Want(http.StatusCreated)
	}
	check(t, s.Tokens.Flush(t.Context()))
	tx, err := s.Pool.Begin(t.Context())
	check(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	tables, err := dbtest.Tables(t.Context(), tx)
	check(t, err)
	rows := 0
	for _, table := range tables {
		var all, found int
		check(t, tx.QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE strpos(r::text, $1) + strpos(r::text, $2) + strpos(r::text, $3) + strpos(r::text, $4) > 0) FROM "+table+" r",
			secret[14:], rolled[14:], hex.EncodeToString([]byte(secret[14:])), hex.EncodeToString([]byte(rolled[14:]))).Scan(&all, &found))
		if rows += all; found > 0 {
			t.Errorf("a secret stands in %d rows of %s", found, table)
		}
	}
	if rows < 5 {
		t.Errorf("only %d rows were looked at in %d tables", rows, len(tables))
	}
}

// TestLogLine holds what one request leaves in the log.
func TestLogLine(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.Send("GET", "/livez?secret=1", nil).Want(http.StatusOK)
	s.API("GET", tenant.Path+"/writebacks?state=none", "").WantError(web.CodeInvalidRequest, "state")
	var lines []map[string]any
	for line := range strings.Lines(s.Logs.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		if fields["msg"] == "request" {
			lines = append(lines, fields)
		}
	}
	last := lines[len(lines)-1]
	for name, want := range map[string]any{
		"level": "INFO", "method": "GET", "route": "/v1/tenants/:id/writebacks", "status": 400.0,
		"tenant_id": tenant.ID.String(), "code": "invalid_request",
	} {
		if last[name] != want {
			t.Errorf("%s is %v, want %v", name, last[name], want)
		}
	}
	if took, ok := last["duration"].(float64); !ok || took <= 0 {
		t.Errorf("duration %v", last["duration"])
	}
	if probe := lines[len(lines)-2]; probe["level"] != "DEBUG" || probe["route"] != "/livez" {
		t.Errorf("a probe's line: %v", probe)
	}
	// Create, connect, VERIFY, the probe, and the last.
	if len(lines) != 5 {
		t.Errorf("%d lines for 5 requests", len(lines))
	}
}
