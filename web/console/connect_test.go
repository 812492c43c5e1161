package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/console"
)

// linkTo makes a connect link by the API and returns its path.
func (s *service) linkTo(tenant account, purpose string) string {
	s.t.Helper()
	made := s.api("POST", tenant.path+"/connect-links", `{"purpose":"`+purpose+`"}`).want(http.StatusCreated)
	return strings.TrimPrefix(made.text("url"), s.url)
}

// page opens an address as a browser does.
func (s *service) visit(path string) answer {
	s.t.Helper()
	return s.send("GET", path, nil, "Accept", "text/html")
}

// shows fails the test unless the page holds the texts.
func (a answer) shows(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(string(a.body), text) {
			a.t.Fatalf("the page does not say %q:\n%s", text, a.body)
		}
	}
	return a
}

func (a answer) hides(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(string(a.body), text) {
			a.t.Fatalf("the page holds %q:\n%s", text, a.body)
		}
	}
	return a
}

// wantActions fails the test unless the tenant's record holds these actions, each as what, result
// and who. What the test itself did by the API is left out, but for links.
func (s *service) wantActions(tenant account, want ...string) {
	s.t.Helper()
	var got []string
	rows, err := s.pool.Query(s.t.Context(), "SELECT what || ' ' || result || ' by ' || who FROM jazzhr.actions WHERE tenant_id = $1 AND (who <> 'api_token' OR what = 'connect_link') ORDER BY action_id", tenant.id)
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		var action string
		if err := rows.Scan(&action); err != nil {
			s.t.Fatal(err)
		}
		got = append(got, action)
	}
	if rows.Err() != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.t.Errorf("the record is\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), rows.Err())
	}
}

const (
	byLink = " by customer’s administrator (link)"
	byAPI  = " by api_token"
)

func TestMakeConnectLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	before := time.Now().Truncate(time.Second)
	made := s.api("POST", tenant.path+"/connect-links", `{"purpose":"connect"}`).want(http.StatusCreated)
	if made.text("purpose") != "connect" || !strings.HasPrefix(made.text("url"), s.url+"/connect/") {
		t.Errorf("made %s", made.body)
	}
	expires, err := time.Parse(time.RFC3339, made.text("expires_at"))
	if lasts := expires.Sub(before); err != nil || lasts < 168*time.Hour || lasts > 168*time.Hour+time.Minute {
		t.Errorf("it is good until %s, %v", made.text("expires_at"), err)
	}
	s.api("POST", tenant.path+"/connect-links", `{"purpose":"manage","expires_in":"1h"}`).want(http.StatusCreated)
	s.wantActions(tenant, "connect_link done"+byAPI, "connect_link done"+byAPI)

	for body, field := range map[string]string{
		`{}`: "purpose", `{"purpose":"own"}`: "purpose", `{"purpose":"connect","expires_in":"59s"}`: "expires_in",
		`{"purpose":"connect","expires_in":"721h"}`: "expires_in", `{"purpose":"connect","expires_in":"a week"}`: "expires_in",
		`{"purpose":"connect","tenant":"x"}`: "tenant",
	} {
		s.api("POST", tenant.path+"/connect-links", body).wantError(web.CodeInvalidRequest, field)
	}
	s.api("POST", "/v1/tenants/01a207ae-7d72-7c8e-9de0-39a0657438a2/connect-links", `{"purpose":"connect"}`).wantError(web.CodeNotFound, "")
	s.send("POST", tenant.path+"/connect-links", []byte(`{"purpose":"connect"}`)).wantError(web.CodeUnauthorized, "")
}

func TestConnectByLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	tenant.jazzhr = s.jazzhr.AddAccount(apiKey)
	tenant.jazzhr.AddJob(jazzhrtest.Job{Title: "Welder"})
	tenant.jazzhr.AddJob(jazzhrtest.Job{Title: "Painter", Status: "Closed"})
	link := s.linkTo(tenant, "connect")
	opened := s.visit(link).want(http.StatusOK).shows("Connect JazzHR", "Don’t generate a new one", "Candidate Export Integrations", "Integration Name", "Secret Key").
		hides("United States", s.url+"/webhooks/")
	for name, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "",
	} {
		if got := opened.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if policy := opened.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}

	s.post(link+"/key", url.Values{"api_key": {"not-the-key"}}).want(http.StatusUnprocessableEntity).
		shows("JazzHR refuses this key", "Nothing was changed").hides("not-the-key")
	s.post(link+"/key", url.Values{"api_key": {"two words"}}).want(http.StatusUnprocessableEntity).shows("That is not an API key").hides("two words")
	given := s.post(link+"/key", url.Values{"api_key": {" " + apiKey + "\n"}}).want(http.StatusOK).
		shows("The key works", "1 open job found", "It is shown this once", s.url+"/webhooks/jazzhr/").hides(apiKey)
	secret := between(t, string(given.body), `id="webhook-secret">`, "<")
	address := between(t, string(given.body), `id="webhook-address">`, "<")

	s.visit(link).want(http.StatusOK).shows("can’t be shown again", address).hides(secret)
	// The same key again gives the same secret to nobody.
	s.post(link+"/key", url.Values{"api_key": {apiKey}}).want(http.StatusSeeOther)
	s.post(link+"/saved", nil).want(http.StatusSeeOther)
	s.visit(link).shows("Saved", "Waiting for JazzHR’s VERIFY").hides(secret)

	// The page says that a secret is wrong, until there is another.
	if err := tenant.jazzhr.SaveIntegration(t.Context(), jazzhrtest.Integration{Name: "Intrvio", URL: address, Secret: "wrong"}); err == nil {
		t.Fatal("a wrong secret was verified")
	}
	s.visit(link).shows("A request came with the wrong secret").hides("Waiting for JazzHR’s VERIFY")
	rotated := s.post(link+"/secret", nil).want(http.StatusOK).shows("Waiting for JazzHR’s VERIFY").hides("wrong secret")
	another := between(t, string(rotated.body), `id="webhook-secret">`, "<")
	if err := tenant.jazzhr.SaveIntegration(t.Context(), jazzhrtest.Integration{Name: "Intrvio", URL: address, Secret: secret}); err == nil {
		t.Fatal("the secret that was lost was verified")
	}
	if err := tenant.jazzhr.SaveIntegration(t.Context(), jazzhrtest.Integration{Name: "Intrvio", URL: address, Secret: another}); err != nil {
		t.Fatal(err)
	}
	s.visit(link).shows("JazzHR is connected", "First export").hides(address, another, "wrong secret")

	// The set-up is over, so the link allows nothing more.
	for _, path := range []string{"/key", "/secret", "/new-key", "/pause"} {
		s.post(link+path, url.Values{"api_key": {apiKey}}).want(http.StatusForbidden).shows("This link is for something else")
	}
	s.wantActions(tenant, "connect_link done"+byAPI, "set_key refused"+byLink, "set_key refused"+byLink, "set_key done"+byLink,
		"set_key done"+byLink, "save_secret done"+byLink, "rotate_secret done"+byLink)

	// After a disconnect the same link connects again, from the first step.
	s.exported(tenant, "Kenny", "Jonesworth", "kenny@example.com")
	s.visit(link).shows("came <time").hides("Kenny", "Jonesworth")
	s.api("DELETE", tenant.path+"/connection", "").want(http.StatusOK)
	s.visit(link).want(http.StatusOK).shows("You get it here as soon as the key works")
	s.post(link+"/key", url.Values{"api_key": {apiKey}}).want(http.StatusOK).shows("It is shown this once")

	if logged := s.logs.String(); strings.Contains(logged, strings.TrimPrefix(link, "/connect/")) || strings.Contains(logged, secret) ||
		strings.Contains(logged, another) || strings.Contains(logged, apiKey) || !strings.Contains(logged, `"/connect/:token/key"`) {
		t.Error("a link, a secret or a key was logged, or the route was not")
	}
}

// between returns the part of a text between two others.
func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, before)
	if !found {
		t.Fatalf("no %s in\n%s", before, text)
	}
	text, _, _ = strings.Cut(rest, after)
	return text
}

func TestConnectLinkOpensNothingElse(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	other := s.newTenant()
	link, manage := s.linkTo(tenant, "connect"), s.linkTo(other, "manage")
	token := strings.TrimPrefix(link, "/connect/")

	for _, path := range []string{
		"/connect", "/connect/", "/connect/hello", link[:len(link)-3], link + "AAAA", "/connect/" + token[:30] + "x" + token[31:],
		link + "x/key", "/connect/" + strings.Repeat("A", 78),
	} {
		s.visit(path).want(http.StatusNotFound).shows("This link does not work", "Ask the person at Intrvio").hides("/console/health", "Sign out")
	}
	s.post("/connect/hello/key", nil).want(http.StatusNotFound).shows("This link does not work")
	if to := s.visit(link + "/key").want(http.StatusSeeOther).header.Get("Location"); to != link {
		t.Errorf("the address of a form leads to %q", to)
	}
	// A link is valid for its own purpose and tenant only.
	s.post(manage+"/key", url.Values{"api_key": {apiKey}}).want(http.StatusForbidden)
	for _, path := range []string{"/new-key", "/new-secret", "/stages", "/stages/remove", "/notes", "/pause", "/resume"} {
		s.post(link+path, nil).want(http.StatusForbidden).shows("This link is for something else")
	}
	s.visit(manage).want(http.StatusOK).shows("JazzHR is not connected").hides(tenant.id.String())
	s.post(manage+"/new-key", url.Values{"api_key": {apiKey}}).want(http.StatusForbidden) // nor does it connect
	s.send("GET", tenant.path, nil, "Authorization", "Bearer "+token).want(http.StatusUnauthorized)
	s.send("GET", "/console/health", nil, "Accept", "text/html", "Cookie", "jazzhr_console="+token).want(http.StatusSeeOther)

	// Another site's page can't use a link.
	s.send("POST", link+"/saved", nil, "Sec-Fetch-Site", "cross-site", "Accept", "text/html").want(http.StatusForbidden).shows("takes no requests from other sites")
	// A new admin token ends it.
	renewed := startOn(t, s.pool, func(c *web.Config) { c.AdminToken = strings.Repeat("b", 40) })
	renewed.visit(link).want(http.StatusNotFound)
	s.wantActions(tenant, "connect_link done"+byAPI)
}

func TestConnectLinkExpires(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	expired := console.SignLink(adminToken, tenant.id, time.Now())
	s.visit(expired).want(http.StatusGone).shows("This link has expired", "Ask the person at Intrvio")
	s.post(expired+"/key", url.Values{"api_key": {apiKey}}).want(http.StatusGone)
	live := s.send("GET", expired+"/live", nil, "Accept", "text/event-stream").want(http.StatusOK)
	live.shows("event: reload")
	s.wantCount(0, "actions WHERE result = 'done' AND who <> 'api_token'")
	s.wantCount(1, "actions WHERE what = 'use_link' AND result = 'refused' AND actor_kind = 'link'")
}

func TestConnectBoundsTries(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant, other := s.newTenant(), s.newTenant()
	link := s.linkTo(tenant, "connect")
	for range 5 {
		s.post(link+"/key", url.Values{"api_key": {"guess"}}).shows("JazzHR refuses this key")
	}
	s.post(link+"/key", url.Values{"api_key": {"guess"}}).want(http.StatusUnprocessableEntity).shows("Too many tries. Wait ten")
	s.post(s.linkTo(other, "connect")+"/key", url.Values{"api_key": {"guess"}}).shows("JazzHR refuses this key")
}

func TestConnectSaysWhyNot(t *testing.T) {
	t.Parallel()
	s := start(t)
	taken := s.activate()
	s.post(s.linkTo(s.newTenant(), "connect")+"/key", url.Values{"api_key": {apiKey}}).shows("for another customer")
	link := s.linkTo(taken, "manage")
	s.jazzhr.AddAccount("the-key-of-another-account").AddJob(jazzhrtest.Job{Title: "Cook"})
	s.post(link+"/new-key", url.Values{"api_key": {"the-key-of-another-account"}}).shows("another JazzHR account")
	s.jazzhr.Fault(jazzhrtest.Rule{Fault: jazzhrtest.Refuse(http.StatusBadGateway)})
	s.post(link+"/new-key", url.Values{"api_key": {apiKey}}).shows("JazzHR did not answer")
}

func TestConnectInTheEU(t *testing.T) {
	t.Parallel()
	s := start(t, inFrankfurt)
	made := s.api("POST", "/v1/tenants", `{"name":"Bäckerei","region":"eu"}`).want(http.StatusCreated)
	tenant := account{path: "/v1/tenants/" + made.text("id")}
	s.visit(s.linkTo(tenant, "connect")).
		shows("runs in Frankfurt", "stored in the United States", "for 30 days", "we do not recommend JazzHR")

	link := s.linkTo(tenant, "manage")
	s.visit(link).shows("Who agrees to transcripts in JazzHR").hides("Transcript\n")
	s.post(link+"/notes", url.Values{"score": {"on"}, "transcript": {"on"}}).want(http.StatusUnprocessableEntity).shows("Give the name of who agrees")
	s.post(link+"/notes", url.Values{"transcript": {"on"}, "consent": {"Dr. Meier"}}).want(http.StatusSeeOther)
	s.visit(link).shows("Transcript\n", "Dr. Meier")
	s.send("GET", "/console/actions", nil, "Accept", "text/html", "Cookie", s.signIn()).shows("changed who agreed to transcripts", "Dr. Meier agreed")
}

// TestConnectInTheUS shows nothing of regions to customers of the United States.
func TestConnectInTheUS(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Tenants = c.Tenants.In(tenant.Deployment{Region: tenant.RegionUS, Place: "Virginia"})
	})
	tenant := s.activate()
	s.visit(s.linkTo(tenant, "connect")).hides("Where data is stored")
	s.visit(s.linkTo(tenant, "manage")).hides("Who agrees")
}

// inFrankfurt has the server be the deployment of the EU.
func inFrankfurt(c *web.Config) {
	c.Tenants = c.Tenants.In(tenant.Deployment{Region: tenant.RegionEU, Place: "Frankfurt"})
}

func TestManageByLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	link := s.linkTo(tenant, "manage")
	s.exec(`INSERT INTO jazzhr.stages (tenant_id, stage) VALUES ($1, 'Interview'), ($1, 'Offer')`, tenant.id)
	job := tenant.jazzhr.Jobs()[0].ID
	s.visit(link).want(http.StatusOK).shows("only an export starts an interview", "<option>Interview</option>", "Welder", "Score: 8.2 of 10")

	change := func(path string, form url.Values) answer {
		t.Helper()
		return s.post(link+path, form)
	}
	change("/stages", url.Values{"stage": {"Interview"}}).want(http.StatusSeeOther)
	change("/stages", url.Values{"stage": {"Interview"}}).want(http.StatusSeeOther) // and again
	change("/stages", url.Values{"stage": {"Offer"}, "job": {job}}).want(http.StatusSeeOther)
	change("/stages", url.Values{"stage": {"Nowhere"}}).want(http.StatusUnprocessableEntity).shows("Choose one of the stages")
	change("/stages", url.Values{"stage": {"Offer"}, "job": {"job_1"}}).want(http.StatusUnprocessableEntity).shows("Choose one of the open jobs")
	s.wantCount(2, "auto_triggers WHERE tenant_id = $1", tenant.id)
	change("/stages/remove", url.Values{"stage": {"Interview"}}).want(http.StatusSeeOther)
	change("/stages/remove", url.Values{"stage": {strings.Repeat("x", 5000)}}).want(http.StatusUnprocessableEntity).shows("removed already")
	s.wantCount(1, "auto_triggers WHERE stage = 'Offer' AND job_id = $1", job)

	change("/notes", url.Values{"score": {"on"}}).want(http.StatusSeeOther)
	s.visit(link).shows("Score: 8.2 of 10").hides("Summary: Explains", "Transcript\n")
	if got := s.api("GET", tenant.path, "").get("settings.note_content.transcript"); got != false {
		t.Errorf("transcript is %v", got)
	}

	change("/pause", nil).want(http.StatusSeeOther)
	s.visit(link).shows("Paused", "Resume")
	s.wantCount(1, "tenants WHERE paused_at IS NOT NULL")
	change("/resume", nil).want(http.StatusSeeOther)
	s.wantCount(0, "tenants WHERE paused_at IS NOT NULL")

	tenant.jazzhr.RotateKey("the-next-key-of-the-account")
	change("/new-key", url.Values{"api_key": {apiKey}}).want(http.StatusUnprocessableEntity).shows("JazzHR refuses this key")
	change("/new-key", url.Values{"api_key": {"the-next-key-of-the-account"}}).want(http.StatusSeeOther)
	shown := change("/new-secret", nil).want(http.StatusOK)
	secret := between(t, string(shown.body), `id="webhook-secret">`, "<")
	s.visit(link).hides(secret, tenant.secret, "the-next-key-of-the-account")

	done := func(what string) string { return what + " done" + byLink }
	s.wantActions(tenant, "connect_link done"+byAPI, done("change_settings"), done("change_settings"), done("change_settings"),
		done("change_settings"), done("change_settings"), done("pause"), done("resume"), "set_key refused"+byLink, done("set_key"),
		done("rotate_secret"))
}

// TestConnectWithoutDatabase holds that customers see an error page of their own, and nothing of
// the console.
func TestConnectWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := startOn(t, nowhere(t))
	link := console.SignLink(adminToken, uuid.New(), time.Now().Add(time.Hour))
	s.visit(link).want(http.StatusServiceUnavailable).shows("We can’t be reached at the moment", `hx-trigger="every 2s"`).hides("/console/health")
}

func TestMakeLinkInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	cookie := s.signIn()
	s.send("GET", "/console/tenants/"+tenant.id.String(), nil, "Cookie", cookie, "Accept", "text/html").shows("/connect-link")
	path := "/console/tenants/" + tenant.id.String() + "/connect-link"
	made := s.post(path, url.Values{"purpose": {"connect"}, "days": {"7"}}, "Cookie", cookie).want(http.StatusOK)
	link := between(t, string(made.body), `id="new-link">`, "<")
	s.visit(strings.TrimPrefix(link, s.url)).want(http.StatusOK).shows("Connect JazzHR")
	for _, form := range []url.Values{{}, {"purpose": {"own"}, "days": {"7"}}, {"purpose": {"manage"}, "days": {"31"}}, {"purpose": {"manage"}, "days": {"0"}}} {
		s.post(path, form, "Cookie", cookie, "Accept", "text/html").want(http.StatusBadRequest)
	}
	s.post(path, url.Values{"purpose": {"connect"}, "days": {"7"}}).want(http.StatusUnauthorized)
	s.wantActions(tenant, "connect_link done by admin")
}
