package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/web"
)

// post posts a form to the console, as a browser does from a page of ours.
func (s *service) post(path string, form url.Values, header ...string) answer {
	s.t.Helper()
	header = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, header...)
	return s.send("POST", path, []byte(form.Encode()), header...)
}

// signIn returns the cookie of a session.
func (s *service) signIn() string {
	s.t.Helper()
	got := s.post("/console/sign-in", url.Values{"token": {adminToken}}).want(http.StatusSeeOther)
	if to := got.header.Get("Location"); to != "/console/" {
		s.t.Errorf("sent to %s", to)
	}
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	return cookie
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	page := s.send("GET", "/console/sign-in", nil).want(http.StatusOK)
	if !strings.Contains(string(page.body), `name="token"`) {
		t.Errorf("no form: %s", page.body)
	}
	for _, token := range []string{"", "wrong", apiToken} { // the API's tokens don't open the console
		wrong := s.post("/console/sign-in", url.Values{"token": {token}}).want(http.StatusUnauthorized)
		if wrong.header.Get("Set-Cookie") != "" || !strings.Contains(string(wrong.body), "not the admin token") {
			t.Errorf("%q: %s", token, wrong.body)
		}
	}
	s.wantCount(0, "sessions")
	cookie := s.signIn()
	s.send("GET", "/console/", nil, "Cookie", cookie).want(http.StatusOK)
	s.wantCount(1, "sessions WHERE expires_at > jazzhr.now() + interval '11 hours'")
	_, value, _ := strings.Cut(cookie, "=")
	s.wantCount(0, "sessions WHERE token_hash = convert_to($1, 'UTF8')", value)

	s.post("/console/sign-out", nil, "Cookie", cookie).want(http.StatusSeeOther)
	s.send("GET", "/console/", nil, "Cookie", cookie).want(http.StatusSeeOther)
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	dbtest.OffsetClock(t, s.database, 11*time.Hour+59*time.Minute)
	s.send("GET", "/console/", nil, "Cookie", cookie).want(http.StatusOK)
	dbtest.OffsetClock(t, s.database, 12*time.Hour+time.Minute)
	s.send("GET", "/console/", nil, "Cookie", cookie).want(http.StatusSeeOther)
}

func TestNewAdminTokenEndsSessions(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	other := startOn(t, s.pool, func(config *web.Config) { config.AdminToken = strings.Repeat("another", 5) })
	other.send("GET", "/console/", nil, "Cookie", cookie).want(http.StatusSeeOther)
}

func TestSignInTriesAreFew(t *testing.T) {
	t.Parallel()
	s := start(t)
	for tries := 1; ; tries++ {
		got := s.post("/console/sign-in", url.Values{"token": {"wrong"}})
		if got.status == http.StatusTooManyRequests {
			break
		}
		if got.want(http.StatusUnauthorized); tries > 100 {
			t.Fatalf("%d tries at once", tries)
		}
	}
}

func TestCookie(t *testing.T) {
	t.Parallel()
	for address, secure := range map[string]bool{"https://jazzhr.example.com": true, "http://jazzhr.example.com": false} {
		s := start(t, func(config *web.Config) { config.PublicURL = address })
		got := s.post("/console/sign-in", url.Values{"token": {adminToken}}).want(http.StatusSeeOther)
		cookie, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
		if err != nil {
			t.Fatal(err)
		}
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/console" ||
			cookie.MaxAge != 12*60*60 || cookie.Secure != secure || len(cookie.Value) < 43 {
			t.Errorf("%s: %s", address, cookie)
		}
	}
}

func TestRiverUI(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.api("POST", s.activate().path+"/writebacks", writeback("int-1")).want(http.StatusAccepted)
	for _, path := range []string{"/console/river", "/console/river/", "/console/river/jobs", "/console/river/favicon.ico"} {
		if got := s.send("GET", path, nil).want(http.StatusSeeOther); got.header.Get("Location") != "/console/sign-in" {
			t.Errorf("%s: sent to %s", path, got.header.Get("Location"))
		}
	}
	for _, request := range [][2]string{
		{"GET", "/console/river/api/jobs"},
		{"GET", "/console/river/api/queues"},
		{"PUT", "/console/river/api/queues/writes/pause"},
		{"POST", "/console/river/api/jobs/delete"},
		{"POST", "/console/river/"},
	} {
		s.send(request[0], request[1], nil).wantError(web.CodeUnauthorized, "")
		s.send(request[0], request[1], nil, "Authorization", "Bearer "+adminToken).wantError(web.CodeUnauthorized, "")
		s.send(request[0], request[1], nil, "Cookie", "jazzhr_console=nonsense").wantError(web.CodeUnauthorized, "")
	}
	cookie := s.signIn()
	page := s.send("GET", "/console/river/", nil, "Cookie", cookie).want(http.StatusOK)
	script := regexp.MustCompile(`src="(/console/river/assets/[^"]+\.js)"`).FindSubmatch(page.body)
	if script == nil {
		t.Fatalf("no script in %s", page.body)
	}
	s.send("GET", string(script[1]), nil, "Cookie", cookie).want(http.StatusOK)
	jobs := s.send("GET", "/console/river/api/jobs?state=available", nil, "Cookie", cookie).want(http.StatusOK)
	if !strings.Contains(string(jobs.body), `"write_notes"`) {
		t.Errorf("jobs: %s", jobs.body)
	}
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") {
		t.Errorf("policy %s", policy)
	}
}

func TestConsoleRefusesOtherSites(t *testing.T) {
	t.Parallel()
	s := start(t, func(config *web.Config) { config.PublicURL = "https://jazzhr.example.com" })
	cookie := s.signIn()
	body := []byte(`{"ids":["1"]}`)
	for name, header := range map[string][]string{
		"a page of another site":   {"Sec-Fetch-Site", "cross-site"},
		"a page of a sibling site": {"Sec-Fetch-Site", "same-site"},
		"an old browser elsewhere": {"Origin", "https://evil.example.com"},
	} {
		header = append(header, "Cookie", cookie, "Content-Type", "application/json")
		for _, request := range [][2]string{
			{"POST", "/console/river/api/jobs/delete"},
			{"PUT", "/console/river/api/queues/writes/pause"},
			{"POST", "/console/sign-in"},
			{"POST", "/console/sign-out"},
		} {
			got := s.send(request[0], request[1], body, header...)
			t.Log(name, request[1])
			got.wantError(web.CodeCrossOrigin, "")
		}
	}
	// A page of ours may, also in an old browser behind a proxy that gives us another Host.
	for _, header := range [][]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://jazzhr.example.com"}} {
		header = append(header, "Cookie", cookie, "Content-Type", "application/json")
		if got := s.send("POST", "/console/river/api/jobs/retry", body, header...); got.status == http.StatusForbidden || got.status == http.StatusUnauthorized {
			t.Errorf("%v: status %d: %s", header, got.status, got.body)
		}
	}
}

func TestPagesHoldNoScript(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	for _, path := range []string{"/console/sign-in", "/console/"} {
		page := s.send("GET", path, nil, "Cookie", cookie).want(http.StatusOK)
		if regexp.MustCompile(`(?i)<script|<style|style=| on[a-z]+=|https?://[^"<]*\.(js|css)`).Match(page.body) {
			t.Errorf("%s holds a script or a style: %s", path, page.body)
		}
		if policy := page.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self';") {
			t.Errorf("%s: policy %s", path, policy)
		}
	}
	style := s.send("GET", "/console/style.css", nil).want(http.StatusOK)
	if !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Errorf("style.css is %s", style.header.Get("Content-Type"))
	}
}
