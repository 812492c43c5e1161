package jazzhrtest_test

import (
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// TestErase checks that Erase removes one person from every list and leaves others alone.
func TestErase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.job("Welder")
	ada := w.person("Ada", "Lovelace", "ada@example.com", job.ID)
	grace := w.person("Grace", "Hopper", "grace@example.com", job.ID)
	if err := w.acct.Erase(ada.ID); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/applicants", "/applicants2jobs", "/applicants/name/Lovelace", "/applicants/job_id/" + job.ID,
	} {
		for _, row := range w.rows(path) {
			if row["id"] == ada.ID || row["applicant_id"] == ada.ID {
				t.Errorf("%s still has %v", path, row)
			}
		}
	}
	if got := w.acct.Activities(ada.ID); len(got) != 1 || got[0].Category != jazzhrtest.CategoryDelete {
		t.Errorf("the feed tells %+v", got)
	}
	if rows := w.rows("/activities/category/" + jazzhrtest.CategoryApplied); len(rows) != 1 ||
		rows[0]["object_id"] != grace.ID {
		t.Errorf("applied: %v", rows)
	}
	if len(w.acct.ApplicantsByEmail("ada@example.com")) != 0 || len(w.acct.Applicants()) != 1 ||
		len(w.acct.Links("")) != 1 {
		t.Error("the account still has the person")
	}
	if err := w.acct.Erase(ada.ID); err == nil {
		t.Error("erased twice")
	}
}

// TestAddActivity checks that an activity of an earlier day is listed among that day's, below
// today's.
func TestAddActivity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acct.Login()
	w.clock.advance(24 * time.Hour)
	w.acct.Login()
	late := w.acct.AddActivity(jazzhrtest.Activity{
		Category: "mystery", ObjectID: "x", Action: "?", At: w.clock.now().Add(-24 * time.Hour),
	})
	now := w.acct.AddActivity(jazzhrtest.Activity{Category: "mystery", ObjectID: "y", Action: "?"})
	rows := w.rows("/activities")
	today := w.clock.now().Format(time.DateOnly)
	if len(rows) != 4 || rows[0]["date"] != today || rows[1]["date"] != today || rows[2]["date"] == today {
		t.Fatalf("the feed is %v", rows)
	}
	found := map[any]any{}
	for _, row := range rows {
		found[row["id"]] = row["object_id"]
	}
	if found[late.ID] != "x" || found[now.ID] != "y" {
		t.Errorf("the feed is %v", rows)
	}
}
