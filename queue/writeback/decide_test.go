package writeback_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// effectOf is the effect of a step, as a test inserts it.
type effectOf struct{ step, kind, key, state, problem string }

// newCase enqueues a writeback and makes it a case, because of a problem with the effect's step.
func newCase(
	t *testing.T, f *queuetest.Fixture, tenant uuid.UUID, e effectOf, problem outcome.Code,
) (id, effect uuid.UUID) {
	t.Helper()
	id, effect = f.MustEnqueue(t, tenant, queuetest.Writeback("i-1")), uuid.New()
	f.Exec(t, `
		INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, problem)
		VALUES ($1, $2, $3, $4, $5, nullif($6, ''))`, tenant, effect, e.kind, e.key, e.state, e.problem)
	f.Exec(t, `
		UPDATE jazzhr.steps SET state = 'attention', last_error = $3, effect_id = $2
		WHERE writeback_id = $1 AND kind = $4`, id, effect, problem, e.step)
	f.Exec(t, `
		UPDATE jazzhr.writebacks SET state = 'attention', admitted_at = NULL, last_error = $2
		WHERE writeback_id = $1`, id, problem)
	return id, effect
}

// decide carries out a decision in a transaction of its own.
func decide(ctx context.Context, f *queuetest.Fixture, tenant, id uuid.UUID, decision string) error {
	d := writeback.Decision{Decision: decision, By: "somebody"}
	if decision == writeback.DecisionAdopt {
		d.RemoteID = "prospect_1"
	}
	return db.InTenant(ctx, f.Pool, tenant, func(tx db.TenantTx) error {
		return writeback.Decide(ctx, tx, f.Client, id, d)
	})
}

// TestCaseHasTheProblemOfItsStep checks that a case tells why its writeback stopped, which may be
// another problem than that of its effect.
func TestCaseHasTheProblemOfItsStep(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	newCase(t, f, tenant, effectOf{
		step: queue.StepWriteNotes, kind: "write_note", key: "i-1/1/1", state: "unknown",
		problem: string(outcome.AnswerWithoutID),
	}, outcome.ApplicantGone)
	f.InTenant(t, tenant, func(tx db.TenantTx) error {
		cases, err := writeback.ListCases(t.Context(), tx, uuid.Nil, 10)
		if err == nil && (len(cases) != 1 || cases[0].Problem != outcome.ApplicantGone) {
			t.Errorf("the cases are %+v", cases)
		}
		return err
	})
}

// TestDecideAboutUnreadable decides about a writeback that stopped because JazzHR could not be
// read. Its effect is no case: nobody has sent it, or the answer was lost.
func TestDecideAboutUnreadable(t *testing.T) {
	t.Parallel()
	for i, state := range []string{"planned", "unknown"} {
		problem := []outcome.Code{outcome.JazzHRUnreadable, outcome.KeepsFailing}[i]
		for decision, want := range map[string]string{
			writeback.DecisionAdopt:   "done prospect_1",
			writeback.DecisionResend:  state,
			writeback.DecisionAbandon: state,
		} {
			t.Run(state+" "+decision, func(t *testing.T) {
				t.Parallel()
				f := queuetest.New(t)
				tenant := f.Tenant(t)
				id, _ := newCase(t, f, tenant, effectOf{
					step: queue.StepCreateApplicant, kind: "create_applicant", key: "ada@example.com", state: state,
				}, problem)
				if err := decide(t.Context(), f, tenant, id, decision); err != nil {
					t.Fatal(err)
				}
				effect := queuetest.One[string](t, f, "SELECT concat_ws(' ', state, remote_id) FROM jazzhr.effects")
				if effect != want {
					t.Errorf("the effect is %s, want %s", effect, want)
				}
				state := queue.StatePending
				if decision == writeback.DecisionAbandon {
					state = queue.StateRejected
				}
				if got := queuetest.One[string](t, f, "SELECT state FROM jazzhr.writebacks"); got != state {
					t.Errorf("the writeback is %s", got)
				}
			})
		}
	}
}

// TestFinding20AdoptWhileSent has a person name what stands in JazzHR as an effect, while a send of it
// is under way, has ended unheard, or has shown something else.
func TestFinding20AdoptWhileSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		effect string // a change of it
		taken  bool
	}{
		"under way":      {"state = 'sending', not_after = jazzhr.now() + interval '1 minute'", false},
		"unheard":        {"state = 'sending', not_after = jazzhr.now() - interval '1 minute'", true},
		"is that one":    {"state = 'done', remote_id = 'prospect_1'", true},
		"is another one": {"state = 'done', remote_id = 'prospect_2'", false},
		"was refused":    {"state = 'rejected'", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := queuetest.New(t)
			tenant := f.Tenant(t)
			id, _ := newCase(t, f, tenant, effectOf{
				step: queue.StepCreateApplicant, kind: "create_applicant", key: "ada@example.com", state: "unknown",
			}, outcome.JazzHRUnreadable)
			f.Exec(t, "UPDATE jazzhr.effects SET "+test.effect)
			err := decide(t.Context(), f, tenant, id, writeback.DecisionAdopt)
			refused := new(writeback.OvertakenError)
			if test.taken != (err == nil) || !test.taken && !errors.As(err, &refused) {
				t.Errorf("adopted with error %v", err)
			}
			state := queuetest.One[string](t, f, `SELECT w.state || ' ' || concat_ws(' ', e.state, e.remote_id) FROM jazzhr.writebacks w, jazzhr.effects e`)
			if is := state == "pending done prospect_1"; is != test.taken {
				t.Errorf("the writeback and its effect are %s", state)
			}
			if err := decide(t.Context(), f, tenant, id, writeback.DecisionResend); !test.taken && err != nil {
				t.Errorf("it can't go on: %v", err)
			}
		})
	}
}

// TestDecideLocksInOrder checks that a decision that waits for the tenant or the effect has not
// locked the writeback: whoever holds either lock may lock the writeback next.
func TestDecideLocksInOrder(t *testing.T) {
	t.Parallel()
	for name, lock := range map[string]string{
		"tenant": "SELECT FROM jazzhr.tenants FOR UPDATE",
		"effect": "SELECT FROM jazzhr.effects FOR UPDATE",
	} {
		for _, decision := range []string{
			writeback.DecisionAdopt, writeback.DecisionResend, writeback.DecisionAbandon,
		} {
			t.Run(name+" "+decision, func(t *testing.T) {
				t.Parallel()
				f := queuetest.New(t)
				tenant := f.Tenant(t)
				id, _ := newCase(t, f, tenant, effectOf{
					step: queue.StepCreateApplicant, kind: "create_applicant", key: "ada@example.com",
					state: "attention",
				}, outcome.NotComparable)
				decided := make(chan error, 1)
				f.InTenant(t, tenant, func(tx db.TenantTx) error {
					if _, err := tx.Exec(t.Context(), lock); err != nil {
						return err
					}
					go func() { decided <- decide(t.Context(), f, tenant, id, decision) }()
					for !waitsForLock(t, f) {
						if len(decided) > 0 {
							t.Fatal("the decision did not wait")
						}
					}
					_, err := tx.Exec(t.Context(), "SELECT FROM jazzhr.writebacks FOR UPDATE NOWAIT")
					return err
				})
				if err := <-decided; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// waitsForLock reports whether a session waits for a lock.
func waitsForLock(t *testing.T, f *queuetest.Fixture) bool {
	t.Helper()
	return queuetest.One[bool](t, f, `
		SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`)
}
