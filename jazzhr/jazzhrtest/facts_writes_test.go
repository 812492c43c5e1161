package jazzhrtest_test

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

func factNoteRoutes(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "")
	type result struct {
		status  int
		written bool
	}
	for route, want := range map[jazzhrtest.NotesRoute][2]result{ // by applicant, by POST /notes
		jazzhrtest.NotesBoth:        {{200, true}, {200, true}},
		jazzhrtest.NotesOnly:        {{404, false}, {200, true}},
		jazzhrtest.NotesByApplicant: {{200, true}, {404, false}},
		jazzhrtest.NotesSwallowed:   {{200, false}, {200, true}},
	} {
		w.acct.Configure(func(s *jazzhrtest.Settings) { s.NotesRoute = route })
		for i, path := range []string{"/applicants/" + p.ID + "/notes", "/notes"} {
			before := len(w.acct.Notes(p.ID))
			a := w.post(path, map[string]any{"applicant_id": p.ID, "contents": "text"})
			written := len(w.acct.Notes(p.ID)) > before
			if got := (result{a.status, written}); got != want[i] {
				t.Errorf("%q, %s: %v, want %v", route, path, got, want[i])
			}
			if written != strings.Contains(a.body, "comment_id") {
				t.Errorf("%q, %s: %s", route, path, a.body)
			}
		}
	}
}

func factNoteShows(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "")
	id := w.object(w.post("/notes", map[string]any{
		"applicant_id": p.ID, "contents": "Ada </b> was \"good\" – très bien 🎉",
	}))["comment_id"]
	detail := w.object(w.get("/applicants/" + p.ID))
	note := anyRows(detail["comments"])[0]
	if note["id"] != id || note["text"] != "Ada </b> was \"good\" – très bien 🎉" ||
		note["author_id"] != "usr_anonymous" {
		t.Errorf("%v", note)
	}
	if body := w.get("/applicants/" + p.ID).body; !strings.Contains(body, `"text":"Ada <\/b> was \"good\" \u2013 tr\u00e8s bien \ud83c\udf89"`) {
		t.Errorf("not as PHP writes: %s", body)
	}
	if n := len(anyRows(detail["activities"])); n != 2 { // one for the applicant, one for the note
		t.Errorf("%d activities", n)
	}
	if n := len(w.rows("/activities/category/" + jazzhrtest.CategoryNote)); n != 1 {
		t.Errorf("%d in the feed", n)
	}
}

func factHiddenNotes(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "")
	if _, err := w.acct.AddNote(p.ID, "One & two\nthree"); err != nil {
		t.Fatal(err)
	}
	read := func(change func(*jazzhrtest.Settings)) (any, bool) {
		w.acct.Configure(func(s *jazzhrtest.Settings) { *s = jazzhrtest.Settings{}; change(s) })
		v, present := w.object(w.get("/applicants/" + p.ID))["comments"]
		return v, present
	}
	if v, present := read(func(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsOmitted }); present {
		t.Errorf("omitted: %v", v)
	}
	if v, present := read(func(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsEmpty }); !present ||
		len(v.([]any)) != 0 {
		t.Errorf("empty: %v", v)
	}
	if v, _ := read(func(s *jazzhrtest.Settings) { s.CommentLimit = 5 }); anyRows(v)[0]["text"] != "One &" {
		t.Errorf("shortened: %v", v)
	}
	if v, _ := read(func(s *jazzhrtest.Settings) { s.NoteForm = jazzhrtest.NoteHTML }); anyRows(v)[0]["text"] != "One &amp; two<br />\nthree" {
		t.Errorf("HTML: %v", v)
	}
}

func factReadLag(w *world) {
	t := w.t
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "")
	w.acct.Configure(func(s *jazzhrtest.Settings) { s.ReadLag = time.Minute })
	made := w.object(w.post("/applicants", map[string]any{
		"first_name": "Grace", "last_name": "Hopper", "email": "g@example.com", "job": j.ID,
	}))["prospect_id"].(string)
	w.post("/applicants2jobs", map[string]any{"applicant_id": p.ID, "job_id": j.ID})
	w.post("/notes", map[string]any{"applicant_id": p.ID, "contents": "text"})
	look := func() map[string]int {
		detail := w.object(w.get("/applicants/" + p.ID))
		return map[string]int{
			"rows": len(w.rows("/applicants")), "links": len(w.rows("/applicants2jobs")), "activities": len(w.rows("/activities")),
			"comments": len(anyRows(detail["comments"])), "jobs": len(anyRows(detail["jobs"])),
			"in job": len(anyRows(w.object(w.get("/jobs/" + j.ID))["job_applicants"])),
		}
	}
	// Before, readers see only Ada and her application.
	if got, want := look(), map[string]int{"rows": 1, "links": 0, "activities": 1, "comments": 0, "jobs": 0, "in job": 0}; !maps.Equal(got, want) {
		t.Errorf("before: %v", got)
	}
	wantBody(t, w.get("/applicants/"+made), "")
	w.clock.advance(time.Minute)
	if got, want := look(), map[string]int{"rows": 2, "links": 2, "activities": 5, "comments": 1, "jobs": 1, "in job": 2}; !maps.Equal(got, want) {
		t.Errorf("after: %v", got)
	}
	if got := w.object(w.get("/applicants/" + made))["id"]; got != made {
		t.Errorf("made %v", got)
	}
}

func factMerge(w *world) {
	t := w.t
	j := w.job("Welder")
	for _, drops := range []bool{false, true} {
		w.acct.Configure(func(s *jazzhrtest.Settings) { s.MergeDrops = drops })
		from, into := w.person("Ada", "Lovelace", "a@example.com", j.ID), w.person("Ada", "King", "b@example.com")
		if _, err := w.acct.AddNote(from.ID, "text"); err != nil {
			t.Fatal(err)
		}
		if err := w.acct.Merge(from.ID, into.ID); err != nil {
			t.Fatal(err)
		}
		a := w.get("/applicants/" + from.ID)
		wantStatus(t, a, 200)
		wantBody(t, a, "")
		want := 1
		if drops {
			want = 0
		}
		detail := w.object(w.get("/applicants/" + into.ID))
		if n := len(anyRows(detail["comments"])); n != want {
			t.Errorf("drops %v: %d notes", drops, n)
		}
		if n := len(w.rows("/applicants2jobs/applicant_id/" + into.ID)); n != want {
			t.Errorf("drops %v: %d links", drops, n)
		}
		if n := len(w.rows("/applicants2jobs/applicant_id/" + from.ID)); n != 0 {
			t.Errorf("drops %v: %d links stayed", drops, n)
		}
		if strings.Contains(w.get("/jobs/"+j.ID).body, from.ID) {
			t.Errorf("drops %v: the job still has the one who is gone", drops)
		}
		if rows := w.rows("/applicants/name/Lovelace"); len(rows) != 0 {
			t.Errorf("drops %v: %v", drops, rows)
		}
		if n := len(w.rows("/activities/category/resume_delete/object_id/" + from.ID)); n != 1 {
			t.Errorf("drops %v: %d activities", drops, n)
		}
		if got := w.object(w.post("/notes", map[string]any{"applicant_id": from.ID, "contents": "x"})); got["_error"] == nil {
			t.Errorf("a note to nobody: %v", got)
		}
	}
}

func factNotes(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "")
	a := w.post("/notes", map[string]any{
		"applicant_id": p.ID, "contents": "Well done.", "security": "1", "user_id": "usr_anonymous",
	})
	wantStatus(t, a, http.StatusOK)
	notes := w.acct.Notes(p.ID)
	if len(notes) != 1 || notes[0].Text != "Well done." || notes[0].ID != w.object(a)["comment_id"] {
		t.Fatalf("%+v", notes)
	}
}
