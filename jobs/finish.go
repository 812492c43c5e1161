package jobs

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
	"github.com/intrvio/jazzhr-worker/queue"
)

// readsMayFail is how long reads may fail without a break before a person is asked.
const readsMayFail = 3 * 24 * time.Hour

// Each end of an attempt is one transaction with the job's completion, which comes first: an attempt that lost its job
// leaves the writeback to the owner, and keeps what it learned about the effect.

// endStep completes the job and ends the step, and reports whether the attempt may go on with its writeback: not if the job is
// another's by now, nor if the writeback is not at the step any more, as when its tenant was disconnected.
func (a *attempt) endStep(ctx context.Context, tx db.TenantTx, step gen.EndStepParams) (ended gen.EndStepRow, owned bool, err error) {
	owned, err = a.complete(ctx, tx.Tx)
	if err != nil || !owned {
		a.outcome = "lost_job"
		return ended, false, err
	}
	step.TenantID, step.WritebackID, step.Kind, step.Part = tx.Tenant, a.writeback.WritebackID, a.step, int32(a.part)
	step.Admitted = !a.spent
	if ended, err = tx.Q.EndStep(ctx, tx, step); err != nil {
		return ended, false, fmt.Errorf("end step: %w", err)
	}
	a.outcome = step.State
	if !ended.Owned {
		a.outcome = "superseded"
	}
	return ended, ended.Owned, nil
}

// advance ends the step with the effect confirmed, and enqueues the next.
func (a *attempt) advance(ctx context.Context, tx db.TenantTx, row gen.Effect, remoteID, state string) error {
	step := gen.EndStepParams{State: state, RemoteID: some(remoteID), GoOn: true}
	if row.EffectID != uuid.Nil {
		step.EffectID = &row.EffectID
	}
	if a.step == queue.StepCreateApplicant {
		step.ApplicantID = some(remoteID)
	}
	ended, owned, err := a.endStep(ctx, tx, step)
	if err != nil || !owned {
		return err
	}
	if a.step == queue.StepCreateApplicant {
		if err := a.keepApplicant(ctx, tx, row, remoteID); err != nil {
			return err
		}
	}
	return a.next(ctx, tx, ended, ended.Rejected)
}

// keepApplicant keeps whom the writeback is about. Only an effect proves that the email is the applicant's: a search keeps
// what it read itself.
func (a *attempt) keepApplicant(ctx context.Context, tx db.TenantTx, row gen.Effect, id string) error {
	w := &a.writeback
	w.ApplicantID = &id
	if w.Email == nil || row.EffectID == uuid.Nil {
		return nil
	}
	return rememberApplicant(ctx, tx, id, jazzhr.NormalizeEmail(*w.Email), jazzhr.FoldName(text(w.FirstName), text(w.LastName)))
}

// next enqueues the step that the writeback is at now, or ends the writeback: rejected tells whether one of its steps was.
func (a *attempt) next(ctx context.Context, tx db.TenantTx, ended gen.EndStepRow, rejected bool) error {
	switch {
	case ended.NextStep == "":
		return a.end(ctx, tx, rejected)
	case a.spent: // the tick admits it when there are calls for it
		return nil
	}
	args := queue.StepArgs(tx.Tenant, a.writeback.WritebackID, ended.NextStep, int(ended.NextPart))
	if _, err := a.client.InsertTx(ctx, tx.Tx, args, nil); err != nil {
		return fmt.Errorf("enqueue the next step: %w", err)
	}
	return nil
}

// end ends the writeback: done, or rejected if one of its steps was.
func (a *attempt) end(ctx context.Context, tx db.TenantTx, rejected bool) error {
	if rejected {
		return a.endAs(ctx, tx, queue.StateRejected, intrvio.WritebackRejected, "a step was rejected")
	}
	return a.endAs(ctx, tx, queue.StateDone, intrvio.WritebackCompleted, "")
}

// endAs ends the writeback in a state and tells of it.
func (a *attempt) endAs(ctx context.Context, tx db.TenantTx, state string, event intrvio.EventType, reason string) error {
	w := a.writeback
	row, err := tx.Q.EndWriteback(ctx, tx, gen.EndWritebackParams{
		TenantID: tx.Tenant, WritebackID: w.WritebackID, InterviewID: w.InterviewID, Revision: w.Revision,
		State: state, LastError: some(reason), ApplicantID: w.ApplicantID,
	})
	if err != nil {
		return fmt.Errorf("end writeback: %w", err)
	}
	view, err := queue.ViewRow(ctx, tx, a.tenant, row)
	if err != nil {
		return err
	}
	return queue.Announce(ctx, tx, a.client, queue.Event{Type: event, Data: view.Result(reason)})
}

// skip ends the step without an effect: what it was for is known already.
func (a *attempt) skip(ctx context.Context, applicantID string) error {
	return db.InTenant(ctx, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) error {
		return a.advance(ctx, tx, gen.Effect{}, applicantID, queue.StateSkipped)
	})
}

// reject is rejectIn in a transaction of its own.
func (a *attempt) reject(ctx context.Context, reason string) error {
	return db.InTenant(ctx, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) error {
		return a.rejectIn(ctx, tx, reason)
	})
}

// rejectIn ends the step as refused. A refused link does not hold back the note; without an applicant or with a part of
// the note missing nothing further can be written.
func (a *attempt) rejectIn(ctx context.Context, tx db.TenantTx, reason string) error {
	goOn := a.step == queue.StepLinkApplicantToJob
	ended, owned, err := a.endStep(ctx, tx, gen.EndStepParams{State: queue.StateRejected, LastError: some(reason), GoOn: goOn})
	if err != nil || !owned {
		return err
	}
	if goOn {
		return a.next(ctx, tx, ended, true)
	}
	held := "not written: " + a.step + " was rejected"
	if err := tx.Q.RejectOpenSteps(ctx, tx, &held, tx.Tenant, a.writeback.WritebackID); err != nil {
		return fmt.Errorf("reject the steps that follow: %w", err)
	}
	return a.end(ctx, tx, true)
}

// toPerson is toPersonIn in a transaction of its own.
func (a *attempt) toPerson(ctx context.Context, problem string) error {
	return db.InTenant(ctx, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) error {
		return a.toPersonIn(ctx, tx, problem)
	})
}

// toPersonIn leaves the writeback to a person.
func (a *attempt) toPersonIn(ctx context.Context, tx db.TenantTx, problem string) error {
	_, owned, err := a.endStep(ctx, tx, gen.EndStepParams{State: queue.StateAttention, LastError: some(problem)})
	if err != nil || !owned {
		return err
	}
	return a.endAs(ctx, tx, queue.StateAttention, intrvio.WritebackAttention, problem)
}

// handBack is handBackIn in a transaction of its own, with what a refused key or a 429 means for the tenant.
func (a *attempt) handBack(ctx context.Context, w wait) error {
	if err := a.holdTenant(ctx, a.writeback.TenantID, a.account.keyVersion, w); err != nil {
		return err
	}
	return db.InTenant(ctx, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) error {
		return a.handBackIn(ctx, tx, w)
	})
}

// handBackIn makes the row wait, for a reason and until a time, and ends the job.
func (a *attempt) handBackIn(ctx context.Context, tx db.TenantTx, w wait) error {
	now, err := tx.Q.SystemDatabaseNow(ctx, tx)
	if err != nil {
		return fmt.Errorf("ask for the time: %w", err)
	}
	if since := a.writeback.FailingSince; w.failing && since != nil && now.Sub(*since) > readsMayFail {
		return a.toPersonIn(ctx, tx, problemUnreadable)
	}
	owned, err := a.complete(ctx, tx.Tx)
	if err != nil || !owned {
		a.outcome = "lost_job"
		return err
	}
	a.outcome = "waits_" + w.reason
	until := w.until
	if until.IsZero() {
		until = now.Add(w.in)
	}
	rows, err := tx.Q.HandBackWriteback(ctx, tx, gen.HandBackWritebackParams{
		TenantID: tx.Tenant, WritebackID: a.writeback.WritebackID, Step: a.step, Part: int32(a.part),
		NextAttemptAt: until, WaitingFor: &w.reason, WaitingEffect: w.effect, LastError: some(w.err), Failing: w.failing,
	})
	switch {
	case err != nil:
		return fmt.Errorf("hand writeback back: %w", err)
	case rows == 0:
		a.outcome = "superseded"
		return nil
	case w.err == "":
		return nil
	}
	return wrap("record a step's error", tx.Q.StepError(ctx, tx, gen.StepErrorParams{
		TenantID: tx.Tenant, WritebackID: a.writeback.WritebackID,
		Kind: a.step, Part: int32(a.part), LastError: &w.err,
	}))
}

// The workers of the three steps.

type createApplicantWorker struct {
	river.WorkerDefaults[queue.CreateApplicant]
	r *Runner
}

// Work finds or creates a writeback's applicant.
func (w *createApplicantWorker) Work(ctx context.Context, job *river.Job[queue.CreateApplicant]) error {
	return workStep(ctx, w.r, job, job.Args.TenantID, job.Args.WritebackID, queue.StepCreateApplicant, 1)
}

type linkApplicantToJobWorker struct {
	river.WorkerDefaults[queue.LinkApplicantToJob]
	r *Runner
}

// Work links a writeback's applicant to its job.
func (w *linkApplicantToJobWorker) Work(ctx context.Context, job *river.Job[queue.LinkApplicantToJob]) error {
	return workStep(ctx, w.r, job, job.Args.TenantID, job.Args.WritebackID, queue.StepLinkApplicantToJob, 1)
}

type writeNotesWorker struct {
	river.WorkerDefaults[queue.WriteNotes]
	r *Runner
}

// Work writes one part of a writeback's note.
func (w *writeNotesWorker) Work(ctx context.Context, job *river.Job[queue.WriteNotes]) error {
	return workStep(ctx, w.r, job, job.Args.TenantID, job.Args.WritebackID, queue.StepWriteNotes, job.Args.Part)
}
