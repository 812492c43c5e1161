package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/web"
)

func TestCreateTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	const body = `{"name":"Acme","external_id":"cust-1","region":"eu"}`
	first := s.api("POST", "/v1/tenants", body).want(http.StatusCreated)
	if first.text("state") != "created" || first.text("external_id") != "cust-1" || first.text("region") != "eu" {
		t.Errorf("created: %s", first.body)
	}
	if again := s.api("POST", "/v1/tenants", body).want(http.StatusOK); again.text("id") != first.text("id") {
		t.Errorf("the same again is %s, not %s", again.text("id"), first.text("id"))
	}
	other := s.api("POST", "/v1/tenants", `{"name":"Other","external_id":"cust-1","region":"eu"}`).wantError(web.CodeConflict, "")
	if other.text("error.id") != first.text("id") {
		t.Errorf("the conflict names %s, not %s", other.text("error.id"), first.text("id"))
	}
	for body, field := range map[string]string{
		`{"region":"us"}`:               "name",
		`{"name":" ","region":"us"}`:    "name",
		`{"name":"Acme"}`:               "region",
		`{"name":"Acme","region":"ap"}`: "region",
	} {
		s.api("POST", "/v1/tenants", body).wantError(web.CodeInvalidRequest, field)
	}
	// Without an external id each is a tenant of its own.
	s.newTenant()
	s.newTenant()
	s.wantCount(3, "tenants")
}

func TestListTenants(t *testing.T) {
	t.Parallel()
	s := start(t)
	if empty := s.api("GET", "/v1/tenants", "").want(http.StatusOK); string(empty.body) != `{"items":[],"next_cursor":null}` {
		t.Errorf("no tenants: %s", empty.body)
	}
	var made []string
	for i := range 5 {
		body := fmt.Sprintf(`{"name":"Acme","external_id":"cust-%d","region":"us"}`, i)
		made = append(made, s.api("POST", "/v1/tenants", body).want(http.StatusCreated).text("id"))
	}
	var seen []string
	for cursor, pages := "", 1; ; pages++ {
		page := s.api("GET", "/v1/tenants?limit=2&cursor="+cursor, "").want(http.StatusOK)
		for i := range len(page.get("items").([]any)) {
			seen = append(seen, page.text(fmt.Sprintf("items.%d.id", i)))
		}
		next, more := page.get("next_cursor").(string)
		if !more {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		cursor = next
	}
	if strings.Join(seen, " ") != strings.Join(made, " ") {
		t.Errorf("listed %v, want %v", seen, made)
	}
	if whole := s.api("GET", "/v1/tenants?limit=5", "").want(http.StatusOK); whole.get("next_cursor") != nil {
		t.Errorf("a page that ends with the last tenant leads on: %s", whole.body)
	}
	found := s.api("GET", "/v1/tenants?external_id=cust-3", "").want(http.StatusOK)
	if len(found.get("items").([]any)) != 1 || found.text("items.0.id") != made[3] {
		t.Errorf("by external id: %s", found.body)
	}
	if none := s.api("GET", "/v1/tenants?external_id=nobody", "").want(http.StatusOK); len(none.get("items").([]any)) != 0 {
		t.Errorf("by an unknown external id: %s", none.body)
	}
}

func TestUnknownTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, id := range []string{uuid.NewString(), uuid.Nil.String(), "acme"} {
		path := "/v1/tenants/" + id
		for _, request := range [][3]string{
			{"GET", ""},
			{"PATCH", "", `{"name":"A"}`},
			{"PATCH", "", `{}`},
			{"POST", "/pause"},
			{"POST", "/resume"},
			{"PUT", "/connection", `{"api_key":"k"}`},
			{"DELETE", "/connection"},
			{"POST", "/connection/test"},
			{"POST", "/connection/secret"},
			{"POST", "/writebacks", writeback("int-1")},
			{"GET", "/writebacks"},
			{"GET", "/events"},
		} {
			s.api(request[0], path+request[1], request[2]).wantError(web.CodeNotFound, "")
		}
	}
	s.api("POST", "/v1/events/redeliver", `{"since":"2026-01-01T00:00:00Z","tenant_id":"`+uuid.NewString()+`"}`).
		wantError(web.CodeNotFound, "")
}

func TestChangeTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	for _, test := range []struct {
		body, name string
		interval   any
	}{
		{`{}`, "Acme", nil},
		{`{"name":"Acme 2"}`, "Acme 2", nil},
		{`{"settings":{"poll_interval":"90s"}}`, "Acme 2", "1m30s"},
		{`{"name":"Acme 3","settings":{}}`, "Acme 3", "1m30s"},
		{`{"settings":{"poll_interval":null}}`, "Acme 3", nil},
	} {
		changed := s.api("PATCH", tenant.path, test.body).want(http.StatusOK)
		if changed.text("name") != test.name || changed.get("settings.poll_interval") != test.interval {
			t.Errorf("%s gives %s", test.body, changed.body)
		}
	}
	for body, field := range map[string]string{
		`{"settings":{"poll_interval":"59s"}}`:           "settings.poll_interval",
		`{"settings":{"poll_interval":"often"}}`:         "settings.poll_interval",
		`{"name":""}`:                                    "name",
		`{"name":"X","settings":{"poll_interval":"1s"}}`: "settings.poll_interval",
	} {
		s.api("PATCH", tenant.path, body).wantError(web.CodeInvalidRequest, field)
	}
	if name := s.api("GET", tenant.path, "").text("name"); name != "Acme 3" {
		t.Errorf("a request that was refused made the name %q", name)
	}
}

func TestChangeNoteContent(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	for _, test := range []struct{ body, score, transcript string }{
		{`{}`, "true", "true"},
		{`{"settings":{"note_content":{"transcript":false}}}`, "true", "false"},
		{`{"settings":{"note_content":{"score":false}}}`, "false", "false"},
		{`{"settings":{"note_content":{}}}`, "false", "false"},
		{`{"settings":{"note_content":null}}`, "true", "true"},
	} {
		changed := s.api("PATCH", tenant.path, test.body).want(http.StatusOK)
		score, transcript := changed.get("settings.note_content.score"), changed.get("settings.note_content.transcript")
		if fmt.Sprint(score) != test.score || fmt.Sprint(transcript) != test.transcript {
			t.Errorf("%s gives %s", test.body, changed.body)
		}
	}
	s.api("PATCH", tenant.path, `{"settings":{"note_content":{"score":1}}}`).wantError(web.CodeInvalidRequest, "settings.note_content.score")
	s.api("PATCH", tenant.path, `{"settings":{"note_content":{"rating":true}}}`).wantError(web.CodeInvalidRequest, "settings.note_content.rating")
}

func TestTenantShowsWhatWaits(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	s.api("POST", tenant.path+"/writebacks", writeback("int-1")).want(http.StatusAccepted)
	s.export(tenant, "uuid-1", exportBody).want(http.StatusOK)
	s.export(tenant, "uuid-2", `{"no":"export"}`).want(http.StatusOK)
	s.send("POST", tenant.webhook, []byte("{}"), "X-JazzHR-Signature", "00").want(http.StatusUnauthorized)

	shown := s.api("GET", tenant.path, "").want(http.StatusOK)
	for path, want := range map[string]any{
		"state": "active", "connection": "verified", "paused": false, "region": "us", "last_poll_at": nil,
		"waiting.webhooks": 1.0, "waiting.writebacks": 1.0, "attention.webhooks": 1.0, "attention.writebacks": 0.0,
		"last_refused_webhook.reason": "wrong_signature", "last_refused_webhook.count": 1.0,
	} {
		if got := shown.get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	for _, path := range []string{"last_webhook_at", "last_refused_webhook.at", "created_at"} {
		if !strings.HasSuffix(shown.text(path), "Z") {
			t.Errorf("%s is not in UTC: %s", path, shown.text(path))
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.connect()
	for range 2 {
		if paused := s.api("POST", tenant.path+"/pause", "").want(http.StatusOK); paused.text("state") != "paused" || paused.get("paused") != true {
			t.Errorf("paused: %s", paused.body)
		}
	}
	// Accepted, and without a job to wait for.
	s.export(tenant, "uuid-1", exportBody).want(http.StatusOK)
	if state := s.api("GET", tenant.path, "").text("state"); state != "paused" {
		t.Errorf("after an export a paused tenant is %s", state)
	}
	s.wantCount(1, "webhooks WHERE state = 'pending' AND admitted_at IS NULL")
	s.wantCount(0, "river_job WHERE kind = 'resolve_export'")
	for range 2 {
		// The export verified the connection meanwhile.
		if resumed := s.api("POST", tenant.path+"/resume", "").want(http.StatusOK); resumed.text("state") != "active" {
			t.Errorf("resumed: %s", resumed.body)
		}
	}
}

func TestConnect(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.connect()
	if len(tenant.secret) < 32 || !strings.HasPrefix(tenant.webhook, "/webhooks/jazzhr/") {
		t.Errorf("webhook %q, secret of %d characters", tenant.webhook, len(tenant.secret))
	}
	body := `{"api_key":"` + apiKey + `"}`
	again := s.api("PUT", tenant.path+"/connection", body).want(http.StatusOK)
	for path, want := range map[string]any{
		"state": "awaiting_verify", "webhook_url": s.url + tenant.webhook,
		"webhook_secret": tenant.secret, "jobs_seen": 1.0,
	} {
		if got := again.get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}

	s.api("PUT", s.newTenant().path+"/connection", body).wantError(web.CodeKeyInUse, "api_key")
	s.api("PUT", tenant.path+"/connection", `{"api_key":"unknown-key"}`).wantError(web.CodeCredentialsRejected, "api_key")
	s.api("PUT", tenant.path+"/connection", `{}`).wantError(web.CodeInvalidRequest, "api_key")
	s.jazzhr.AddAccount("key-of-another-account").AddJob(jazzhrtest.Job{Title: "Baker"})
	s.api("PUT", tenant.path+"/connection", `{"api_key":"key-of-another-account"}`).wantError(web.CodeDifferentAccount, "api_key")
	fault := s.jazzhr.Fault(jazzhrtest.Rule{Fault: jazzhrtest.Refuse(http.StatusBadGateway)})
	s.api("PUT", tenant.path+"/connection", body).wantError(web.CodeJazzHRUnavailable, "")
	fault.Remove()

	// Once JazzHR has called, neither the same key nor a new one shows the secret again, and the address stays.
	if err := tenant.jazzhr.SaveIntegration(t.Context(), jazzhrtest.Integration{URL: s.url + tenant.webhook, Secret: tenant.secret}); err != nil {
		t.Fatal(err)
	}
	tenant.jazzhr.RotateKey("new-key")
	for _, key := range []string{"new-key", "new-key"} {
		after := s.api("PUT", tenant.path+"/connection", `{"api_key":"`+key+`"}`).want(http.StatusOK)
		if _, shown := after.lookUp("webhook_secret"); shown || after.text("state") != "active" || after.text("webhook_url") != s.url+tenant.webhook {
			t.Errorf("after VERIFY: %s", after.body)
		}
	}
}

func TestConnectionRestored(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	s.exec("UPDATE jazzhr.tenants SET key_state = 'rejected', key_refusals = 2, key_retry_at = jazzhr.now()")
	if state := s.api("GET", tenant.path, "").text("state"); state != "credentials_rejected" {
		t.Fatalf("state %s", state)
	}
	s.api("PUT", tenant.path+"/connection", `{"api_key":"`+apiKey+`"}`).want(http.StatusOK)
	events := s.api("GET", tenant.path+"/events", "").want(http.StatusOK)
	if last := events.text("items.1.type"); last != "connection.restored" || events.text("items.1.data.state") != "active" {
		t.Errorf("events: %s", events.body)
	}
}

func TestTestConnection(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := s.newTenant().path + "/connection/test"
	s.api("POST", path, "").wantError(web.CodeNotConnected, "")
	tenant := s.connect()
	path = tenant.path + "/connection/test"
	if tested := s.api("POST", path, "").want(http.StatusOK); tested.get("jobs_seen") != 1.0 {
		t.Errorf("the stored key: %s", tested.body)
	}
	s.api("POST", path, `{"api_key":"unknown-key"}`).wantError(web.CodeCredentialsRejected, "api_key")
	s.api("POST", path, `{"api_key":""}`).wantError(web.CodeInvalidRequest, "api_key")
	s.jazzhr.AddAccount("free-key")
	other := s.newTenant()
	s.api("POST", other.path+"/connection/test", `{"api_key":"free-key"}`).want(http.StatusOK)
	if state := s.api("GET", other.path, "").text("state"); state != "created" {
		t.Errorf("a test made the tenant %s", state)
	}
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	s.api("POST", tenant.path+"/writebacks", writeback("int-1")).want(http.StatusAccepted)
	s.export(tenant, "uuid-1", exportBody).want(http.StatusOK)
	for range 2 {
		ended := s.api("DELETE", tenant.path+"/connection", "").want(http.StatusOK)
		if ended.text("state") != "disconnected" || ended.get("waiting.writebacks") != 0.0 || ended.get("waiting.webhooks") != 0.0 {
			t.Errorf("disconnected: %s", ended.body)
		}
	}
	s.wantCount(0, "webhook_secrets")
	s.wantCount(0, "tenants WHERE key_sealed IS NOT NULL OR webhook_token IS NOT NULL")
	s.wantCount(1, "events WHERE type = 'writeback.rejected'")
	s.export(tenant, "uuid-2", exportBody).wantError(web.CodeNotFound, "")
	s.api("POST", tenant.path+"/writebacks", writeback("int-2")).wantError(web.CodeNotConnected, "")
	s.api("POST", tenant.path+"/connection/secret", "").wantError(web.CodeNotConnected, "")
}
