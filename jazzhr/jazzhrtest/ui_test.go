package jazzhrtest_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// page reads a page.
func (w *world) page(path string) answer {
	w.t.Helper()
	a, err := w.do("GET", w.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// submit posts a form, as a browser does from the page itself.
func (w *world) submit(path string, form url.Values) answer {
	w.t.Helper()
	return w.submitFrom("same-origin", path, form)
}

func (w *world) submitFrom(site, path string, form url.Values) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.context(), http.MethodPost, w.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", site)
	res, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body := new(strings.Builder)
	if _, err := bufio.NewReader(res.Body).WriteTo(body); err != nil {
		w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, body.String()}
}

func wantText(t *testing.T, a answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("no %q in\n%s", text, a.body)
		}
	}
}

// TestPageStory acts as a recruiter: connect, add a candidate, move and export it, and see the
// note.
func TestPageStory(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	j := w.job("Welder <Senior>")
	home := "/accounts/" + w.acct.ID()

	wantText(t, w.page("/"), "Company 1", `href="`+home+`"`)
	wantText(t, w.page(home), "Welder &lt;Senior&gt;", "No candidates yet.")

	added := w.submit(home+"/candidates", url.Values{
		"first_name": {"Zoë"}, "last_name": {"Brontë"}, "email": {"zoe@example.com"}, "job": {j.ID},
	})
	wantStatus(t, added, 303)
	candidate := added.header.Get("Location")
	p := w.acct.Applicants()[0]
	wantText(t, w.page(candidate), "Zoë Brontë", "zoe@example.com", "in stage New", "No notes yet.", "disabled", "Not exported yet.")

	// Without verification the page says why, and nothing is exported.
	r.answer(404)
	integration := url.Values{"name": {"Intrvio"}, "url": {r.URL}, "secret": {testSecret}}
	wantStatus(t, w.submit(home+"/settings", integration), 303)
	wantText(t, w.page(home+"/settings"), testKey, "Not verified: it answered 404 instead of 200")
	refused := w.submit(candidate+"/export", url.Values{"job": {j.ID}})
	wantStatus(t, refused, 422)
	wantText(t, refused, "no verified integration")

	r.answer(200)
	wantStatus(t, w.submit(home+"/settings", integration), 303)
	wantText(t, w.page(home+"/settings"), ">Verified<", "Save integration")
	wantText(t, w.page("/"), ">Verified<")
	wantText(t, w.page(candidate), "Export to Intrvio")
	wantStatus(t, w.submit(candidate+"/export", url.Values{"job": {j.ID}}), 303)
	wantText(t, w.page(candidate), ">Sent<", "Send again")
	wantStatus(t, w.submit(candidate+"/resend", url.Values{"uuid": {w.acct.Deliveries()[2].UUID}}), 303)
	wantText(t, w.page(candidate), "after 2 attempts")
	if n := len(r.requests()); n != 4 { // twice VERIFY, twice the export
		t.Errorf("%d requests", n)
	}
	r.answer(503)
	wantStatus(t, w.submit(candidate+"/export", url.Values{"job": {j.ID}}), 303)
	wantText(t, w.page(candidate), "Not received: answered 503")

	wantStatus(t, w.submit(candidate+"/stage", url.Values{"job": {j.ID}, "stage": {"Interview"}}), 303)
	if _, err := w.note(p); err != nil {
		t.Fatal(err)
	}
	wantText(t, w.page(candidate), "in stage Interview", `<div class="text">text</div>`, "added a comment")
	wantText(t, w.page(home+"/activity"), "resume_status", "from &#34;New&#34; to &#34;Interview&#34;")
	wantText(t, w.page(home+"?job="+j.ID), "Candidates for Welder", "Zoë Brontë")
}

func TestPageRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	home := "/accounts/" + w.acct.ID()
	candidate := home + "/candidates/" + w.person("Ada", "Lovelace", "ada@example.com").ID
	for name, c := range map[string]struct {
		path   string
		form   url.Values
		status int
		text   string
	}{
		"no name":           {home + "/candidates", url.Values{"email": {"kept@example.com"}}, 422, `value="kept@example.com"`},
		"unknown job":       {home + "/candidates", url.Values{"first_name": {"A"}, "last_name": {"B"}, "email": {"c"}, "job": {"x"}}, 422, "not known"},
		"no URL":            {home + "/settings", url.Values{"name": {"Kept"}}, 422, `value="Kept"`},
		"wrong scheme":      {home + "/settings", url.Values{"name": {"N"}, "url": {"ftp://example.com/x"}, "secret": {"s"}}, 422, "http://"},
		"unknown stage":     {candidate + "/stage", url.Values{"job": {"x"}, "stage": {"Nirvana"}}, 422, "unknown stage"},
		"unknown export":    {candidate + "/resend", url.Values{"uuid": {"x"}}, 422, "unknown delivery"},
		"unknown candidate": {home + "/candidates/nobody/export", nil, 404, ""},
		"unknown account":   {"/accounts/none/settings", nil, 404, ""},
	} {
		a := w.submit(c.path, c.form)
		if a.status != c.status || !strings.Contains(a.body, c.text) {
			t.Errorf("%s: status %d\n%s", name, a.status, a.body)
		}
	}
	a := w.submitFrom("cross-site", home+"/candidates", url.Values{
		"first_name": {"A"}, "last_name": {"B"}, "email": {"c"},
	})
	wantStatus(t, a, 403)
	if n := len(w.acct.Applicants()); n != 1 {
		t.Errorf("%d applicants", n)
	}
}

func TestPageFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, kind := range map[string]string{"/static/page.css": "text/css", "/static/page.js": "text/javascript"} {
		a := w.page(path)
		wantStatus(t, a, 200)
		if !strings.HasPrefix(a.header.Get("Content-Type"), kind) {
			t.Errorf("%s is %s", path, a.header.Get("Content-Type"))
		}
	}
	wantStatus(t, w.page("/static/layout.html"), 404)
	wantStatus(t, w.page("/nothing"), 404)
	policy := w.page("/").header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if body := w.page("/").body; strings.Contains(body, "style=") || strings.Contains(body, "onclick") {
		t.Error("the policy forbids what is inline")
	}
}

// TestPageHearsOfChanges reads the events that make the page reload its content.
func TestPageHearsOfChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req, err := http.NewRequestWithContext(w.context(), http.MethodGet, w.URL+"/changes", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return ""
	}
	if got := next(); got != "data: changed" {
		t.Fatalf("at first %q", got)
	}
	w.person("Ada", "Lovelace", "ada@example.com")
	if got := next(); got != "data: changed" {
		t.Fatalf("after a change %q", got)
	}
	w.Close()
	if got := next(); got != "" || lines.Err() != nil {
		t.Fatalf("after the end %q, %v", got, lines.Err())
	}
}

// TestPageOfManyCandidates checks that a long list is cut, and that the page says how many more
// there are.
func TestPageOfManyCandidates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 205 {
		w.acct.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "L"})
	}
	wantText(t, w.page("/accounts/"+w.acct.ID()), "and 5 more")
}
