package queue_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// TestAttentionSaysWhyAPersonIsAsked, which may be something else than what is the matter with the effect.
func TestAttentionSaysWhyAPersonIsAsked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant, effect := f.tenant(t), uuid.New()
	id := f.mustEnqueue(t, tenant, writeback("i-1"))
	f.exec(t, `INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, problem) VALUES ($1, $2, 'write_note', 'i-1/1/1', 'unknown', 'answer_without_id')`,
		tenant, effect)
	f.exec(t, "UPDATE jazzhr.steps SET state = 'attention', last_error = $3, effect_id = $2 WHERE writeback_id = $1 AND kind = 'write_notes'",
		id, effect, queue.ProblemApplicantGone)
	f.exec(t, "UPDATE jazzhr.writebacks SET state = 'attention', admitted_at = NULL WHERE writeback_id = $1", id)
	f.inTenant(t, tenant, func(tx db.TenantTx) error {
		items, err := queue.ListAttention(t.Context(), tx, uuid.Nil, 10)
		if err == nil && (len(items) != 1 || items[0].Problem != queue.ProblemApplicantGone) {
			t.Errorf("listed %+v", items)
		}
		return err
	})
}

// TestDecideAboutWhatCouldNotBeRead settles an effect that nobody has sent, or whose answer was lost: it is with no person
// itself, only the writeback is.
func TestDecideAboutWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"planned", "unknown"} {
		for decision, want := range map[string]string{queue.DecisionAdopt: "done prospect_1", queue.DecisionResend: state, queue.DecisionAbandon: state} {
			t.Run(state+" "+decision, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				tenant, effect := f.tenant(t), uuid.New()
				id := f.mustEnqueue(t, tenant, writeback("i-1"))
				f.exec(t, `INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state) VALUES ($1, $2, 'create_applicant', 'ada@example.com', $3)`,
					tenant, effect, state)
				f.exec(t, "UPDATE jazzhr.steps SET state = 'attention', last_error = 'unreadable', effect_id = $2 WHERE writeback_id = $1 AND kind = 'create_applicant'",
					id, effect)
				f.exec(t, "UPDATE jazzhr.writebacks SET state = 'attention', admitted_at = NULL, last_error = 'unreadable' WHERE writeback_id = $1", id)
				d := queue.Decision{Decision: decision, By: "somebody"}
				if decision == queue.DecisionAdopt {
					d.RemoteID = "prospect_1"
				}
				f.inTenant(t, tenant, func(tx db.TenantTx) error { return queue.Decide(t.Context(), tx, f.client, id, d) })
				if got := one[string](t, f, "SELECT concat_ws(' ', state, remote_id) FROM jazzhr.effects"); got != want {
					t.Errorf("the effect is %s, want %s", got, want)
				}
				writeback := queue.StatePending
				if decision == queue.DecisionAbandon {
					writeback = queue.StateRejected
				}
				if got := one[string](t, f, "SELECT state FROM jazzhr.writebacks"); got != writeback {
					t.Errorf("the writeback is %s", got)
				}
			})
		}
	}
}
