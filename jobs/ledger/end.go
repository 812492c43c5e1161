package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// readBackAfter is how long after a note was written it may be read back.
const readBackAfter = 10 * time.Minute

// Each end of a step is one transaction with the completion of its job, which comes first. A step
// that has lost its job leaves the writeback to the owner, and keeps what it learned about the
// effect.

// endStep completes the job and ends the step. owned says that the writeback is still at this step
// and the job still this one's: only then may the caller go on with the writeback. It is not if the
// tenant was disconnected, for one.
func (s *step) endStep(ctx context.Context, tx db.TenantTx, end gen.EndStepParams) (ended gen.EndStepRow, owned bool, err error) {
	owned, err = s.Complete(ctx, tx)
	if err != nil || !owned {
		return ended, false, err
	}
	end.TenantID, end.WritebackID, end.Kind, end.Part = tx.Tenant, s.id.writeback, s.id.kind, int32(s.id.part)
	end.Admitted = !s.spent
	if ended, err = tx.Q.EndStep(ctx, tx, end); err != nil {
		return ended, false, fmt.Errorf("end step: %w", err)
	}
	if !ended.Owned {
		work.SetOutcome(ctx, work.Superseded)
		return ended, false, nil
	}
	work.SetOutcome(ctx, end.State)
	return ended, true, nil
}

// advance ends the step with its effect, and enqueues the next step.
func (s *step) advance(ctx context.Context, tx db.TenantTx, row gen.Effect, remoteID, state string) error {
	end := gen.EndStepParams{State: state, RemoteID: db.NullText(remoteID), GoOn: true}
	if row.EffectID != uuid.Nil {
		end.EffectID = &row.EffectID
	}
	creates := s.id.kind == queue.StepCreateApplicant
	if creates {
		end.ApplicantID = db.NullText(remoteID)
	}
	ended, owned, err := s.endStep(ctx, tx, end)
	if err != nil || !owned {
		return err
	}
	if creates {
		if err := s.keepApplicant(ctx, tx, row, remoteID); err != nil {
			return err
		}
	}
	if s.id.kind == queue.StepWriteNotes && row.State == stateSending && writeback.ReadBackDue(s.tenant, s.id.writeback) {
		back := queue.ReadNoteBack{TenantID: tx.Tenant, WritebackID: s.id.writeback, Part: s.id.part}
		shown := river.InsertOpts{ScheduledAt: time.Now().Add(max(readBackAfter, 2*s.ledger.SettleDelay))}
		if _, err := s.ledger.Client.InsertTx(ctx, tx.Tx, back, &shown); err != nil {
			return fmt.Errorf("enqueue the reading of a note: %w", err)
		}
	}
	return s.enqueueNext(ctx, tx, ended, ended.Rejected)
}

// keepApplicant remembers whom the writeback is about. That the email is the applicant's is proved by
// the answer to a create alone: a search remembers by itself what it read, and a person may have
// decided for somebody of another name.
func (s *step) keepApplicant(ctx context.Context, tx db.TenantTx, row gen.Effect, id string) error {
	w := &s.writeback
	w.ApplicantID = &id
	if w.Email == nil || row.State != stateSending {
		return nil
	}
	return work.RememberApplicant(ctx, tx, id, work.Details{
		Email: jazzhr.NormalizeEmail(*w.Email), FoldedName: jazzhr.FoldName(db.Text(w.FirstName), db.Text(w.LastName)),
	})
}

// enqueueNext enqueues the step that the writeback is at now, or ends the writeback. rejected says
// that one of its steps was rejected.
func (s *step) enqueueNext(ctx context.Context, tx db.TenantTx, ended gen.EndStepRow, rejected bool) error {
	switch {
	case ended.NextStep == "":
		return s.end(ctx, tx, rejected)
	case s.spent: // the tick admits it when there are calls for it
		return nil
	}
	args := queue.StepArgs(tx.Tenant, s.id.writeback, ended.NextStep, int(ended.NextPart))
	if _, err := s.ledger.Client.InsertTx(ctx, tx.Tx, args, nil); err != nil {
		return fmt.Errorf("enqueue the next step: %w", err)
	}
	return nil
}

// end ends the writeback: done, or rejected if one of its steps was rejected.
func (s *step) end(ctx context.Context, tx db.TenantTx, rejected bool) error {
	if rejected {
		return s.endAs(ctx, tx, queue.StateRejected, intrvio.WritebackRejected, outcome.StepRejected)
	}
	return s.endAs(ctx, tx, queue.StateDone, intrvio.WritebackCompleted, "")
}

// endAs ends the writeback in a state and tells of it.
func (s *step) endAs(ctx context.Context, tx db.TenantTx, state string, event intrvio.EventType, why outcome.Code) error {
	w := s.writeback
	row, err := tx.Q.EndWriteback(ctx, tx, gen.EndWritebackParams{
		TenantID: tx.Tenant, WritebackID: w.WritebackID, InterviewID: w.InterviewID, Revision: w.Revision,
		State: state, LastError: why.Column(), ApplicantID: w.ApplicantID,
	})
	if err != nil {
		return fmt.Errorf("end writeback: %w", err)
	}
	view, err := writeback.ViewOf(ctx, tx, s.tenant, row)
	if err != nil {
		return err
	}
	return outbox.Announce(ctx, tx, s.ledger.Client, outbox.Event{Type: event, Data: view.Result(why)})
}

// skip ends the step without an effect: what it was for is known already.
func (s *step) skip(ctx context.Context, applicantID string) error {
	return db.InTenant(ctx, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) error {
		return s.advance(ctx, tx, gen.Effect{}, applicantID, queue.StateSkipped)
	})
}

// reject is rejectIn in a transaction of its own.
func (s *step) reject(ctx context.Context, reason string) error {
	return db.InTenant(ctx, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) error {
		return s.rejectIn(ctx, tx, reason)
	})
}

// rejectIn ends the step as refused. A refused link does not hold back the note. Without an
// applicant, or with a part of the note missing, nothing further can be written.
func (s *step) rejectIn(ctx context.Context, tx db.TenantTx, reason string) error {
	goOn := s.id.kind == queue.StepLinkApplicantToJob
	ended, owned, err := s.endStep(ctx, tx, gen.EndStepParams{
		State: queue.StateRejected, LastError: db.NullText(reason), GoOn: goOn,
	})
	if err != nil || !owned {
		return err
	}
	if goOn {
		return s.enqueueNext(ctx, tx, ended, true)
	}
	held := "not written: " + s.id.kind + " was rejected"
	if err := tx.Q.RejectOpenSteps(ctx, tx, &held, tx.Tenant, s.id.writeback); err != nil {
		return fmt.Errorf("reject the steps that follow: %w", err)
	}
	return s.end(ctx, tx, true)
}

// becomeCase is becomeCaseIn in a transaction of its own.
func (s *step) becomeCase(ctx context.Context, problem outcome.Code) error {
	return db.InTenant(ctx, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) error {
		return s.becomeCaseIn(ctx, tx, problem)
	})
}

// becomeCaseIn leaves the writeback to a person.
func (s *step) becomeCaseIn(ctx context.Context, tx db.TenantTx, problem outcome.Code) error {
	_, owned, err := s.endStep(ctx, tx, gen.EndStepParams{State: queue.StateAttention, LastError: problem.Column()})
	if err != nil || !owned {
		return err
	}
	return s.endAs(ctx, tx, queue.StateAttention, intrvio.WritebackAttention, problem)
}

// handBack makes the writeback wait at its step until a time.
func (s *step) handBack(ctx context.Context, tx db.TenantTx, until time.Time, w work.Wait) error {
	rows, err := tx.Q.HandBackWriteback(ctx, tx, gen.HandBackWritebackParams{
		TenantID: tx.Tenant, WritebackID: s.id.writeback, Step: s.id.kind, Part: int32(s.id.part),
		NextAttemptAt: until, WaitingFor: w.Why.Column(), WaitingEffect: w.Effect,
		LastError: db.NullText(w.Error), Failing: w.Failing,
	})
	switch {
	case err != nil:
		return fmt.Errorf("hand writeback back: %w", err)
	case rows == 0:
		work.SetOutcome(ctx, work.Superseded)
		return nil
	case w.Error == "":
		return nil
	}
	return work.Wrap("record a step's error", tx.Q.StepError(ctx, tx, gen.StepErrorParams{
		TenantID: tx.Tenant, WritebackID: s.id.writeback,
		Kind: s.id.kind, Part: int32(s.id.part), LastError: &w.Error,
	}))
}
