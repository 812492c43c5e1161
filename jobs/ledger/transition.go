package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// transition is one look at an effect: its row is locked, the next action is decided, and what of
// the action is database work is done, all in one transaction. What needs JazzHR is left to the
// caller.
type transition struct {
	*step
	kind string // of the effect
	plan plan
	seen *reading // what was read since the last transition; nil if nothing was
	// willSend says that the action will be to send, as far as one can know without the lock.
	willSend bool
}

// intent is a send that may leave: it is committed under its token. notAfter is a time of this
// process's clock.
type intent struct {
	token    uuid.UUID
	notAfter time.Time
}

// next is what a transition came to.
type next struct {
	action action
	row    gen.Effect
	send   intent // of actionSend
}

// run makes the transition. If its send has to wait for a moment, run waits and decides anew.
//
// The call of a send that is likely is taken before the transaction: in it, all other calls of the
// tenant would wait for the intent to be on disk. If it is not sent after all, which is rare, the
// tenant has a call fewer.
func (t transition) run(ctx context.Context) (n next, err error) {
	for deadline := time.Now().Add(queue.ShortWait); ; {
		t.paid = time.Time{}
		if t.willSend {
			err = t.pay(ctx, db.Of(t.ledger.Pool, t.id.tenant))
		}
		if err == nil {
			err = db.InTenant(ctx, t.ledger.Pool, t.id.tenant, func(tx db.TenantTx) error {
				n, err = t.decideAndApply(ctx, tx)
				return err
			})
		}
		var paced *queue.PacedError
		if !errors.As(err, &paced) || time.Until(deadline) < paced.Wait {
			return n, err
		}
		if err := paced.Pass(ctx); err != nil {
			return n, err
		}
		err = nil
	}
}

// pay takes the call of the step's write, on a connection or in a transaction.
func (s *step) pay(ctx context.Context, conn gen.DBTX) error {
	more, err := s.Accounts.Bucket.TakeForStep(ctx, conn, s.id.tenant)
	if err != nil {
		return err
	}
	s.paid, s.spent = time.Now(), !more
	return nil
}

// begin begins the step and returns its effect's row, which is planned if nobody has planned it
// yet.
func (t transition) begin(ctx context.Context) (gen.Effect, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return gen.Effect{}, fmt.Errorf("name effect: %w", err)
	}
	for range maxTransitions {
		row, err := gen.New().BeginStep(ctx, db.Of(t.ledger.Pool, t.id.tenant), gen.BeginStepParams{
			TenantID: t.id.tenant, EffectID: id, EffectKind: t.kind, Key: t.plan.key,
			WritebackID: t.id.writeback, Step: t.id.kind, Part: int32(t.id.part),
		})
		if errors.Is(err, pgx.ErrNoRows) { // another has planned it in this moment, and has committed by now
			continue
		}
		return gen.Effect(row), work.Wrap("begin step", err)
	}
	return gen.Effect{}, errors.New("begin step: its effect is neither there nor can it be planned")
}

func (t transition) decideAndApply(ctx context.Context, tx db.TenantTx) (n next, err error) {
	asked := time.Now()
	locked, err := tx.Q.EffectForUpdate(ctx, tx, tx.Tenant, t.kind, t.plan.key)
	if err != nil {
		return n, fmt.Errorf("lock effect: %w", err)
	}
	if err := t.ledger.Clock.Check(asked, locked.Clock); err != nil {
		return n, err
	}
	row, now := locked.Effect, locked.Now
	n.row = row
	facts := t.facts(row)
	if locked.Distrusted && (row.DecidedAt == nil || row.DecidedAt.Before(locked.DistrustedSince)) {
		facts.distrusted = locked.DistrustedSince
	}
	facts = facts.since(locked.SteppedAt, t.ledger.SendTimeout)
	if missing := t.seen != nil && t.seen.result == gone; facts.refused || missing {
		at := now
		if !missing && row.NotAfter != nil { // it counts how new the applicant was when the send was refused
			at = row.NotAfter.Add(-t.ledger.SendTimeout)
		}
		if facts.young, err = t.youngApplicant(ctx, tx, at); err != nil {
			return n, err
		}
	}
	n.action = decide(facts, t.seen, controlUnread, now, t.ledger.pace())
	if n.action.kind == actionControl {
		seen, err := t.control(ctx, tx, now)
		if err != nil {
			return n, err
		}
		n.action = decide(facts, t.seen, seen, now, t.ledger.pace())
	}
	if n.action.problem == outcome.NotTaken { // not while it can't be sent: that is one outage, not many cases
		if err := t.Accounts.Breaker.Holds(ctx, tx, t.kind); err != nil {
			return n, err
		}
	}
	if n.action.kind == actionSend && t.plan.maySend != nil {
		instead, err := t.plan.maySend(ctx, tx, row)
		if err != nil {
			return n, err
		}
		if instead != nil {
			n.action = *instead
		}
	}
	if n.action.kind == actionSend {
		n.send, err = t.intend(ctx, tx, row)
		return n, err
	}
	return n, t.apply(ctx, tx, row, n.action, now)
}

// facts are what a row says to a decision.
func (t transition) facts(row gen.Effect) effect {
	e := effect{
		kind: t.kind, state: row.State, sends: int(row.Sends), absentReads: int(row.AbsentReads),
		mine:    row.SentBy != nil && *row.SentBy == t.id.writeback,
		refused: row.Refusal != nil, lookFirst: t.plan.lookFirst, goneAt: work.LastGone(row.Evidence),
		namesDecided: row.DecidedAt != nil && work.DecidedNames(row.Evidence),
	}
	if row.NotAfter != nil {
		e.notAfter = *row.NotAfter
	}
	if row.AbsentAt != nil {
		e.absentAt = *row.AbsentAt
	}
	if row.FirstSentAt != nil {
		e.sentAt = *row.FirstSentAt
	}
	return e
}

// since takes away what the row owes to a clock that has stepped: a send of before may have begun a
// moment ago, and reads of before may have been too early.
func (e effect) since(step time.Time, timeout time.Duration) effect {
	if latest := step.Add(timeout); e.sends > 0 && latest.After(e.notAfter) {
		e.notAfter = latest
	}
	if e.absentAt.Before(step) {
		e.absentReads = 0
	}
	if e.goneAt.Before(step) {
		e.goneAt = time.Time{}
	}
	if !e.distrusted.IsZero() && e.distrusted.Before(step) {
		e.distrusted = step
	}
	return e
}

// youngApplicant reports whether the applicant was made less than a quiet period before a time.
func (t transition) youngApplicant(ctx context.Context, tx db.TenantTx, at time.Time) (bool, error) {
	since := at.Add(-t.ledger.SettleDelay)
	young, err := tx.Q.ApplicantMadeSince(ctx, tx, tx.Tenant, t.writeback.ApplicantID, &since)
	return young, work.Wrap("look up when the applicant was made", err)
}

// intend commits to a send. The row is sending from here on, and the caller sends once the
// transaction is committed.
func (t transition) intend(ctx context.Context, tx db.TenantTx, row gen.Effect) (intent, error) {
	if err := t.Accounts.Breaker.Admit(ctx, tx, t.kind); err != nil {
		return intent{}, err
	}
	if time.Since(t.paid) > queue.ShortWait { // it would not count in the minute in which it is made
		if err := t.pay(ctx, tx); err != nil {
			return intent{}, err
		}
	}
	if err := t.leaveDeafRoute(ctx, tx, row); err != nil {
		return intent{}, err
	}
	// This process's deadline is counted from before the database's, so it is never the later one.
	send := intent{token: uuid.New(), notAfter: time.Now().Add(t.ledger.SendTimeout)}
	_, err := tx.Q.BeginSend(ctx, tx, gen.BeginSendParams{
		TenantID: tx.Tenant, EffectID: row.EffectID,
		SendToken: &send.token, SentBy: &t.id.writeback, SendTimeout: t.ledger.SendTimeout,
		FromState: row.State, FromSends: row.Sends, NodeID: t.ledger.NodeID, NodeTimeout: queue.NodeTimeout,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return intent{}, work.ErrNodeLapsed
	}
	if err != nil {
		return intent{}, fmt.Errorf("commit to a send: %w", err)
	}
	return send, nil
}

// leaveDeafRoute switches the account's note route if a note was answered without an id and is not
// there.
func (t transition) leaveDeafRoute(ctx context.Context, tx db.TenantTx, row gen.Effect) error {
	if outcome.Of(row.Problem) != outcome.AnswerWithoutID {
		return nil
	}
	t.tenant.NoteRoute = routeNotes
	return work.Wrap("switch the account's note route", tx.Q.SetNoteRoute(ctx, tx, routeNotes, tx.Tenant))
}
