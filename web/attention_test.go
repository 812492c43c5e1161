package web_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web"
)

// stuck leaves a writeback to a person, as a worker does.
func (s *service) stuck(id, problem string) {
	s.t.Helper()
	for _, statement := range []string{
		`INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, sends, problem, evidence)
			SELECT tenant_id, gen_random_uuid(), 'create_applicant', writeback_id::text, 'attention', 1, $2, '[{"what":"attention"}]'
			FROM jazzhr.writebacks WHERE writeback_id = $1`,
		`UPDATE jazzhr.steps SET state = 'attention', last_error = $2,
			effect_id = (SELECT effect_id FROM jazzhr.effects WHERE key = $1::uuid::text)
			WHERE writeback_id = $1 AND kind = 'create_applicant'`,
		`UPDATE jazzhr.writebacks SET state = 'attention', last_error = $2 WHERE writeback_id = $1`,
	} {
		s.exec(statement, uuid.MustParse(id), problem)
	}
}

func TestAttention(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	writeback := s.api("POST", tenant.path+"/writebacks", fullWriteback).want(http.StatusAccepted).text("id")
	s.stuck(writeback, "two_matches")
	s.export(tenant, "u-1", `{"not":"an export"}`).want(http.StatusOK)

	list := s.api("GET", tenant.path+"/attention", "").want(http.StatusOK)
	for field, want := range map[string]any{
		"items.0.id": writeback, "items.0.type": "writeback", "items.0.problem": "two_matches", "items.0.interview_id": "int-7",
		"items.0.step": "create_applicant", "items.0.evidence.0.what": "attention", "items.0.decisions.1": "abandon",
		"items.1.type": "webhook", "items.1.problem": "unreadable", "items.1.decisions.0": "abandon", "next_cursor": nil,
	} {
		if got := list.get(field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	first := s.api("GET", tenant.path+"/attention?limit=1", "").want(http.StatusOK)
	second := s.api("GET", tenant.path+"/attention?limit=1&cursor="+first.text("next_cursor"), "").want(http.StatusOK)
	if first.text("items.0.id") != writeback || second.text("items.0.id") != list.text("items.1.id") {
		t.Errorf("pages hold %s and %s", first.text("items.0.id"), second.text("items.0.id"))
	}

	item := tenant.path + "/attention/" + writeback
	s.api("POST", item, `{"decision":"wait"}`).wantError(web.CodeInvalidRequest, "decision")
	s.api("POST", item, `{"decision":"adopt"}`).wantError(web.CodeInvalidRequest, "remote_id")
	s.api("POST", item, `{"decision":"abandon","remote_id":"p"}`).wantError(web.CodeInvalidRequest, "remote_id")
	s.api("POST", item, `{"decision":"resend"}`).wantError(web.CodeInvalidRequest, "decision")
	s.api("POST", tenant.path+"/attention/"+uuid.NewString(), `{"decision":"abandon"}`).wantError(web.CodeNotFound, "")
	// Another tenant's is nobody's.
	s.api("POST", s.newTenant().path+"/attention/"+writeback, `{"decision":"abandon"}`).wantError(web.CodeNotFound, "")

	s.api("POST", item, `{"decision":"adopt","remote_id":"prospect_1"}`).want(http.StatusOK)
	s.wantCount(1, "decisions WHERE decision = 'adopt' AND remote_id = 'prospect_1' AND decided_by = 'api_token'")
	s.wantCount(1, "writebacks WHERE state = 'pending'")
	s.wantCount(1, "effects WHERE state = 'done' AND remote_id = 'prospect_1' AND adopted")
	s.api("POST", item, `{"decision":"abandon"}`).wantError(web.CodeNotFound, "")

	webhook := tenant.path + "/attention/" + list.text("items.1.id")
	s.api("POST", webhook, `{"decision":"resend"}`).wantError(web.CodeInvalidRequest, "decision")
	s.api("POST", webhook, `{"decision":"abandon"}`).want(http.StatusOK)
	if left := s.api("GET", tenant.path+"/attention", "").want(http.StatusOK); string(left.body) != `{"items":[],"next_cursor":null}` {
		t.Errorf("left: %s", left.body)
	}
}
