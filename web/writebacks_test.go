package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

const fullWriteback = `{"interview_id":"int-7","revision":2,"candidate":{"id":"cand-7","first_name":"Kenny",
	"last_name":"Jonesworth","email":"kenny.j@example.com","phone":"888","source":"Intrvio"},
	"job":{"board_code":"tZqAHP6nnh"},"note":{"score":4.5,"scale":5,"summary":"Well spoken",
	"transcript":"Tell me about yourself","url":"https://app.example.com/i/7"}}`

func TestEnqueueWriteback(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	path := tenant.Path + "/writebacks"
	first := s.API("POST", path, fullWriteback).Want(http.StatusAccepted)
	for field, want := range map[string]any{
		"state": "pending", "interview_id": "int-7", "revision": 2.0,
		"steps.0.kind": "create_applicant", "steps.0.state": "pending", "steps.0.waiting_for": "queue", "steps.0.attempts": 0.0,
		"steps.1.kind": "link_applicant_to_job", "steps.1.waiting_for": "earlier_step",
		"steps.2.kind": "write_notes", "steps.2.parts.0.part": 1.0,
	} {
		if got := first.Get(field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	if again := s.API("POST", path, fullWriteback).Want(http.StatusOK); again.Text("id") != first.Text("id") {
		t.Errorf("the same again is %s, not %s", again.Text("id"), first.Text("id"))
	}
	other := s.API("POST", path, strings.Replace(fullWriteback, "4.5", "3", 1)).WantError(web.CodeConflict, "")
	if other.Text("error.id") != first.Text("id") {
		t.Errorf("the conflict names %s, not %s", other.Text("error.id"), first.Text("id"))
	}
	s.API("POST", path, strings.Replace(fullWriteback, `"revision":2`, `"revision":3`, 1)).Want(http.StatusAccepted)
	s.WantCount(2, "writebacks")
	s.WantCount(2, "river_job WHERE kind = 'create_applicant'")

	shown := s.API("GET", path+"/"+first.Text("id"), "").Want(http.StatusOK)
	if string(shown.Body) != string(first.Body) {
		t.Errorf("shown as %s, accepted as %s", shown.Body, first.Body)
	}
	for _, id := range []string{uuid.NewString(), "x"} {
		s.API("GET", path+"/"+id, "").WantError(web.CodeNotFound, "")
	}
	// Another tenant's is nobody's.
	s.API("GET", s.NewTenant().Path+"/writebacks/"+first.Text("id"), "").WantError(web.CodeNotFound, "")
}

func TestWritebackFields(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	for body, field := range map[string]string{
		`{}`:                                  "interview_id",
		`{"interview_id":"1","revision":-1}`:  "revision",
		`{"interview_id":"1","candidate":{}}`: "candidate.id",
		`{"interview_id":"1","candidate":{"id":"c"}}`:                                                                       "candidate.first_name",
		`{"interview_id":"1","candidate":{"id":"c","applicant_id":"p"}}`:                                                    "note",
		`{"interview_id":"1","candidate":{"id":"c","applicant_id":"p"},"job":{},"note":{"score":1}}`:                        "job",
		`{"interview_id":"1","request_id":"` + uuid.NewString() + `","candidate":{"id":"c"},"note":{"score":1}}`:            "request_id",
		`{"interview_id":"1","candidate":{"id":"c","applicant_id":"p"},"note":{"scale":5,"summary":"s"}}`:                   "note.scale",
		`{"interview_id":"1","candidate":{"id":"c","applicant_id":"p","email":"Kenny <k@example.com>"},"note":{"score":1}}`: "candidate.email",
	} {
		s.API("POST", tenant.Path+"/writebacks", body).WantError(web.CodeInvalidRequest, field)
	}
	s.WantCount(0, "writebacks")
}

func TestWritebackInEachState(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
	path := tenant.Path + "/writebacks"
	s.API("POST", path, webtest.Writeback("int-1")).WantError(web.CodeNotConnected, "")
	tenant = s.Connect()
	path = tenant.Path + "/writebacks"
	s.API("POST", path, webtest.Writeback("int-1")).Want(http.StatusAccepted)
	s.API("POST", tenant.Path+"/pause", "").Want(http.StatusOK)
	paused := s.API("POST", path, webtest.Writeback("int-2")).Want(http.StatusAccepted)
	if got := paused.Text("steps.2.waiting_for"); got != "paused" {
		t.Errorf("waits for %s", got)
	}
	s.API("POST", tenant.Path+"/resume", "").Want(http.StatusOK)
	s.Exec("UPDATE jazzhr.tenants SET key_state = 'rejected' WHERE tenant_id = $1", tenant.ID)
	rejected := s.API("POST", path, webtest.Writeback("int-3")).Want(http.StatusAccepted)
	if got := rejected.Text("steps.2.waiting_for"); got != "credentials" {
		t.Errorf("waits for %s", got)
	}
	s.API("DELETE", tenant.Path+"/connection", "").Want(http.StatusOK)
	s.API("POST", path, webtest.Writeback("int-4")).WantError(web.CodeNotConnected, "")
	s.WantCount(1, "river_job WHERE kind = 'write_notes'")
}

// TestWritebackOnce sends the same writeback many times at the same moment.
func TestWritebackOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	statuses, ids := map[int]int{}, map[string]int{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			got := s.API("POST", tenant.Path+"/writebacks", fullWriteback)
			mu.Lock()
			defer mu.Unlock()
			statuses[got.Status]++
			ids[got.Text("id")]++
		})
	}
	wait.Wait()
	if statuses[http.StatusAccepted] != 1 || statuses[http.StatusOK] != 11 || len(ids) != 1 {
		t.Errorf("statuses %v, ids %v", statuses, ids)
	}
	s.WantCount(1, "writebacks")
	s.WantCount(1, "river_job WHERE kind = 'create_applicant'")
}

func TestListWritebacks(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	path := tenant.Path + "/writebacks"
	var ids []string
	for i := range 3 {
		ids = append(ids, s.API("POST", path, webtest.Writeback(fmt.Sprintf("int-%d", i))).Want(http.StatusAccepted).Text("id"))
	}
	s.Exec("UPDATE jazzhr.writebacks SET state = 'done' WHERE writeback_id = $1", ids[1])
	list := func(query string) (found string) {
		t.Helper()
		got := s.API("GET", path+query, "").Want(http.StatusOK)
		for i := range len(got.Get("items").([]any)) {
			found += " " + got.Text(fmt.Sprintf("items.%d.id", i))
		}
		return found
	}
	for query, want := range map[string]string{
		"":                      " " + ids[0] + " " + ids[1] + " " + ids[2],
		"?state=pending":        " " + ids[0] + " " + ids[2],
		"?state=done":           " " + ids[1],
		"?state=attention":      "",
		"?interview_id=int-2":   " " + ids[2],
		"?interview_id=another": "",
	} {
		if got := list(query); got != want {
			t.Errorf("%s lists%s, want%s", query, got, want)
		}
	}
	page := s.API("GET", path+"?limit=2", "").Want(http.StatusOK)
	if got := list("?limit=2&cursor=" + page.Text("next_cursor")); got != " "+ids[2] {
		t.Errorf("the second page lists%s", got)
	}
}
