package jazzhrtest_test

import (
	"slices"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// values returns the values of a field of all rows, sorted.
func values(rows []map[string]any, field string) string {
	var all []string
	for _, r := range rows {
		all = append(all, r[field].(string))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func factJobs(w *world) {
	t := w.t
	j := w.acct.AddJob(jazzhrtest.Job{
		Title: "Welder", BoardCode: "tZqAHP6nnh", Department: "Yard", State: "ME", HiringLead: "usr_1",
	})
	w.acct.AddJob(jazzhrtest.Job{Title: "Senior Welder", Opened: w.clock.now().AddDate(0, 0, -9), Status: "Filled"})
	fields := strings.FieldsSeq("id team_id title country_id city state zip department description minimum_salary maximum_salary " +
		"notes original_open_date type status send_to_job_boards hiring_lead board_code internal_code questionnaire")
	for field := range fields {
		if _, present := w.rows("/jobs")[0][field]; !present {
			t.Errorf("no %s", field)
		}
	}
	for path, want := range map[string]string{
		"/jobs/board_code/tZqAHP6nnh":     "Welder",
		"/jobs/board_code/other":          "",
		"/jobs/title/welder":              "Senior Welder, Welder",
		"/jobs/department/Yard":           "Welder",
		"/jobs/state/ME":                  "Welder",
		"/jobs/hiring_lead/usr_1":         "Welder",
		"/jobs/recruiter/usr_1":           "Welder",
		"/jobs/status/Filled":             "Senior Welder",
		"/jobs/to_open_date/2026-11-20":   "Senior Welder",
		"/jobs/from_open_date/2026-11-20": "Welder",
		"/jobs/confidential/1":            "",
		"/jobs/private/0":                 "Senior Welder, Welder",
		"/jobs/team_id/other":             "",
		"/jobs/team_id/" + w.rows("/jobs/" + j.ID)[0]["team_id"].(string): "Senior Welder, Welder",
	} {
		if got := values(w.rows(path), "title"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func factJobDetail(w *world) {
	t := w.t
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "", j.ID)
	detail := w.object(w.get("/jobs/" + j.ID))
	applicants := anyRows(detail["job_applicants"])
	if detail["id"] != j.ID || len(applicants) != 1 || applicants[0]["prospect_id"] != p.ID ||
		applicants[0]["apply_date"] != "2026-11-23" {
		t.Fatalf("%v", detail)
	}
}

func factApplicantRows(w *world) {
	t := w.t
	j1, j2 := w.job("Welder"), w.job("Painter")
	p := w.person("Ada", "Lovelace", "ada@example.com", j1.ID, j2.ID)
	body := w.get("/applicants").body
	if strings.Contains(body, "example.com") || strings.Contains(body, "New") {
		t.Errorf("email or stage in %s", body)
	}
	rows := toRows(t, body)
	if values(rows, "id") != p.ID+", "+p.ID || values(rows, "job_title") != "Painter, Welder" {
		t.Errorf("%v", rows)
	}
	for field := range strings.FieldsSeq("id first_name last_name prospect_phone apply_date job_id job_title") {
		if _, present := rows[0][field]; !present {
			t.Errorf("no %s", field)
		}
	}
}

func factApplicantFilters(w *world) {
	t := w.t
	j := w.job("Welder")
	add := func(first, last, city string, daysAgo int, jobs ...string) {
		w.acct.AddApplicant(jazzhrtest.Applicant{
			FirstName: first, LastName: last, Email: "someone@example.com", City: city,
			Applied: w.clock.now().AddDate(0, 0, -daysAgo),
		}, jobs...)
	}
	add("Ada", "Lovelace", "London", 0, j.ID)
	add("Grace", "Hopper", "New York", 3)
	add("Siobhán", "Lovejoy", "London", 6)
	for path, want := range map[string]string{
		"/applicants/name/Love":                  "Lovejoy, Lovelace",
		"/applicants/name/lovelace":              "Lovelace",
		"/applicants/name/ada":                   "Lovelace",
		"/applicants/name/Siobhan":               "Lovejoy",
		"/applicants/name/op":                    "Hopper",
		"/applicants/name/someone":               "",
		"/applicants/email/someone@example.com":  "Hopper, Lovejoy, Lovelace", // no such filter
		"/applicants/city/London":                "Lovejoy, Lovelace",
		"/applicants/job_id/" + j.ID:             "Lovelace",
		"/applicants/job_title/Welder":           "Lovelace",
		"/applicants/status/New":                 "Lovelace",
		"/applicants/apply_date/2026-11-20":      "Hopper",
		"/applicants/from_apply_date/2026-11-20": "Hopper, Lovelace",
		"/applicants/to_apply_date/2026-11-20":   "Hopper, Lovejoy",
		"/applicants/from_apply_date/2026-11-18/to_apply_date/2026-11-21/page/1":              "Hopper",
		"/applicants/name/love/to_apply_date/2026-11-19/from_apply_date/2026-11-01":           "Lovejoy",
		"/applicants/name/" + strings.Repeat("x", 300) + "/from_apply_date/2026-11-01/page/2": "",
	} {
		if got := values(w.rows(path), "last_name"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func factApplicantDetail(w *world) {
	t := w.t
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "ada@example.com", j.ID)
	detail := w.object(w.get("/applicants/" + p.ID))
	for field := range strings.FieldsSeq("phone address source rating comments activities messages questionnaire evaluation categories") {
		if _, present := detail[field]; !present {
			t.Errorf("no %s", field)
		}
	}
	jobs := anyRows(detail["jobs"])
	if detail["id"] != p.ID || detail["email"] != "ada@example.com" || len(jobs) != 1 ||
		jobs[0]["job_id"] != j.ID || jobs[0]["job_title"] != "Welder" || jobs[0]["applicant_progress"] != "New" {
		t.Fatalf("%v", detail)
	}
}

func factDuplicates(w *world) {
	t := w.t
	j := w.job("Welder")
	fields := map[string]any{
		"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "job": j.ID, "workflow_step_id": 2910344, "apply_date": "2026-11-01",
	}
	first, second := w.object(w.post("/applicants", fields)), w.object(w.post("/applicants", fields))
	if first["prospect_id"] == second["prospect_id"] {
		t.Fatal("the same applicant twice")
	}
	if n := len(w.acct.ApplicantsByEmail("ADA@example.com")); n != 2 {
		t.Fatalf("%d applicants", n)
	}
	link := w.acct.Links(first["prospect_id"].(string))[0]
	if link.JobID != j.ID || link.Stage != "Interview" || link.Date.Format(time.DateOnly) != "2026-11-01" {
		t.Fatalf("%+v", link)
	}
	if d := w.Duplicates(); len(d) != 1 || d[0].Kind != "applicant" || len(d[0].IDs) != 2 {
		t.Fatalf("%v", d)
	}
}

func factLinks(w *world) {
	t := w.t
	j1, j2 := w.job("Welder"), w.job("Painter")
	p1, p2 := w.person("Ada", "Lovelace", "", j1.ID, j2.ID), w.person("Grace", "Hopper", "")
	a := w.post("/applicants2jobs", map[string]any{"applicant_id": p2.ID, "job_id": j1.ID, "workflow_step_id": "2910345"})
	id, _ := w.object(a)["appjob_id"].(string)
	for path, want := range map[string]int{
		"/applicants2jobs":                                            3,
		"/applicants2jobs/applicant_id/" + p1.ID:                      2,
		"/applicants2jobs/job_id/" + j1.ID:                            2,
		"/applicants2jobs/job_id/" + j1.ID + "/applicant_id/" + p1.ID: 1,
		"/applicants2jobs/applicant_id/" + p2.ID + "/job_id/" + j2.ID: 0,
		"/applicants2jobs/applicant_id/nobody":                        0,
		"/applicants2jobs/workflow_step_id/2910345":                   1,
		"/applicants2jobs/rating/5":                                   0,
	} {
		if got := len(w.rows(path)); got != want {
			t.Errorf("%s: %d rows", path, got)
		}
	}
	row := w.rows("/applicants2jobs/applicant_id/" + p2.ID)[0]
	if id == "" || row["id"] != id || row["job_id"] != j1.ID || row["workflow_step_id"] != "2910345" ||
		row["date"] != "2026-11-23" {
		t.Errorf("%v", row)
	}
}

func factRepeatedLink(w *world) {
	t := w.t
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "", j.ID)
	pair := map[string]any{"applicant_id": p.ID, "job_id": j.ID}
	w.post("/applicants2jobs", pair)
	if n := len(w.acct.Links(p.ID)); n != 2 {
		t.Fatalf("doubled: %d links", n)
	}
	if d := w.Duplicates(); len(d) != 1 || d[0].Kind != "link" {
		t.Fatalf("%v", d)
	}
	w.acct.Configure(func(s *jazzhrtest.Settings) { s.RepeatedLink = jazzhrtest.LinksRefused })
	if got := w.object(w.post("/applicants2jobs", pair)); got["_error"] == nil || len(w.acct.Links(p.ID)) != 2 {
		t.Fatalf("refused: %v", got)
	}
}

func factStages(w *world) {
	t := w.t
	j := w.job("Welder")
	p := w.person("Ada", "Lovelace", "", j.ID)
	if err := w.acct.MoveStage(p.ID, j.ID, "Interview"); err != nil {
		t.Fatal(err)
	}
	rows := w.rows("/activities/category/resume_status")
	if len(rows) != 1 || rows[0]["object_id"] != p.ID {
		t.Fatalf("%v", rows)
	}
	quoted := strings.Split(rows[0]["action"].(string), `"`)
	if len(quoted) != 7 || quoted[1] != "New" || quoted[3] != "Interview" || quoted[5] != "Welder" {
		t.Fatalf("%q", quoted)
	}
	if got := w.rows("/applicants2jobs/applicant_id/" + p.ID)[0]["workflow_step_id"]; got != "2910344" {
		t.Fatalf("step %v", got)
	}
	for _, bad := range [][3]string{{"nobody", j.ID, "Offer"}, {p.ID, "job_x", "Offer"}, {p.ID, j.ID, "Nirvana"}} {
		if err := w.acct.MoveStage(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v went through", bad)
		}
	}
}

func factActivities(w *world) {
	t := w.t
	p := w.person("Ada", "Lovelace", "")
	w.acct.Login()
	if _, err := w.acct.AddNote(p.ID, "text"); err != nil {
		t.Fatal(err)
	}
	login := w.rows("/activities/category/logins")
	if len(login) != 1 {
		t.Fatalf("%v", login)
	}
	for field := range strings.FieldsSeq("id category team_id user_id object_id action date time") {
		if _, present := login[0][field].(string); !present {
			t.Errorf("no %s", field)
		}
	}
	user, team := login[0]["user_id"].(string), login[0]["team_id"].(string)
	for path, want := range map[string]int{
		"/activities":                        3,
		"/activities/object_id/" + p.ID:      2,
		"/activities/user_id/" + user:        2,
		"/activities/team_id/" + team:        3,
		"/activities/team_id/other":          0,
		"/activities/from_date/2030-01-01":   3, // there is no filter by date
		"/activities/object_id/x/page/1":     0,
		"/activities/category/x/user_id/y":   0,
		"/activities/page/2":                 0,
		"/activities/category/LOGINS/page/1": 0,
	} {
		if got := len(w.rows(path)); got != want {
			t.Errorf("%s: %d rows", path, got)
		}
	}
}
