package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// apply does what of an action is database work. The actions that need JazzHR are the caller's.
func (t transition) apply(ctx context.Context, tx db.TenantTx, row gen.Effect, act action, now time.Time) error {
	switch act.kind {
	case actionAdvance:
		return t.advance(ctx, tx, row, db.Text(row.RemoteID), queue.StateDone)
	case actionAdopt:
		return t.adopt(ctx, tx, row, act.id, now)
	case actionLose:
		return t.move(ctx, tx, row, stateUnknown, change{what: "lost", detail: "no answer was recorded in time", at: now})
	case actionRetry:
		return work.ErrUnreadable
	case actionReplan:
		return work.Wrap("plan the effect anew", tx.Q.ReplanEffect(ctx, tx, tx.Tenant, row.EffectID))
	case actionCountAbsent, actionCountGone, actionForget, actionWait:
		return t.applyWait(ctx, tx, row, act, now)
	case actionReject:
		return t.applyReject(ctx, tx, row, now)
	case actionCase:
		return t.applyCase(ctx, tx, row, act.problem, now)
	case actionLook, actionControl, actionSend, actionRetarget:
	}
	return nil
}

// applyWait hands the writeback back until the effect can be settled.
func (t transition) applyWait(ctx context.Context, tx db.TenantTx, row gen.Effect, act action, now time.Time) error {
	switch act.kind {
	case actionCountAbsent:
		if err := tx.Q.CountAbsentRead(ctx, tx, work.Evidence(work.Proof{At: now, What: "absent"}), tx.Tenant, row.EffectID); err != nil {
			return fmt.Errorf("count a read that found nothing: %w", err)
		}
	case actionCountGone:
		if err := tx.Q.AddEvidence(ctx, tx, work.Evidence(work.Proof{At: now, What: work.ProofGone}), tx.Tenant, row.EffectID); err != nil {
			return fmt.Errorf("count a read that found no applicant: %w", err)
		}
	case actionForget:
		if err := forgetRefusal(ctx, tx, row.EffectID, now); err != nil {
			return err
		}
	default:
	}
	effect := &row.EffectID
	if act.effect != nil {
		effect = act.effect
	}
	return t.HandBackIn(ctx, tx, work.Wait{Why: outcome.WaitsSettling, Until: act.until, Effect: effect})
}

// applyReject ends the step as JazzHR refused it.
func (t transition) applyReject(ctx context.Context, tx db.TenantTx, row gen.Effect, now time.Time) error {
	if row.State != stateRejected {
		if err := t.move(ctx, tx, row, stateRejected, change{what: "absent", detail: "after a refusal", at: now}); err != nil {
			return err
		}
	}
	return t.rejectIn(ctx, tx, db.Text(row.Refusal))
}

// applyCase leaves the effect and the writeback to a person.
func (t transition) applyCase(ctx context.Context, tx db.TenantTx, row gen.Effect, problem outcome.Code, now time.Time) error {
	if row.State == stateAttention {
		return t.becomeCaseIn(ctx, tx, outcome.Of(row.Problem))
	}
	if err := t.leaveDeafRoute(ctx, tx, row); err != nil {
		return err
	}
	c := change{what: work.ProofAttention, detail: string(problem), problem: problem, at: now}
	if t.seen != nil {
		c.ids = t.seen.ids
	}
	if err := t.move(ctx, tx, row, stateAttention, c); err != nil {
		return err
	}
	return t.becomeCaseIn(ctx, tx, problem)
}

// adopt settles an effect by what was found in JazzHR.
func (t transition) adopt(ctx context.Context, tx db.TenantTx, row gen.Effect, id string, now time.Time) error {
	if row.Sends > 0 {
		if err := tx.Q.MarkSeen(ctx, tx, tx.Tenant, t.kind); err != nil {
			return fmt.Errorf("remember what the account shows: %w", err)
		}
	}
	if err := t.confirm(ctx, tx, row, change{id: id, adopted: true, what: "found", ids: t.seen.ids, at: now}); err != nil {
		return err
	}
	return t.advance(ctx, tx, row, id, queue.StateDone)
}
