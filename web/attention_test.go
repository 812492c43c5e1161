package web_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web"
)

// stuck leaves a writeback to a person, as a worker does.
func (s *service) stuck(id, problem string) {
	s.T.Helper()
	for _, statement := range []string{
		`INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, sends, problem, evidence)
			SELECT tenant_id, gen_random_uuid(), 'create_applicant', writeback_id::text, 'attention', 1, $2, '[{"what":"attention"}]'
			FROM jazzhr.writebacks WHERE writeback_id = $1`,
		`UPDATE jazzhr.steps SET state = 'attention', last_error = $2,
			effect_id = (SELECT effect_id FROM jazzhr.effects WHERE key = $1::uuid::text)
			WHERE writeback_id = $1 AND kind = 'create_applicant'`,
		`UPDATE jazzhr.writebacks SET state = 'attention', last_error = $2 WHERE writeback_id = $1`,
	} {
		s.Exec(statement, uuid.MustParse(id), problem)
	}
}

func TestAttention(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	writeback := s.API("POST", tenant.Path+"/writebacks", fullWriteback).Want(http.StatusAccepted).Text("id")
	s.stuck(writeback, "two_matches")
	s.export(tenant, "u-1", `{"not":"an export"}`).Want(http.StatusOK)

	list := s.API("GET", tenant.Path+"/attention", "").Want(http.StatusOK)
	for field, want := range map[string]any{
		"items.0.id": writeback, "items.0.type": "writeback", "items.0.problem": "two_matches", "items.0.interview_id": "int-7",
		"items.0.step": "create_applicant", "items.0.evidence.0.what": "attention", "items.0.decisions.1": "abandon",
		"items.1.type": "webhook", "items.1.problem": "unreadable", "items.1.decisions.0": "abandon", "next_cursor": nil,
	} {
		if got := list.Get(field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	first := s.API("GET", tenant.Path+"/attention?limit=1", "").Want(http.StatusOK)
	second := s.API("GET", tenant.Path+"/attention?limit=1&cursor="+first.Text("next_cursor"), "").Want(http.StatusOK)
	if first.Text("items.0.id") != writeback || second.Text("items.0.id") != list.Text("items.1.id") {
		t.Errorf("pages hold %s and %s", first.Text("items.0.id"), second.Text("items.0.id"))
	}

	item := tenant.Path + "/attention/" + writeback
	s.API("POST", item, `{"decision":"wait"}`).WantError(web.CodeInvalidRequest, "decision")
	s.API("POST", item, `{"decision":"adopt"}`).WantError(web.CodeInvalidRequest, "remote_id")
	s.API("POST", item, `{"decision":"abandon","remote_id":"p"}`).WantError(web.CodeInvalidRequest, "remote_id")
	s.API("POST", item, `{"decision":"resend"}`).WantError(web.CodeInvalidRequest, "decision")
	s.API("POST", tenant.Path+"/attention/"+uuid.NewString(), `{"decision":"abandon"}`).WantError(web.CodeNotFound, "")
	// Another tenant's is nobody's.
	s.API("POST", s.NewTenant().Path+"/attention/"+writeback, `{"decision":"abandon"}`).WantError(web.CodeNotFound, "")

	s.API("POST", item, `{"decision":"adopt","remote_id":"prospect_1"}`).Want(http.StatusOK)
	s.WantCount(1, "decisions WHERE decision = 'adopt' AND remote_id = 'prospect_1' AND decided_by = 'api_token'")
	s.WantCount(1, "writebacks WHERE state = 'pending'")
	s.WantCount(1, "effects WHERE state = 'done' AND remote_id = 'prospect_1' AND adopted")
	s.API("POST", item, `{"decision":"abandon"}`).WantError(web.CodeNotFound, "")

	webhook := tenant.Path + "/attention/" + list.Text("items.1.id")
	s.API("POST", webhook, `{"decision":"resend"}`).WantError(web.CodeInvalidRequest, "decision")
	s.API("POST", webhook, `{"decision":"abandon"}`).Want(http.StatusOK)
	if left := s.API("GET", tenant.Path+"/attention", "").Want(http.StatusOK); string(left.Body) != `{"items":[],"next_cursor":null}` {
		t.Errorf("left: %s", left.Body)
	}
}
