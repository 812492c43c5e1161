package console_test

import (
	"testing"
	"time"
)

// failed has a job of a tenant fail so many times. One that is discarded ended some time ago.
func (s *service) failed(of account, kind, state string, failures int, ended time.Duration) {
	s.t.Helper()
	s.exec(`INSERT INTO jazzhr.river_job (state, kind, queue, args, max_attempts, attempt, attempted_at, errors, finalized_at)
		VALUES ($1::text::jazzhr.river_job_state, $2, 'polls', jsonb_build_object('tenant_id', $3::uuid), 25, $4::int, now() - interval '1 minute',
			array_fill(jsonb_build_object('attempt', 1, 'at', now(), 'error', '<b>the ' || $2::text || ' of it</b>'), ARRAY[$4::int]),
			CASE WHEN $1::text = 'discarded' THEN now() - $5::interval END)`, state, kind, of.id, failures, ended)
}

// TestFailingAccounts holds what Health and a tenant's page say of polls and passes that keep failing:
// those that fail now, and those that were given up and have not been due again since.
func TestFailingAccounts(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme, other := s.person("Sam"), s.activate(), s.newTenant()
	s.exec("UPDATE jazzhr.tenants SET name = 'Other' WHERE tenant_id = $1", other.id)
	s.failed(acme, "poll_activities", "retryable", 2, 0)
	s.failed(acme, "poll_openings", "discarded", 25, 3*time.Hour)
	s.failed(acme, "full_sync", "discarded", 25, 30*time.Hour)
	s.failed(acme, "resolve_export", "retryable", 20, 0) // its row becomes a case
	for _, page := range []string{"/console/health", "/console/tenants/" + acme.id.String()} {
		wantNone(t, s.see(cookie, page), "keeps failing", "of it")
	}

	s.failed(other, "poll_activities", "discarded", 25, 20*time.Minute)
	s.failed(other, "poll_activities", "retryable", 6, 0)
	s.failed(other, "audit_duplicates", "discarded", 25, 20*time.Hour)
	health := s.see(cookie, "/console/health")
	wantTexts(t, health, "The work on some customers’ accounts keeps failing", "/console/tenants/"+other.id.String(), "Other", "Poll JazzHR",
		"&lt;b&gt;the poll_activities of it", "Look for duplicates", "/console/queue/jobs/")
	wantNone(t, health, "/console/tenants/"+acme.id.String(), "<b>the", "Read whole lists")
	page := s.see(cookie, "/console/tenants/"+other.id.String())
	wantTexts(t, page, "This keeps failing", "Poll JazzHR</a>, 6 times", "Look for duplicates</a>, 25 times", "&lt;b&gt;the audit_duplicates of it")
	wantNone(t, page, "Poll JazzHR</a>, 25 times")
	wantNone(t, s.see(cookie, "/console/tenants/"+acme.id.String()), "keeps failing")
}
