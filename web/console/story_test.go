package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// find searches for a candidate.
func (s *service) find(cookie, text, tenant string) string {
	s.t.Helper()
	return s.page(cookie, "/console/candidates?"+url.Values{"q": {text}, "tenant": {tenant}}.Encode())
}

// requested makes an interview request of a tenant, as an export makes one.
func (s *service) requested(a account, first, last, email string) uuid.UUID {
	s.t.Helper()
	id := must(uuid.NewV7())
	s.exec(`INSERT INTO jazzhr.interview_requests (tenant_id, request_id, trigger, person_id, applicant_id, job_id, job_key, email, first_name, last_name)
		VALUES ($1, $2, 'export', $3, $4, 'job_9', 'job_9', nullif($5, ''), $6, $7)`, a.id, id, uuid.NewString(), "prospect_"+id.String(), email, first, last)
	return id
}

// TestStory follows a candidate from the export to the note, through the whole service.
func TestStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	stream := s.openLive(s.url+"/console/candidates/live?q=kenny+j", cookie)
	stream.until("found", "Nobody fits")
	candidate := s.exported(a, "Kenny", "Jönes", "Kenny.J@Example.com")
	// The export is not resolved yet, and is the only place that has the name.
	wantText(t, stream.until("found", "Kenny Jönes"), "The export", "It is our turn", "No process works the queue")

	s.work()
	stream.until("found", "An interview was asked for")
	wantText(t, stream.until("found", "Intrvio pulls them"), "Person and job were found in JazzHR", "Welder", candidate.ID)
	s.exec(`UPDATE jazzhr.events SET state = 'delivered', delivered_at = jazzhr.now(), attempts = 1, last_error = NULL`)
	stream.until("found", "Intrvio took the request")

	var request string
	if err := s.pool.QueryRow(t.Context(), "SELECT request_id::text FROM jazzhr.interview_requests").Scan(&request); err != nil {
		t.Fatal(err)
	}
	written := s.api("POST", a.path+"/writebacks", `{"interview_id":"interview-7","request_id":"`+request+`","candidate":{"id":"c-1"},
		"note":{"score":4.5,"scale":5,"summary":"Well spoken","transcript":"Tell me about yourself."}}`).want(http.StatusAccepted)
	wantText(t, stream.until("found", "The note is in JazzHR"), "JazzHR confirmed the note", "Intrvio sent the result of the interview", "interview-7")
	note := a.jazzhr.Notes(candidate.ID)[0]

	var webhook string
	if err := s.pool.QueryRow(t.Context(), "SELECT webhook_id::text FROM jazzhr.webhooks").Scan(&webhook); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"Kenny Jönes", "kenny jo", "jones", "JÖNES", " kenny.j@example.COM ", "interview-7", candidate.ID, a.jazzhr.Jobs()[0].ID,
		webhook, request, written.text("id"),
	} {
		page := s.find(cookie, text, "")
		if !strings.Contains(page, "The note is in JazzHR") || !strings.Contains(page, note.ID) || !strings.Contains(page, candidate.ID) {
			t.Errorf("%q does not lead to the note: %s", text, page)
		}
		for what, private := range map[string]string{"transcript": "Tell me about", "summary": "Well spoken", "key": apiKey, "secret": a.secret} {
			if strings.Contains(page, private) {
				t.Errorf("the %s is on the page", what)
			}
		}
	}
	s.exec(`UPDATE jazzhr.webhooks SET body = NULL`) // emptied in time; the story stays
	wantText(t, s.find(cookie, webhook, a.id.String()), "Kenny Jönes", "The note is in JazzHR", "/console/webhooks/"+a.id.String()+"/"+webhook)
}

func TestStoryNeedsASession(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.send("GET", "/console/candidates?q=kenny", nil, "Accept", "text/html").want(http.StatusSeeOther)
	s.send("GET", "/console/candidates?q=%ff", nil, "Cookie", s.signIn()).want(http.StatusNotFound)
	s.send("GET", "/console/candidates?q="+strings.Repeat("a", 300), nil, "Cookie", s.signIn()).want(http.StatusNotFound)
}

// TestStoryOfOneTenant holds that a search in one tenant finds nobody of another.
func TestStoryOfOneTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, other := s.newTenant(), s.newTenant()
	s.exec(`UPDATE jazzhr.tenants SET name = 'Zenith', external_id = 'z-1' WHERE tenant_id = $1`, other.id)
	cookie := s.signIn()
	request := s.requested(a, "Kenny", "Jones", "kenny@example.com")
	s.requested(other, "Kenny", "Jonas", "kenny@example.com")
	applicant := "prospect_" + request.String()
	for _, text := range []string{"Kenny Jones", request.String(), applicant} {
		wantText(t, s.find(cookie, text, a.id.String()), "Kenny Jones")
		page := s.find(cookie, text, "zenith")
		wantText(t, page, "Nobody fits", "at Zenith")
		if strings.Contains(page, applicant+"<") || strings.Contains(page, "Acme") {
			t.Errorf("%q finds another tenant’s candidate: %s", text, page)
		}
	}
	wantText(t, s.find(cookie, "kenny@example.com", ""), "Acme", "Zenith", "2 candidates were found")
	wantText(t, s.find(cookie, "kenny@example.com", "z-1"), "Kenny Jonas")
	wantText(t, s.find(cookie, "kenny", "nobody"), "No tenant is called “nobody”")
	s.exec(`UPDATE jazzhr.tenants SET name = 'Acme & Sons' WHERE tenant_id = $1`, other.id)
	wantText(t, s.find(cookie, "kenny", "acm"), "Which tenant?", "Acme &amp; Sons")
	wantText(t, s.find(cookie, "kenny", "acme"), "Kenny Jones") // the name, and not only part of one
}

// TestStoryOfNobody holds what the page says if nothing was found.
func TestStoryOfNobody(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	wantText(t, s.find(cookie, "nobody", ""), "Nobody fits “nobody”", "Choose the tenant")
	wantText(t, s.find(cookie, "nobody", a.id.String()), "Last webhook", "Last refused webhook", "Last poll", "JazzHR did not send it")
	s.exec(`UPDATE jazzhr.tenants SET last_refused_at = jazzhr.now() + interval '1 s', last_refused_reason = 'wrong signature', refused_webhooks = 3`)
	wantText(t, s.find(cookie, "nobody", ""), "Tenants whose latest webhook was refused", "wrong signature", "Acme")
	wantText(t, s.find(cookie, "nobody", "acme"), "(3 in all)", "JazzHR’s last request was refused")
	wantText(t, s.page(cookie, "/console/candidates"), "Find a candidate among all tenants")
}

// TestStoryEscapes holds that text from JazzHR and its users is escaped.
func TestStoryEscapes(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	evil := `<script>alert(1)</script>`
	request := s.requested(a, "Evil", evil, `"><img src=x>@example.com`)
	id := must(uuid.NewV7())
	s.exec(`INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, evidence)
		VALUES ($1, $2, 'write_note', 'x', 'rejected', jsonb_build_array(jsonb_build_object('at', now(), 'what', 'refused', 'detail', $3::text)))`, a.id, id, evil)
	s.exec(`INSERT INTO jazzhr.writebacks (tenant_id, writeback_id, interview_id, revision, content_hash, request_id, candidate_id, applicant_given, note, state, step, last_error, done_at)
		VALUES ($1, $2, $3, 1, '', $4, 'c', false, '{}', 'rejected', 'write_notes', $3, now())`, a.id, id, evil, request)
	s.exec(`INSERT INTO jazzhr.steps (tenant_id, writeback_id, kind, state, effect_id, last_error) VALUES ($1, $2, 'write_notes', 'rejected', $2, $3)`, a.id, id, evil)
	for _, text := range []string{"evil", evil, request.String()} {
		page := s.find(cookie, text, "")
		wantText(t, page, "alert(1)")
		if strings.Contains(page, evil) || strings.Contains(page, "<img") {
			t.Errorf("markup is taken for markup: %s", page)
		}
	}
	if page := s.page(cookie, "/console/tenants/"+a.id.String()); strings.Contains(page, evil) {
		t.Errorf("markup is taken for markup: %s", page)
	}
}

// TestStoryOfMany holds that many candidates found are listed, each with a link to the story.
func TestStoryOfMany(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.newTenant()
	cookie := s.signIn()
	var one uuid.UUID
	for i := range 30 {
		one = s.requested(a, "Sam", fmt.Sprintf("Smith%02d", i), fmt.Sprintf("sam%d@example.com", i))
	}
	page := s.find(cookie, "sam smith", "")
	if n := strings.Count(page, `<a id="found-`); n != 25 {
		t.Errorf("%d candidates", n)
	}
	wantText(t, page, "There are more", "Sam Smith29", "tenant="+a.id.String())
	wantText(t, s.find(cookie, "smith07", ""), "Sam Smith07", "Intrvio’s turn")
	// Many requests of one person are one candidate.
	s.exec(`UPDATE jazzhr.interview_requests SET applicant_id = 'prospect_1', email = 'sam@example.com', last_name = 'Smith'`)
	if page := s.find(cookie, "sam smith", ""); strings.Count(page, "<article") != 1 {
		t.Errorf("not one person: %s", page)
	}
	// A search for one interview shows the person's other interviews too.
	if page := s.find(cookie, one.String(), ""); strings.Count(page, "An interview was asked for") != 20 {
		t.Errorf("not all of the person’s interviews: %s", page)
	}
}

// TestStoryOfAMove holds the story of a move that asked for nothing, and of a candidate for whom no
// interview was asked.
func TestStoryOfAMove(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.activate()
	cookie := s.signIn()
	s.exec(`INSERT INTO jazzhr.applicants (tenant_id, applicant_id, email, folded_name, listed_at) VALUES ($1, 'prospect_1', 'ada@example.com', 'ada lovelace', now())`, a.id)
	for _, text := range []string{"lovelace", "Ada Love", "ADA@example.com", "prospect_1"} {
		wantText(t, s.find(cookie, text, ""), "Ada Lovelace", "No interview was asked for", "It is the customer’s turn")
	}
	s.exec(`INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title, state, outcome, done_at)
		VALUES ($1, 'act-1', 'prospect_1', 'Screen', 'Welder', 'done', 'other_job', now())`, a.id)
	wantText(t, s.find(cookie, "lovelace", ""), "A poll saw the move to “Screen”", "asks for interviews in other jobs only")
}
