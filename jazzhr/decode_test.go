package jazzhr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeList(t *testing.T) {
	t.Parallel()
	one := []Job{{ID: "job_1", Title: "Welder"}}
	for _, test := range []struct {
		name, body string
		want       []Job
		unreadable bool
	}{
		{name: "array", body: `[{"id":"job_1","title":"Welder"},{"id":2}]`, want: []Job{one[0], {ID: "2"}}},
		{name: "array of one", body: `[{"id":"job_1","title":"Welder"}]`, want: one},
		{name: "bare object", body: `{"id":"job_1","title":"Welder"}`, want: one},
		{name: "none", body: `[]`},
		{name: "null", body: ` null `},
		{name: "byte order mark", body: "\ufeff[]"},
		{name: "odd values", body: `[{"id":" job_1 ","title":"Welder","city":false,"state":[],"department":null,"original_open_date":"0000-00-00"}]`, want: one},
		{name: "NUL", body: `[{"id":"job_1","title":"Wel\u0000der"}]`, want: one},
		{name: "number keeps its digits", body: `[{"id":12345678901234567890}]`, want: []Job{{ID: "12345678901234567890"}}},
		{name: "row without id", body: `[{"id":"job_1"},{"title":"Welder"}]`, unreadable: true},
		{name: "null row", body: `[null]`, unreadable: true},
		{name: "text row", body: `["x"]`, unreadable: true},
		{name: "nested", body: `[[{"id":"job_1"}]]`, unreadable: true},
		{name: "other object", body: `{"job_applicants":[]}`, unreadable: true},
		{name: "empty object", body: `{}`, unreadable: true},
		{name: "number", body: `0`, unreadable: true},
		{name: "false", body: `false`, unreadable: true},
		{name: "text", body: `"none"`, unreadable: true},
		{name: "page", body: `<html>`, unreadable: true},
		{name: "empty", body: ``, unreadable: true},
		{name: "cut off", body: `[{"id":"job_1"}`, unreadable: true},
		{name: "two", body: `[][]`, unreadable: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			page, err := decodePage(test.body)
			if (err != nil) != test.unreadable {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(append([]Job{}, test.want...), append([]Job{}, page.Items...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func decodePage(body string) (Page[Job], error) {
	return decodeList(parseBody([]byte(body)), parseJob)
}

func TestLastPage(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int]bool{0: true, 1: true, 99: true, 100: false, 101: false} {
		body := "[" + strings.TrimSuffix(strings.Repeat(`{"id":"job_1"},`, rows), ",") + "]"
		if page, err := decodePage(body); err != nil || page.Last != want || len(page.Items) != rows {
			t.Errorf("%d rows: last %v, %d items, %v", rows, page.Last, len(page.Items), err)
		}
	}
}

func TestComments(t *testing.T) {
	t.Parallel()
	one := []Comment{{ID: "c1", Text: "<p>hi</p>", Date: "2026-11-23", Time: "08:00:00"}}
	const comment = `{"id":"c1","text":"<p>hi</p>","date":"2026-11-23","time":"08:00:00","author_name":false}`
	for _, test := range []struct {
		member string
		known  bool
		want   []Comment
	}{
		{`,"comments":[` + comment + `]`, true, one},
		{`,"comments":` + comment, true, one},
		{`,"comments":[]`, true, nil},
		{`,"comments":null`, true, nil},
		{``, false, nil},
		{`,"comments":false`, false, nil},
		{`,"comments":""`, false, nil},
		{`,"comments":"1 note"`, false, nil},
		{`,"comments":[` + comment + `,"x"]`, false, nil},
		{`,"comments":{"2":` + comment + `,"5":` + comment + `}`, false, nil}, // as PHP writes an array with holes
		{`,"comments":[` + comment + `,{"id":"c2","text":null}]`, false, nil},
		{`,"comments":[` + comment + `,{"id":"c2"}]`, false, nil},
	} {
		applicant, err := decodeOne(parseBody([]byte(`{"id":"p"`+test.member+`}`)), "p", parseApplicant)
		if err != nil || applicant.CommentsKnown != test.known {
			t.Errorf("%s: known %v, %v", test.member, applicant.CommentsKnown, err)
		}
		if diff := cmp.Diff(test.want, applicant.Comments); diff != "" {
			t.Errorf("%s: %s", test.member, diff)
		}
	}
}

func TestApplicant(t *testing.T) {
	t.Parallel()
	detail := parseBody([]byte(`{"id":"p","first_name":"Zo&euml;","last_name":"O&#039;Li","email":"z.o&#39;li@example.com","phone":4121234567,
		"source":false,"apply_date":"2026-11-23","rating":[],
		"jobs":{"job_id":"job_1","job_title":"Welder","workflow_step_id":12,"applicant_progress":"New"},
		"activities":[{"id":"a1","activity":"applied","date":"2026-11-23","time":"08:00:00"}],"comments":[]}`))
	got, err := decodeOne(detail, "p", parseApplicant)
	if err != nil {
		t.Fatal(err)
	}
	want := Applicant{
		ID: "p", FirstName: "Zoë", LastName: "O'Li", Email: "z.o'li@example.com", Phone: "4121234567", ApplyDate: "2026-11-23",
		Jobs:          []ApplicantJob{{JobID: "job_1", JobTitle: "Welder", WorkflowStepID: "12", Stage: "New"}},
		CommentsKnown: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecodeList(f *testing.F) {
	for _, seed := range []string{
		`[]`, `null`, `{"id":1}`, `[{"id":"a"},{"id":"b","title":[1,{}]}]`, `<html>`, `[`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := decodePage(string(body))
		if err != nil && len(page.Items) != 0 {
			t.Error("items beside an error")
		}
		for _, job := range page.Items {
			if job.ID == "" {
				t.Error("row without id")
			}
		}
	})
}

func FuzzApplicant(f *testing.F) {
	for _, seed := range []string{
		`{"id":"p"}`, `[{"id":"p","comments":[{"id":1}]}]`, `{"id":"p","jobs":{"a":[]},"comments":false}`, `"error"`, `{"error":"x"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		detail := parseBody(raw)
		_ = errorMessage(detail.value)
		applicant, err := decodeOne(detail, "p", parseApplicant)
		if err == nil && applicant.ID != "p" {
			t.Errorf("read %q", applicant.ID)
		}
		if !applicant.CommentsKnown && len(applicant.Comments) > 0 {
			t.Error("comments that are not known")
		}
	})
}

// TestFinding15Dates holds that no list gives a day that is not in the calendar.
func TestFinding15Dates(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]string{
		"2026-02-28": "2026-02-28", "2026-02-28 10:00:00": "2026-02-28", "2026-02-28T10:00:00Z": "2026-02-28", " 2026-02-28 ": "2026-02-28",
		"2026-02-30": "", "-0001-11-30": "", "0000-00-00": "", "0000-00-00 00:00:00": "", "2026-2-8": "", "soon": "", "": "", "T": "",
	} {
		row := map[string]any{"apply_date": date, "date": date, "original_open_date": date}
		for list, got := range map[string]string{
			"applicants": parseApplicantRow(row).ApplyDate, "applicant": parseApplicant(row).ApplyDate, "links": parseLink(row).Date,
			"activities": parseActivity(row).Date, "jobs": parseJob(row).OpenDate, "comments": parseComment(row).Date,
		} {
			if got != want {
				t.Errorf("%s, %q: %q, want %q", list, date, got, want)
			}
		}
	}
}
