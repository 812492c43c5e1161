package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// maxTurns bounds how often one job goes round the ledger; what is left goes to another job.
const maxTurns = 12

// settle goes round the ledger for one effect until it has ended or has to wait. plan is asked at each turn, since the
// applicant or the route may have changed.
func (a *attempt) settle(ctx context.Context, kind string, plan func() (key string, lookFirst bool, to remote)) error {
	var seen *reading
	fresh := false // nobody had tried it when the step began
	for range maxTurns {
		key, lookFirst, to := plan()
		t := turn{attempt: a, kind: kind, key: key, lookFirst: lookFirst, seen: seen}
		var row gen.Effect
		var send intent
		var err error
		act := action{do: doLook}
		if seen == nil {
			if row, err = t.begin(ctx); err != nil {
				return err
			}
			fresh = row.State == statePlanned && row.Sends == 0 && !a.distrusted
		}
		// What nobody has tried and is looked for in any case is looked for at once: the turn that follows decides.
		if seen != nil || !lookFirst || !fresh {
			t.likely = fresh && (seen == nil || seen.result == absent)
			if act, row, send, err = t.take(ctx); err != nil {
				return err
			}
		}
		before := seen
		seen = nil
		switch act.do {
		case doLook:
			read, err := to.look(ctx, row)
			if err != nil {
				return err
			}
			seen = &read
		case doControl:
			if err := a.readControl(ctx, kind, to); err != nil {
				return err
			}
			seen = before // the decision still waits for what it was read for
		case doSend:
			_, _, to = plan() // the intent may have switched the note route
			if ended, err := a.post(ctx, row, send, to); err != nil || ended {
				return err
			}
		case doRetarget:
			if ended, err := a.retarget(ctx, row.EffectID); err != nil || ended {
				return err
			}
		case doLose, doReplan:
		default:
			return nil // the turn has ended the job
		}
	}
	return a.handBack(ctx, wait{reason: queue.WaitingForQueue, in: time.Second})
}

// retarget finds the applicant again by email after it was merged away or deleted. A refusal of the effect was of the one
// that is gone.
func (a *attempt) retarget(ctx context.Context, effectID uuid.UUID) (ended bool, err error) {
	was := text(a.writeback.ApplicantID)
	ids, err := a.searchPerson(ctx)
	if err != nil {
		return false, err
	}
	err = db.InTenant(ctx, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) error {
		if err := tx.Q.MarkApplicantGone(ctx, tx, tx.Tenant, was); err != nil {
			return err
		}
		if len(ids) != 1 || ids[0] == was {
			return nil
		}
		now, err := tx.Q.SystemDatabaseNow(ctx, tx)
		if err != nil {
			return err
		}
		if err := a.forgetRefusal(ctx, tx, effectID, now); err != nil {
			return err
		}
		return tx.Q.SetWritebackApplicant(ctx, tx, &ids[0], tx.Tenant, a.writeback.WritebackID)
	})
	if err != nil {
		return false, fmt.Errorf("keep the applicant's new id: %w", err)
	}
	if len(ids) != 1 || ids[0] == was {
		return true, a.toPerson(ctx, problemTargetGone)
	}
	a.writeback.ApplicantID = &ids[0]
	return false, nil
}

// readControl reads confirmed writes of the kind back until one is seen, and remembers whether the account shows any: what
// one was written on may be gone.
func (a *attempt) readControl(ctx context.Context, kind string, to remote) error {
	var confirmed []gen.ControlEffectsRow
	err := db.InTenant(ctx, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) (err error) {
		confirmed, err = tx.Q.ControlEffects(ctx, tx, tx.Tenant, kind)
		return err
	})
	if err != nil {
		return fmt.Errorf("find confirmed writes: %w", err)
	}
	visible := false
	for i := 0; i < len(confirmed) && !visible; i++ {
		if visible, err = to.readBack(ctx, confirmed[i]); err != nil {
			return err
		}
	}
	err = db.InTenant(ctx, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) error {
		if visible {
			return tx.Q.MarkSeen(ctx, tx, tx.Tenant, kind)
		}
		return tx.Q.MarkUnseen(ctx, tx, tx.Tenant, kind)
	})
	if err != nil {
		return fmt.Errorf("remember what the account shows: %w", err)
	}
	return nil
}

// proof is an entry of a ledger row's evidence.
type proof struct {
	At        time.Time `json:"at"`
	What      string    `json:"what"` // sent, confirmed, refused, not_sent, lost, found, absent, replanned, reopened, attention, late_answer
	RemoteIDs []string  `json:"remote_ids,omitempty"`
	Detail    string    `json:"detail,omitempty"`
}

func evidence(entries ...proof) json.RawMessage {
	raw, err := json.Marshal(entries)
	if err != nil { // times and texts always marshal
		return json.RawMessage(`[]`)
	}
	return raw
}

// mark is what a change of an effect's state is recorded with.
type mark struct {
	at      time.Time
	what    string
	detail  string
	id      string   // the remote id it ends with
	ids     []string // what was found
	adopted bool
	refusal string
	problem string
	// controlled tells that another effect of the kind was confirmed before.
	controlled bool
}

// mark moves an effect to a state other than done, with the evidence for it.
func (a *attempt) mark(ctx context.Context, tx db.TenantTx, row gen.Effect, state string, m mark) error {
	err := tx.Q.SettleEffect(ctx, tx, gen.SettleEffectParams{
		TenantID: tx.Tenant, EffectID: row.EffectID, State: state,
		Refusal: some(m.refusal), Problem: some(m.problem),
		Evidence: evidence(proof{At: m.at, What: m.what, RemoteIDs: m.ids, Detail: m.detail}),
	})
	if err != nil {
		return fmt.Errorf("record that the effect is %s: %w", state, err)
	}
	return nil
}

// confirm moves an effect to done, which those that waited for it go on after.
func (a *attempt) confirm(ctx context.Context, tx db.TenantTx, row gen.Effect, m mark) error {
	if m.ids == nil {
		m.ids = []string{m.id}
	}
	if err := tx.Q.ConfirmEffect(ctx, tx, gen.ConfirmEffectParams{
		TenantID: tx.Tenant, EffectID: row.EffectID, RemoteID: some(m.id), Adopted: m.adopted,
		Evidence: evidence(proof{At: m.at, What: m.what, RemoteIDs: m.ids, Detail: m.detail}),
	}); err != nil {
		return fmt.Errorf("record that the effect is done: %w", err)
	}
	if row.Sends == 0 || m.controlled {
		return nil
	}
	return a.reopen(ctx, tx, row, m)
}

// reopen takes back from people the effects of a kind that only lacked a confirmed one, since absence can be believed from
// now on, and the writebacks that were with them for their sake.
func (a *attempt) reopen(ctx context.Context, tx db.TenantTx, confirmed gen.Effect, m mark) error {
	err := tx.Q.LockControl(ctx, tx, tx.Tenant, confirmed.Kind)
	if err != nil {
		return fmt.Errorf("wait for those who look for a confirmed write: %w", err)
	}
	ids, err := tx.Q.ReopenEffects(ctx, tx, evidence(proof{At: m.at, What: "reopened"}), tx.Tenant, confirmed.Kind)
	if err != nil || len(ids) == 0 {
		return wrap("reopen effects", err)
	}
	_, err = tx.Q.ReopenWritebacks(ctx, tx, tx.Tenant, ids)
	return wrap("reopen writebacks", err)
}

// forgetRefusal plans an effect anew that was refused for something that has changed since.
func (a *attempt) forgetRefusal(ctx context.Context, tx db.TenantTx, effectID uuid.UUID, now time.Time) error {
	return wrap("forget a refusal", tx.Q.ForgetRefusal(ctx, tx, evidence(proof{At: now, What: "replanned"}), tx.Tenant, effectID))
}
