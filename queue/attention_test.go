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
