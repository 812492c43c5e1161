//go:build browser

package console_test

import (
	"fmt"
	"net/http"
	"testing"
)

// busy makes the data that pages show: a tenant with some days of work, and other tenants.
func (s *service) busy(a account) {
	s.t.Helper()
	s.addTenants(60)
	s.exec(`UPDATE jazzhr.tenants SET name = (ARRAY['Harbour & Pine', 'Bread & Butter Bakeries', 'Zenith Aerospace Manufacturing Company', 'Ohm', 'Northwind'])[1 + right(name, 4)::int % 5] || ' ' || right(name, 2)
		WHERE external_id LIKE 'ext-%'`)
	s.exec(`UPDATE jazzhr.tenants SET paused_at = now() - interval '3 hours' WHERE external_id LIKE 'ext-%5'`)
	s.exec(`UPDATE jazzhr.tenants SET key_state = 'rejected', key_rejected_at = now() - interval '20 minutes', key_retry_at = now() + interval '5 minutes' WHERE external_id LIKE 'ext-%7'`)
	s.exec(`UPDATE jazzhr.tenants SET connection = 'created', key_state = 'none', last_webhook_at = NULL, last_poll_at = NULL WHERE external_id LIKE 'ext-%9'`)
	s.exec(`UPDATE jazzhr.call_buckets SET tokens = 20 * random(), refilled_at = now() + interval '1 hour'`)
	s.addWritebacks(3, 12, "pending")
	s.addWritebacks(4, 2, "attention")
	for _, table := range []struct{ name, columns, values string }{
		{"webhooks", "tenant_id, webhook_id, dedup_key, body_hash, headers, state", "%s, %s, gen_random_uuid(), '', '{}', 'done'"},
		{"writebacks", "tenant_id, writeback_id, interview_id, revision, content_hash, candidate_id, applicant_given, note, state, step, first_name, last_name", "%s, %s, 'interview-' || gen_random_uuid(), 1, '', 'c', false, '{}', 'done', 'write_notes', 'Kenny', 'Jones'"},
	} {
		id := `overlay(gen_random_uuid()::text PLACING substr(jazzhr.first_id(now() - interval '1 day' * d - interval '1 hour')::text, 1, 15) || '7' FROM 1 FOR 16)::uuid`
		s.exec(`INSERT INTO jazzhr.` + table.name + ` (` + table.columns + `) SELECT ` + fmt.Sprintf(table.values, "t.tenant_id", id) + `
			FROM jazzhr.tenants t, generate_series(0, 13) d, generate_series(1, 1 + (hashtext(t.name || d::text) & 7)) WHERE t.connection = 'verified'`)
	}
	s.exec(`INSERT INTO jazzhr.stages (tenant_id, stage) SELECT $1, unnest('{New,Phone Screen,Interview,Offer}'::text[])`, a.id)
	s.exec(`INSERT INTO jazzhr.auto_triggers (tenant_id, stage) VALUES ($1, 'Phone Screen')`, a.id)
	s.exec(`INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title, state, outcome, first_seen_at)
		SELECT $1, 'act-' || d, 'prospect_1', 'Phone Screen', 'Welder', 'done', 'requested', now() - interval '1 day' * d FROM generate_series(1, 3) d`, a.id)
	s.exec(`UPDATE jazzhr.tenants SET last_refused_at = now() - interval '2 days', last_refused_reason = 'the signature fits no secret of the tenant', refused_webhooks = 4, last_poll_at = now(), next_poll_at = now() + interval '4 minutes' WHERE tenant_id = $1`, a.id)
}

func TestBrowserTenants(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	s.busy(a)
	b := browse(t, s.url)
	b.signIn()
	b.untilText("h1", "Tenants")
	b.untilLive()
	b.look("tenants")
	b.fill("#tenants-q", "bakeries\r")
	b.until(`document.querySelectorAll(".tenants tbody tr").length === 12`)
	b.until(`location.search.includes("q=bakeries")`)
	b.click(".tenants tbody a")
	b.untilText("h1", "Bread & Butter")
}

// TestBrowserTenant holds that a pause in one browser shows in another.
func TestBrowserTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	s.busy(a)
	for i := range 3 {
		s.api("POST", a.path+"/writebacks", writeback(fmt.Sprintf("interview-%d", i))).want(http.StatusAccepted)
	}
	path := "/console/tenants/" + a.id.String()
	first, second := browse(t, s.url), browse(t, s.url)
	for _, b := range []*tab{first, second} {
		b.signIn()
		b.open(path)
		b.untilLive()
		b.untilText("h1", "Active")
	}
	first.look("tenant")
	first.click("#do-pause")
	first.untilText("h1", "Pause Acme?")
	first.look("tenant-ask")
	first.click("button.primary")
	first.untilText(".banner-good", "Acme is paused")
	first.until(`location.pathname.endsWith("` + a.id.String() + `")`)
	second.untilText("[sse-swap=head]", "Paused")
	second.untilText("[sse-swap=record]", "paused the tenant")
	second.untilText("[sse-swap=now]", "Waits until the tenant is resumed")
	first.look("tenant-paused")
	second.click("#do-rotate-secret")
	second.untilText("h1", "Make a new webhook secret")
	second.click("button.primary")
	second.until(`document.querySelector("#new-secret")?.innerText.length > 20`)
	second.look("tenant-secret")
	second.open(path + "/ask/disconnect")
	second.look("tenant-disconnect")
}

// TestBrowserStory finds a candidate, and follows the story up to the note.
func TestBrowserStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	s.work()
	candidate := s.exported(a, "Kenny", "Jones", "kenny.j@example.com")
	first, second := browse(t, s.url), browse(t, s.url)
	for _, b := range []*tab{first, second} {
		b.signIn()
	}
	first.look("tenants-one")
	first.fill("#find", "kenny jones\r")
	second.open("/console/candidates?q=" + candidate.ID)
	for _, b := range []*tab{first, second} {
		b.untilLive()
		b.untilText(".verdict", "Intrvio pulls them")
	}
	s.exec(`UPDATE jazzhr.events SET state = 'delivered', delivered_at = jazzhr.now(), attempts = 1, last_error = NULL`)
	first.untilText(".verdict", "Intrvio took the request")
	first.look("story-waiting")
	var request string
	if err := s.pool.QueryRow(t.Context(), "SELECT request_id::text FROM jazzhr.interview_requests").Scan(&request); err != nil {
		t.Fatal(err)
	}
	s.api("POST", a.path+"/writebacks", `{"interview_id":"interview-7","request_id":"`+request+`","candidate":{"id":"c-1"},"note":{"score":4.5,"scale":5}}`).want(http.StatusAccepted)
	for _, b := range []*tab{first, second} {
		b.untilText(".verdict-title", "The note is in JazzHR")
		b.untilText(".timeline", "JazzHR confirmed the note")
	}
	second.look("story")
	for i := range 6 {
		s.requested(a, "Kenny", fmt.Sprintf("Jonas%d", i), fmt.Sprintf("kenny%d@example.com", i))
	}
	second.open("/console/candidates?q=kenny")
	second.untilText("tbody", "Kenny Jonas3")
	second.look("candidates")
	second.open("/console/candidates?q=nobody&tenant=acme")
	second.untilText("h2", "Nobody fits")
	second.look("candidates-none")
	second.open("/console/candidates")
	second.look("candidates-empty")
}
