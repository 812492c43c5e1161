package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestQueuePage(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person("Sam")
	page := s.see(cookie, "/console/queue")
	wantTexts(t, page, "No process works the queue", "Nothing waits", "No job waits to be tried again")
	acme := s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	s.api("POST", acme.path+"/writebacks", candidate("int-1", "Ada")).want(http.StatusAccepted)
	s.exec(`INSERT INTO jazzhr.river_job (state, kind, queue, args, max_attempts, attempt, attempted_at, attempted_by, errors, finalized_at, scheduled_at)
		VALUES ('running', 'write_notes', 'writes', '{}', 25, 1, now(), '{worker-1}', NULL, NULL, now()),
			('retryable', 'deliver_event', 'events', jsonb_build_object('tenant_id', $1::uuid), 25, 2, now(), '{worker-1}', ARRAY['{"error":"first"}', '{"error":"<b>the second</b>"}']::jsonb[], NULL, now()),
			('discarded', 'purge', 'tick', '{}', 1, 1, now(), '{worker-1}', ARRAY['{"error":"no room"}']::jsonb[], now(), now()),
			('completed', 'poll_activities', 'polls', '{}', 25, 1, now() - interval '2 seconds', '{worker-1}', NULL, now() - interval '1 second', now())`, acme.id)
	s.exec("UPDATE jazzhr.writebacks SET admitted_at = NULL, waiting_for = 'rate_limit'")
	s.exec("INSERT INTO jazzhr.nodes (node_id) VALUES ('worker-1')")
	s.exec("INSERT INTO jazzhr.river_leader (name, leader_id, elected_at, expires_at) VALUES ('default', 'worker-1', now(), now() + interval '1 hour')")
	s.exec("INSERT INTO jazzhr.river_queue (name, paused_at, updated_at) VALUES ('writes', now(), now())")
	page = s.see(cookie, "/console/queue")
	wantTexts(t, page, "Resolve a webhook", "waits until JazzHR may be called again", "has a job in the queue", "&lt;b&gt;the second&lt;/b&gt;", "no room",
		"Given up", "Paused", "Leads", "worker-1", "/console/river/jobs/", "Poll JazzHR", "1 s")
	wantNone(t, page, "first", "<b>the", acme.secret, apiKey, "ada@example.com")
	s.send("GET", "/console/queue", nil, "Accept", "text/html").want(http.StatusSeeOther)
}

// TestFinding09HealthShowsAnOutage shows an outage of JazzHR as one line, however many kinds of write
// are stopped.
func TestFinding09HealthShowsAnOutage(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person("Sam")
	wantNone(t, s.see(cookie, "/console/health"), "takes no writes")
	s.exec(`INSERT INTO jazzhr.breakers (kind, opened_at) VALUES ('write_note', NULL), ('link_applicant_to_job', jazzhr.now() - interval '2 hours'),
		('create_applicant', jazzhr.now() - interval '3 hours')`)
	page := s.see(cookie, "/console/health")
	wantTexts(t, page, "JazzHR takes no writes of any customer for 3 h 0 min: new applicants, links to jobs")
	if n := strings.Count(page, "takes no writes"); n != 1 {
		t.Errorf("%d lines tell of it", n)
	}
}

func TestQueueOfTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	webhook := s.webhook("true")
	s.exec(`INSERT INTO jazzhr.river_job (state, kind, queue, args, max_attempts)
		SELECT 'available', 'poll_activities', 'polls', jsonb_build_object('tenant_id', $1::uuid), 25 FROM generate_series(1, 60)`, acme.id)
	other := uuid.New()
	s.exec(`INSERT INTO jazzhr.river_job (state, kind, queue, args, max_attempts) VALUES ('available', 'audit_duplicates', 'audits', jsonb_build_object('tenant_id', $1::uuid), 25)`, other)
	for _, by := range []string{"acme", acme.id.String()} {
		page, seen := "/console/queue?tenant="+by, 0
		for page != "" {
			shown := s.see(cookie, page)
			seen += strings.Count(shown, `href="/console/river/jobs/`)
			wantTexts(t, shown, "The jobs of Acme", "/console/queue/jobs/")
			wantNone(t, shown, "Look for duplicates")
			page = ""
			if before, _, more := strings.Cut(shown, `" rel="next"`); more {
				page = strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+len(`href="`):], "&amp;", "&")
			} else {
				wantTexts(t, shown, acme.received(webhook))
			}
		}
		if seen != s.count("river_job WHERE args ->> 'tenant_id' = $1", acme.id.String()) {
			t.Errorf("by %s: %d jobs", by, seen)
		}
	}
	wantTexts(t, s.see(cookie, "/console/queue?tenant=nobody"), "No tenant fits")
	s.send("GET", "/console/queue?tenant=acme&after=eA", nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)

	var id int64
	if err := s.pool.QueryRow(t.Context(), "SELECT id FROM jazzhr.river_job WHERE kind = 'resolve_export'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	page := s.see(cookie, fmt.Sprintf("/console/queue/jobs/%d", id))
	wantTexts(t, page, "Resolve a webhook", acme.received(webhook), "All jobs of Acme", fmt.Sprintf(`href="/console/river/jobs/%d"`, id))
	for _, path := range []string{"/console/queue/jobs/x", "/console/queue/jobs/999999999"} {
		s.send("GET", path, nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)
	}
	s.send("GET", "/console/queue/jobs/1", nil, "Accept", "text/html").want(http.StatusSeeOther)
}
