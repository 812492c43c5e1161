package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web/console"
)

// TestRoles asks for every page and every action with every role, and holds that the least role that
// routes.go names is let in, and each lesser one refused with a page that names the role needed.
func TestRoles(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	cookies := map[string]string{"reader": s.as(p, "rita"), "support": s.as(p, "sue"), "operator": s.as(p, "otto"), "admin": s.as(p, "anna")}
	least := console.LeastRoles()
	if len(least) < 20 {
		t.Fatalf("only %d routes", len(least))
	}
	for route, needs := range least {
		method, path, _ := strings.Cut(route, " ")
		method = strings.Replace(method, "ANY", "GET", 1)
		var parts []string
		for part := range strings.SplitSeq(path, "/") {
			if strings.HasPrefix(part, ":") {
				part = uuid.NewString()
			}
			parts = append(parts, part)
		}
		for _, role := range console.Roles() {
			got := s.send(method, "/console"+strings.Join(parts, "/"), nil, "Accept", "text/html",
				"Content-Type", "application/x-www-form-urlencoded", "Cookie", cookies[role.Name])
			refused := got.status == http.StatusForbidden
			if refused != (role.Role < needs) {
				t.Errorf("%s as %s: %d, but it needs %s", route, role.Name, got.status, needs)
			}
			if refused && !strings.Contains(string(got.body), "needs the role "+needs.String()) {
				t.Errorf("%s as %s does not say what is needed: %s", route, role.Name, got.body)
			}
		}
	}
	s.wantCount(0, "actions WHERE what <> 'sign_in'")
}

// TestReaderSeesNoPersonalData holds that a reader's pages and streams mask candidates and offer
// nothing that the role may not do.
func TestReaderSeesNoPersonalData(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	acme := s.activate()
	s.stuck(acme, candidate("int-1", "Wilhelmina"), "two_matches")
	reader, support := s.as(p, "rita"), s.as(p, "sue")
	for _, path := range []string{"/console/attention", "/console/tenants/" + acme.id.String()} {
		masked := string(s.send("GET", path, nil, "Cookie", reader).want(http.StatusOK).body)
		open := string(s.send("GET", path, nil, "Cookie", support).want(http.StatusOK).body)
		if strings.Contains(masked, "Wilhelmina") || !strings.Contains(masked, "•••••") {
			t.Errorf("a reader sees who it is on %s", path)
		}
		if !strings.Contains(open, "Wilhelmina") {
			t.Errorf("support does not see who it is on %s", path)
		}
		for _, hidden := range []string{"/ask/", "connect-link", "/console/candidates", "/console/river"} {
			if strings.Contains(masked, hidden) {
				t.Errorf("a reader is offered %s on %s", hidden, path)
			}
		}
	}
	live := s.send("GET", "/console/candidates/live?q=Wilhelmina", nil, "Cookie", reader)
	if strings.Contains(string(live.body), "Wilhelmina") {
		t.Error("the stream of a page shows a reader what the page does not")
	}
}

// TestSessionsPage holds that an admin sees who is signed in and ends a session.
func TestSessionsPage(t *testing.T) {
	t.Parallel()
	s, p := startWithProvider(t)
	rita, anna := s.as(p, "rita"), s.as(p, "anna")
	page := string(s.send("GET", "/console/sessions", nil, "Cookie", anna).want(http.StatusOK).body)
	if !strings.Contains(page, "rita@example.com") || !strings.Contains(page, "anna@example.com") {
		t.Errorf("not everybody is listed: %s", page)
	}
	var id uuid.UUID
	if err := s.pool.QueryRow(t.Context(), "SELECT session_id FROM jazzhr.sessions WHERE subject = 'rita'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	s.post("/console/sessions/"+id.String()+"/end", nil, "Cookie", anna).want(http.StatusSeeOther)
	s.send("GET", "/console/health", nil, "Cookie", rita).want(http.StatusSeeOther)
	s.send("GET", "/console/health", nil, "Cookie", anna).want(http.StatusOK)
	s.wantCount(1, "actions WHERE what = 'end_session' AND who = 'anna@example.com' AND target = $1", id.String())
}
