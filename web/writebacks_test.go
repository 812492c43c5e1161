package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web"
)

const fullWriteback = `{"interview_id":"int-7","revision":2,"candidate":{"id":"cand-7","first_name":"Kenny",
	"last_name":"Jonesworth","email":"kenny.j@example.com","phone":"888","source":"Intrvio"},
	"job":{"board_code":"tZqAHP6nnh"},"note":{"score":4.5,"scale":5,"summary":"Well spoken",
	"transcript":"Tell me about yourself","url":"https://app.example.com/i/7"}}`

func TestEnqueueWriteback(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	path := tenant.path + "/writebacks"
	first := s.api("POST", path, fullWriteback).want(http.StatusAccepted)
	for field, want := range map[string]any{
		"state": "pending", "interview_id": "int-7", "revision": 2.0,
		"steps.0.kind": "create_applicant", "steps.0.state": "pending", "steps.0.waiting_for": "queue", "steps.0.attempts": 0.0,
		"steps.1.kind": "link_applicant_to_job", "steps.1.waiting_for": "earlier_step",
		"steps.2.kind": "write_notes", "steps.2.parts.0.part": 1.0,
	} {
		if got := first.get(field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	if again := s.api("POST", path, fullWriteback).want(http.StatusOK); again.text("id") != first.text("id") {
		t.Errorf("the same again is %s, not %s", again.text("id"), first.text("id"))
	}
	other := s.api("POST", path, strings.Replace(fullWriteback, "4.5", "3", 1)).wantError(web.CodeConflict, "")
	if other.text("error.id") != first.text("id") {
		t.Errorf("the conflict names %s, not %s", other.text("error.id"), first.text("id"))
	}
	s.api("POST", path, strings.Replace(fullWriteback, `"revision":2`, `"revision":3`, 1)).want(http.StatusAccepted)
	s.wantCount(2, "writebacks")
	s.wantCount(2, "river_job WHERE kind = 'create_applicant'")

	shown := s.api("GET", path+"/"+first.text("id"), "").want(http.StatusOK)
	if string(shown.body) != string(first.body) {
		t.Errorf("shown as %s, accepted as %s", shown.body, first.body)
	}
	for _, id := range []string{uuid.NewString(), "x"} {
		s.api("GET", path+"/"+id, "").wantError(web.CodeNotFound, "")
	}
	// Another tenant's is nobody's.
	s.api("GET", s.newTenant().path+"/writebacks/"+first.text("id"), "").wantError(web.CodeNotFound, "")
}

func TestWritebackFields(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
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
		s.api("POST", tenant.path+"/writebacks", body).wantError(web.CodeInvalidRequest, field)
	}
	s.wantCount(0, "writebacks")
}

func TestWritebackInEachState(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.newTenant()
	path := tenant.path + "/writebacks"
	s.api("POST", path, writeback("int-1")).wantError(web.CodeNotConnected, "")
	tenant = s.connect()
	path = tenant.path + "/writebacks"
	s.api("POST", path, writeback("int-1")).want(http.StatusAccepted)
	s.api("POST", tenant.path+"/pause", "").want(http.StatusOK)
	paused := s.api("POST", path, writeback("int-2")).want(http.StatusAccepted)
	if got := paused.text("steps.2.waiting_for"); got != "paused" {
		t.Errorf("waits for %s", got)
	}
	s.api("POST", tenant.path+"/resume", "").want(http.StatusOK)
	s.exec("UPDATE jazzhr.tenants SET key_state = 'rejected' WHERE tenant_id = $1", tenant.id)
	rejected := s.api("POST", path, writeback("int-3")).want(http.StatusAccepted)
	if got := rejected.text("steps.2.waiting_for"); got != "credentials" {
		t.Errorf("waits for %s", got)
	}
	s.api("DELETE", tenant.path+"/connection", "").want(http.StatusOK)
	s.api("POST", path, writeback("int-4")).wantError(web.CodeNotConnected, "")
	s.wantCount(1, "river_job WHERE kind = 'write_notes'")
}

// TestWritebackOnce sends the same writeback many times at the same moment.
func TestWritebackOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	statuses, ids := map[int]int{}, map[string]int{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			got := s.api("POST", tenant.path+"/writebacks", fullWriteback)
			mu.Lock()
			defer mu.Unlock()
			statuses[got.status]++
			ids[got.text("id")]++
		})
	}
	wait.Wait()
	if statuses[http.StatusAccepted] != 1 || statuses[http.StatusOK] != 11 || len(ids) != 1 {
		t.Errorf("statuses %v, ids %v", statuses, ids)
	}
	s.wantCount(1, "writebacks")
	s.wantCount(1, "river_job WHERE kind = 'create_applicant'")
}

func TestListWritebacks(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	path := tenant.path + "/writebacks"
	var ids []string
	for i := range 3 {
		ids = append(ids, s.api("POST", path, writeback(fmt.Sprintf("int-%d", i))).want(http.StatusAccepted).text("id"))
	}
	s.exec("UPDATE jazzhr.writebacks SET state = 'done' WHERE writeback_id = $1", ids[1])
	list := func(query string) (found string) {
		t.Helper()
		got := s.api("GET", path+query, "").want(http.StatusOK)
		for i := range len(got.get("items").([]any)) {
			found += " " + got.text(fmt.Sprintf("items.%d.id", i))
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
	page := s.api("GET", path+"?limit=2", "").want(http.StatusOK)
	if got := list("?limit=2&cursor=" + page.text("next_cursor")); got != " "+ids[2] {
		t.Errorf("the second page lists%s", got)
	}
}
