package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/web"
)

// TestNothingPrivateIsShown goes through everything once, the failures too, and looks for what must not be seen.
func TestNothingPrivateIsShown(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	token := strings.TrimPrefix(tenant.webhook, "/webhooks/jazzhr/")
	cookie := s.signIn()
	rotated := s.api("POST", tenant.path+"/connection/secret", "").want(http.StatusOK).text("webhook_secret")

	var answers []answer
	see := func(a answer) { answers = append(answers, a) }
	see(s.export(tenant, "uuid-1", exportBody))
	see(s.export(tenant, "uuid-1", exportBody+" "))
	see(s.send("POST", tenant.webhook+"?api_key="+apiKey, []byte(exportBody), "X-JazzHR-Signature", "00"))
	written := s.api("POST", tenant.path+"/writebacks", fullWriteback)
	see(written)
	see(s.api("POST", tenant.path+"/writebacks", strings.Replace(fullWriteback, "4.5", "3", 1)))
	see(s.api("POST", tenant.path+"/writebacks", strings.Replace(fullWriteback, `"kenny.j@example.com"`, `["kenny.j@example.com"]`, 1)))
	see(s.api("POST", tenant.path+"/writebacks", strings.Replace(fullWriteback, `"board_code"`, "bad", 1)))
	see(s.api("GET", tenant.path+"/writebacks", ""))
	see(s.api("GET", tenant.path+"/writebacks/"+written.text("id"), ""))
	see(s.api("GET", tenant.path+"/events", ""))
	see(s.api("GET", tenant.path, ""))
	see(s.api("GET", "/v1/tenants", ""))
	see(s.api("PATCH", tenant.path, `{"name":"Acme"}`))
	see(s.api("POST", tenant.path+"/connection/test", `{"api_key":"`+apiKey+`"}`))
	see(s.api("PUT", tenant.path+"/connection", `{"api_key":"`+apiKey+`x"}`))
	see(s.api("PUT", tenant.path+"/connection", `{"api_key":["`+apiKey+`"]}`))
	see(s.send("GET", "/v1/tenants", nil, "Authorization", "Bearer "+apiToken+"x"))
	see(s.send("GET", "/console/health", nil, "Cookie", cookie))
	see(s.send("GET", "/console/river/api/jobs?state=available", nil, "Cookie", cookie))
	see(s.post("/console/sign-in", url.Values{"token": {adminToken + "x"}}))
	// The address holds the webhook's token: the one answer that may, and does.
	connected := s.api("PUT", tenant.path+"/connection", `{"api_key":"`+apiKey+`"}`).want(http.StatusOK)
	see(answer{t: t, body: []byte(strings.Replace(string(connected.body), token, "", 1))})

	_, session, _ := strings.Cut(cookie, "=")
	private := map[string]string{
		"API key": apiKey, "webhook secret": tenant.secret, "new webhook secret": rotated,
		"webhook token": token, "API token": apiToken, "admin token": adminToken, "session": session,
		"transcript": "Tell me about", "summary": "Well spoken", "name": "Jonesworth", "email": "kenny.j@", "first name": "Kenny",
	}
	logged, metrics := s.logs.String(), s.metrics()
	for what, text := range private {
		if strings.Contains(logged, text) {
			t.Errorf("the %s was logged", what)
		}
		if strings.Contains(metrics, text) {
			t.Errorf("the %s stands in the metrics", what)
		}
		for i, a := range answers {
			if strings.Contains(string(a.body), text) {
				t.Errorf("the %s stands in answer %d: %s", what, i, a.body)
			}
		}
		var jobs int
		if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM jazzhr.river_job j WHERE strpos(j::text, $1) > 0", text).Scan(&jobs); err != nil || jobs > 0 {
			t.Errorf("the %s stands in %d jobs, %v", what, jobs, err)
		}
	}
}

// TestLogLine holds what one request leaves in the log.
func TestLogLine(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	s.send("GET", "/livez?secret=1", nil).want(http.StatusOK)
	s.api("GET", tenant.path+"/writebacks?state=none", "").wantError(web.CodeInvalidRequest, "state")
	var lines []map[string]any
	for line := range strings.Lines(s.logs.String()) {
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
		"tenant_id": tenant.id.String(), "code": "invalid_request",
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
