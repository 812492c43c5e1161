package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/web"
)

func TestListJobs(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
	path := tenant.Path + "/jobs"
	empty := s.API("GET", path, "").Want(http.StatusOK)
	if string(empty.Body) != `{"items":[],"next_cursor":null,"complete_at":null}` {
		t.Errorf("of a new tenant: %s", empty.Body)
	}
	s.Exec(`INSERT INTO jazzhr.openings (tenant_id, job_id, board_code, title, status, department, city, state, country_id, gone_at) VALUES
		($1, 'job_1', 'one', 'Welder', 'Open', 'Yard', 'Bergen', 'HL', 'nor', NULL), ($1, 'job_2', NULL, 'Baker', 'On Hold', '', '', '', '', NULL),
		($1, 'job_3', NULL, 'Diver', 'Open', '', '', '', '', jazzhr.now()), ($1, 'job_4', NULL, 'Cook', 'Open', '', '', '', '', NULL)`, tenant.ID)
	s.Exec(`INSERT INTO jazzhr.poll_cursors (tenant_id, list, passed_at) VALUES ($1, 'openings', '2026-11-23T09:00:00Z')`, tenant.ID)
	list := func(query string) (found string) {
		t.Helper()
		got := s.API("GET", path+query, "").Want(http.StatusOK)
		for i := range len(got.Get("items").([]any)) {
			found += " " + got.Text(fmt.Sprintf("items.%d.job_id", i))
		}
		return found
	}
	for query, want := range map[string]string{
		"": " job_1 job_2 job_4", "?status=Open": " job_1 job_4", "?status=on%20hold": " job_2", "?status=Closed": "", "?status=%25": "",
	} {
		if got := list(query); got != want {
			t.Errorf("%s lists%s, want%s", query, got, want)
		}
	}
	page := s.API("GET", path+"?limit=1&status=open", "").Want(http.StatusOK)
	if got := list("?limit=1&status=open&cursor=" + page.Text("next_cursor")); got != " job_4" {
		t.Errorf("the second page lists%s", got)
	}
	for member, want := range map[string]any{
		"complete_at": "2026-11-23T09:00:00Z", "items.0.board_code": "one", "items.0.title": "Welder", "items.0.status": "Open",
		"items.0.department": "Yard", "items.0.city": "Bergen", "items.0.state": "HL", "items.0.country_id": "nor",
	} {
		if got := page.Get(member); got != want {
			t.Errorf("%s is %v, want %v", member, got, want)
		}
	}
	for query, field := range map[string]string{
		"?cursor=%21": "cursor", "?cursor=AA": "cursor", "?status=%00": "status", "?status=" + strings.Repeat("x", 101): "status",
		"?limit=0": "limit", "?after=job_1": "after",
	} {
		s.API("GET", path+query, "").WantError(web.CodeInvalidRequest, field)
	}
	// Another tenant's are nobody's.
	if other := s.API("GET", s.NewTenant().Path+"/jobs", "").Want(http.StatusOK); len(other.Get("items").([]any)) != 0 {
		t.Errorf("another tenant has %s", other.Body)
	}
	s.API("GET", "/v1/tenants/"+uuid.NewString()+"/jobs", "").WantError(web.CodeNotFound, "")
}

// forJob is a writeback of an interview for a job, which is a member and its value in JSON.
func forJob(interview, job string) string {
	return `{"interview_id":"` + interview + `","candidate":{"id":"c","applicant_id":"p"},"job":{` + job + `},"note":{"score":1}}`
}

func TestJobOfAWriteback(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	path := tenant.Path + "/writebacks"
	asked := func() int {
		return tenant.JazzHR.Count(jazzhrtest.EndpointJob) + tenant.JazzHR.Count(jazzhrtest.EndpointJobs)
	}
	calls := asked()
	wantAsked := func(n int) {
		t.Helper()
		if got := asked() - calls; got != n {
			t.Errorf("JazzHR was asked %d times, want %d", got, n)
		}
		calls = asked()
	}
	// What the mirror knows is taken, open or not.
	s.Exec("UPDATE jazzhr.openings SET status = 'Closed'")
	s.API("POST", path, forJob("known", `"board_code":"tZqAHP6nnh"`)).Want(http.StatusAccepted)
	wantAsked(0)
	// What it does not know is asked for.
	late := tenant.JazzHR.AddJob(jazzhrtest.Job{Title: "Baker", BoardCode: "bake", Status: "Closed"})
	s.API("POST", path, forJob("late id", `"id":"`+late.ID+`"`)).Want(http.StatusAccepted)
	s.API("POST", path, forJob("late code", `"board_code":"bake"`)).Want(http.StatusAccepted)
	wantAsked(2)
	s.WantCount(3, "writebacks")
	s.API("POST", path, forJob("no id", `"id":"job_none"`)).WantError(web.CodeJobNotFound, "job.id")
	s.API("POST", path, forJob("no code", `"board_code":"none"`)).WantError(web.CodeJobNotFound, "job.board_code")
	s.API("POST", path, forJob("no id", `"id":"job_none","board_code":"bake"`)).WantError(web.CodeJobNotFound, "job.id")
	wantAsked(3)
	s.WantCount(3, "writebacks")
	// What is gone by the mirror is asked for again.
	s.Exec("UPDATE jazzhr.openings SET gone_at = jazzhr.now()")
	s.API("POST", path, forJob("gone", `"board_code":"tZqAHP6nnh"`)).Want(http.StatusAccepted)
	wantAsked(1)
	// The same again, a conflict and what is wrong in itself are answered as ever.
	if err := tenant.JazzHR.DeleteJob(late.ID); err != nil {
		t.Fatal(err)
	}
	s.API("POST", path, forJob("late id", `"id":"`+late.ID+`"`)).Want(http.StatusOK)
	s.API("POST", path, forJob("late id", `"id":"job_none"`)).WantError(web.CodeConflict, "")
	s.API("POST", path, strings.Replace(forJob("wrong", `"id":"job_none"`), `"score":1`, "", 1)).WantError(web.CodeInvalidRequest, "note")
	s.API("POST", s.NewTenant().Path+"/writebacks", forJob("x", `"id":"job_none"`)).WantError(web.CodeNotConnected, "")
	s.API("POST", "/v1/tenants/"+uuid.NewString()+"/writebacks", forJob("x", `"id":"job_none"`)).WantError(web.CodeNotFound, "")
	wantAsked(0)
	// Where JazzHR can't be asked, or is not to be, the writeback is taken.
	rule := s.JazzHR.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointJob, Fault: jazzhrtest.Refuse(503)})
	s.API("POST", path, forJob("away", `"id":"job_none"`)).Want(http.StatusAccepted)
	rule.Remove()
	wantAsked(1)
	for i, change := range []string{"paused_at = jazzhr.now()", "paused_at = NULL, key_state = 'rejected'"} {
		s.Exec("UPDATE jazzhr.tenants SET "+change+" WHERE tenant_id = $1", tenant.ID)
		s.API("POST", path, forJob(fmt.Sprintf("waits %d", i), `"id":"job_none"`)).Want(http.StatusAccepted)
	}
	wantAsked(0)
}

// TestJobsOnDemand: a sync reads the openings too.
func TestJobsOnDemand(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	const waiting = "river_job WHERE kind = 'poll_openings'"
	s.API("POST", tenant.Path+"/sync", `{"kind":"full"}`).Want(http.StatusAccepted)
	s.WantCount(0, waiting)
	for range 2 {
		s.API("POST", tenant.Path+"/sync", "")
		s.WantCount(1, waiting)
	}
}
