package jazzhrtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// BenchmarkAccountOf100000 measures requests to an account of 100,000 applicants, without the
// network. At 5,000 requests a second the simulator must leave most of a core to the program under
// test.
func BenchmarkAccountOf100000(b *testing.B) {
	sim := jazzhrtest.New(jazzhrtest.Options{CallsPerMinute: -1})
	a := sim.AddAccount(testKey)
	job := a.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	var last jazzhrtest.Applicant
	for i := range 100_000 {
		last = a.AddApplicant(jazzhrtest.Applicant{
			FirstName: fmt.Sprintf("First%d", i%977), LastName: fmt.Sprintf("Last%d", i), Email: fmt.Sprintf("p%d@example.com", i),
		}, job.ID)
	}
	handler := sim.Handler()
	note := fmt.Sprintf(`{"apikey":%q,"applicant_id":%q,"contents":"text"}`, testKey, last.ID)
	create := fmt.Sprintf(`{"apikey":%q,"first_name":"Ada","last_name":"Lovelace","email":"ada@example.com"}`, testKey)
	for _, c := range []struct{ name, method, path, body string }{
		{"name", "GET", "/v1/applicants/name/Last99999/from_apply_date/2020-01-01/page/1", ""},
		{"detail", "GET", "/v1/applicants/" + last.ID, ""},
		{"link", "GET", "/v1/applicants2jobs/applicant_id/" + last.ID + "/job_id/" + job.ID, ""},
		{"page", "GET", "/v1/applicants/page/1", ""},
		{"deep_page", "GET", "/v1/applicants/page/900", ""},
		{"activities", "GET", "/v1/activities/category/resume_status/page/1", ""},
		{"create", "POST", "/v1/applicants", create},
		{"note", "POST", "/v1/notes", note},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				req := httptest.NewRequestWithContext(b.Context(), c.method, c.path+"?apikey="+testKey, strings.NewReader(c.body))
				res := httptest.NewRecorder()
				handler.ServeHTTP(res, req)
				if res.Code != http.StatusOK {
					b.Fatal(res.Code)
				}
			}
		})
	}
}
