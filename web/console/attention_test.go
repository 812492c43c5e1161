package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web"
)

// person signs in under a name, and returns the session's cookie.
func (s *service) person(name string) string {
	s.t.Helper()
	got := s.post("/console/sign-in", url.Values{"token": {adminToken}, "name": {name}}).want(http.StatusSeeOther)
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	return cookie
}

// see returns a page as somebody with a session sees it.
func (s *service) see(cookie, path string) string {
	s.t.Helper()
	return string(s.send("GET", path, nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusOK).body)
}

// wantTexts fails the test unless a page shows the texts.
func wantTexts(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("no %q in %s", text, page)
		}
	}
}

// wantNone fails the test if a page shows one of the texts.
func wantNone(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			t.Errorf("%q in %s", text, page)
		}
	}
}

// candidate is a writeback that may create a candidate of that first name.
func candidate(interview, firstName string) string {
	return fmt.Sprintf(`{"interview_id":%q,"candidate":{"id":"c-1","first_name":%q,"last_name":"Lovelace","email":"Ada@Example.com"},"note":{"score":4.5,"scale":5}}`,
		interview, firstName)
}

// stuck makes a writeback a case, as a worker does.
func (s *service) stuck(tenant account, body, problem string) uuid.UUID {
	s.t.Helper()
	id := uuid.MustParse(s.api("POST", tenant.path+"/writebacks", body).want(http.StatusAccepted).text("id"))
	for _, statement := range []string{
		`INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, sends, problem, evidence)
			SELECT tenant_id, gen_random_uuid(), 'create_applicant', writeback_id::text, 'attention', 1, $2::text,
				jsonb_build_array(jsonb_build_object('at', jazzhr.now(), 'what', 'attention', 'detail', $2::text, 'remote_ids', '["prospect_1","prospect_2"]'::jsonb))
			FROM jazzhr.writebacks WHERE writeback_id = $1`,
		`UPDATE jazzhr.steps SET state = 'attention', last_error = $2,
			effect_id = (SELECT effect_id FROM jazzhr.effects WHERE key = $1::uuid::text)
			WHERE writeback_id = $1 AND kind = 'create_applicant'`,
		`UPDATE jazzhr.writebacks SET state = 'attention', last_error = $2, admitted_at = NULL, done_at = jazzhr.now() WHERE writeback_id = $1`,
	} {
		s.exec(statement, id, problem)
	}
	return id
}

// stuckMove makes a move of prospect_9 to a stage a case, as a worker does.
func (s *service) stuckMove(tenant account, stage string) uuid.UUID {
	s.t.Helper()
	id := uuid.Must(uuid.NewV7())
	s.exec(`INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title, state, outcome, done_at, attempts, case_id)
		VALUES ($1, 'a-1', 'prospect_9', $2, 'Engineer', 'attention', 'keeps_failing', jazzhr.now(), 10, $3)`, tenant.id, stage, id)
	return id
}

func (a account) attention(item uuid.UUID) string {
	return "/console/attention/" + a.id.String() + "/" + item.String()
}

func TestAttentionList(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person("Sam")
	wantTexts(t, s.see(cookie, "/console/attention"), "No case needs you")
	acme := s.activate()
	first := s.stuck(acme, candidate("int-1", `<script>alert("x")</script>`), "two_matches")
	second := s.stuck(acme, candidate("int-2", "Ada"), "no_control")
	page := s.see(cookie, "/console/attention")
	wantTexts(t, page, "&lt;script&gt;", acme.attention(first), acme.attention(second), "More than one thing in JazzHR could be it (1)", "More than one match for the candidate")
	wantNone(t, page, `<script>alert`, apiKey, acme.secret, strings.TrimPrefix(acme.webhook, "/webhooks/jazzhr/"), adminToken)

	for query, want := range map[string]uuid.UUID{
		"problem=no_control":                                            second,
		"problem=two_matches&tenant=acm":                                first,
		"problem=two_matches&tenant=" + acme.path[len("/v1/tenants/"):]: first,
	} {
		page := s.see(cookie, "/console/attention?"+query)
		other := first
		if want == first {
			other = second
		}
		wantTexts(t, page, acme.attention(want))
		wantNone(t, page, acme.attention(other))
	}
	for _, tenant := range []string{"nobody", uuid.NewString(), "%"} {
		page := s.see(cookie, "/console/attention?tenant="+url.QueryEscape(tenant))
		wantTexts(t, page, "No case fits the filter", "No tenant")
	}
	s.send("GET", "/console/attention?tenant=%00", nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)
	s.send("GET", "/console/attention?after=nonsense", nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)
}

func TestAttentionPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	s.exec(`INSERT INTO jazzhr.webhooks (tenant_id, webhook_id, dedup_key, body_hash, headers, state, problem)
		SELECT $1, ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, i::text, '', '{}', 'attention', 'unreadable'
		FROM generate_series(1, 60) i`, acme.id)
	writeback := s.stuck(acme, candidate("int-1", "Ada"), "two_matches")
	page, seen := "/console/attention", 0
	for page != "" {
		shown := s.see(cookie, page)
		seen += strings.Count(shown, acme.attention(uuid.Nil)[:len("/console/attention/")+36])
		_, rest, _ := strings.Cut(shown, `rel="next"`)
		before := strings.TrimSuffix(shown, rest)
		page = ""
		if rest != "" {
			page = strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+len(`href="`):strings.LastIndex(before, `" rel=`)], "&amp;", "&")
			wantNone(t, shown, acme.attention(writeback)) // the newest comes last
		}
	}
	if seen != 61 {
		t.Errorf("%d items on all pages", seen)
	}
}

func TestAttentionItem(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	item := s.stuck(acme, candidate("int-1", "<b>Ada</b>"), "two_matches")
	s.exec(`INSERT INTO jazzhr.applicants (tenant_id, applicant_id, email, folded_name, gone_at) VALUES
		($1, 'prospect_1', 'ada@example.com', 'b ada b lovelace', NULL), ($1, 'prospect_3', 'ada@example.com', 'ada king', NULL),
		($1, 'prospect_4', 'ada@example.com', 'ada old', jazzhr.now())`, acme.id)
	s.exec(`INSERT INTO jazzhr.links (tenant_id, link_id, applicant_id, job_id) VALUES ($1, 'l-1', 'prospect_1', 'job_x')`, acme.id)
	path := acme.attention(item)
	page := s.see(cookie, path)
	wantTexts(t, page, "More than one match for the candidate", "Merge candidates there", "&lt;b&gt;Ada&lt;/b&gt; Lovelace", "Ada@Example.com", "score 4.5 of 5",
		`value="prospect_1"`, `value="prospect_2"`, `value="prospect_3"`, "job_x", "<mark>ada king</mark>", "Give it up", "Gone")
	wantNone(t, page, "<b>Ada", `value="prospect_4"`, "It is not there: send it", apiKey, acme.secret, adminToken)

	for name, post := range map[string]url.Values{
		"no decision": {}, "no id": {"decision": {"adopt"}}, "one too many": {"decision": {"resend"}}, "an id too many": {"decision": {"abandon"}, "remote_id": {"p"}},
	} {
		got := s.post(path, post, "Cookie", cookie).want(http.StatusSeeOther)
		if got.header.Get("Location") != path {
			t.Errorf("%s leads to %s", name, got.header.Get("Location"))
		}
	}
	s.post(path, url.Values{"decision": {"abandon"}}).wantError(web.CodeUnauthorized, "")
	s.post(path, url.Values{"decision": {"abandon"}}, "Cookie", cookie, "Sec-Fetch-Site", "cross-site").wantError(web.CodeCrossOrigin, "")
	s.post(s.newTenant().attention(item), url.Values{"decision": {"abandon"}}, "Cookie", cookie).want(http.StatusSeeOther) // nobody's there
	s.wantCount(0, "decisions")
	s.wantCount(0, "actions WHERE what = 'decide'")
	s.wantCount(1, "writebacks WHERE state = 'attention'")

	got := s.post(path, url.Values{"decision": {"adopt"}, "remote_id": {"prospect_1"}}, "Cookie", cookie).want(http.StatusSeeOther)
	if got.header.Get("Location") != "/console/attention" {
		t.Errorf("it leads to %s", got.header.Get("Location"))
	}
	s.wantCount(1, "decisions WHERE decision = 'adopt' AND remote_id = 'prospect_1' AND decided_by = 'admin (Sam)'")
	s.wantCount(1, `actions WHERE who = 'admin (Sam)' AND what = 'decide' AND target = $1 AND tenant_id = $2 AND result = 'done' AND detail = 'adopted prospect_1'`,
		item.String(), acme.id)
	s.wantCount(1, "writebacks WHERE state = 'pending'")
	settled := s.see(cookie, path)
	wantTexts(t, settled, "This case is closed", "admin (Sam) adopted prospect_1")
	wantNone(t, settled, "<button class=\"primary\"", "Give it up")
	s.post(path, url.Values{"decision": {"abandon"}}, "Cookie", cookie).want(http.StatusSeeOther)
	s.wantCount(1, "decisions")
	for _, path := range []string{acme.attention(uuid.New()), s.newTenant().attention(item), "/console/attention/x/y"} {
		s.send("GET", path, nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)
	}
}

// TestAttentionOfWebhook holds the pages of two cases: a second webhook under a used id, and one
// that is no known event.
func TestAttentionOfWebhook(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	s.export(acme, "u-1", exported("Bob", "bob@example.com"))
	s.export(acme, "u-2", `{"data": "ada@example.com"}`)
	conflict := s.webhook("problem = 'conflict'")
	page := s.see(cookie, acme.attention(conflict))
	wantTexts(t, page, "A used id came with other content", "What came first, and was accepted",
		"candidate.person.communication.email.address", "candidate.person.name.given", "Resolve it", "Leave it")
	wantNone(t, page, "bob@example.com", "ada@example.com", "Bob")
	unreadable := s.webhook("problem = 'unreadable'")
	page = s.see(cookie, acme.attention(unreadable))
	wantTexts(t, page, "A webhook that is no known event", "Its body is JSON, but holds no candidate.")
	wantNone(t, page, "ada@example.com", "Adopt")
	s.post(acme.attention(unreadable), url.Values{"decision": {"abandon"}}, "Cookie", cookie).want(http.StatusSeeOther)
	s.wantCount(1, "webhooks WHERE state = 'done' AND problem = 'unreadable'")
	s.wantCount(1, "actions WHERE what = 'decide' AND detail = 'gave it up'")
}

// TestAttentionAboutNote holds the page of a case about a note: the answer was lost, and the
// account does not show notes.
func TestAttentionAboutNote(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	id := uuid.MustParse(s.api("POST", acme.path+"/writebacks", writeback("int-1")).want(http.StatusAccepted).text("id"))
	effect := uuid.New()
	s.exec(`INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, sends, problem, evidence)
		VALUES ($1, $2, 'write_note', 'int-1/1/1', 'attention', 1, 'not_visible', '[{"at":"2026-11-25T10:00:00Z","what":"lost","detail":"timeout"},
			{"at":"2026-11-25T10:05:00Z","what":"late_answer","remote_ids":["comment_7"]}]')`, acme.id, effect)
	s.exec(`UPDATE jazzhr.steps SET state = 'attention', last_error = 'not_visible', effect_id = $2 WHERE writeback_id = $1 AND kind = 'write_notes'`, id, effect)
	s.exec(`UPDATE jazzhr.writebacks SET state = 'attention', step = 'write_notes', last_error = 'not_visible', admitted_at = NULL WHERE writeback_id = $1`, id)
	page := s.see(cookie, acme.attention(id))
	wantTexts(t, page, "What we were to write: the note", "IV-", "score 4.5 of 5", "the account hides such things", `value="comment_7"`, "prospect_1",
		"It is not there: send it", "twice", "The answer was lost", "An answer came late", "timeout")
	wantNone(t, page, `value="prospect_1"`)
	s.post(acme.attention(id), url.Values{"decision": {"resend"}}, "Cookie", cookie).want(http.StatusSeeOther)
	s.wantCount(1, "effects WHERE state = 'planned' AND sends = 0")
	s.wantCount(1, "actions WHERE what = 'decide' AND detail = 'had it tried again'")
}

// TestAttentionOfStageMove holds the list and the page of a case about a move to a stage, and what the
// page of its tenant and the candidate's story say.
func TestAttentionOfStageMove(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	id := s.stuckMove(acme, "<b>Interview")
	s.exec(`INSERT INTO jazzhr.applicants (tenant_id, applicant_id, folded_name) VALUES ($1, 'prospect_9', 'ada lovelace')`, acme.id)
	path := acme.attention(id)
	for _, query := range []string{"", "?problem=keeps_failing", "?tenant=" + acme.id.String()} {
		wantTexts(t, s.see(cookie, "/console/attention"+query), path, "A move to “&lt;b&gt;Interview”", "can’t work on this move to a stage",
			"for a reason of its own (1)")
	}
	wantNone(t, s.see(cookie, "/console/attention?problem=conflict"), path)
	wantTexts(t, s.see(cookie, "/console/tenants?state=attention"), `id="attention-`+acme.id.String())
	story := "/console/candidates?q=prospect_9&amp;tenant=" + acme.id.String()
	page := s.see(cookie, path)
	wantTexts(t, page, "A move to “&lt;b&gt;Interview”", "can’t work on this move to a stage", "prospect_9", "Engineer", "a-1", "Try again", "Give it up", story)
	wantNone(t, page, "<b>Interview", "Adopt", "Side by side")
	wantTexts(t, s.see(cookie, strings.ReplaceAll(story, "&amp;", "&")), "is a case for a person", path, "The move was left to a person")

	s.post(path, url.Values{"decision": {"resend"}}, "Cookie", cookie).want(http.StatusSeeOther)
	s.wantCount(1, "stage_entries WHERE state = 'pending'")
	wantTexts(t, s.see(cookie, path), "This case is closed", "The work goes on", "had it tried again", "Last tried anew")
	s.exec("UPDATE jazzhr.stage_entries SET state = 'attention', outcome = 'keeps_failing', done_at = jazzhr.now()")
	s.post(path, url.Values{"decision": {"abandon"}}, "Cookie", cookie).want(http.StatusSeeOther)
	s.wantCount(1, "stage_entries WHERE state = 'done' AND outcome = 'abandoned'")
	wantTexts(t, s.see(cookie, path), "The work is done", "gave it up")
	wantTexts(t, s.see(cookie, strings.ReplaceAll(story, "&amp;", "&")), "No interview was asked for", "A person gave it up")
	s.wantCount(1, `actions WHERE what = 'decide' AND target = $1 AND detail = 'gave it up'`, id.String())
}
