package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

func TestCreateTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	const body = `{"name":"Acme","external_id":"cust-1","region":"eu"}`
	first := s.API("POST", "/v1/tenants", body).Want(http.StatusCreated)
	if first.Text("state") != "created" || first.Text("external_id") != "cust-1" || first.Text("region") != "eu" {
		t.Errorf("created: %s", first.Body)
	}
	if again := s.API("POST", "/v1/tenants", body).Want(http.StatusOK); again.Text("id") != first.Text("id") {
		t.Errorf("the same again is %s, not %s", again.Text("id"), first.Text("id"))
	}
	other := s.API("POST", "/v1/tenants", `{"name":"Other","external_id":"cust-1","region":"eu"}`).WantError(web.CodeConflict, "")
	if other.Text("error.id") != first.Text("id") {
		t.Errorf("the conflict names %s, not %s", other.Text("error.id"), first.Text("id"))
	}
	for body, field := range map[string]string{
		`{"region":"us"}`:               "name",
		`{"name":" ","region":"us"}`:    "name",
		`{"name":"Acme"}`:               "region",
		`{"name":"Acme","region":"ap"}`: "region",
	} {
		s.API("POST", "/v1/tenants", body).WantError(web.CodeInvalidRequest, field)
	}
	// Without an external id each is a tenant of its own.
	s.NewTenant()
	s.NewTenant()
	s.WantCount(3, "tenants")
}

// TestOtherRegion asks a deployment of the United States for a tenant of the EU.
func TestOtherRegion(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Tenants = c.Tenants.In(tenant.Deployment{Region: tenant.RegionUS, Peers: map[string]string{"eu": "https://eu.example"}})
	})
	refused := s.API("POST", "/v1/tenants", `{"name":"Bäckerei","region":"eu"}`).WantError(web.CodeOtherRegion, "region")
	if message := refused.Text("error.message"); !strings.Contains(message, "https://eu.example") {
		t.Errorf("the message is %q", message)
	}
	s.WantCount(0, "tenants")
	s.NewTenant()
}

// TestTranscriptConsent has transcripts of a customer in the EU written only after somebody has agreed.
func TestTranscriptConsent(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := "/v1/tenants/" + s.API("POST", "/v1/tenants", `{"name":"Bäckerei","region":"eu"}`).Want(http.StatusCreated).Text("id")
	change := func(content string) webtest.Answer {
		t.Helper()
		return s.API("PATCH", path, `{"settings":{"note_content":`+content+`}}`)
	}
	shows := func(transcript bool, by string) {
		t.Helper()
		shown := fmt.Sprint(s.API("GET", path, "").Get("settings.note_content"))
		if !strings.Contains(shown, fmt.Sprintf("transcript:%t", transcript)) || !strings.Contains(shown, by) ||
			strings.Contains(shown, "consent") != (by != "") {
			t.Errorf("it shows %s", shown)
		}
	}
	shows(false, "")
	change(`{"transcript":true}`).WantError(web.CodeInvalidRequest, "settings.note_content.consent")
	change(`{"transcript":true,"consent":" \t"}`).WantError(web.CodeInvalidRequest, "settings.note_content.consent")
	shows(false, "")
	change(`{"transcript":true,"consent":"Dr. Meier"}`).Want(http.StatusOK)
	change(`{"score":false}`).Want(http.StatusOK) // the consent stays
	shows(true, "Dr. Meier")
	s.WantCount(1, "actions WHERE what = 'change_consent' AND detail LIKE 'Dr. Meier agreed%'")
	change("null").Want(http.StatusOK) // the default
	shows(false, "")
	s.WantCount(2, "actions WHERE what = 'change_consent'")
}

func TestListTenants(t *testing.T) {
	t.Parallel()
	s := start(t)
	if empty := s.API("GET", "/v1/tenants", "").Want(http.StatusOK); string(empty.Body) != `{"items":[],"next_cursor":null}` {
		t.Errorf("no tenants: %s", empty.Body)
	}
	var made []string
	for i := range 5 {
		body := fmt.Sprintf(`{"name":"Acme","external_id":"cust-%d","region":"us"}`, i)
		made = append(made, s.API("POST", "/v1/tenants", body).Want(http.StatusCreated).Text("id"))
	}
	var seen []string
	for cursor, pages := "", 1; ; pages++ {
		page := s.API("GET", "/v1/tenants?limit=2&cursor="+cursor, "").Want(http.StatusOK)
		for i := range len(page.Get("items").([]any)) {
			seen = append(seen, page.Text(fmt.Sprintf("items.%d.id", i)))
		}
		next, more := page.Get("next_cursor").(string)
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
	if whole := s.API("GET", "/v1/tenants?limit=5", "").Want(http.StatusOK); whole.Get("next_cursor") != nil {
		t.Errorf("a page that ends with the last tenant leads on: %s", whole.Body)
	}
	found := s.API("GET", "/v1/tenants?external_id=cust-3", "").Want(http.StatusOK)
	if len(found.Get("items").([]any)) != 1 || found.Text("items.0.id") != made[3] {
		t.Errorf("by external id: %s", found.Body)
	}
	if none := s.API("GET", "/v1/tenants?external_id=nobody", "").Want(http.StatusOK); len(none.Get("items").([]any)) != 0 {
		t.Errorf("by an unknown external id: %s", none.Body)
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
			{"POST", "/writebacks", webtest.Writeback("int-1")},
			{"GET", "/writebacks"},
			{"GET", "/events"},
		} {
			s.API(request[0], path+request[1], request[2]).WantError(web.CodeNotFound, "")
		}
	}
	s.API("POST", "/v1/events/redeliver", `{"since":"2026-01-01T00:00:00Z","tenant_id":"`+uuid.NewString()+`"}`).
		WantError(web.CodeNotFound, "")
}

func TestChangeTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
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
		changed := s.API("PATCH", tenant.Path, test.body).Want(http.StatusOK)
		if changed.Text("name") != test.name || changed.Get("settings.poll_interval") != test.interval {
			t.Errorf("%s gives %s", test.body, changed.Body)
		}
	}
	for body, field := range map[string]string{
		`{"settings":{"poll_interval":"59s"}}`:           "settings.poll_interval",
		`{"settings":{"poll_interval":"often"}}`:         "settings.poll_interval",
		`{"name":""}`:                                    "name",
		`{"name":"X","settings":{"poll_interval":"1s"}}`: "settings.poll_interval",
	} {
		s.API("PATCH", tenant.Path, body).WantError(web.CodeInvalidRequest, field)
	}
	if name := s.API("GET", tenant.Path, "").Text("name"); name != "Acme 3" {
		t.Errorf("a request that was refused made the name %q", name)
	}
}

// TestChangeTenantIsOneTransaction holds that a change of which one part fails changes nothing: a
// part that is refused, and a part that the database does not take after the others were written.
func TestChangeTenantIsOneTransaction(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
	before := s.API("PATCH", tenant.Path, `{"name":"Acme","settings":{"poll_interval":"10m",
		"auto_trigger_stages":[{"stage":"Offer"}],"note_content":{"link":false}}}`).Want(http.StatusOK)
	s.Exec("ALTER TABLE jazzhr.auto_triggers ADD CHECK (stage <> 'Not taken')")
	tooMany := strings.Repeat(`{"stage":"Interview"},`, 50) + `{"stage":"Interview"}`
	for settings, want := range map[string]web.Code{
		`"poll_interval":"1s","auto_trigger_stages":[{"stage":"Interview"}]`:                       web.CodeInvalidRequest,
		`"poll_interval":"5m","auto_trigger_stages":[` + tooMany + `]`:                             web.CodeInvalidRequest,
		`"poll_interval":"5m","auto_trigger_stages":[{"stage":"Interview"},{"stage":"Not taken"}]`: web.CodeInternal,
	} {
		body := `{"name":"Changed","settings":{"note_content":{"score":false},` + settings + `}}`
		s.API("PATCH", tenant.Path, body).WantError(want, "")
		if after := s.API("GET", tenant.Path, "").Want(http.StatusOK); string(after.Body) != string(before.Body) {
			t.Errorf("%s leaves %s", body, after.Body)
		}
	}
}

func TestChangeNoteContent(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
	for _, test := range []struct{ body, score, transcript string }{
		{`{}`, "true", "true"},
		{`{"settings":{"note_content":{"transcript":false}}}`, "true", "false"},
		{`{"settings":{"note_content":{"score":false}}}`, "false", "false"},
		{`{"settings":{"note_content":{}}}`, "false", "false"},
		{`{"settings":{"note_content":null}}`, "true", "true"},
	} {
		changed := s.API("PATCH", tenant.Path, test.body).Want(http.StatusOK)
		score, transcript := changed.Get("settings.note_content.score"), changed.Get("settings.note_content.transcript")
		if fmt.Sprint(score) != test.score || fmt.Sprint(transcript) != test.transcript {
			t.Errorf("%s gives %s", test.body, changed.Body)
		}
	}
	s.API("PATCH", tenant.Path, `{"settings":{"note_content":{"score":1}}}`).WantError(web.CodeInvalidRequest, "settings.note_content.score")
	s.API("PATCH", tenant.Path, `{"settings":{"note_content":{"rating":true}}}`).WantError(web.CodeInvalidRequest, "settings.note_content.rating")
}

func TestTenantShowsWhatWaits(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.API("POST", tenant.Path+"/writebacks", webtest.Writeback("int-1")).Want(http.StatusAccepted)
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	s.export(tenant, "uuid-2", `{"no":"export"}`).Want(http.StatusOK)
	s.Send("POST", tenant.Webhook, []byte("{}"), "X-JazzHR-Signature", "00").Want(http.StatusUnauthorized)

	shown := s.API("GET", tenant.Path, "").Want(http.StatusOK)
	for path, want := range map[string]any{
		"state": "active", "connection": "verified", "paused": false, "region": "us", "last_poll_at": nil,
		"waiting.webhooks": 1.0, "waiting.writebacks": 1.0, "attention.webhooks": 1.0, "attention.writebacks": 0.0,
		"last_refused_webhook.reason": "wrong_signature", "last_refused_webhook.count": 1.0,
	} {
		if got := shown.Get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	for _, path := range []string{"last_webhook_at", "last_refused_webhook.at", "created_at"} {
		if !strings.HasSuffix(shown.Text(path), "Z") {
			t.Errorf("%s is not in UTC: %s", path, shown.Text(path))
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Connect()
	for range 2 {
		if paused := s.API("POST", tenant.Path+"/pause", "").Want(http.StatusOK); paused.Text("state") != "paused" || paused.Get("paused") != true {
			t.Errorf("paused: %s", paused.Body)
		}
	}
	// Accepted, and without a job to wait for.
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	if state := s.API("GET", tenant.Path, "").Text("state"); state != "paused" {
		t.Errorf("after an export a paused tenant is %s", state)
	}
	s.WantCount(1, "webhooks WHERE state = 'pending' AND admitted_at IS NULL")
	s.WantCount(0, "river_job WHERE kind = 'resolve_export'")
	for range 2 {
		// The export verified the connection meanwhile.
		if resumed := s.API("POST", tenant.Path+"/resume", "").Want(http.StatusOK); resumed.Text("state") != "active" {
			t.Errorf("resumed: %s", resumed.Body)
		}
	}
}

func TestConnect(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Connect()
	if len(tenant.Secret) < 32 || !strings.HasPrefix(tenant.Webhook, "/webhooks/jazzhr/") {
		t.Errorf("webhook %q, secret of %d characters", tenant.Webhook, len(tenant.Secret))
	}
	body := `{"api_key":"` + webtest.APIKey + `"}`
	again := s.API("PUT", tenant.Path+"/connection", body).Want(http.StatusOK)
	for path, want := range map[string]any{
		"state": "awaiting_verify", "webhook_url": s.URL + tenant.Webhook,
		"webhook_secret": tenant.Secret, "jobs_seen": 1.0,
	} {
		if got := again.Get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}

	s.API("PUT", s.NewTenant().Path+"/connection", body).WantError(web.CodeKeyInUse, "api_key")
	s.API("PUT", tenant.Path+"/connection", `{"api_key":"unknown-key"}`).WantError(web.CodeCredentialsRejected, "api_key")
	s.API("PUT", tenant.Path+"/connection", `{}`).WantError(web.CodeInvalidRequest, "api_key")
	s.JazzHR.AddAccount("key-of-another-account").AddJob(jazzhrtest.Job{Title: "Baker"})
	s.API("PUT", tenant.Path+"/connection", `{"api_key":"key-of-another-account"}`).WantError(web.CodeDifferentAccount, "api_key")
	fault := s.JazzHR.Fault(jazzhrtest.Rule{Fault: jazzhrtest.Refuse(http.StatusBadGateway)})
	s.API("PUT", tenant.Path+"/connection", body).WantError(web.CodeJazzHRUnavailable, "")
	fault.Remove()

	// Once JazzHR has called, neither the same key nor a new one shows the secret again, and the
	// address stays.
	if err := tenant.JazzHR.SaveIntegration(t.Context(), jazzhrtest.Integration{URL: s.URL + tenant.Webhook, Secret: tenant.Secret}); err != nil {
		t.Fatal(err)
	}
	tenant.JazzHR.RotateKey("new-key")
	for _, key := range []string{"new-key", "new-key"} {
		after := s.API("PUT", tenant.Path+"/connection", `{"api_key":"`+key+`"}`).Want(http.StatusOK)
		if _, shown := after.LookUp("webhook_secret"); shown || after.Text("state") != "active" || after.Text("webhook_url") != s.URL+tenant.Webhook {
			t.Errorf("after VERIFY: %s", after.Body)
		}
	}
}

func TestConnectionRestored(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.Exec("UPDATE jazzhr.tenants SET key_state = 'rejected', key_refusals = 2, key_retry_at = jazzhr.now()")
	if state := s.API("GET", tenant.Path, "").Text("state"); state != "credentials_rejected" {
		t.Fatalf("state %s", state)
	}
	s.API("PUT", tenant.Path+"/connection", `{"api_key":"`+webtest.APIKey+`"}`).Want(http.StatusOK)
	events := s.API("GET", tenant.Path+"/events", "").Want(http.StatusOK)
	if last := events.Text("items.1.type"); last != "connection.restored" || events.Text("items.1.data.state") != "active" {
		t.Errorf("events: %s", events.Body)
	}
}

func TestTestConnection(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := s.NewTenant().Path + "/connection/test"
	s.API("POST", path, "").WantError(web.CodeNotConnected, "")
	tenant := s.Connect()
	path = tenant.Path + "/connection/test"
	if tested := s.API("POST", path, "").Want(http.StatusOK); tested.Get("jobs_seen") != 1.0 {
		t.Errorf("the stored key: %s", tested.Body)
	}
	s.API("POST", path, `{"api_key":"unknown-key"}`).WantError(web.CodeCredentialsRejected, "api_key")
	s.API("POST", path, `{"api_key":""}`).WantError(web.CodeInvalidRequest, "api_key")
	s.JazzHR.AddAccount("free-key")
	other := s.NewTenant()
	s.API("POST", other.Path+"/connection/test", `{"api_key":"free-key"}`).Want(http.StatusOK)
	if state := s.API("GET", other.Path, "").Text("state"); state != "created" {
		t.Errorf("a test made the tenant %s", state)
	}
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.API("POST", tenant.Path+"/writebacks", webtest.Writeback("int-1")).Want(http.StatusAccepted)
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	for range 2 {
		ended := s.API("DELETE", tenant.Path+"/connection", "").Want(http.StatusOK)
		if ended.Text("state") != "disconnected" || ended.Get("waiting.writebacks") != 0.0 || ended.Get("waiting.webhooks") != 0.0 {
			t.Errorf("disconnected: %s", ended.Body)
		}
	}
	s.WantCount(0, "webhook_secrets")
	s.WantCount(0, "tenants WHERE key_sealed IS NOT NULL OR webhook_token IS NOT NULL")
	s.WantCount(1, "events WHERE type = 'writeback.rejected'")
	s.export(tenant, "uuid-2", exportBody).WantError(web.CodeNotFound, "")
	s.API("POST", tenant.Path+"/writebacks", webtest.Writeback("int-2")).WantError(web.CodeNotConnected, "")
	s.API("POST", tenant.Path+"/connection/secret", "").WantError(web.CodeNotConnected, "")
}
