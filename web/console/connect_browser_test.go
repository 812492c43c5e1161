//go:build browser

package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// secretShown returns the webhook secret on the page.
func (b *tab) secretShown() string {
	b.t.Helper()
	b.until(`document.querySelector("#webhook-secret")`)
	return evaluate[string](b, `document.querySelector("#webhook-secret").innerText`)
}

// TestBrowserConnect connects an account as its administrator does, from the link to the first
// note, without a sign-in.
func TestBrowserConnect(t *testing.T) {
	t.Parallel()
	s := start(t, inFrankfurt)
	s.work()
	made := s.api("POST", "/v1/tenants", `{"name":"Bäckerei Sonnenschein","region":"eu"}`).want(http.StatusCreated)
	tenant := account{path: "/v1/tenants/" + made.text("id"), jazzhr: s.jazzhr.AddAccount(apiKey)}
	tenant.jazzhr.AddJob(jazzhrtest.Job{Title: "Baker"})
	tenant.jazzhr.AddJob(jazzhrtest.Job{Title: "Driver"})
	b := browse(t, s.url)
	b.open(s.linkTo(tenant, "connect"))
	b.untilLive()
	b.look("connect")
	evaluate[int](b, "window.sameDocument = 1")

	b.fill("#api-key", "a-key-that-is-none")
	b.click("[data-reveal]")
	b.until(`document.querySelector("#api-key").type === "text" && document.querySelector("#api-key").value === "a-key-that-is-none"`)
	b.click("[data-reveal]")
	b.until(`document.querySelector("#api-key").type === "password"`)
	b.fill("#api-key", "\r")
	b.untilText("[role=alert]", "JazzHR refuses this key")
	b.until(`document.querySelector("#api-key").value === ""`)
	b.look("connect-refused")

	b.fill("#api-key", apiKey)
	b.click("form[action$='/key'] button.primary")
	b.untilText("[sse-swap=key]", "2 open jobs found")
	secret := b.secretShown()
	address := evaluate[string](b, `document.querySelector("#webhook-address").innerText`)
	if strings.Contains(evaluate[string](b, "document.documentElement.outerHTML"), apiKey) {
		t.Error("the page holds the key")
	}
	b.untilLive()
	b.look("connect-secret")

	// The page shows the wrong and the right secret as they are used, and keeps showing the new
	// secret.
	wrong := jazzhrtest.Integration{Name: "Intrvio", URL: address, Secret: secret[1:]}
	if err := tenant.jazzhr.SaveIntegration(t.Context(), wrong); err == nil {
		t.Fatal("a wrong secret was verified")
	}
	b.untilText("[sse-swap=wait]", "A request came with the wrong secret")
	b.look("connect-wrong-secret")
	if b.secretShown() != secret {
		t.Error("the secret is gone")
	}
	b.click("form[action$='/saved'] button")
	b.untilText("[sse-swap=secret]", "Saved")
	b.until(`!document.querySelector("#webhook-secret")`)
	b.click("#s-secret ~ div details summary")
	b.click("form[action$='/secret'] button")
	secret = b.secretShown()
	b.untilText("[sse-swap=wait]", "Waiting for JazzHR’s VERIFY")
	b.untilLive()
	if err := tenant.jazzhr.SaveIntegration(t.Context(), jazzhrtest.Integration{Name: "Intrvio", URL: address, Secret: secret}); err != nil {
		t.Fatal(err)
	}
	b.untilText(".light-good", "JazzHR is connected")

	candidate := s.exported(tenant, "Kenny", "Jonesworth", "kenny@example.com")
	b.untilText("[sse-swap=wait]", "First export came")
	b.untilText("[sse-swap=wait]", "when the candidate’s interview is over")
	s.api("POST", tenant.path+"/writebacks", fmt.Sprintf(
		`{"interview_id":"i-1","candidate":{"id":"c-1","applicant_id":%q},"note":{"score":4.5,"scale":5}}`, candidate.ID)).want(http.StatusAccepted)
	b.untilText("[sse-swap=wait]", "First note was written")
	if evaluate[int](b, "window.sameDocument") != 1 {
		t.Error("the page was loaded anew")
	}
	b.look("connect-done")
}

// TestBrowserConnectProblem holds the page of a link that is not valid.
func TestBrowserConnectProblem(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := browse(t, s.url)
	b.expect("404 (Not Found)")
	b.open("/connect/hello")
	b.untilText("h1", "This link does not work")
	b.look("connect-problem")
}

// TestBrowserManage manages a connection as its administrator does.
func TestBrowserManage(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	s.exec(`INSERT INTO jazzhr.stages (tenant_id, stage) SELECT $1, unnest('{New,Phone Screen,Interview,Offer}'::text[])`, tenant.id)
	b := browse(t, s.url)
	b.open(s.linkTo(tenant, "manage"))
	b.untilText("#m-stages ~ p.quiet", "None")
	b.fill("#stage", "Phone Screen")
	b.click("form[action$='/stages'] button.primary")
	b.untilText(".rows", "Phone Screen in every job")
	b.fill("#stage", "Interview")
	b.fill("#job", "Welder")
	b.click("form[action$='/stages'] button.primary")
	b.untilText(".rows", "Interview in Welder")
	b.look("connect-manage")
	b.click(".rows button")
	b.until(`document.querySelectorAll(".rows li").length === 1`)
	b.click("[name=transcript]")
	b.click("form[action$='/notes'] button")
	b.until(`!document.querySelector("pre").innerText.includes("Transcript")`)
	b.click("form[action$='/pause'] button")
	b.untilText("h1", "Paused")
	b.click("form[action$='/resume'] button")
	b.untilText("h1", "Active")
	tenant.jazzhr.RotateKey("the-next-key-of-the-account")
	b.fill("#api-key", apiKey+"\r")
	b.untilText("[role=alert]", "JazzHR refuses this key")
	b.fill("#api-key", "the-next-key-of-the-account\r")
	b.untilText("[role=status]", "The key works")
	b.click("form[action$='/new-secret'] button")
	b.secretShown()
	b.look("connect-manage-secret")
}

// TestBrowserMakeLink makes a link as an operator does, and opens it without a sign-in.
func TestBrowserMakeLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	b, customer := browse(t, s.url), browse(t, s.url)
	b.signIn()
	b.open("/console/tenants/" + tenant.id.String())
	b.untilText("h1", "Acme")
	b.picture("tenant-link-form")
	b.click(".link-form button")
	b.untilText("h1", "The link to connect JazzHR")
	b.look("tenant-link")
	link := evaluate[string](b, `document.querySelector("#new-link").innerText`)
	customer.open(strings.TrimPrefix(link, s.url))
	customer.untilText("h1", "Connect JazzHR to Intrvio")
	b.open("/console/tenants/" + tenant.id.String())
	b.untilText("[sse-swap=record]", "made a connect link")
}
