package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// change is what a change of an effect's state is recorded with.
type change struct {
	at      time.Time
	what    string // of the proof
	detail  string
	id      string   // JazzHR's id that it ends with
	ids     []string // what was found
	adopted bool
	refusal string
	problem outcome.Code
	// controlled says that another effect of the kind was confirmed before.
	controlled bool
}

// move moves an effect to a state other than done, with the evidence for it.
func (s *step) move(ctx context.Context, tx db.TenantTx, row gen.Effect, state string, c change) error {
	err := tx.Q.SettleEffect(ctx, tx, gen.SettleEffectParams{
		TenantID: tx.Tenant, EffectID: row.EffectID, State: state,
		Refusal: db.NullText(c.refusal), Problem: c.problem.Column(),
		Evidence: work.Evidence(work.Proof{At: c.at, What: c.what, RemoteIDs: c.ids, Detail: c.detail}),
	})
	if err != nil {
		return fmt.Errorf("record that the effect is %s: %w", state, err)
	}
	return nil
}

// confirm moves an effect to done. Writebacks that waited for it go on.
func (s *step) confirm(ctx context.Context, tx db.TenantTx, row gen.Effect, c change) error {
	if c.ids == nil {
		c.ids = []string{c.id}
	}
	if err := tx.Q.ConfirmEffect(ctx, tx, gen.ConfirmEffectParams{
		TenantID: tx.Tenant, EffectID: row.EffectID, RemoteID: db.NullText(c.id), Adopted: c.adopted,
		Evidence: work.Evidence(work.Proof{At: c.at, What: c.what, RemoteIDs: c.ids, Detail: c.detail}),
	}); err != nil {
		return fmt.Errorf("record that the effect is done: %w", err)
	}
	if row.Sends == 0 || c.controlled {
		return nil
	}
	return s.reopen(ctx, tx, row.Kind, c.at)
}

// reopen ends the cases that only lacked a confirmed effect of the kind: absence can be believed
// from now on. Their writebacks go on.
func (s *step) reopen(ctx context.Context, tx db.TenantTx, kind string, now time.Time) error {
	err := tx.Q.LockControl(ctx, tx, tx.Tenant, kind)
	if err != nil {
		return fmt.Errorf("wait for those who look for a confirmed write: %w", err)
	}
	ids, err := tx.Q.ReopenEffects(ctx, tx, work.Evidence(work.Proof{At: now, What: "reopened"}), tx.Tenant, kind)
	if err != nil || len(ids) == 0 {
		return work.Wrap("reopen effects", err)
	}
	_, err = tx.Q.ReopenWritebacks(ctx, tx, tx.Tenant, ids)
	return work.Wrap("reopen writebacks", err)
}

// forgetRefusal plans an effect anew whose refusal was of something that has changed since.
func forgetRefusal(ctx context.Context, tx db.TenantTx, effectID uuid.UUID, now time.Time) error {
	return work.Wrap("forget a refusal",
		tx.Q.ForgetRefusal(ctx, tx, work.Evidence(work.Proof{At: now, What: "replanned"}), tx.Tenant, effectID))
}
