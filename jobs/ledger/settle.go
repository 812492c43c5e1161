package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// maxTransitions bounds how often one job looks at an effect. Another job goes on after that.
const maxTransitions = 12

// plan is how a step's effect is keyed, looked for and written.
type plan struct {
	key       string
	lookFirst bool // it may stand in JazzHR already
	remote    remote
	// maySend, if set, is asked before each send, in the transaction of its intent. It returns what
	// is to be done instead, or nil to send.
	maySend func(ctx context.Context, tx db.TenantTx, row gen.Effect) (*action, error)
}

// settle makes one transition after the other until the effect has ended or has to wait. planned is
// asked before each of them, since the applicant or the note route may have changed.
func (s *step) settle(ctx context.Context, kind string, planned func() plan) error {
	var seen *reading
	untried := false // nobody had tried the effect when the step began
	for range maxTransitions {
		t := transition{step: s, kind: kind, plan: planned(), seen: seen}
		var row gen.Effect
		if seen == nil {
			var err error
			if row, err = t.begin(ctx); err != nil {
				return err
			}
			untried = row.State == statePlanned && row.Sends == 0 && !s.distrusted
		}
		n := next{action: action{kind: actionLook}, row: row}
		// An effect that nobody has tried and that is looked for in any case is looked for at once:
		// the transition that follows decides.
		if seen != nil || !t.plan.lookFirst || !untried {
			t.willSend = untried && (seen == nil || seen.result == absent)
			var err error
			if n, err = t.run(ctx); err != nil {
				return err
			}
		}
		var ended bool
		var err error
		if seen, ended, err = s.perform(ctx, kind, n, seen, planned); err != nil || ended {
			return err
		}
	}
	return s.HandBack(ctx, work.Wait{Why: outcome.WaitsQueue, In: time.Second})
}

// perform does what of an action needs JazzHR. It returns what was read, for the next transition,
// and whether the job has ended.
func (s *step) perform(ctx context.Context, kind string, n next, seen *reading, planned func() plan) (read *reading, ended bool, err error) {
	switch n.action.kind {
	case actionLook:
		found, err := planned().remote.look(ctx, n.row)
		return &found, false, err
	case actionControl:
		// The decision still waits for what it was read for.
		return seen, false, s.readControl(ctx, kind, planned().remote)
	case actionSend:
		ended, err = s.post(ctx, n.row, n.send, planned().remote) // the intent may have switched the note route
		return nil, ended, err
	case actionRetarget:
		ended, err = s.retarget(ctx, n.row.EffectID)
		return nil, ended, err
	case actionLose, actionReplan:
		return nil, false, nil
	default:
		return nil, true, nil // the transition has ended the job
	}
}

// retarget finds the applicant again by email after it was merged away or deleted. If the effect
// was refused, the refusal was of the applicant that is gone: it is forgotten. JazzHR may only fail to
// show the applicant, so it is read once more. The new one needs the link before it gets the note.
func (s *step) retarget(ctx context.Context, effectID uuid.UUID) (ended bool, err error) {
	was := db.Text(s.writeback.ApplicantID)
	if _, err := s.Account.Read.Applicant(ctx, was); !errors.Is(err, jazzhr.ErrNotFound) {
		return false, cmp.Or(work.Wrap("read the applicant again", err), work.ErrUnreadable)
	}
	err = db.InTenant(ctx, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) error {
		return tx.Q.MarkApplicantGone(ctx, tx, tx.Tenant, was)
	})
	if err != nil {
		return false, fmt.Errorf("remember that the applicant is gone: %w", err)
	}
	ids, err := s.searchPerson(ctx)
	if err != nil {
		return false, err
	}
	switch {
	case slices.Contains(ids, was):
		return false, work.ErrUnreadable
	case len(ids) != 1:
		return true, s.becomeCase(ctx, outcome.ApplicantGone)
	}
	err = db.InTenant(ctx, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) error {
		now, err := db.Now(ctx, tx)
		if err != nil {
			return err
		}
		if err := forgetRefusal(ctx, tx, effectID, now); err != nil {
			return err
		}
		if err := tx.Q.SetWritebackApplicant(ctx, tx, &ids[0], tx.Tenant, s.id.writeback); err != nil {
			return err
		}
		if s.id.kind != queue.StepWriteNotes {
			return nil
		}
		ended = true
		if err := s.HandBackIn(ctx, tx, work.Wait{Why: outcome.WaitsQueue}); err != nil {
			return err
		}
		return tx.Q.ReturnToLink(ctx, tx, tx.Tenant, s.id.writeback)
	})
	if err != nil {
		return false, fmt.Errorf("keep the applicant's new id: %w", err)
	}
	s.writeback.ApplicantID = &ids[0]
	return ended, nil
}
