package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// act posts a form about a tenant.
func (s *service) act(cookie string, a account, act string, form url.Values) answer {
	s.t.Helper()
	return s.post("/console/tenants/"+a.id.String()+"/"+act, form, "Cookie", cookie, "Accept", "text/html")
}

// wantNotice follows a redirect, and fails the test unless the page shows a notice.
func (s *service) wantNotice(cookie string, a answer, text string) {
	s.t.Helper()
	a.want(http.StatusSeeOther)
	notice := ""
	for _, set := range a.header.Values("Set-Cookie") {
		if value, _, _ := strings.Cut(set, ";"); strings.HasPrefix(value, "jazzhr_notice=") {
			notice = value
		}
	}
	page := s.send("GET", a.header.Get("Location"), nil, "Cookie", cookie+"; "+notice, "Accept", "text/html").want(http.StatusOK)
	wantText(s.t, string(page.body), text)
}

// wantRecorded fails the test unless this is the tenant's last action, and its page shows it.
func (s *service) wantRecorded(cookie string, a account, what, result, words string) {
	s.t.Helper()
	s.wantCount(1, "actions a WHERE tenant_id = $1 AND what = $2 AND result = $3 AND who = 'admin' AND action_id = (SELECT max(action_id::text)::uuid FROM jazzhr.actions)",
		a.id, what, result)
	wantText(s.t, s.page(cookie, "/console/tenants/"+a.id.String()), "admin "+words)
}

func TestTenantPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	s.exec(`INSERT INTO jazzhr.auto_triggers (tenant_id, stage) VALUES ($1, 'Phone <i>Screen</i>')`, a.id)
	s.exec(`INSERT INTO jazzhr.stages (tenant_id, stage) VALUES ($1, 'Offer')`, a.id)
	s.api("POST", a.path+"/writebacks", writeback("interview-1")).want(http.StatusAccepted)
	path := "/console/tenants/" + a.id.String()
	page := s.page(cookie, path)
	wantText(t, page, "<h1>Acme", "Active", "Phone &lt;i&gt;Screen&lt;/i&gt;", "Stages seen: Offer", "Write a note", "interview-1",
		"connection.verified", "Webhooks by day, of the last 14 days. none", path+"/ask/pause", "/console/attention?tenant="+a.id.String(),
		"/console/webhooks?tenant="+a.id.String(), "1 writeback<")
	for what, text := range map[string]string{"key": apiKey, "webhook secret": a.secret, "webhook token": a.webhook[len("/webhooks/jazzhr/"):]} {
		if strings.Contains(page, text) {
			t.Errorf("the %s is on the page", what)
		}
	}
	for _, path := range []string{"/console/tenants/" + uuid.NewString(), "/console/tenants/nonsense", path + "/ask/nonsense"} {
		s.send("GET", path, nil, "Cookie", cookie).want(http.StatusNotFound)
	}
	s.send("GET", path, nil, "Accept", "text/html").want(http.StatusSeeOther)
	s.exec(`UPDATE jazzhr.tenants SET key_state = 'rejected', key_rejected_at = jazzhr.now(), key_retry_at = jazzhr.now() + interval '5 minutes'`)
	wantText(t, s.page(cookie, path), "Key refused", "JazzHR refuses the API key", "Waits for a key that JazzHR takes")
}

func TestTenantPause(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	ask := "/console/tenants/" + a.id.String() + "/ask/"
	wantText(t, s.page(cookie, ask+"pause"), "Pause Acme?", "Nothing is lost", `action="/console/tenants/`+a.id.String()+`/pause"`)
	wantText(t, s.page(cookie, ask+"resume"), "The tenant is not paused.")
	s.wantCount(0, "tenants WHERE paused_at IS NOT NULL") // asking does nothing

	s.wantNotice(cookie, s.act(cookie, a, "pause", nil), "Acme is paused")
	s.wantCount(1, "tenants WHERE paused_at IS NOT NULL")
	s.wantRecorded(cookie, a, "pause", "done", "paused the tenant")
	s.wantNotice(cookie, s.act(cookie, a, "pause", nil), "Acme is paused already")
	s.wantCount(1, "actions WHERE what = 'pause'")
	wantText(t, s.page(cookie, ask+"pause"), "The tenant is paused already.")
	wantText(t, s.page(cookie, ask+"resume"), "Resume Acme?")

	s.wantNotice(cookie, s.act(cookie, a, "resume", nil), "Acme goes on")
	s.wantCount(0, "tenants WHERE paused_at IS NOT NULL")
	s.wantRecorded(cookie, a, "resume", "done", "resumed the tenant")
	s.wantNotice(cookie, s.act(cookie, a, "resume", nil), "is not paused")

	s.wantNotice(cookie, s.act(cookie, s.newTenant(), "pause", nil), "There is nothing to pause")
}

func TestTenantActionsNeedASession(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	for _, act := range []string{"pause", "resume", "resync", "rotate-secret", "disconnect"} {
		s.act("", a, act, nil).want(http.StatusUnauthorized)
		s.send("POST", "/console/tenants/"+a.id.String()+"/"+act, nil, "Cookie", cookie, "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
		s.act(cookie, account{id: uuid.New()}, act, nil).want(http.StatusNotFound)
	}
	s.wantCount(0, "actions WHERE what <> 'sign_in' AND who <> 'api_token'")
	s.wantCount(1, "tenants WHERE paused_at IS NULL AND connection = 'verified'")
	s.wantCount(1, "webhook_secrets")
}

func TestTenantResync(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	wantText(t, s.page(cookie, "/console/tenants/"+a.id.String()+"/ask/resync"), "account again?", `name="kind" value="full"`)
	s.wantNotice(cookie, s.act(cookie, a, "resync", url.Values{"kind": {"poll"}}), "JazzHR is read now")
	s.wantCount(1, "river_job WHERE kind = 'poll_activities'")
	s.wantRecorded(cookie, a, "resync", "done", "started a resync")
	s.wantNotice(cookie, s.act(cookie, a, "resync", url.Values{"kind": {"poll"}}), "waiting or running already")
	s.wantNotice(cookie, s.act(cookie, a, "resync", url.Values{"kind": {"full"}}), "All of JazzHR’s lists are read now")
	s.wantCount(1, "river_job WHERE kind = 'full_sync'")

	s.act(cookie, a, "pause", nil).want(http.StatusSeeOther)
	s.wantNotice(cookie, s.act(cookie, a, "resync", nil), "Nothing is read: the tenant is paused")
	s.wantRecorded(cookie, a, "resync", "refused", "started a resync")
	s.wantNotice(cookie, s.act(cookie, s.newTenant(), "resync", nil), "Nothing is read: the tenant is not connected")
}

func TestTenantRotateSecret(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	shown := s.act(cookie, a, "rotate-secret", nil).want(http.StatusOK)
	found := regexp.MustCompile(`<output id="new-secret">([^<]+)</output>`).FindStringSubmatch(string(shown.body))
	if found == nil || found[1] == a.secret || len(found[1]) < 20 {
		t.Fatalf("no new secret: %s", shown.body)
	}
	secret := found[1]
	s.wantCount(2, "webhook_secrets WHERE expires_at IS NULL")
	s.wantRecorded(cookie, a, "rotate_secret", "done", "made a new webhook secret")
	for _, path := range []string{"", "/ask/rotate-secret"} {
		if page := s.page(cookie, "/console/tenants/"+a.id.String()+path); strings.Contains(page, secret) {
			t.Errorf("the secret is shown again on %q", path)
		}
	}
	if strings.Contains(s.logs.String(), secret) || strings.Contains(strings.Join(shown.header.Values("Set-Cookie"), ""), secret) ||
		shown.header.Get("Cache-Control") != "no-store" {
		t.Error("the secret is kept somewhere")
	}
	s.wantCount(0, "actions a WHERE strpos(a::text, $1) > 0", secret)
	s.act(cookie, a, "rotate-secret", url.Values{"revoke_old": {"on"}}).want(http.StatusOK)
	s.wantCount(1, "webhook_secrets WHERE expires_at IS NULL")
	refused := s.act(cookie, s.newTenant(), "rotate-secret", nil).want(http.StatusConflict)
	wantText(t, string(refused.body), "No webhook yet")
}

func TestTenantDisconnect(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	s.api("POST", a.path+"/writebacks", writeback("interview-1")).want(http.StatusAccepted)
	wantText(t, s.page(cookie, "/console/tenants/"+a.id.String()+"/ask/disconnect"), "can’t be undone", "1 writebacks wait")
	s.wantNotice(cookie, s.act(cookie, a, "disconnect", nil), "Acme is disconnected")
	s.wantCount(1, "tenants WHERE connection = 'disconnected' AND key_sealed IS NULL AND webhook_token IS NULL")
	s.wantCount(0, "webhook_secrets")
	s.wantCount(1, "writebacks WHERE state = 'rejected'")
	s.wantRecorded(cookie, a, "disconnect", "done", "disconnected the tenant")
	s.wantNotice(cookie, s.act(cookie, a, "disconnect", nil), "is disconnected already")
	s.wantCount(1, "actions WHERE what = 'disconnect'")
	wantText(t, s.page(cookie, "/console/tenants/"+a.id.String()+"/ask/disconnect"), "There is no connection to end")
}

// TestTenantLive holds that a tenant's page shows changes as they happen.
func TestTenantLive(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	stream := s.openLive(s.url+"/console/tenants/"+a.id.String()+"/live", cookie)
	stream.until("now", "Nothing waits")
	s.api("POST", a.path+"/writebacks", writeback("interview-1")).want(http.StatusAccepted)
	stream.until("now", "interview-1")
	s.act(cookie, a, "pause", nil).want(http.StatusSeeOther)
	stream.until("head", "Paused")
}
