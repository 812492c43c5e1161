package jazzhrtest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// TestFacts checks the simulator against what is known of JazzHR's API. Each fact has a mark for
// how well it is known. seen: in recorded traffic or official text. agreed: by two or more public
// clients. one: by one public client. guess: not known, and so a setting of the simulator.
func TestFacts(t *testing.T) {
	t.Parallel()
	facts := []struct {
		mark, fact string
		check      func(*world)
	}{
		{"seen", "the key of a GET is the query parameter apikey", factKeyInQuery},
		{"agreed", "the key of a POST is the field apikey of the body", factKeyInBody},
		{"agreed", "a new key kills the old at once", factNewKey},
		{"agreed", "there is GET and POST only", factMethods},
		{"agreed", "success is 200, also for POST", factSuccess},
		{"agreed", "filters are path segments in any order", factPathFilters},
		{"agreed", "filters and pages in the query string are ignored", factQueryIgnored},
		{"agreed", "a page has 100 rows, the last fewer, past the end is []", factPages},
		{"agreed", "newest first", factNewestFirst},
		{"agreed", "not strict within a day", factNotStrict},
		{"agreed", "rows shift while being paged", factShift},
		{"seen", "one row is a bare object, none is [], several an array", factOneRow},
		{"seen", "nested lists do the same", factNestedLists},
		{"one", "an empty nested list may be null", factNull},
		{"seen", "an unknown job is answered with 200", factUnknownJob},
		{"seen", "an unknown applicant is answered with 200 and nothing", factUnknownApplicant},
		{"seen", "a bad key gives 401 with JSON that is labelled as HTML", factBadKey},
		{"agreed", "business errors come with status 200, in three forms", factBusinessErrors},
		{"agreed", "a key may make 80 calls a minute, then 429", factRateLimit},
		{"one", "a created applicant may not be usable at once", factUsableAfter},
		{"agreed", "values are strings, dates and times without zone", factValues},
		{"agreed", "some fields change type from reply to reply", factVaryingTypes},
		{"agreed", "ids have a prefix, 14 digits and 16 characters", factIDs},
		{"agreed", "rows of jobs have these fields and filters", factJobs},
		{"agreed", "a job's detail adds its applicants", factJobDetail},
		{"agreed", "rows of applicants have no email and repeat by application", factApplicantRows},
		{"agreed", "applicants are found by a part of the name, not by email", factApplicantFilters},
		{"agreed", "an applicant's detail adds the email, jobs, comments and activities", factApplicantDetail},
		{"agreed", "a second POST of the same person makes a second applicant", factDuplicates},
		{"agreed", "links are found by the pair", factLinks},
		{"guess", "a repeated link is doubled or refused, by setting", factRepeatedLink},
		{"one", "resume_status holds from, to and job in double quotes", factStages},
		{"one", "activities are filtered by object, category, user and team", factActivities},
		{"agreed", "notes come by POST /notes", factNotes},
		{"guess", "notes come by POST /applicants/{id}/notes, or not, by setting", factNoteRoutes},
		{"agreed", "a note shows among the comments and in the activities", factNoteShows},
		{"guess", "an account may hide, shorten or mark up notes", factHiddenNotes},
		{"guess", "reads may lag writes", factReadLag},
		{"guess", "a merged applicant is gone, and its notes and links move or vanish", factMerge},
	}
	for _, f := range facts {
		t.Run(f.mark+" "+f.fact, func(t *testing.T) {
			t.Parallel()
			f.check(newWorld(t))
		})
	}
}

func factKeyInQuery(w *world) {
	t := w.t
	wantStatus(t, w.get("/jobs"), 200)
	a, err := w.do("GET", w.BaseURL+"/jobs", nil)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, a, 200)
	wantBody(t, a, `{"error":"apikey not set"}`)
}

func factKeyInBody(w *world) {
	t := w.t
	a, err := w.do("POST", w.BaseURL+"/applicants?apikey="+testKey, strings.NewReader(`{"first_name":"Ada","last_name":"L","email":"a@example.com"}`))
	if err != nil {
		t.Fatal(err)
	}
	wantBody(t, a, `{"error":"apikey not set"}`)
	if n := len(w.acct.Applicants()); n != 0 {
		t.Fatalf("%d applicants", n)
	}
}

func factNewKey(w *world) {
	t := w.t
	w.person("Ada", "Lovelace", "ada@example.com")
	w.acct.RotateKey("another")
	wantStatus(t, w.get("/applicants"), 401)
	a, err := w.tryAs("another", "GET", "/applicants", nil)
	if err != nil || a.status != 200 || len(toRows(t, a.body)) != 1 {
		t.Fatalf("new key: %v %v", a, err)
	}
}

func factMethods(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "ada@example.com")
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		a, err := w.try(method, "/applicants/"+p.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, a, 405)
	}
	wantStatus(t, w.get("/nothing"), 404)
}

func factSuccess(w *world) {
	t := w.t
	a := w.post("/applicants", map[string]any{"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"})
	wantStatus(t, a, 200)
	id, _ := w.object(a)["prospect_id"].(string)
	if p, found := w.acct.Applicant(id); !found || p.Email != "ada@example.com" {
		t.Fatalf("%q is not stored", id)
	}
}

func factUnknownJob(w *world) {
	t := w.t
	a := w.get("/jobs/nope")
	wantStatus(t, a, 200)
	wantBody(t, a, `{"job_applicants":[]}`)
}

func factUnknownApplicant(w *world) {
	t := w.t
	a := w.get("/applicants/prospect_20200101000000_AAAAAAAAAAAAAAAA")
	wantStatus(t, a, 200)
	wantBody(t, a, "")
}

func factBadKey(w *world) {
	t := w.t
	for _, method := range []string{"GET", "POST"} {
		a, err := w.tryAs("wrong", method, "/applicants", nil)
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, a, 401)
		wantBody(t, a, `{"error":"invalid api key"}`)
		if got := a.header.Get("Content-Type"); got != "text/html;charset=UTF-8" {
			t.Errorf("Content-Type %q", got)
		}
	}
}

func factBusinessErrors(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "")
	for _, c := range []struct {
		path   string
		fields map[string]any
		body   string
	}{
		{"/applicants", map[string]any{"first_name": "Ada"}, `{"_error":"last_name was not set"}`},
		{"/applicants2jobs", map[string]any{"job_id": "job_x"}, `{"_error":"applicant_id was not set"}`},
		{"/applicants2jobs", map[string]any{"applicant_id": p.ID, "job_id": "job_x"}, `"error: job not found"`},
		{"/applicants2jobs", map[string]any{"applicant_id": "nobody", "job_id": "job_x"}, `{"_error":"applicant not found"}`},
		{"/notes", map[string]any{"contents": "text"}, `{"_error":"applicant_id was not set"}`},
		{"/notes", map[string]any{"applicant_id": p.ID}, `{"_error":"contents was not set"}`},
		{"/notes", map[string]any{"apikey": "", "applicant_id": p.ID}, `{"error":"apikey not set"}`},
	} {
		a := w.post(c.path, c.fields)
		wantStatus(t, a, 200)
		wantBody(t, a, c.body)
	}
	if n := len(w.Writes()); n != 0 {
		t.Fatalf("%d writes", n)
	}
}

func factRateLimit(outer *world) {
	t := outer.t
	w := newWorldWith(t, jazzhrtest.Options{})
	other := w.AddAccount("other")
	for range 40 {
		wantStatus(t, w.get("/jobs"), 200)
	}
	w.clock.advance(30 * time.Second)
	for range 40 {
		wantStatus(t, w.post("/notes", nil), 200)
	}
	a := w.get("/jobs")
	wantStatus(t, a, 429)
	if got := a.header.Get("Retry-After"); got != "" {
		t.Errorf("Retry-After %q", got)
	}
	if a, err := w.tryAs(other.Key(), "GET", "/jobs", nil); err != nil || a.status != 200 {
		t.Errorf("another key: %v %v", a, err)
	}
	w.clock.advance(30 * time.Second)
	for range 40 { // the first forty have left the window
		wantStatus(t, w.get("/jobs"), 200)
	}
	wantStatus(t, w.get("/jobs"), 429)

	withHeader := newWorldWith(t, jazzhrtest.Options{CallsPerMinute: 1, RetryAfter: true})
	withHeader.get("/jobs")
	withHeader.clock.advance(20 * time.Second)
	if got := withHeader.get("/jobs").header.Get("Retry-After"); got != "40" {
		t.Errorf("Retry-After %q", got)
	}
}

func factUsableAfter(w *world) {
	t := w.t
	w.acct.Configure(func(s *jazzhrtest.Settings) { s.UsableAfter = 2 * time.Second })
	a := w.post("/applicants", map[string]any{"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"})
	note := map[string]any{"applicant_id": w.object(a)["prospect_id"], "contents": "text"}
	if got := w.object(w.post("/notes", note)); got["_error"] == nil {
		t.Fatalf("at once: %v", got)
	}
	w.clock.advance(2 * time.Second)
	if got := w.object(w.post("/notes", note)); got["comment_id"] == nil {
		t.Fatalf("later: %v", got)
	}
}

func factValues(w *world) {
	t := w.t
	w.job("Welder")
	for field, v := range w.rows("/jobs")[0] {
		if _, text := v.(string); !text {
			t.Errorf("%s is a %T", field, v)
		}
	}
	p := w.person("Ada", "Lovelace", "")
	if _, err := w.acct.AddNote(p.ID, "text"); err != nil {
		t.Fatal(err)
	}
	detail := w.object(w.get("/applicants/" + p.ID))
	note := anyRows(detail["comments"])[0]
	if note["date"] != "2026-11-23" || note["time"] != "09:30:00" || detail["desired_start_date"] != "0000-00-00" {
		t.Errorf("%v %v %v", note["date"], note["time"], detail["desired_start_date"])
	}
}

func factVaryingTypes(w *world) {
	t := w.t
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "", j.ID)
	ratings, steps := map[string]bool{}, map[string]bool{}
	for range 6 {
		detail := w.object(w.get("/applicants/" + p.ID))
		ratings[fmt.Sprintf("%T", detail["rating"])] = true
		steps[fmt.Sprintf("%T", anyRows(detail["jobs"])[0]["workflow_step_id"])] = true
	}
	if len(ratings) != 3 || len(steps) != 2 {
		t.Fatalf("ratings %v, steps %v", ratings, steps)
	}
}

func factIDs(w *world) {
	t := w.t
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "", j.ID)
	form := regexp.MustCompile(`^(prospect|job|projob)_20261123093000_[A-Z0-9]{16}$`)
	for _, id := range []string{j.ID, p.ID, w.acct.Links(p.ID)[0].ID} {
		if !form.MatchString(id) {
			t.Errorf("id %q", id)
		}
	}
}
