package web_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web"
)

// stuckMove leaves a move to a stage to a person, as a worker does, and returns the case's id.
func (s *service) stuckMove(tenant uuid.UUID) string {
	s.T.Helper()
	id := uuid.Must(uuid.NewV7())
	s.Exec(`INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title, state, outcome, done_at, attempts, case_id)
		VALUES ($1, 'a-1', 'prospect_9', 'Interview', 'Engineer', 'attention', 'keeps_failing', jazzhr.now(), 10, $2)`, tenant, id)
	return id.String()
}

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

// TestAttentionOfStageMove lists a move to a stage as a case, counts it, and takes each decision that it
// allows.
func TestAttentionOfStageMove(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	id := s.stuckMove(tenant.ID)
	list := s.API("GET", tenant.Path+"/attention", "").Want(http.StatusOK)
	for field, want := range map[string]any{
		"items.0.id": id, "items.0.type": "stage_move", "items.0.problem": "keeps_failing", "items.0.applicant_id": "prospect_9",
		"items.0.stage": "Interview", "items.0.job_title": "Engineer", "items.0.decisions.0": "resend", "items.0.decisions.1": "abandon",
	} {
		if got := list.Get(field); got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	item := tenant.Path + "/attention/" + id
	if got := s.API("GET", tenant.Path, "").Want(http.StatusOK).Get("attention.stage_moves"); got != 1.0 {
		t.Errorf("%v moves are counted as cases", got)
	}
	s.API("POST", item, `{"decision":"adopt","remote_id":"prospect_9"}`).WantError(web.CodeInvalidRequest, "decision")
	s.API("POST", s.NewTenant().Path+"/attention/"+id, `{"decision":"abandon"}`).WantError(web.CodeNotFound, "")

	s.API("POST", item, `{"decision":"resend"}`).Want(http.StatusOK)
	s.WantCount(1, "stage_entries WHERE state = 'pending' AND outcome IS NULL AND attempts = 0 AND admitted_at IS NULL AND next_attempt_at <= jazzhr.now()")
	s.API("POST", item, `{"decision":"abandon"}`).WantError(web.CodeNotFound, "")
	if got := s.API("GET", tenant.Path, "").Want(http.StatusOK).Get("waiting.stage_moves"); got != 1.0 {
		t.Errorf("%v moves are counted as waiting", got)
	}
	s.Exec("UPDATE jazzhr.stage_entries SET state = 'attention', outcome = 'keeps_failing', done_at = jazzhr.now()")
	s.API("POST", item, `{"decision":"abandon"}`).Want(http.StatusOK)
	s.WantCount(1, "stage_entries WHERE state = 'done' AND outcome = 'abandoned'")
	s.WantCount(2, "decisions WHERE problem = 'keeps_failing' AND decided_by = 'api_token'")
}
