package console_test

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
	s.send("GET", "/console/health", nil, "Cookie", cookie).want(http.StatusOK)
	s.wantCount(1, "sessions WHERE expires_at > jazzhr.now() + interval '7 hours'")
	_, value, _ := strings.Cut(cookie, "=")
	s.wantCount(0, "sessions WHERE token_hash = convert_to($1, 'UTF8')", value)

	s.post("/console/sign-out", nil, "Cookie", cookie).want(http.StatusSeeOther)
	s.send("GET", "/console/health", nil, "Cookie", cookie).want(http.StatusSeeOther)
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	dbtest.OffsetClock(t, s.database, 7*time.Hour+59*time.Minute)
	s.send("GET", "/console/health", nil, "Cookie", cookie).want(http.StatusOK)
	dbtest.OffsetClock(t, s.database, 8*time.Hour+time.Minute)
	s.send("GET", "/console/health", nil, "Cookie", cookie).want(http.StatusSeeOther)
}

func TestNewAdminTokenEndsSessions(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	other := startOn(t, s.pool, func(config *web.Config) { config.AdminToken = strings.Repeat("another", 5) })
	other.send("GET", "/console/health", nil, "Cookie", cookie).want(http.StatusSeeOther)
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
	s.signIn() // who knows the token is not kept out
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
			cookie.MaxAge != 8*60*60 || cookie.Secure != secure || len(cookie.Value) < 43 {
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
	// Our own pages may, even in an old browser behind a proxy that changes the Host.
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
	assets := map[string]bool{}
	for _, path := range []string{"/console/sign-in", "/console/health"} {
		page := s.send("GET", path, nil, "Cookie", cookie).want(http.StatusOK)
		// Scripts are files of our own.
		if regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|style=| on[a-z]+=|(src|href)="(https?:)?//`).Match(page.body) {
			t.Errorf("%s holds a script or a style, or leads elsewhere: %s", path, page.body)
		}
		if policy := page.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self';") {
			t.Errorf("%s: policy %s", path, policy)
		}
		for _, found := range regexp.MustCompile(`"(/console/assets/[^"]+)"`).FindAllSubmatch(page.body, -1) {
			assets[string(found[1])] = true
		}
	}
	if len(assets) != 5 {
		t.Errorf("the pages have %d assets: %v", len(assets), assets)
	}
	for path := range assets {
		got := s.send("GET", path, nil).want(http.StatusOK)
		if kept := got.header.Get("Cache-Control"); !strings.Contains(kept, "immutable") || len(got.header["Cache-Control"]) != 1 {
			t.Errorf("%s: Cache-Control %v", path, kept)
		}
		if kind := got.header.Get("Content-Type"); strings.HasSuffix(path, ".css") != strings.HasPrefix(kind, "text/css") {
			t.Errorf("%s is %s", path, kind)
		}
	}
}

func TestSignInLeadsBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	to := s.send("GET", "/console/health?a=b", nil).want(http.StatusSeeOther).header.Get("Location")
	if page := s.send("GET", to, nil).want(http.StatusOK); !strings.Contains(string(page.body), `name="to" value="/console/health?a=b"`) {
		t.Errorf("%s: %s", to, page.body)
	}
	for given, want := range map[string]string{
		"/console/health?a=b": "/console/health?a=b", "": "/console/", "//evil.example/console/": "/console/",
		"https://evil.example/console/": "/console/",
	} {
		other := startOn(t, s.pool) // which counts tries of its own
		got := other.post("/console/sign-in", url.Values{"token": {adminToken}, "to": {given}}).want(http.StatusSeeOther)
		if got.header.Get("Location") != want {
			t.Errorf("%q leads to %s", given, got.header.Get("Location"))
		}
	}
}

func TestSignInIsRecorded(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.post("/console/sign-in", url.Values{"token": {adminToken}, "name": {" Sam\n "}}).want(http.StatusSeeOther)
	s.wantCount(1, "actions WHERE who = 'admin (Sam)' AND what = 'sign_in' AND result = 'done' AND tenant_id IS NULL")
	s.wantCount(1, "sessions WHERE name = 'admin (Sam)'")
}
