package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// The kinds of proof that decisions look for: of a case, and of a read that found no applicant.
const (
	proofAttention = "attention"
	proofGone      = "gone"
)

// proof is an entry of an effect's evidence.
type proof struct {
	At time.Time `json:"at"`
	// What is one of sent, confirmed, refused, not_sent, lost, found, absent, gone, replanned, reopened,
	// attention and late_answer.
	What      string   `json:"what"`
	RemoteIDs []string `json:"remote_ids,omitempty"`
	Detail    string   `json:"detail,omitempty"`
}

func evidence(entries ...proof) json.RawMessage {
	raw, err := json.Marshal(entries)
	if err != nil { // times and texts always marshal
		return json.RawMessage(`[]`)
	}
	return raw
}

// lastDetail is the detail of the last answer to a send in an effect's evidence; empty if that has
// none.
func lastDetail(raw json.RawMessage) string {
	var entries []proof
	if json.Unmarshal(raw, &entries) != nil {
		return ""
	}
	for _, p := range slices.Backward(entries) {
		if p.What != "sent" {
			return p.Detail
		}
	}
	return ""
}

// lastGone is when a read found the applicant gone, if that is the last of an effect's evidence.
func lastGone(raw json.RawMessage) (at time.Time) {
	var entries []proof
	if json.Unmarshal(raw, &entries) == nil && len(entries) > 0 && entries[len(entries)-1].What == proofGone {
		at = entries[len(entries)-1].At
	}
	return at
}

// decidedNames reports whether a person has decided that an effect be sent, although somebody has the
// email under another name.
func decidedNames(row gen.Effect) bool {
	var entries []proof
	if row.DecidedAt == nil || json.Unmarshal(row.Evidence, &entries) != nil {
		return false
	}
	return slices.ContainsFunc(entries, func(p proof) bool {
		return p.What == proofAttention && p.Detail == string(outcome.OtherName)
	})
}

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
		Evidence: evidence(proof{At: c.at, What: c.what, RemoteIDs: c.ids, Detail: c.detail}),
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
		Evidence: evidence(proof{At: c.at, What: c.what, RemoteIDs: c.ids, Detail: c.detail}),
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
	ids, err := tx.Q.ReopenEffects(ctx, tx, evidence(proof{At: now, What: "reopened"}), tx.Tenant, kind)
	if err != nil || len(ids) == 0 {
		return work.Wrap("reopen effects", err)
	}
	_, err = tx.Q.ReopenWritebacks(ctx, tx, tx.Tenant, ids)
	return work.Wrap("reopen writebacks", err)
}

// forgetRefusal plans an effect anew whose refusal was of something that has changed since.
func forgetRefusal(ctx context.Context, tx db.TenantTx, effectID uuid.UUID, now time.Time) error {
	return work.Wrap("forget a refusal",
		tx.Q.ForgetRefusal(ctx, tx, evidence(proof{At: now, What: "replanned"}), tx.Tenant, effectID))
}
