package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

func TestStages(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant, other := s.NewTenant(), s.NewTenant()
	if empty := s.API("GET", tenant.Path+"/stages", "").Want(http.StatusOK); string(empty.Body) != `{"items":[],"next_cursor":null}` {
		t.Errorf("no stages: %s", empty.Body)
	}
	s.Exec(`INSERT INTO jazzhr.stages (tenant_id, stage, first_seen_at, last_seen_at) VALUES
		($1, 'Offer', '2026-01-02 03:04:05Z', '2026-01-03 03:04:05Z'), ($1, 'Interview', '2026-01-01Z', '2026-01-01Z'), ($2, 'Hired', '2026-01-01Z', '2026-01-01Z')`,
		tenant.ID, other.ID)
	seen := s.API("GET", tenant.Path+"/stages", "").Want(http.StatusOK)
	if len(seen.Get("items").([]any)) != 2 || seen.Text("items.0.stage") != "Interview" || seen.Text("items.1.stage") != "Offer" ||
		seen.Text("items.1.first_seen_at") != "2026-01-02T03:04:05Z" || seen.Text("items.1.last_seen_at") != "2026-01-03T03:04:05Z" {
		t.Errorf("stages: %s", seen.Body)
	}
	s.API("GET", tenant.Path+"/stages?x=1", "").WantError(web.CodeInvalidRequest, "x")
	s.API("GET", "/v1/tenants/00000000-0000-4000-8000-000000000000/stages", "").WantError(web.CodeNotFound, "")
}

// triggersOf returns a tenant's auto triggers as text, without when each was set.
func triggersOf(a webtest.Answer) string {
	a.T.Helper()
	var text []string
	for _, member := range a.Get("settings.auto_trigger_stages").([]any) {
		trigger := member.(map[string]any)
		text = append(text, fmt.Sprint(trigger["stage"], "/", trigger["job_id"]))
	}
	return strings.Join(text, " ")
}

func TestAutoTriggerStages(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
	set := func(triggers string) webtest.Answer {
		return s.API("PATCH", tenant.Path, `{"settings":{"auto_trigger_stages":`+triggers+`}}`)
	}
	if none := s.API("GET", tenant.Path, "").Want(http.StatusOK); triggersOf(none) != "" {
		t.Errorf("at first: %s", none.Body)
	}
	first := set(`[{"stage":" Interview "},{"stage":"Offer","job_id":"job_1"}]`).Want(http.StatusOK)
	if triggersOf(first) != "Interview/<nil> Offer/job_1" {
		t.Errorf("set: %s", first.Body)
	}
	dbtest.OffsetClock(t, s.Database, time.Hour)
	second := set(`[{"stage":"Offer","job_id":"job_2"},{"stage":"Interview"}]`).Want(http.StatusOK)
	if triggersOf(second) != "Interview/<nil> Offer/job_2" {
		t.Errorf("replaced: %s", second.Body)
	}
	if stays := second.Text("settings.auto_trigger_stages.0.set_at"); stays != first.Text("settings.auto_trigger_stages.0.set_at") {
		t.Errorf("the one that stays is set at %s", stays)
	}
	if triggersOf(s.API("PATCH", tenant.Path, `{"name":"X"}`).Want(http.StatusOK)) != triggersOf(second) {
		t.Error("a change of something else changed them")
	}
	// What was shown can be sent back.
	shown, err := json.Marshal(second.Get("settings"))
	if err != nil {
		t.Fatal(err)
	}
	if again := s.API("PATCH", tenant.Path, `{"settings":`+string(shown)+`}`).Want(http.StatusOK); triggersOf(again) != triggersOf(second) {
		t.Errorf("sent back: %s", again.Body)
	}
	if listed, shown := s.API("GET", "/v1/tenants", "").LookUp("items.0.settings.auto_trigger_stages"); shown {
		t.Errorf("the list shows %v", listed)
	}
	if gone := set("null").Want(http.StatusOK); triggersOf(gone) != "" {
		t.Errorf("null gives %s", gone.Body)
	}
}

func TestAutoTriggerStagesThatCannotBe(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.NewTenant()
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf(`{"stage":"Stage %d"}`, i)
	}
	for triggers, want := range map[string][2]string{ // the field, and a word of the mend
		`[{"stage":"A"},{"stage":" "}]`:                               {".1.stage", "1 to 200"},
		`[{"job_id":"job_1"}]`:                                        {".0.stage", "1 to 200"},
		`[{"stage":"` + strings.Repeat("é", 201) + `"}]`:              {".0.stage", "1 to 200"},
		`[{"stage":"A\u0000"}]`:                                       {".0.stage", "printable"},
		`[{"stage":"A","job_id":"` + strings.Repeat("j", 201) + `"}]`: {".0.job_id", "at most 200"},
		`[{"stage":"A"},{"stage":"B"},{"stage":"A ","job_id":""}]`:    {".2", "same as entry 0"},
		`[` + strings.Join(many, ",") + `]`:                           {"", "at most 50"},
		`[{"stage":"A","job":"j"}]`:                                   {".0.job", "not known"},
		`[{"stage":1}]`:                                               {".0.stage", "a string"},
		`{"stage":"A"}`:                                               {"", "must be"},
	} {
		refused := s.API("PATCH", tenant.Path, `{"name":"Changed","settings":{"auto_trigger_stages":`+triggers+`}}`).
			WantError(web.CodeInvalidRequest, "settings.auto_trigger_stages"+want[0])
		if !strings.Contains(refused.Text("error.message"), want[1]) {
			t.Errorf("%s is answered %s", triggers, refused.Body)
		}
	}
	s.API("PATCH", tenant.Path, `{"settings":{"auto_trigger_stages":[`+strings.Join(many[:50], ",")+`]}}`).Want(http.StatusOK)
	long := strings.Repeat("é", 200)
	if kept := s.API("PATCH", tenant.Path, `{"settings":{"auto_trigger_stages":[{"stage":"`+long+`"}]}}`).Want(http.StatusOK); triggersOf(kept) != long+"/<nil>" {
		t.Errorf("a long name gives %s", kept.Body)
	}
	if name := s.API("GET", tenant.Path, "").Text("name"); name != "Acme" {
		t.Errorf("a request that was refused made the name %q", name)
	}
}

// TestMissedWebhooks counts entries of the last week whose export never came.
func TestMissedWebhooks(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.TriggerMatchWindow = 3 * time.Hour })
	tenant, other := s.NewTenant(), s.NewTenant()
	entry := func(of webtest.Account, activity, ago, outcome string, webhook bool) {
		t.Helper()
		s.Exec(`WITH request AS (
				INSERT INTO jazzhr.interview_requests (tenant_id, request_id, trigger, person_id, job_key, activity_id, webhook_id)
				VALUES ($1, gen_random_uuid(), 'stage', 'p', 'j', $2, CASE WHEN $5 THEN gen_random_uuid() END) RETURNING request_id)
			INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title, state, outcome, request_id, first_seen_at)
			SELECT $1, $2, 'a', 'Interview', 'Welder', 'done', $4, request_id, jazzhr.now() - $3::interval FROM request`,
			of.ID, activity, ago, outcome, webhook)
	}
	entry(tenant, "missed", "4 hours", "requested", false)
	entry(tenant, "missed too", "6 days 23 hours", "requested", false)
	entry(tenant, "may still come", "2 hours", "requested", false)
	entry(tenant, "came", "5 days", "requested", true)
	entry(tenant, "matched", "1 day", "matched", true)
	entry(tenant, "another job", "1 day", "other_job", false)
	entry(tenant, "repeated", "1 day", "repeated", false)
	entry(tenant, "long ago", "8 days", "requested", false)
	entry(other, "another's", "1 day", "requested", false)
	shown := s.API("GET", tenant.Path, "").Want(http.StatusOK)
	if expected, missed := shown.Get("webhooks.expected_7d"), shown.Get("webhooks.missed_7d"); expected != 5.0 || missed != 2.0 {
		t.Errorf("expected %v, missed %v", expected, missed)
	}
}
