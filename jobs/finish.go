package jobs

import (
	"context"
	"fmt"
	"slices"
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

// owned completes the job, and reports whether the attempt may go on with its writeback: not if the job is another's by now,
// nor if the writeback has ended meanwhile, as a disconnected tenant's do.
func (a *attempt) owned(ctx context.Context, tx db.TenantTx) (bool, error) {
	owned, err := a.complete(ctx, tx.Tx)
	if err != nil || !owned {
		a.outcome = "lost_job"
		return false, err
	}
	w, err := tx.Q.WritebackForUpdate(ctx, tx, tx.Tenant, a.writeback.WritebackID)
	if err != nil {
		return false, fmt.Errorf("lock writeback: %w", err)
	}
	if w.State != queue.StatePending || w.Step != a.step || (a.step == queue.StepWriteNotes && int(w.Part) != a.part) {
		a.outcome = "superseded"
		return false, nil
	}
	return true, nil
}

// advance ends the step with the effect confirmed, and enqueues the next.
func (a *attempt) advance(ctx context.Context, tx db.TenantTx, row gen.Effect, remoteID, state string) error {
	owned, err := a.owned(ctx, tx)
	if err != nil || !owned {
		return err
	}
	if a.step == queue.StepCreateApplicant {
		if err := a.keepApplicant(ctx, tx, row, remoteID); err != nil {
			return err
		}
	}
	step := gen.EndStepParams{
		TenantID: tx.Tenant, WritebackID: a.writeback.WritebackID, Kind: a.step,
		Part: int32(a.part), State: state, RemoteID: some(remoteID),
	}
	if row.EffectID != uuid.Nil {
		step.EffectID = &row.EffectID
	}
	others, err := tx.Q.EndStep(ctx, tx, step)
	if err != nil {
		return fmt.Errorf("end step: %w", err)
	}
	a.outcome = state
	return a.next(ctx, tx, others, false)
}

// keepApplicant keeps whom the writeback is about. Only an effect proves that the email is the applicant's: a search keeps
// what it read itself.
func (a *attempt) keepApplicant(ctx context.Context, tx db.TenantTx, row gen.Effect, id string) error {
	w := &a.writeback
	if err := tx.Q.SetWritebackApplicant(ctx, tx, &id, tx.Tenant, w.WritebackID); err != nil {
		return fmt.Errorf("keep the applicant's id: %w", err)
	}
	w.ApplicantID = &id
	if w.Email == nil || row.EffectID == uuid.Nil {
		return nil
	}
	return rememberApplicant(ctx, tx, id, jazzhr.NormalizeEmail(*w.Email), jazzhr.FoldName(text(w.FirstName), text(w.LastName)))
}

// next enqueues the first of the other steps that is still pending, or ends the writeback. rejected tells whether this one was.
func (a *attempt) next(ctx context.Context, tx db.TenantTx, others []gen.EndStepRow, rejected bool) error {
	w := a.writeback
	at := slices.IndexFunc(others, func(s gen.EndStepRow) bool { return s.State == queue.StatePending })
	if at < 0 {
		rejected = rejected || slices.ContainsFunc(others, func(s gen.EndStepRow) bool { return s.State == queue.StateRejected })
		return a.end(ctx, tx, rejected)
	}
	step, part := others[at].Kind, int(others[at].Part)
	if err := tx.Q.AdvanceWriteback(ctx, tx, gen.AdvanceWritebackParams{
		TenantID: tx.Tenant, WritebackID: w.WritebackID,
		Step: step, Part: int32(part), Admitted: !a.spent,
	}); err != nil {
		return fmt.Errorf("advance writeback: %w", err)
	}
	if a.spent { // the tick admits it when there are calls for it
		return nil
	}
	if _, err := a.client.InsertTx(ctx, tx.Tx, queue.StepArgs(tx.Tenant, w.WritebackID, step, part), nil); err != nil {
		return fmt.Errorf("enqueue the next step: %w", err)
	}
	return nil
}

// end ends the writeback: done, or rejected if one of its steps was.
func (a *attempt) end(ctx context.Context, tx db.TenantTx, rejected bool) error {
	w := a.writeback
	state, event, reason := queue.StateDone, intrvio.WritebackCompleted, ""
	if rejected {
		state, event, reason = queue.StateRejected, intrvio.WritebackRejected, "a step was rejected"
	}
	if err := tx.Q.EndWriteback(ctx, tx, gen.EndWritebackParams{
		TenantID: tx.Tenant, WritebackID: w.WritebackID,
		State: state, LastError: some(reason),
	}); err != nil {
		return fmt.Errorf("end writeback: %w", err)
	}
	if err := tx.Q.WakeLaterRevisions(ctx, tx, tx.Tenant, w.InterviewID, w.Revision); err != nil {
		return fmt.Errorf("wake later revisions: %w", err)
	}
	return a.announce(ctx, tx, event, reason)
}

func (a *attempt) announce(ctx context.Context, tx db.TenantTx, event intrvio.EventType, reason string) error {
	view, err := queue.ViewWriteback(ctx, tx, a.writeback.WritebackID)
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
	owned, err := a.owned(ctx, tx)
	if err != nil || !owned {
		return err
	}
	a.outcome = queue.StateRejected
	others, err := tx.Q.EndStep(ctx, tx, gen.EndStepParams{
		TenantID: tx.Tenant, WritebackID: a.writeback.WritebackID,
		Kind: a.step, Part: int32(a.part), State: queue.StateRejected, LastError: some(reason),
	})
	if err != nil {
		return fmt.Errorf("reject step: %w", err)
	}
	if a.step == queue.StepLinkApplicantToJob {
		return a.next(ctx, tx, others, true)
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
	owned, err := a.owned(ctx, tx)
	if err != nil || !owned {
		return err
	}
	a.outcome = queue.StateAttention
	if _, err := tx.Q.EndStep(ctx, tx, gen.EndStepParams{
		TenantID: tx.Tenant, WritebackID: a.writeback.WritebackID,
		Kind: a.step, Part: int32(a.part), State: queue.StateAttention, LastError: some(problem),
	}); err != nil {
		return fmt.Errorf("leave step to a person: %w", err)
	}
	if err := tx.Q.EndWriteback(ctx, tx, gen.EndWritebackParams{
		TenantID: tx.Tenant, WritebackID: a.writeback.WritebackID,
		State: queue.StateAttention, LastError: some(problem),
	}); err != nil {
		return fmt.Errorf("leave writeback to a person: %w", err)
	}
	return a.announce(ctx, tx, intrvio.WritebackAttention, problem)
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
	owned, err := a.owned(ctx, tx)
	if err != nil || !owned {
		return err
	}
	a.outcome = "waits_" + w.reason
	until := w.until
	if until.IsZero() {
		until = now.Add(w.in)
	}
	if w.err != "" {
		if err := tx.Q.StepError(ctx, tx, gen.StepErrorParams{
			TenantID: tx.Tenant, WritebackID: a.writeback.WritebackID,
			Kind: a.step, Part: int32(a.part), LastError: &w.err,
		}); err != nil {
			return fmt.Errorf("record a step's error: %w", err)
		}
	}
	return wrap("hand writeback back", tx.Q.HandBackWriteback(ctx, tx, gen.HandBackWritebackParams{
		TenantID:    tx.Tenant,
		WritebackID: a.writeback.WritebackID, NextAttemptAt: until, WaitingFor: &w.reason, WaitingEffect: w.effect,
		LastError: some(w.err), Failing: w.failing,
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
