package web_test

import (
	"net/http"
	"testing"

	"github.com/intrvio/jazzhr-worker/web"
)

func TestSync(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	for _, sync := range []struct{ body, kind, job string }{
		{"", "poll", "poll_activities"}, {`{"kind":"full"}`, "full", "full_sync"},
	} {
		queued := s.api("POST", tenant.path+"/sync", sync.body).want(http.StatusAccepted)
		if queued.text("kind") != sync.kind || queued.get("queued") != true {
			t.Errorf("queued: %s", queued.body)
		}
		again := s.api("POST", tenant.path+"/sync", `{"kind":"`+sync.kind+`"}`).want(http.StatusOK)
		if again.text("kind") != sync.kind || again.get("queued") != false || again.text("reason") != "already_queued" {
			t.Errorf("queued again: %s", again.body)
		}
		s.wantCount(1, "river_job WHERE kind = $1 AND args ->> 'tenant_id' = $2", sync.job, tenant.id.String())
	}
	s.exec("UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now() WHERE kind = 'full_sync'")
	s.api("POST", tenant.path+"/sync", `{"kind":"full"}`).want(http.StatusAccepted)
	s.api("POST", tenant.path+"/sync", `{"kind":"half"}`).wantError(web.CodeInvalidRequest, "kind")
	s.api("POST", tenant.path+"/sync", `{"kind":null}`).want(http.StatusOK)
}

func TestSyncOfTheInactive(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.api("POST", "/v1/tenants/01a207ae-7d72-7c8e-9de0-39a0657438a2/sync", "").wantError(web.CodeNotFound, "")
	s.api("POST", s.newTenant().path+"/sync", "").wantError(web.CodeNotConnected, "")
	tenant := s.connect()
	want := func(state string) {
		t.Helper()
		if got := s.api("POST", tenant.path+"/sync", "").wantError(web.CodeNotActive, "").text("error.state"); got != state {
			t.Errorf("it is said to be %s, want %s", got, state)
		}
	}
	want("awaiting_verify")
	s.exec("UPDATE jazzhr.tenants SET connection = 'verified', key_state = 'rejected' WHERE tenant_id = $1", tenant.id)
	want("credentials_rejected")
	s.api("POST", tenant.path+"/pause", "").want(http.StatusOK)
	want("paused")
	s.api("DELETE", tenant.path+"/connection", "").want(http.StatusOK)
	s.api("POST", tenant.path+"/sync", "").wantError(web.CodeNotConnected, "")
	s.wantCount(0, "river_job WHERE kind IN ('poll_activities', 'full_sync')")
}

func TestTenantShowsItsSync(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	shown := s.api("GET", tenant.path, "").want(http.StatusOK)
	if shown.text("sync.applicants.backfill.state") != "waiting" || shown.get("sync.links.last_pass_at") != nil {
		t.Errorf("before: %s", shown.body)
	}
	s.exec(`INSERT INTO jazzhr.poll_cursors (tenant_id, list, passed_at, full_page, full_rows, full_missed, full_at)
		SELECT $1, l.* FROM (VALUES ('activities', jazzhr.now(), 0, 0, 3, jazzhr.now()), ('applicants', jazzhr.now(), 0, 350, 2, jazzhr.now()),
			('links', jazzhr.now(), 4, 0, 0, NULL)) AS l`, tenant.id)
	shown = s.api("GET", tenant.path, "").want(http.StatusOK)
	for path, want := range map[string]any{
		"activities.full.missed": 3.0, "applicants.full.rows": 350.0, "applicants.full.missed": 2.0,
		"applicants.backfill.state": "done", "links.backfill.state": "running", "links.backfill.page": 4.0, "openings.last_pass_at": nil,
	} {
		if got := shown.get("sync." + path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	for _, path := range []string{"sync.activities.backfill", "sync.links.full"} {
		if got, there := shown.lookUp(path); there {
			t.Errorf("%s is %v", path, got)
		}
	}
	if listed, there := s.api("GET", "/v1/tenants", "").want(http.StatusOK).lookUp("items.0.sync"); there {
		t.Errorf("a list shows %v", listed)
	}
}
