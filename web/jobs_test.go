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
	tenant := s.newTenant()
	path := tenant.path + "/jobs"
	empty := s.api("GET", path, "").want(http.StatusOK)
	if string(empty.body) != `{"items":[],"next_cursor":null,"complete_at":null}` {
		t.Errorf("of a new tenant: %s", empty.body)
	}
	s.exec(`INSERT INTO jazzhr.openings (tenant_id, job_id, board_code, title, status, department, city, state, country_id, gone_at) VALUES
		($1, 'job_1', 'one', 'Welder', 'Open', 'Yard', 'Bergen', 'HL', 'nor', NULL), ($1, 'job_2', NULL, 'Baker', 'On Hold', '', '', '', '', NULL),
		($1, 'job_3', NULL, 'Diver', 'Open', '', '', '', '', jazzhr.now()), ($1, 'job_4', NULL, 'Cook', 'Open', '', '', '', '', NULL)`, tenant.id)
	s.exec(`INSERT INTO jazzhr.poll_cursors (tenant_id, list, passed_at) VALUES ($1, 'openings', '2026-11-23T09:00:00Z')`, tenant.id)
	list := func(query string) (found string) {
		t.Helper()
		got := s.api("GET", path+query, "").want(http.StatusOK)
		for i := range len(got.get("items").([]any)) {
			found += " " + got.text(fmt.Sprintf("items.%d.job_id", i))
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
	page := s.api("GET", path+"?limit=1&status=open", "").want(http.StatusOK)
	if got := list("?limit=1&status=open&cursor=" + page.text("next_cursor")); got != " job_4" {
		t.Errorf("the second page lists%s", got)
	}
	for member, want := range map[string]any{
		"complete_at": "2026-11-23T09:00:00Z", "items.0.board_code": "one", "items.0.title": "Welder", "items.0.status": "Open",
		"items.0.department": "Yard", "items.0.city": "Bergen", "items.0.state": "HL", "items.0.country_id": "nor",
	} {
		if got := page.get(member); got != want {
			t.Errorf("%s is %v, want %v", member, got, want)
		}
	}
	for query, field := range map[string]string{
		"?cursor=%21": "cursor", "?cursor=AA": "cursor", "?status=%00": "status", "?status=" + strings.Repeat("x", 101): "status",
		"?limit=0": "limit", "?after=job_1": "after",
	} {
		s.api("GET", path+query, "").wantError(web.CodeInvalidRequest, field)
	}
	// Another tenant's are nobody's.
	if other := s.api("GET", s.newTenant().path+"/jobs", "").want(http.StatusOK); len(other.get("items").([]any)) != 0 {
		t.Errorf("another tenant has %s", other.body)
	}
	s.api("GET", "/v1/tenants/"+uuid.NewString()+"/jobs", "").wantError(web.CodeNotFound, "")
}

// forJob is a writeback of an interview for a job, which is a member and its value in JSON.
func forJob(interview, job string) string {
	return `{"interview_id":"` + interview + `","candidate":{"id":"c","applicant_id":"p"},"job":{` + job + `},"note":{"score":1}}`
}

func TestJobOfAWriteback(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	path := tenant.path + "/writebacks"
	asked := func() int {
		return tenant.jazzhr.Count(jazzhrtest.EndpointJob) + tenant.jazzhr.Count(jazzhrtest.EndpointJobs)
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
	s.exec("UPDATE jazzhr.openings SET status = 'Closed'")
	s.api("POST", path, forJob("known", `"board_code":"tZqAHP6nnh"`)).want(http.StatusAccepted)
	wantAsked(0)
	// What it does not know is asked for.
	late := tenant.jazzhr.AddJob(jazzhrtest.Job{Title: "Baker", BoardCode: "bake", Status: "Closed"})
	s.api("POST", path, forJob("late id", `"id":"`+late.ID+`"`)).want(http.StatusAccepted)
	s.api("POST", path, forJob("late code", `"board_code":"bake"`)).want(http.StatusAccepted)
	wantAsked(2)
	s.wantCount(3, "writebacks")
	s.api("POST", path, forJob("no id", `"id":"job_none"`)).wantError(web.CodeJobNotFound, "job.id")
	s.api("POST", path, forJob("no code", `"board_code":"none"`)).wantError(web.CodeJobNotFound, "job.board_code")
	s.api("POST", path, forJob("no id", `"id":"job_none","board_code":"bake"`)).wantError(web.CodeJobNotFound, "job.id")
	wantAsked(3)
	s.wantCount(3, "writebacks")
	// What is gone by the mirror is asked for again.
	s.exec("UPDATE jazzhr.openings SET gone_at = jazzhr.now()")
	s.api("POST", path, forJob("gone", `"board_code":"tZqAHP6nnh"`)).want(http.StatusAccepted)
	wantAsked(1)
	// The same again, a conflict and what is wrong in itself are answered as ever.
	if err := tenant.jazzhr.DeleteJob(late.ID); err != nil {
		t.Fatal(err)
	}
	s.api("POST", path, forJob("late id", `"id":"`+late.ID+`"`)).want(http.StatusOK)
	s.api("POST", path, forJob("late id", `"id":"job_none"`)).wantError(web.CodeConflict, "")
	s.api("POST", path, strings.Replace(forJob("wrong", `"id":"job_none"`), `"score":1`, "", 1)).wantError(web.CodeInvalidRequest, "note")
	s.api("POST", s.newTenant().path+"/writebacks", forJob("x", `"id":"job_none"`)).wantError(web.CodeNotConnected, "")
	s.api("POST", "/v1/tenants/"+uuid.NewString()+"/writebacks", forJob("x", `"id":"job_none"`)).wantError(web.CodeNotFound, "")
	wantAsked(0)
	// Where JazzHR can't be asked, or is not to be, the writeback is taken.
	rule := s.jazzhr.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointJob, Fault: jazzhrtest.Refuse(503)})
	s.api("POST", path, forJob("away", `"id":"job_none"`)).want(http.StatusAccepted)
	rule.Remove()
	wantAsked(1)
	for i, change := range []string{"paused_at = jazzhr.now()", "paused_at = NULL, key_state = 'rejected'"} {
		s.exec("UPDATE jazzhr.tenants SET "+change+" WHERE tenant_id = $1", tenant.id)
		s.api("POST", path, forJob(fmt.Sprintf("waits %d", i), `"id":"job_none"`)).want(http.StatusAccepted)
	}
	wantAsked(0)
}

// TestJobsOnDemand: a sync reads the openings too.
func TestJobsOnDemand(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	const waiting = "river_job WHERE kind = 'poll_openings'"
	s.api("POST", tenant.path+"/sync", `{"kind":"full"}`).want(http.StatusAccepted)
	s.wantCount(0, waiting)
	for range 2 {
		s.api("POST", tenant.path+"/sync", "")
		s.wantCount(1, waiting)
	}
}
