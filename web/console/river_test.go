package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/web"
)

// TestRiverUseIsRecorded holds that changes in River UI are recorded, with who made them and the
// result.
func TestRiverUseIsRecorded(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person("Sam")
	s.exec(`INSERT INTO jazzhr.river_queue (name, metadata, created_at, updated_at) VALUES ('writes', '{}', now(), now())`)
	s.send("PUT", "/console/river/api/queues/writes/pause", nil, "Cookie", cookie).want(http.StatusOK)
	s.send("POST", "/console/river/api/jobs/cancel", []byte(`{"ids":["4711","4712"]}`), "Cookie", cookie, "Content-Type", "application/json")
	s.wantCount(1, "actions WHERE what = 'use_river' AND who = 'admin (Sam)' AND target = 'queues/writes/pause' AND result = 'done'")
	s.wantCount(1, "actions WHERE what = 'use_river' AND target = 'jobs/cancel' AND detail = 'jobs 4711, 4712' AND result = 'failed'")
	wantTexts(t, s.see(cookie, "/console/actions"), "changed jobs or a queue in River UI")
}

// TestRiverLeadsBack holds that River UI's pages, and nothing else of it, have links to the
// console.
func TestRiverLeadsBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person("Sam")
	for _, path := range []string{"/console/river/", "/console/river/jobs/1", "/console/river/queues"} {
		got := s.send("GET", path, nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusOK)
		wantTexts(t, string(got.body), `class="console-back"`, "</html>")
		if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("%s: policy %s", path, policy)
		}
		for _, found := range regexp.MustCompile(`"(/console/assets/[^"]+)"`).FindAllSubmatch(got.body, -1) {
			s.send("GET", string(found[1]), nil).want(http.StatusOK)
		}
	}
	script := regexp.MustCompile(`src="(/console/river/assets/[^"]+\.js)"`).FindStringSubmatch(s.see(cookie, "/console/river/"))
	for _, path := range []string{script[1], "/console/river/api/queues", "/console/river/favicon.ico"} {
		got := s.send("GET", path, nil, "Cookie", cookie).want(http.StatusOK)
		wantNone(t, string(got.body), "console-back")
		if len(got.body) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
}

// TestFinding25LargeRiverBody sends River UI more than is read: the answer says so, and nothing is
// changed.
func TestFinding25LargeRiverBody(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person("Sam")
	body := []byte(`{"ids":["4711"],"x":"` + strings.Repeat("x", 64<<10) + `"}`)
	got := s.send("POST", "/console/river/api/jobs/cancel", body, "Cookie", cookie, "Content-Type", "application/json").
		wantError(web.CodeTooLarge, "")
	wantTexts(t, got.text("error.message"), "64 KiB")
	s.send("POST", "/console/river/api/jobs/cancel", []byte(`{"ids":["4711"],"x":"`+strings.Repeat("x", 60<<10)+`"}`),
		"Cookie", cookie, "Content-Type", "application/json").want(http.StatusNotFound)
	s.wantCount(1, "actions WHERE what = 'use_river'")
}
