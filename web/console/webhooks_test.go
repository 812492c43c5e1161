package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/web"
)

// exported is the body of an export, as JazzHR sends it.
func exported(given, email string) string {
	return `{"candidate":{"person":{"id":{"value":"39011522","schemeId":"JazzHR Candidate","schemeAgencyId":"JazzHR"},` +
		`"name":{"given":"` + given + `","family":"Lovelace","formattedName":"` + given + ` Lovelace"},"applyDate":"2026-09-17",` +
		`"communication":{"email":[{"address":"` + email + `"}],"phone":[{"formattedNumber":"888-353-0887"}]}},` +
		`"profiles":[{"associatedPositionOpenings":[{"positionTitle":"Welder","positionUri":"https:\/\/acme.applytojob.com\/apply\/tZqAHP6nnh\/Welder"}]}]}}`
}

// export has JazzHR send a webhook.
func (s *service) export(tenant account, id, body string) {
	s.t.Helper()
	s.send("POST", tenant.webhook, []byte(body), jazzhr.HeaderEvent, jazzhr.EventCandidateExport, jazzhr.HeaderUUID, id,
		jazzhr.HeaderSignature, jazzhr.Sign(tenant.secret, []byte(body)), "User-Agent", jazzhr.UserAgent,
		jazzhr.HeaderLink, "https://app.jazz.co/app/v2/profile/ada-lovelace").want(http.StatusOK)
}

// webhook returns the id of the only webhook that fits a condition.
func (s *service) webhook(where string) (id uuid.UUID) {
	s.t.Helper()
	if err := s.pool.QueryRow(s.t.Context(), "SELECT webhook_id FROM jazzhr.webhooks WHERE "+where).Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (a account) received(webhook uuid.UUID) string {
	return "/console/webhooks/" + a.id.String() + "/" + webhook.String()
}

func TestWebhooksList(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person("Sam")
	wantTexts(t, s.see(cookie, "/console/webhooks"), "No webhook yet", "Nothing was refused")
	acme := s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	s.export(acme, "u-2", `{"data": 1}`)
	s.export(acme, "u-3", exported("Bob", "bob@example.com"))
	s.exec(`UPDATE jazzhr.webhooks SET state = 'done', problem = 'not_found', done_at = jazzhr.now() WHERE dedup_key = 'uuid:u-3'`)
	s.send("POST", acme.webhook, []byte("{}"), jazzhr.HeaderEvent, jazzhr.EventCandidateExport,
		jazzhr.HeaderSignature, jazzhr.Sign("another secret", []byte("{}"))).want(http.StatusUnauthorized)

	pending, unread, done := s.webhook("state = 'pending'"), s.webhook("state = 'attention'"), s.webhook("state = 'done'")
	page := s.see(cookie, "/console/webhooks")
	wantTexts(t, page, acme.received(pending), acme.received(unread), acme.received(done), "nobody of this name and email was found in JazzHR", "CANDIDATE-EXPORT",
		"signed with another secret", "waits for its turn")
	if strings.Index(page, done.String()) > strings.Index(page, pending.String()) {
		t.Error("the newest is not the first")
	}
	wantNone(t, page, "ada@example.com", acme.secret, apiKey, strings.TrimPrefix(acme.webhook, "/webhooks/jazzhr/"))
	all := map[string]uuid.UUID{"pending": pending, "attention": unread, "done": done}
	for query, want := range map[string]string{
		"state=pending": "pending", "state=attention": "attention", "state=done": "done", "problem=not_found": "done", "problem=unreadable": "attention",
		"tenant=acme&problem=not_found": "done", "tenant=" + acme.id.String() + "&state=pending": "pending",
	} {
		page := s.see(cookie, "/console/webhooks?"+query)
		for state, id := range all {
			if strings.Contains(page, id.String()) != (state == want) {
				t.Errorf("%s: the one in %s is shown: %v", query, state, state != want)
			}
		}
	}
	if page := s.see(cookie, "/console/webhooks?tenant="+s.newTenant().id.String()); strings.Contains(page, acme.id.String()) {
		t.Error("another tenant's webhooks are shown")
	}
	s.exec("UPDATE jazzhr.tenants SET paused_at = jazzhr.now() WHERE tenant_id = $1", acme.id)
	wantTexts(t, s.see(cookie, "/console/webhooks"), "waits until the tenant is resumed")
	for _, path := range []string{"/console/webhooks", acme.received(done)} {
		s.send("GET", path, nil, "Accept", "text/html").want(http.StatusSeeOther)
	}
}

func TestWebhooksPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	s.exec(`INSERT INTO jazzhr.webhooks (tenant_id, webhook_id, dedup_key, body_hash, headers, state)
		SELECT $1, ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, i::text, '', '{}', CASE WHEN i % 2 = 0 THEN 'done' ELSE 'pending' END
		FROM generate_series(1, 120) i`, acme.id)
	for _, query := range []string{"", "?tenant=Acme"} {
		page, seen, pages := "/console/webhooks"+query, 0, 0
		for page != "" && pages < 5 {
			shown := s.see(cookie, page)
			pages++
			seen += strings.Count(shown, `href="`+acme.received(uuid.Nil)[:len("/console/webhooks/")+36])
			page = ""
			if before, _, more := strings.Cut(shown, `" rel="next"`); more {
				page = strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+len(`href="`):], "&amp;", "&")
			}
		}
		if seen != 120 || pages != 3 {
			t.Errorf("%q: %d webhooks on %d pages", query, seen, pages)
		}
	}
}

func TestWebhookIsMasked(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	s.export(acme, "u-1", exported("<i>Ada</i>", "ada@example.com"))
	id := s.webhook("true")
	path := acme.received(id)
	secrets := []string{acme.secret, apiKey, strings.TrimPrefix(acme.webhook, "/webhooks/jazzhr/")}
	personal := []string{"ada@example.com", "Ada", "Lovelace", "888-353-0887", "ada-lovelace"}
	page := s.see(cookie, path)
	wantTexts(t, page, "Welder", "39011522", "u-1", "•••••", "CANDIDATE-EXPORT", "Being resolved")
	wantNone(t, page, append(personal, secrets...)...)

	s.post(path+"/reveal", nil).wantError(web.CodeUnauthorized, "")
	s.post(path+"/reveal", nil, "Cookie", cookie, "Sec-Fetch-Site", "cross-site").wantError(web.CodeCrossOrigin, "")
	s.send("GET", path+"/reveal", nil, "Cookie", cookie).want(http.StatusMethodNotAllowed)
	s.wantCount(0, "actions WHERE what = 'reveal'")

	shown := s.post(path+"/reveal", nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusOK)
	wantTexts(t, string(shown.body), "ada@example.com", "&lt;i&gt;Ada&lt;/i&gt;", "ada-lovelace")
	wantNone(t, string(shown.body), append(secrets, "<i>Ada", "•••••")...)
	if kept := shown.header.Get("Cache-Control"); kept != "no-store" {
		t.Errorf("Cache-Control %s", kept)
	}
	s.wantCount(1, "actions WHERE what = 'reveal' AND who = 'admin (Sam)' AND tenant_id = $1 AND target = $2", acme.id, id.String())
	wantNone(t, s.see(cookie, path), personal...)
	wantNone(t, s.see(cookie, "/console/actions"), personal...)
	wantNone(t, s.logs.String(), append(secrets, "ada@example.com", "Lovelace")...)

	s.exec("UPDATE jazzhr.webhooks SET body = NULL, state = 'done'")
	wantTexts(t, s.see(cookie, path), "The body is deleted", "so there is nothing to resolve")
	s.send("GET", acme.received(uuid.New()), nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)
	s.send("GET", s.newTenant().received(id), nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)
	s.post(s.newTenant().received(id)+"/reveal", nil, "Cookie", cookie).wantError(web.CodeNotFound, "")
}

func TestReplay(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie, acme := s.person("Sam"), s.activate()
	s.export(acme, "u-1", exported("Ada", "ada@example.com"))
	id := s.webhook("true")
	path := acme.received(id)
	replay := func(says string, header ...string) {
		t.Helper()
		got := s.post(path+"/replay", url.Values{}, append(header, "Cookie", cookie)...).want(http.StatusSeeOther)
		if got.header.Get("Location") != path {
			t.Errorf("it leads to %s", got.header.Get("Location"))
		}
		notice, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
		wantTexts(t, s.see(cookie+"; "+notice, path), says)
	}
	replay("It is being resolved already.")
	s.exec("UPDATE jazzhr.webhooks SET state = 'done', problem = 'not_found', done_at = jazzhr.now(), admitted_at = NULL")
	s.exec("UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now()")
	s.post(path+"/replay", nil).wantError(web.CodeUnauthorized, "")
	s.post(path+"/replay", nil, "Cookie", cookie, "Sec-Fetch-Site", "cross-site").wantError(web.CodeCrossOrigin, "")
	s.wantCount(1, "webhooks WHERE state = 'done'")
	s.wantCount(0, "actions WHERE what = 'replay'")

	replay("It is being resolved again.")
	s.wantCount(1, "webhooks WHERE state = 'pending' AND admitted_at IS NOT NULL AND problem IS NULL")
	s.wantCount(1, "river_job WHERE kind = 'resolve_export' AND state = 'available' AND args ->> 'webhook_id' = $1", id.String())
	s.wantCount(1, "actions WHERE what = 'replay' AND who = 'admin (Sam)' AND tenant_id = $1 AND target = $2 AND result = 'done'", acme.id, id.String())
	s.exec("UPDATE jazzhr.webhooks SET state = 'attention', problem = 'unreadable', event = 'CANDIDATE-SOMETHING'")
	replay("The service does nothing with webhooks of this event.")
	wantTexts(t, s.see(cookie, path), "It can’t be resolved again: The service does nothing with webhooks of this event.")
	wantTexts(t, s.see(cookie, acme.attention(id)), "Its event is “CANDIDATE-SOMETHING”.")
	s.exec("UPDATE jazzhr.webhooks SET state = 'done', body = NULL")
	replay("Its body is deleted")
	s.post(acme.received(uuid.New())+"/replay", nil, "Cookie", cookie).wantError(web.CodeNotFound, "")
	s.wantCount(1, "actions WHERE what = 'replay'")
}
