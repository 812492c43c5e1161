package jazzhr

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sent is a request as the server sees it.
type sent struct {
	Target string // path and query, as sent
	Body   map[string]string
}

func TestWireForm(t *testing.T) {
	t.Parallel()
	const query = "?apikey=k3y%2Fof%2Bthe+account%257"
	want := map[string]sent{
		"GET /jobs":            {Target: "/v1/jobs/title/C%2FC++%20&%20more/board_code/tZ9/status/On%20Hold/page/2" + query},
		"GET /jobs/{id}":       {Target: "/v1/jobs/job_1" + query},
		"GET /applicants":      {Target: "/v1/applicants/name/O%27Neil%3F/from_apply_date/2026-01-01/job_id/job_1/page/1" + query},
		"GET /applicants/{id}": {Target: "/v1/applicants/prospect_1" + query},
		"GET /applicants2jobs": {Target: "/v1/applicants2jobs/applicant_id/prospect_1/job_id/job_1/page/1" + query},
		"GET /activities":      {Target: "/v1/activities/category/resume_status/object_id/prospect_1/page/3" + query},
		"POST /applicants": {Target: "/v1/applicants", Body: map[string]string{
			"apikey": testKey, "first_name": "Zoë", "last_name": "O'Neil", "email": "zoe@example.com", "source": "Intrvio",
		}},
		"POST /applicants2jobs": {Target: "/v1/applicants2jobs", Body: map[string]string{
			"apikey": testKey, "applicant_id": "prospect_1", "job_id": "job_1",
		}},
		"POST /applicants/{id}/notes": {Target: "/v1/applicants/prospect_1/notes", Body: map[string]string{
			"apikey": testKey, "contents": "a <b> note",
		}},
		"POST /notes": {Target: "/v1/notes", Body: map[string]string{
			"apikey": testKey, "applicant_id": "prospect_1", "contents": "a <b> note", "security": "1", "user_id": "usr_anonymous",
		}},
	}
	for _, op := range operations() {
		t.Run(op.endpoint.name(), func(t *testing.T) {
			t.Parallel()
			got := make(chan sent, 1)
			account := serve(t, func(w http.ResponseWriter, r *http.Request) {
				s := sent{Target: r.RequestURI}
				if body, _ := io.ReadAll(r.Body); len(body) > 0 {
					if err := json.Unmarshal(body, &s.Body); err != nil {
						t.Errorf("body: %v", err)
					}
				}
				if r.Method != op.endpoint.method {
					t.Errorf("method %s", r.Method)
				}
				got <- s
				switch {
				case op.write():
					_, _ = io.WriteString(w, `{"`+op.endpoint.answer+`":"new_1"}`)
				case strings.HasSuffix(op.endpoint.path, "{id}"):
					_, _ = io.WriteString(w, `{"id":"`+r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]+`"}`)
				default:
					_, _ = io.WriteString(w, `[]`)
				}
			})
			if err := op.call(t.Context(), account, soon()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[op.endpoint.name()], <-got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKeyInHeader(t *testing.T) {
	t.Parallel()
	account := serve(t, func(http.ResponseWriter, *http.Request) {})
	request, err := account.request(t.Context(), target{endpoint{"POST", "/x", inHeader, "id", readList}, "/x"}, map[string]string{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(request.Body)
	if request.Header.Get("apikey") != testKey || request.URL.RawQuery != "" || string(body) != `{"a":"b"}` {
		t.Errorf("header %q, query %q, body %s", request.Header.Get("apikey"), request.URL.RawQuery, body)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	account := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		_, _ = io.WriteString(w, map[string]string{
			"/v1/applicants":             `{"prospect_id":"prospect_9"}`,
			"/v1/applicants2jobs":        `{"appjob_id":77}`,
			"/v1/applicants/p/notes":     `{"comment_id":"c1"}`,
			"/v1/notes":                  `{"comment_id":"c2","error":""}`,
			"/v1/applicants2jobs/page/1": `{"id":"projob_1","applicant_id":"prospect_9","job_id":"job_1","date":"0000-00-00"}`,
		}[r.URL.Path])
	})
	ctx := context.Background()
	for want, call := range map[string]func() (string, error){
		"prospect_9": func() (string, error) { return account.CreateApplicant(ctx, soon(), NewApplicant{}) },
		"77":         func() (string, error) { return account.LinkApplicant(ctx, soon(), "p", "j") },
		"c1":         func() (string, error) { return account.WriteNote(ctx, soon(), NoteRouteApplicant, "p", "x") },
		"c2":         func() (string, error) { return account.WriteNote(ctx, soon(), NoteRouteNotes, "p", "x") },
	} {
		if got, err := call(); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	links, err := account.Links(ctx, LinkFilter{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := Page[Link]{Items: []Link{{ID: "projob_1", ApplicantID: "prospect_9", JobID: "job_1"}}, Last: true}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Error(diff)
	}
}
