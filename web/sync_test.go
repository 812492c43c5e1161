package web_test

import (
	"net/http"
	"testing"

	"github.com/intrvio/jazzhr-worker/web"
)

func TestSync(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	for _, sync := range []struct{ body, kind, job string }{
		{"", "poll", "poll_activities"}, {`{"kind":"full"}`, "full", "full_sync"},
	} {
		queued := s.API("POST", tenant.Path+"/sync", sync.body).Want(http.StatusAccepted)
		if queued.Text("kind") != sync.kind || queued.Get("queued") != true {
			t.Errorf("queued: %s", queued.Body)
		}
		again := s.API("POST", tenant.Path+"/sync", `{"kind":"`+sync.kind+`"}`).Want(http.StatusOK)
		if again.Text("kind") != sync.kind || again.Get("queued") != false || again.Text("reason") != "already_queued" {
			t.Errorf("queued again: %s", again.Body)
		}
		s.WantCount(1, "river_job WHERE kind = $1 AND args ->> 'tenant_id' = $2", sync.job, tenant.ID.String())
	}
	s.Exec("UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now() WHERE kind = 'full_sync'")
	s.API("POST", tenant.Path+"/sync", `{"kind":"full"}`).Want(http.StatusAccepted)
	s.API("POST", tenant.Path+"/sync", `{"kind":"half"}`).WantError(web.CodeInvalidRequest, "kind")
	s.API("POST", tenant.Path+"/sync", `{"kind":null}`).Want(http.StatusOK)
}

func TestSyncOfTheInactive(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.API("POST", "/v1/tenants/01a207ae-7d72-7c8e-9de0-39a0657438a2/sync", "").WantError(web.CodeNotFound, "")
	s.API("POST", s.NewTenant().Path+"/sync", "").WantError(web.CodeNotConnected, "")
	tenant := s.Connect()
	want := func(state string) {
		t.Helper()
		if got := s.API("POST", tenant.Path+"/sync", "").WantError(web.CodeNotActive, "").Text("error.state"); got != state {
			t.Errorf("it is said to be %s, want %s", got, state)
		}
	}
	want("awaiting_verify")
	s.Exec("UPDATE jazzhr.tenants SET connection = 'verified', key_state = 'rejected' WHERE tenant_id = $1", tenant.ID)
	want("credentials_rejected")
	s.API("POST", tenant.Path+"/pause", "").Want(http.StatusOK)
	want("paused")
	s.API("DELETE", tenant.Path+"/connection", "").Want(http.StatusOK)
	s.API("POST", tenant.Path+"/sync", "").WantError(web.CodeNotConnected, "")
	s.WantCount(0, "river_job WHERE kind IN ('poll_activities', 'full_sync')")
}

func TestTenantShowsItsSync(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	shown := s.API("GET", tenant.Path, "").Want(http.StatusOK)
	if shown.Text("sync.applicants.backfill.state") != "waiting" || shown.Get("sync.links.last_pass_at") != nil {
		t.Errorf("before: %s", shown.Body)
	}
	s.Exec(`INSERT INTO jazzhr.poll_cursors (tenant_id, list, passed_at, full_page, full_rows, full_missed, full_at)
		SELECT $1, l.* FROM (VALUES ('activities', jazzhr.now(), 0, 0, 3, jazzhr.now()), ('applicants', jazzhr.now(), 0, 350, 2, jazzhr.now()),
			('links', jazzhr.now(), 4, 0, 0, NULL)) AS l`, tenant.ID)
	shown = s.API("GET", tenant.Path, "").Want(http.StatusOK)
	for path, want := range map[string]any{
		"activities.full.missed": 3.0, "applicants.full.rows": 350.0, "applicants.full.missed": 2.0,
		"applicants.backfill.state": "done", "links.backfill.state": "running", "links.backfill.page": 4.0, "openings.last_pass_at": nil,
	} {
		if got := shown.Get("sync." + path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	for _, path := range []string{"sync.activities.backfill", "sync.links.full"} {
		if got, there := shown.LookUp(path); there {
			t.Errorf("%s is %v", path, got)
		}
	}
	if listed, there := s.API("GET", "/v1/tenants", "").Want(http.StatusOK).LookUp("items.0.sync"); there {
		t.Errorf("a list shows %v", listed)
	}
}
