package jazzhrtest_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

func factPathFilters(w *world) {
	t := w.t
	w.acct.AddJob(jazzhrtest.Job{Title: "Welder", City: "Bath", Status: "Open"})
	w.acct.AddJob(jazzhrtest.Job{Title: "Painter", City: "Bath", Status: "Closed"})
	w.acct.AddJob(jazzhrtest.Job{Title: "Rigger", City: "Hull", Status: "Open"})
	for _, path := range []string{"/jobs/status/open/city/Bath/page/1", "/jobs/page/1/city/Bath/status/open"} {
		rows := w.rows(path)
		if len(rows) != 1 || rows[0]["title"] != "Welder" {
			t.Fatalf("%s: %v", path, rows)
		}
	}
	w.acct.AddJob(jazzhrtest.Job{Title: "A/V Technician", City: "Bath"})
	if rows := w.rows("/jobs/title/A%2FV"); len(rows) != 1 {
		t.Fatalf("escaped slash: %v", rows)
	}
}

func factQueryIgnored(w *world) {
	t := w.t
	w.job("Welder")
	w.job("Painter")
	if rows := w.rows("/jobs?title=Welder&page=9"); len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
}

func factPages(w *world) {
	t := w.t
	for i := range 203 {
		w.person("Ada", fmt.Sprintf("Number%d", i), fmt.Sprintf("a%d@example.com", i))
	}
	for page, want := range map[int]int{1: 100, 2: 100, 3: 3} {
		if got := len(w.rows(fmt.Sprintf("/applicants/page/%d", page))); got != want {
			t.Errorf("page %d has %d rows", page, got)
		}
	}
	wantBody(t, w.get("/applicants/page/4"), "[]")
	if got := len(w.rows("/applicants")); got != 100 {
		t.Errorf("without a page: %d rows", got)
	}
}

func factNewestFirst(w *world) {
	t := w.t
	for d := range 12 {
		w.acct.AddApplicant(jazzhrtest.Applicant{
			FirstName: "Ada", LastName: "L", Applied: w.clock.now().AddDate(0, 0, (d*5)%12),
		})
	}
	last := "9999"
	for _, r := range w.rows("/applicants") {
		if on := r["apply_date"].(string); on > last {
			t.Fatalf("%s after %s", on, last)
		} else {
			last = on
		}
	}
}

func factNotStrict(w *world) {
	t := w.t
	for i := range 40 {
		w.person("Ada", fmt.Sprintf("%02d", i), "")
	}
	steps := 0
	last := "99"
	for _, r := range w.rows("/applicants") {
		if r["last_name"].(string) > last {
			steps++
		}
		last = r["last_name"].(string)
	}
	if steps == 0 {
		t.Fatal("the rows of a day are in strict order")
	}
}

func factShift(w *world) {
	t := w.t
	for i := range 150 {
		w.person("Ada", fmt.Sprintf("Number%d", i), "")
	}
	seen := map[any]int{}
	for _, r := range w.rows("/applicants/page/1") {
		seen[r["id"]]++
	}
	w.clock.advance(24 * time.Hour)
	w.person("Late", "Arrival", "")
	repeated := 0
	for _, r := range w.rows("/applicants/page/2") {
		if seen[r["id"]] > 0 {
			repeated++
		}
	}
	if repeated != 1 {
		t.Fatalf("%d rows repeated, want 1", repeated)
	}
}

func factOneRow(w *world) {
	t := w.t
	wantBody(t, w.get("/jobs"), "[]")
	w.job("Welder")
	if body := w.get("/jobs").body; !strings.HasPrefix(body, "{") {
		t.Fatalf("one row: %s", body)
	}
	w.job("Painter")
	if body := w.get("/jobs").body; !strings.HasPrefix(body, "[{") {
		t.Fatalf("two rows: %s", body)
	}
}

func factNestedLists(w *world) {
	t := w.t
	j1, j2 := w.job("Welder"), w.job("Painter")
	for n, jobs := range [][]string{{}, {j1.ID}, {j1.ID, j2.ID}} {
		p := w.person("Ada", "Lovelace", "", jobs...)
		list := w.object(w.get("/applicants/" + p.ID))["jobs"]
		_, bare := list.(map[string]any)
		if bare != (n == 1) || len(anyRows(list)) != n {
			t.Fatalf("%d jobs: %v", n, list)
		}
	}
}

func factNull(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "")
	w.acct.Configure(func(s *jazzhrtest.Settings) { s.NullLists = true })
	detail := w.object(w.get("/applicants/" + p.ID))
	for _, field := range []string{"comments", "jobs", "messages"} {
		if v, present := detail[field]; !present || v != nil {
			t.Errorf("%s is %v", field, v)
		}
	}
}
