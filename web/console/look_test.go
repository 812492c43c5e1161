//go:build browser

package console_test

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	// shotFolder holds the pictures. Git ignores it.
	shotFolder = "../../screenshots"
	// axePath is the file of axe-core, which `make browser` installs.
	axePath = "../../.ci/tools/npm/node_modules/axe-core/axe.min.js"
)

// look checks the current page, in light and dark and as wide as a phone. It takes a picture, runs
// axe-core to find barriers for people with disabilities, and holds that the page is no wider than
// the screen. It leaves the tab as it was.
func (b *tab) look(name string) {
	b.t.Helper()
	for _, phone := range []bool{false, true} {
		b.screen(phone)
		for _, scheme := range []string{"light", "dark"} {
			command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				// Without motion, because a picture must not show a colour in transition.
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
			})
			title := name + "-" + scheme
			if phone {
				title += "-phone"
			}
			b.picture(title)
			b.axe(title)
			if wide := evaluate[int](b, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
				b.t.Errorf("%s is %d pixels wider than its screen", title, wide)
			}
		}
	}
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	b.screen(false)
}

// screen makes the tab one of a phone, or of a desk.
func (b *tab) screen(phone bool) {
	b.t.Helper()
	size := emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 900, DeviceScaleFactor: 1}
	if phone {
		size = emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true}
	}
	command(b, emulation.SetDeviceMetricsOverride, size)
	// Wait for the layout: a click goes to a position.
	evaluate[bool](b, "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
}

// picture stores a picture of the whole page.
func (b *tab) picture(title string) {
	b.t.Helper()
	beyond := true
	shot := command(b, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond})
	if err := os.MkdirAll(shotFolder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(shotFolder, title+".png"), shot.Data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// axe fails the test for each serious or critical finding of axe-core on the page. It runs in a
// world of its own, to which the page's policy does not apply.
func (b *tab) axe(title string) {
	b.t.Helper()
	for _, found := range b.violations() {
		if found.Impact != "serious" && found.Impact != "critical" {
			b.t.Logf("%s: axe-core: %s, %s", title, found.Impact, found.Help)
			continue
		}
		for _, node := range found.Nodes {
			b.t.Errorf("%s: axe-core: %s (%s), %s\n%s\n%s", title, found.ID, found.Impact, found.Help, node.HTML, node.FailureSummary)
		}
	}
}

func (b *tab) violations() []violation {
	b.t.Helper()
	source, err := os.ReadFile(axePath)
	if err != nil {
		b.t.Fatalf("axe-core is not installed; `make browser` does that: %v", err)
	}
	frames, err := chromedp.Call(b.ctx, page.GetFrameTree, struct{}{})
	if err != nil {
		b.t.Fatal(err)
	}
	world := command(b, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frames.FrameTree.Frame.ID, WorldName: "axe"})
	yes := true
	run := func(expression string) json.RawMessage {
		got := command(b, runtime.Evaluate, runtime.EvaluateParams{
			Expression: expression, ContextID: world.ExecutionContextID, AwaitPromise: &yes, ReturnByValue: &yes,
		})
		if got.ExceptionDetails != nil {
			b.t.Fatalf("axe-core: %s", got.ExceptionDetails.Text)
		}
		return json.RawMessage(got.Result.Value)
	}
	run(string(source) + "; 0")
	var text string
	var found []violation
	if err := json.Unmarshal(run(`axe.run(document, { resultTypes: ["violations"] }).then((r) => JSON.stringify(r.violations))`), &text); err != nil {
		b.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.t.Fatal(err)
	}
	return found
}
