//go:build browser

package console_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

// patience is how long a test waits for a page.
const patience = 60 * time.Second

// TestMain runs all tests, and ends the browser before it looks for leaks.
func TestMain(m *testing.M) { dbtest.Main(withChromium{m}) }

type withChromium struct{ tests goleak.TestingM }

func (w withChromium) Run() int {
	defer ofProcess.stop()
	return w.tests.Run()
}

// chromium is the one browser of this process, started by the first test that wants a tab.
type chromium struct {
	start sync.Once
	ctx   context.Context //nolint:containedctx // chromedp keeps the browser in it
	stops []func()
	err   error
}

var ofProcess chromium

func (b *chromium) get() (context.Context, error) {
	b.start.Do(func() {
		path := ""
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
			if found, err := exec.LookPath(name); err == nil {
				path = found
				break
			}
		}
		if path == "" {
			b.err = fmt.Errorf("there is no Chromium: install it (Debian: apt-get install chromium), or leave out the build tag browser")
			return
		}
		options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.WindowSize(1280, 900))
		if os.Geteuid() == 0 {
			options = append(options, chromedp.NoSandbox) // which root can't have
		}
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		b.stops = append(b.stops, stop)
		b.ctx, stop = chromedp.NewContext(allocator)
		b.stops = append(b.stops, stop, func() { _ = chromedp.Cancel(b.ctx) })
		b.err = chromedp.Do(b.ctx)
	})
	return b.ctx, b.err
}

func (b *chromium) stop() {
	for _, stop := range slices.Backward(b.stops) {
		stop()
	}
}

// tab is a page in a browser profile of its own, so it shares no cookies with other tabs. A test
// fails if its page wrote an error or a warning to the console, violated its policy, or sent a
// request to another host.
type tab struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // chromedp keeps the tab in it
	url  string          // of the server
	host string

	mu       sync.Mutex
	problems []string
	expected []string
}

// browse opens a tab for the pages of a server.
func browse(t *testing.T, server string) *tab {
	t.Helper()
	browser, err := ofProcess.get()
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx, url: server, host: at.Host}
	t.Cleanup(func() {
		for _, problem := range b.unexpected() { // before its streams are cut
			t.Error("in the browser: " + problem)
		}
		cancel()
	})
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// hear notes the problems of the page.
func (b *tab) hear(event any) {
	problem := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		to, err := url.Parse(e.Request.URL)
		if local := err == nil && (to.Host == b.host || to.Scheme == "data" || to.Scheme == "about"); !local {
			problem = "a request to another host: " + e.Request.URL
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			problem = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			problem = "console:"
			for _, arg := range e.Args {
				problem += " " + string(arg.Value) + arg.Description
			}
		}
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
	}
	if problem != "" {
		b.mu.Lock()
		b.problems = append(b.problems, problem)
		b.mu.Unlock()
	}
}

// expect allows problems that contain one of the texts, because the test causes them on purpose.
func (b *tab) expect(texts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, texts...)
}

func (b *tab) unexpected() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.problems), func(problem string) bool {
		return slices.ContainsFunc(b.expected, func(text string) bool { return strings.Contains(problem, text) })
	})
}

// do runs actions in the page.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("in the browser: %v\n%s", err, b.text())
	}
}

// open loads an address of the server.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + path))
}

// click clicks on the first element that fits a CSS selector. A live page may replace the element, or
// move it, before the mouse is there: then click clicks again.
func (b *tab) click(selector string) {
	b.t.Helper()
	// The mouse's release is seen wherever it is, and the click follows it at once.
	watch := fmt.Sprintf(`window.clickHit = new Promise((done) => {
		let hit = false;
		const look = (event) => { hit = event.target.closest(%q) !== null; };
		addEventListener("click", look, { capture: true, once: true });
		addEventListener("mouseup", () => setTimeout(() => { removeEventListener("click", look, true); done(hit); }), { capture: true, once: true });
	}), true`, selector)
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](watch))
		if err == nil {
			err = chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		}
		if err == nil {
			hit, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("window.clickHit ?? true", chromedp.EvalAwaitPromise))
			if hit || err != nil && ctx.Err() == nil && isNewDocument(err) {
				return
			}
			b.t.Logf("a click on %s did not hit it (%v)", selector, err)
			continue
		}
		if text := err.Error(); ctx.Err() != nil || !isNewDocument(err) && !strings.Contains(text, "node") && !strings.Contains(text, "layout object") {
			b.t.Fatalf("in the browser: click on %s: %v\n%s", selector, err, b.text())
		}
	}
}

// isNewDocument reports whether an evaluation failed because another document was loaded meanwhile.
func isNewDocument(err error) bool {
	text := err.Error()
	return strings.Contains(text, "navigated") || strings.Contains(text, "context") || strings.Contains(text, "collected")
}

// fill types into a field.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// signIn signs in on the form, by keyboard.
func (b *tab) signIn() {
	b.t.Helper()
	b.open("/console/sign-in")
	b.fill("#token", adminToken+"\r")
	b.until(`document.querySelector("nav[aria-label=Console]")`)
}

// text returns the text of the page, for the report of a failure.
func (b *tab) text() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`
		[location.pathname, document.querySelectorAll(".htmx-request").length + " requests under way",
			"live: " + document.querySelector("[data-live]")?.dataset.live, document.body.innerText].join("\n")`))
	if err != nil {
		return "(the page does not answer)"
	}
	return text
}

// until waits until a JavaScript expression is true in the page. It evaluates the expression
// whenever the document changes, and goes on when another page is loaded.
func (b *tab) until(expression string) {
	b.t.Helper()
	waiting := `new Promise((done) => {
		const holds = () => Boolean(` + expression + `);
		const look = () => { if (!holds()) return false; done(true); return true; };
		if (!look()) new MutationObserver((_, o) => { if (look()) o.disconnect(); })
			.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
	})`
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](waiting, chromedp.EvalAwaitPromise))
		if err == nil {
			return
		}
		if ctx.Err() != nil || !isNewDocument(err) {
			b.t.Fatalf("never true: %s: %v\n%s", expression, err, b.text())
		}
	}
}

// untilText waits until an element shows a text.
func (b *tab) untilText(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, text))
}

// untilLive waits until the page's stream is open.
func (b *tab) untilLive() {
	b.t.Helper()
	b.until(`document.querySelector("[data-live=on]")`)
}

// evaluate returns the value of a JavaScript expression in the page.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

// command sends a command of the browser's protocol.
func command[P, R any](b *tab, which cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, which, params)
	if err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
	return result
}
