//go:build browser

package console_test

import (
	"strings"
	"testing"
)

// TestBrowserOIDC signs in at a provider on another site, sees what a reader sees, is refused what a
// reader may not do, and signs out.
func TestBrowserOIDC(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	acme := s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	s.stuck(acme, candidate("int-1", "Wilhelmina"), "two_matches")
	b := browse(t, s.url)
	b.expect("403 (Forbidden)", "a request to another host: "+p.issuer)
	b.open("/console/attention")
	b.untilText("h1", "Intrvio for JazzHR")
	b.look("sign-in-provider")
	b.click("#by-provider")
	b.untilText("h1", "The provider")
	b.fill("#user", "rita\r")
	b.untilText("h1", "Attention") // where it was asked for, with the cookie that is SameSite=Strict
	b.untilText("header", "rita@example.com")
	b.untilLive()
	b.untilText("[sse-swap=items]", "•••••")
	b.until(`!document.body.innerText.includes("Wilhelmina")`)
	b.until(`!document.querySelector("header").innerText.includes("River UI")`)
	b.look("attention-reader")

	webhook := s.webhook("dedup_key = 'uuid:u-1'")
	b.open(acme.received(webhook))
	b.untilText("h1", "A webhook")
	b.until(`!document.querySelector("[data-dialog=reveal]") && !document.body.innerText.includes("ada@example.com")`)
	evaluate[bool](b, `(() => { const f = document.createElement("form"); f.method = "post"; f.action = location.pathname + "/reveal";
		document.body.append(f); f.submit(); return true })()`)
	b.untilText("h1", "Not with your role")
	b.untilText("main", "This needs the role support.")
	b.look("missing-role")
	s.wantCount(0, "actions WHERE what = 'reveal'")

	b.click("form.leave button")
	b.untilText("h1", "Intrvio for JazzHR")
	b.open("/console/sessions")
	b.untilText("h1", "Intrvio for JazzHR")
	if strings.Contains(s.logs.String(), clientSecret) {
		t.Error("the log holds the client's secret")
	}
}
