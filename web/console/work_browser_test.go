//go:build browser

package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestBrowserAttention decides a case in one browser, and holds that another shows it.
func TestBrowserAttention(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.activate()
	b, other := browse(t, s.url), browse(t, s.url)
	b.signIn()
	other.signIn()
	b.open("/console/attention")
	b.untilLive()
	b.untilText("[sse-swap=items]", "No case needs you")
	b.look("attention-empty")

	s.exec(`INSERT INTO jazzhr.applicants (tenant_id, applicant_id, email, folded_name) VALUES
		($1, 'prospect_1', 'ada@example.com', 'ada lovelace'), ($1, 'prospect_2', 'ada@example.com', 'ada king')`, acme.id)
	s.exec(`INSERT INTO jazzhr.links (tenant_id, link_id, applicant_id, job_id) SELECT $1, 'l-1', 'prospect_1', job_id FROM jazzhr.openings LIMIT 1`, acme.id)
	item := s.stuck(acme, candidate("int-1", "Ada"), "two_matches")
	s.stuck(acme, candidate("int-2", "Charles"), "no_control")
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	s.export(acme, "u-1", exported("Bob", "bob@example.com"))
	b.untilText("[sse-swap=items]", "More than one match for the candidate")
	b.untilText("[sse-swap=items]", "A used id came with other content")
	b.look("attention")

	other.open(acme.attention(item))
	other.untilLive()
	other.untilText("[sse-swap=state]", "More than one match for the candidate")
	other.look("attention-item")
	b.open(acme.attention(s.webhook("problem = 'conflict'")))
	b.untilText(".evidence", "What came first, and was accepted")
	b.look("attention-webhook")
	move := s.stuckMove(acme, "Interview")
	other.open("/console/attention")
	other.untilText("[sse-swap=items]", "A move to “Interview”")
	other.click(`a[href="` + acme.attention(move) + `"]`)
	other.untilText("h1", "A move to “Interview”")
	other.look("attention-move")
	other.click(".choices button.danger")
	other.untilText(".banner-good", "you gave it up")
	s.wantCount(1, "stage_entries WHERE state = 'done' AND outcome = 'abandoned'")
	other.open(acme.attention(item))
	other.untilLive()

	b.open(acme.attention(item))
	b.untilLive()
	b.click("form.adopt button")
	b.untilText(".banner-good", "you adopted prospect_1")
	b.until(`location.pathname === "/console/attention"`)
	b.untilText("[sse-swap=items]", "Charles")
	other.untilText("[sse-swap=state]", "This case is closed")
	other.untilText("[sse-swap=state]", "admin adopted prospect_1")
	s.wantCount(1, "actions WHERE what = 'decide' AND who = 'admin' AND target = $1", item.String())
}

// TestBrowserWebhook shows a webhook unmasked, and has it resolved again.
func TestBrowserWebhook(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	s.export(acme, "u-2", exported("Bob", "bob@example.com"))
	s.export(acme, "u-3", `{"data": 1}`)
	s.send("POST", acme.webhook, []byte("{}"), "X-JazzHR-Event", "CANDIDATE-EXPORT", "X-JazzHR-Signature", strings.Repeat("0", 64)).want(http.StatusUnauthorized)
	s.exec("UPDATE jazzhr.webhooks SET state = 'done', problem = 'not_found', done_at = jazzhr.now(), admitted_at = NULL WHERE dedup_key = 'uuid:u-1'")
	s.exec("UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()")
	id := s.webhook("dedup_key = 'uuid:u-1'")
	s.exec(`INSERT INTO jazzhr.interview_requests (tenant_id, request_id, trigger, webhook_id, person_id, job_key) VALUES ($1, $2, 'export', $2, '39011522', 'code:tZqAHP6nnh title:Welder')`, acme.id, id)
	b := browse(t, s.url)
	b.signIn()
	b.open("/console/webhooks")
	b.untilLive()
	b.untilText("[sse-swap=rows]", "nobody of this name and email was found in JazzHR")
	b.untilText("[sse-swap=refused]", "signed with another secret")
	b.look("webhooks")
	b.click(`a[href="` + acme.received(id) + `"]`)
	b.untilText("h1", "A webhook")
	b.untilLive()
	b.until(`!document.body.innerText.includes("ada@example.com")`)
	b.look("webhook")

	b.click("[data-dialog=reveal]")
	b.until(`document.querySelector("#reveal").open`)
	b.look("webhook-reveal")
	b.click("#reveal .primary")
	b.untilText("pre", "ada@example.com")
	b.look("webhook-unmasked")
	s.wantCount(1, "actions WHERE what = 'reveal' AND target = $1", id.String())
	b.open(acme.received(id)) // as a reload does
	b.untilText("pre", "•••••")
	b.until(`!document.body.innerText.includes("ada@example.com")`)

	b.untilLive()
	b.click("[data-dialog=replay]")
	b.until(`document.querySelector("#replay").open`)
	b.click("#replay .primary")
	b.untilText(".banner-good", "It is being resolved again.")
	b.untilText("[sse-swap=state]", "Being resolved")
	s.wantCount(1, "actions WHERE what = 'replay' AND target = $1", id.String())
	b.untilLive()
	s.exec("UPDATE jazzhr.webhooks SET state = 'done', done_at = jazzhr.now()")
	b.untilText("[sse-swap=state]", "Done")
}

// TestBrowserQueue opens the queue, a tenant's jobs and one job, and goes to River UI and back.
func TestBrowserQueue(t *testing.T) {
	t.Parallel()
	s := start(t)
	acme := s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	s.api("POST", acme.path+"/writebacks", candidate("int-1", "Ada")).want(http.StatusAccepted)
	s.exec(`INSERT INTO jazzhr.river_job (state, kind, queue, args, max_attempts, attempt, attempted_at, attempted_by, errors, finalized_at)
		SELECT 'completed', kind, 'polls', '{}', 25, 1, now() - ago - took, '{worker-1}', NULL, now() - ago
		FROM (SELECT (ARRAY['poll_activities', 'poll_openings'])[1 + i % 2] AS kind, i * (2 + i % 7) * interval '0.5 seconds' AS ago, i % 9 * interval '0.1 seconds' AS took FROM generate_series(1, 300) i) f`)
	s.exec(`INSERT INTO jazzhr.river_job (state, kind, queue, args, max_attempts, attempt, attempted_at, attempted_by, errors, finalized_at) VALUES
		('running', 'poll_activities', 'polls', '{}', 25, 1, now(), '{worker-1}', NULL, NULL),
		('retryable', 'deliver_event', 'events', jsonb_build_object('tenant_id', $1::uuid), 25, 2, now(), '{worker-1}', ARRAY['{"error":"the receiver answers 503"}']::jsonb[], NULL),
		('discarded', 'purge', 'tick', '{}', 1, 1, now(), '{worker-1}', ARRAY['{"error":"the database can’t be reached"}']::jsonb[], now())`, acme.id)
	s.addNode("worker-1")
	s.exec("INSERT INTO jazzhr.river_queue (name, paused_at, updated_at) VALUES ('writes', now(), now())")
	b := browse(t, s.url)
	b.signIn()
	b.open("/console/queue")
	b.untilLive()
	b.untilText("[sse-swap=errors]", "the receiver answers 503")
	b.look("queue")
	s.addNode("worker-2")
	b.untilText("[sse-swap=nodes]", "worker-2")

	b.open("/console/queue?tenant=acme")
	b.untilLive()
	b.untilText("[sse-swap=jobs]", "Resolve a webhook")
	b.look("queue-tenant")
	b.click(`[sse-swap=jobs] tr:has(a[href^="/console/webhooks/"]) th a`)
	b.untilText("[sse-swap=job]", "All jobs of Acme")
	b.look("job")
	b.click("a.button")
	b.until(`location.pathname.startsWith("/console/river/jobs/")`)
	b.untilText(".console-back", "This job in the console")
	b.untilText("body", "resolve_export")
	b.picture("river-job")
	b.click(".console-back [data-job]")
	b.until(`location.pathname.startsWith("/console/queue/jobs/")`)
	b.untilText("[sse-swap=job]", "All jobs of Acme")
}
