package console_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// page opens a page of the console, signed in.
func (s *service) page(cookie, path string) string {
	s.t.Helper()
	return string(s.send("GET", path, nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusOK).body)
}

// wantText fails the test unless a page holds each text.
func wantText(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%q is not in\n%s", text, page)
		}
	}
}

var (
	tenantName = regexp.MustCompile(`<a id="tenant-[^"]+" href="[^"]+">([^<]*)</a>`)
	nextPage   = regexp.MustCompile(`href="([^"]+)" rel="next"`)
)

// tenantNames returns the names in a list of tenants, over all its pages.
func (s *service) tenantNames(cookie, path string) (names []string) {
	s.t.Helper()
	for path != "" {
		page := s.page(cookie, path)
		for _, match := range tenantName.FindAllStringSubmatch(page, -1) {
			names = append(names, html.UnescapeString(match[1]))
		}
		next := nextPage.FindStringSubmatch(page)
		if path = ""; next != nil {
			path = html.UnescapeString(next[1])
		}
	}
	return names
}

// addTenants makes tenants with different values of what lists sort and filter by.
func (s *service) addTenants(n int) {
	s.t.Helper()
	s.exec(`INSERT INTO jazzhr.tenants (tenant_id, external_id, name, region, connection, key_state, last_webhook_at, last_poll_at)
		SELECT ('01000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'ext-' || n, 'Tenant ' || lpad(n::text, 4, '0'), 'us',
			'verified', 'ok', jazzhr.now() - n * interval '1 minute', jazzhr.now() FROM generate_series(1, $1::int) n`, n)
	s.exec(`INSERT INTO jazzhr.call_buckets (tenant_id, tokens, refilled_at) SELECT tenant_id, 0, jazzhr.now() + interval '1 hour' FROM jazzhr.tenants ON CONFLICT DO NOTHING`)
	s.exec(`INSERT INTO jazzhr.event_counters (tenant_id) SELECT tenant_id FROM jazzhr.tenants ON CONFLICT DO NOTHING`)
}

// addWritebacks makes writebacks in a state for the tenant of a number.
func (s *service) addWritebacks(tenant, n int, state string) {
	s.t.Helper()
	s.exec(`INSERT INTO jazzhr.writebacks (tenant_id, writeback_id, interview_id, revision, content_hash, candidate_id, applicant_given, note, state, step)
		SELECT ('01000000-0000-7000-8000-' || lpad($1::text, 12, '0'))::uuid, gen_random_uuid(), $3 || n, 1, '', 'c', false, '{}', $3, 'write_notes'
		FROM generate_series(1, $2::int) n`, fmt.Sprint(tenant), n, state)
}

func TestTenantsPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	s.addTenants(120)
	for _, test := range []struct{ sort, first, last string }{
		{"name", "Tenant 0001", "Tenant 0120"},
		{"webhook", "Tenant 0001", "Tenant 0120"},
		{"quiet", "Tenant 0120", "Tenant 0001"},
		{"poll", "Tenant 0001", "Tenant 0120"},
		{"new", "Tenant 0001", "Tenant 0120"},
		{"nonsense", "Tenant 0001", "Tenant 0120"},
	} {
		names := s.tenantNames(cookie, "/console/tenants?sort="+test.sort)
		if len(names) != 120 || names[0] != test.first || names[119] != test.last {
			t.Errorf("by %s: %d tenants, from %s to %s", test.sort, len(names), names[0], names[len(names)-1])
		}
		slices.Sort(names)
		if len(slices.Compact(names)) != 120 {
			t.Errorf("by %s: some come twice", test.sort)
		}
	}

	s.addWritebacks(70, 3, "pending")
	s.addWritebacks(80, 5, "pending")
	s.addWritebacks(90, 2, "attention")
	if names := s.tenantNames(cookie, "/console/tenants?sort=waiting"); len(names) != 120 || names[0] != "Tenant 0080" || names[1] != "Tenant 0070" {
		t.Errorf("%d by what waits: %v", len(names), names[:2])
	}
	if names := s.tenantNames(cookie, "/console/tenants?sort=attention"); len(names) != 120 || names[0] != "Tenant 0090" {
		t.Errorf("%d by what needs a person: %v", len(names), names[:2])
	}
	if names := s.tenantNames(cookie, "/console/tenants?state=attention"); !slices.Equal(names, []string{"Tenant 0090"}) {
		t.Errorf("in need of a person: %v", names)
	}
	page := s.page(cookie, "/console/tenants?q=tenant+009&sort=attention")
	wantText(t, page, `value="tenant 009"`, "Tenant 0099", "100 percent of the calls", "0 percent")
	s.send("GET", "/console/tenants?after=nonsense", nil, "Cookie", cookie).want(http.StatusNotFound)
	s.send("GET", "/console/tenants?q=%00", nil, "Cookie", cookie).want(http.StatusNotFound)
}

func TestTenantsSearch(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	s.addTenants(30)
	s.exec(`UPDATE jazzhr.tenants SET name = '<b>Bread & "Butter"</b>' WHERE external_id = 'ext-7'`)
	for query, want := range map[string][]string{
		"q=TENANT+0003": {"Tenant 0003"}, "q=ext-12": {"Tenant 0012"}, "q=01000000-0000-7000-8000-000000000029": {"Tenant 0029"},
		"q=bread": {`<b>Bread & "Butter"</b>`}, "q=%25": nil, "q=nobody": nil,
	} {
		if names := s.tenantNames(cookie, "/console/tenants?"+query); !slices.Equal(names, want) {
			t.Errorf("%s: %v, want %v", query, names, want)
		}
	}
	if page := s.page(cookie, "/console/tenants?q=bread"); strings.Contains(page, "<b>Bread") {
		t.Error("a name is taken for markup")
	}
	wantText(t, s.page(cookie, "/console/tenants?q=nobody"), "No tenant fits")
}

// TestTenantStates holds that the queries derive the same states as tenant.StateOf.
func TestTenantStates(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	s.exec(`INSERT INTO jazzhr.tenants (tenant_id, name, region, connection, key_state, paused_at)
		SELECT gen_random_uuid(), c || ' ' || k || ' ' || p, 'us', c, k, CASE WHEN p = 'paused' THEN jazzhr.now() END
		FROM unnest('{created,awaiting_verify,verified,disconnected}'::text[]) c, unnest('{none,ok,rejected}'::text[]) k, unnest('{paused,on}'::text[]) p`)
	rows, err := gen.New().SystemListTenants(t.Context(), s.pool, [16]byte{}, nil, 100)
	if err != nil || len(rows) != 24 {
		t.Fatalf("%d tenants, error %v", len(rows), err)
	}
	want := map[tenant.State][]string{}
	for _, row := range rows {
		state, _ := tenant.StateOf(row)
		want[state] = append(want[state], row.Name)
	}
	page := s.page(cookie, "/console/tenants")
	for state, names := range want {
		slices.Sort(names)
		if got := s.tenantNames(cookie, "/console/tenants?state="+url.QueryEscape(string(state))); !slices.Equal(got, names) {
			t.Errorf("%s: %v, want %v", state, got, names)
		}
		count := regexp.MustCompile(`state=` + string(state) + `"><span class="tile-figure">(\d+)<`).FindStringSubmatch(page)
		if count == nil || count[1] != fmt.Sprint(len(names)) {
			t.Errorf("%s is counted as %v, want %d", state, count, len(names))
		}
	}
}

// TestHomeIsTenants holds that the console opens with the list of tenants.
func TestHomeIsTenants(t *testing.T) {
	t.Parallel()
	s := start(t)
	if to := s.send("GET", "/console/tenants", nil, "Accept", "text/html").want(http.StatusSeeOther).header.Get("Location"); to != "/console/sign-in?to=%2Fconsole%2Ftenants" {
		t.Errorf("signed out, it leads to %s", to)
	}
	cookie := s.signIn()
	if to := s.send("GET", "/console/", nil, "Cookie", cookie).want(http.StatusSeeOther).header.Get("Location"); to != "/console/tenants" {
		t.Errorf("the start leads to %s", to)
	}
	wantText(t, s.page(cookie, "/console/tenants"), "No tenants yet")
}
