//go:build browser

package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/web/console"
)

// TestBrowserSeesProblems holds that a tab notices the problems that it has to notice.
func TestBrowserSeesProblems(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "script-src 'self' 'sha256-"+hashOf(`console.error("told"); throw new Error("thrown")`)+"'")
		_, _ = w.Write([]byte(`<!doctype html><html><head><title>x</title><link rel="icon" href="data:,"></head><body>
			<p style="color: #aaa; background: #fff">faint</p><img src="http://elsewhere.invalid/x.png">
			<script>document.title = "hacked"</script><script>console.error("told"); throw new Error("thrown")</script></body></html>`))
	}))
	defer server.Close()
	b := browse(t, server.URL)
	b.open("/")
	found := b.unexpected()
	for _, want := range []string{"console: \"told\"", "exception: Uncaught", "a request to another host: http://elsewhere.invalid/x.png", "Content Security Policy"} {
		if !slices.ContainsFunc(found, func(problem string) bool { return strings.Contains(problem, want) }) {
			t.Errorf("no %q in %q", want, found)
		}
	}
	if !slices.ContainsFunc(b.violations(), func(v violation) bool { return v.ID == "color-contrast" && v.Impact == "serious" }) {
		t.Error("axe-core does not see faint text")
	}
	b.expect("") // all of it
}

func TestBrowserKit(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(must(console.KitHandler()))
	defer server.Close()
	b := browse(t, server.URL)
	b.open("/console/kit")
	b.look("kit")
	b.click("[data-dialog=pause]")
	b.until(`document.querySelector("dialog").open`)
	b.picture("kit-dialog")
	b.axe("kit-dialog")
	b.click("[data-close]")
	b.until(`!document.querySelector("dialog").open`)
}

func TestBrowserSignIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := browse(t, s.url)
	b.expect("401 (Unauthorized)")
	b.open("/console/health")
	b.untilText("h1", "Intrvio for JazzHR")
	b.look("sign-in")
	b.fill("#token", "wrong\r")
	b.untilText("[role=alert]", "That is not the admin token.")
	b.fill("#token", adminToken)
	b.fill("#name", "Sam\r")
	b.untilText("h1", "Health") // where it was asked for
	b.untilText("header", "admin (Sam)")
	b.click("form.leave button")
	b.untilText("h1", "Intrvio for JazzHR")
}

// TestBrowserHealth holds that two browsers see a change as it happens.
func TestBrowserHealth(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, second := browse(t, s.url), browse(t, s.url)
	for _, b := range []*tab{first, second} {
		b.signIn()
		b.open("/console/health")
		b.untilLive()
		b.untilText("[sse-swap=verdict]", "No process works the queue")
	}
	first.look("health-red")
	s.addNode("worker-1")
	s.exec(`INSERT INTO jazzhr.river_leader (name, leader_id, elected_at, expires_at) VALUES ('default', 'worker-1', now(), now() + interval '1 hour')`)
	for _, b := range []*tab{first, second} {
		b.untilText("[sse-swap=verdict]", "Everything is well")
		b.untilText("[sse-swap=nodes]", "worker-1")
	}
	first.look("health")
	s.failed(s.activate(), "poll_activities", "retryable", 12, 0)
	second.untilText("[sse-swap=failing]", "of it")
	second.untilText("[sse-swap=verdict]", "keeps failing")
	second.look("health-failing")
	first.open("/console/actions")
	first.untilText("[sse-swap=actions]", "signed in")
	first.look("record")
	s.API("POST", "/v1/tokens", `{"name":"Harbour & Pine's CRM","scopes":["tenants:read","events:read","connections:write"],"tenant_ids":["`+
		s.NewTenant().ID.String()+`"]}`).Want(http.StatusCreated)
	first.open("/console/tokens")
	first.untilText("[sse-swap=tokens]", "Harbour & Pine's CRM")
	first.look("tokens")
	first.open("/console/nothing-here")
	first.expect("404 (Not Found)")
	first.untilText("h1", "Nothing here")
	first.look("not-found")
}

// TestBrowserDatabaseAway holds that pages say when the database is away, and go on by themselves
// when it is back.
func TestBrowserDatabaseAway(t *testing.T) {
	t.Parallel()
	server := dbtest.Server(t)
	s := startOn(t, dbtest.NewOn(t, server).Pool)
	b, late := browse(t, s.url), browse(t, s.url)
	late.expect("503 (Service Unavailable)", "Response Status Error Code 503") // what it is about
	b.signIn()
	late.signIn()
	b.open("/console/health")
	b.untilLive()
	evaluate[int](b, "window.sameDocument = 1")

	server.StopImmediate()
	b.untilText(".live-banner", "The database can’t be reached")
	b.look("database-away")
	late.open("/console/health")
	late.untilText("h1", "The database can’t be reached")
	late.look("database-away-error")

	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector(".live-banner").innerText === ""`)
	s.addNode("worker-1")
	b.untilText("[sse-swap=nodes]", "worker-1")
	if evaluate[int](b, "window.sameDocument") != 1 {
		t.Error("the page was loaded anew")
	}
	late.untilText("h1", "Health")
	late.untilLive()
}

// TestBrowserReconnects holds that a live page says when it has lost its stream, and connects
// again.
func TestBrowserReconnects(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := browse(t, s.url)
	b.expect("503 (Service Unavailable)", "ERR_INCOMPLETE_CHUNKED_ENCODING")
	b.signIn()
	b.open("/console/health")
	b.untilLive()
	s.server.EndStreams()
	b.untilText(".stale", "The live connection is interrupted")
	b.look("interrupted")

	// Another process takes over at the same address, as behind a load balancer.
	other := startOn(t, s.pool)
	s.handOver(other)
	b.until(`document.querySelector(".stale").hidden`)
	s.addNode("worker-1")
	b.untilText("[sse-swap=nodes]", "worker-1")
}

// TestBrowserRiverUI holds that River UI works under its policy.
func TestBrowserRiverUI(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := browse(t, s.url)
	b.signIn()
	b.open("/console/river/")
	b.untilText("body", "Queues")
}

func hashOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return base64.StdEncoding.EncodeToString(sum[:])
}
