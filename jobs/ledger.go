package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

const (
	// seenFresh is how long one look at a confirmed write vouches for what an account shows, unseenFresh a vain one.
	seenFresh   = 24 * time.Hour
	unseenFresh = 10 * time.Minute
)

// problemNoID, on an unknown note, says that the mission's route answered 200 without an id: if the note stays absent,
// the account takes notes by the other route.
const problemNoID = "answer_without_id"

var (
	errUnreadable = errors.New("JazzHR's answer can't tell: to be read again")
	errNodeLapsed = errors.New("this node's heartbeat has lapsed: it starts no send")
)

// turn is one look at a ledger row: the row is locked, the decision made, and what of it is database work done, in one
// transaction. What needs JazzHR is left to the caller.
type turn struct {
	*attempt
	kind, key string
	lookFirst bool
	seen      *reading
	// likely tells that the decision will be to send, as far as one can know without the lock.
	likely bool
}

// intent is a send that may leave: committed under its token, until notAfter by this process's clock.
type intent struct {
	token    uuid.UUID
	notAfter time.Time
}

// take makes the turn. If the send it decides on has to wait for a moment, it waits and decides anew. The call of a likely
// send is taken before the transaction: in it, all the tenant's other calls would wait for the intent to be on disk. If it is not
// sent after all, which is rare, that is a call fewer for the tenant.
func (t turn) take(ctx context.Context) (act action, row gen.Effect, send intent, err error) {
	for deadline := time.Now().Add(queue.ShortWait); ; {
		t.paid = time.Time{}
		if t.likely {
			err = t.pay(ctx, t.config.Pool)
		}
		if err == nil {
			err = db.InTenant(ctx, t.config.Pool, t.writeback.TenantID, func(tx db.TenantTx) error {
				act, row, send, err = t.decideAndApply(ctx, tx)
				return err
			})
		}
		var paced *queue.PacedError
		if !errors.As(err, &paced) || time.Until(deadline) < paced.Wait {
			return act, row, send, err
		}
		if err := paced.Pass(ctx); err != nil {
			return act, row, send, err
		}
		err = nil
	}
}

// pay takes the call of the step's write, on a connection or in a transaction.
func (a *attempt) pay(ctx context.Context, conn gen.DBTX) error {
	more, err := a.config.Bucket.TakeForStep(ctx, conn, a.writeback.TenantID)
	if err != nil {
		return err
	}
	a.paid, a.spent = time.Now(), !more
	return nil
}

// begin begins the step and returns its effect's row, which is planned if nobody has yet.
func (t turn) begin(ctx context.Context) (gen.Effect, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return gen.Effect{}, fmt.Errorf("name effect: %w", err)
	}
	for range maxTurns {
		row, err := gen.New().BeginStep(ctx, t.config.Pool, gen.BeginStepParams{
			TenantID: t.writeback.TenantID, EffectID: id, EffectKind: t.kind, Key: t.key,
			WritebackID: t.writeback.WritebackID, Step: t.step, Part: int32(t.part),
		})
		if errors.Is(err, pgx.ErrNoRows) { // another has planned it in this moment, and has committed that by now
			continue
		}
		return gen.Effect(row), wrap("begin step", err)
	}
	return gen.Effect{}, errors.New("begin step: its effect is neither there nor can it be planned")
}

func (t turn) decideAndApply(ctx context.Context, tx db.TenantTx) (act action, row gen.Effect, send intent, err error) {
	locked, err := tx.Q.EffectForUpdate(ctx, tx, tx.Tenant, t.kind, t.key)
	if err != nil {
		return act, row, send, fmt.Errorf("lock effect: %w", err)
	}
	row, now := locked.Effect, locked.Now
	facts := t.facts(row)
	if locked.Distrusted && (row.DecidedAt == nil || row.DecidedAt.Before(locked.DistrustedSince)) {
		facts.distrusted = locked.DistrustedSince
	}
	if facts.refused || (t.seen != nil && t.seen.result == gone) {
		if facts.young, err = t.youngApplicant(ctx, tx, now); err != nil {
			return act, row, send, err
		}
	}
	act = decide(facts, t.seen, controlUnread, now, t.config.pace())
	if act.do == doControl {
		seen, err := t.control(ctx, tx, now)
		if err != nil {
			return act, row, send, err
		}
		act = decide(facts, t.seen, seen, now, t.config.pace())
	}
	if act.do == doSend {
		send, err = t.intend(ctx, tx, row)
		return act, row, send, err
	}
	return act, row, send, t.apply(ctx, tx, row, act, now)
}

func (t turn) facts(row gen.Effect) effect {
	e := effect{
		kind: t.kind, state: row.State, sends: int(row.Sends), absentReads: int(row.AbsentReads),
		mine: row.SentBy != nil && *row.SentBy == t.writeback.WritebackID, refused: row.Refusal != nil, lookFirst: t.lookFirst,
	}
	if row.NotAfter != nil {
		e.notAfter = *row.NotAfter
	}
	if row.AbsentAt != nil {
		e.absentAt = *row.AbsentAt
	}
	return e
}

// youngApplicant reports whether the applicant was made within a quiet period from now.
func (t turn) youngApplicant(ctx context.Context, tx db.TenantTx, now time.Time) (bool, error) {
	since := now.Add(-t.config.SettleDelay)
	young, err := tx.Q.ApplicantMadeSince(ctx, tx, tx.Tenant, t.writeback.ApplicantID, &since)
	return young, wrap("look up when the applicant was made", err)
}

// control tells whether confirmed writes of the kind can be seen on the account, as far as that is known.
func (t turn) control(ctx context.Context, tx db.TenantTx, now time.Time) (control, error) {
	shown, err := tx.Q.Visibility(ctx, tx, tx.Tenant, t.kind)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return controlUnread, fmt.Errorf("read what the account shows: %w", err)
	}
	if shown.UnseenAt == nil && shown.SeenAt != nil && now.Sub(*shown.SeenAt) < seenFresh {
		return controlSeen, nil
	}
	confirmed, err := tx.Q.ControlEffects(ctx, tx, tx.Tenant, t.kind)
	if err == nil && len(confirmed) == 0 {
		if err := tx.Q.LockControl(ctx, tx, tx.Tenant, t.kind); err != nil {
			return controlUnread, fmt.Errorf("wait for a first confirmed write: %w", err)
		}
		confirmed, err = tx.Q.ControlEffects(ctx, tx, tx.Tenant, t.kind)
	}
	switch {
	case err != nil:
		return controlUnread, fmt.Errorf("find confirmed writes: %w", err)
	case len(confirmed) == 0:
		return controlMissing, nil
	case shown.UnseenAt != nil && now.Sub(*shown.UnseenAt) < unseenFresh:
		return controlUnseen, nil
	case now.Sub(*confirmed[0].SettledAt) < t.config.SettleDelay:
		return controlYoung, nil
	}
	return controlUnread, nil
}

// intend commits to a send: the row is sending from here on, and the caller sends it once the transaction is committed.
func (t turn) intend(ctx context.Context, tx db.TenantTx, row gen.Effect) (intent, error) {
	if time.Since(t.paid) > queue.ShortWait { // it would not count in the minute in which it is made
		if err := t.pay(ctx, tx); err != nil {
			return intent{}, err
		}
	}
	if err := t.leaveDeafRoute(ctx, tx, row); err != nil {
		return intent{}, err
	}
	// This process's deadline is counted from before the database's, so it is never the later one.
	send := intent{token: uuid.New(), notAfter: time.Now().Add(t.config.Timeout)}
	_, err := tx.Q.BeginSend(ctx, tx, gen.BeginSendParams{
		TenantID: tx.Tenant, EffectID: row.EffectID,
		SendToken: &send.token, SentBy: &t.writeback.WritebackID, SendTimeout: t.config.Timeout,
		FromState: row.State, FromSends: row.Sends, NodeID: t.config.NodeID, NodeTimeout: queue.NodeTimeout,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return intent{}, errNodeLapsed
	}
	if err != nil {
		return intent{}, fmt.Errorf("commit to a send: %w", err)
	}
	return send, nil
}

// leaveDeafRoute switches the account's note route if a note was answered without an id and is not there.
func (t turn) leaveDeafRoute(ctx context.Context, tx db.TenantTx, row gen.Effect) error {
	if text(row.Problem) != problemNoID {
		return nil
	}
	t.tenant.NoteRoute = routeNotes
	return wrap("switch the account's note route", tx.Q.SetNoteRoute(ctx, tx, routeNotes, tx.Tenant))
}

// apply does what of a decision is database work.
func (t turn) apply(ctx context.Context, tx db.TenantTx, row gen.Effect, act action, now time.Time) error {
	switch act.do {
	case doAdvance:
		return t.advance(ctx, tx, row, text(row.RemoteID), queue.StateDone)
	case doAdopt:
		return t.adopt(ctx, tx, row, act.id, now)
	case doLose:
		return t.mark(ctx, tx, row, stateUnknown, mark{what: "lost", detail: "no answer was recorded in time", at: now})
	case doCountAbsent:
		if err := tx.Q.CountAbsentRead(ctx, tx, evidence(proof{At: now, What: "absent"}), tx.Tenant, row.EffectID); err != nil {
			return fmt.Errorf("count a read that found nothing: %w", err)
		}
		return t.handBackIn(ctx, tx, wait{reason: queue.WaitingForSettling, until: act.until, effect: &row.EffectID})
	case doWait:
		return t.handBackIn(ctx, tx, wait{reason: queue.WaitingForSettling, until: act.until, effect: &row.EffectID})
	case doRetry:
		return errUnreadable
	case doReplan:
		return wrap("plan the effect anew", tx.Q.ReplanEffect(ctx, tx, tx.Tenant, row.EffectID))
	case doForget:
		if err := t.forgetRefusal(ctx, tx, row.EffectID, now); err != nil {
			return err
		}
		return t.handBackIn(ctx, tx, wait{reason: queue.WaitingForSettling, until: act.until, effect: &row.EffectID})
	case doReject:
		if row.State != stateRejected {
			if err := t.mark(ctx, tx, row, stateRejected, mark{what: "absent", detail: "after a refusal", at: now}); err != nil {
				return err
			}
		}
		return t.rejectIn(ctx, tx, text(row.Refusal))
	case doPerson:
		problem := act.problem
		if row.State == stateAttention {
			problem = text(row.Problem)
		} else if err := t.markForPerson(ctx, tx, row, problem, now); err != nil {
			return err
		}
		return t.toPersonIn(ctx, tx, problem)
	case doLook, doControl, doSend, doRetarget: // the caller's: they need JazzHR
	}
	return nil
}

// adopt settles an effect by what was found in JazzHR.
func (t turn) adopt(ctx context.Context, tx db.TenantTx, row gen.Effect, id string, now time.Time) error {
	if row.Sends > 0 {
		if err := tx.Q.MarkSeen(ctx, tx, tx.Tenant, t.kind); err != nil {
			return fmt.Errorf("remember what the account shows: %w", err)
		}
	}
	if err := t.confirm(ctx, tx, row, mark{id: id, adopted: true, what: "found", ids: t.seen.ids, at: now}); err != nil {
		return err
	}
	return t.advance(ctx, tx, row, id, queue.StateDone)
}

func (t turn) markForPerson(ctx context.Context, tx db.TenantTx, row gen.Effect, problem string, now time.Time) error {
	if err := t.leaveDeafRoute(ctx, tx, row); err != nil {
		return err
	}
	m := mark{what: "attention", detail: problem, problem: problem, at: now}
	if t.seen != nil {
		m.ids = t.seen.ids
	}
	return t.mark(ctx, tx, row, stateAttention, m)
}
