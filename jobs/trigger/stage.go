package trigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
)

// ResolveStageEntryWorker finds out who moved to a stage and in which job, and asks for the
// interview unless an export of the same move did.
type ResolveStageEntryWorker struct {
	river.WorkerDefaults[queue.ResolveStageEntry]
	*Triggers
}

// Work resolves one move.
func (w *ResolveStageEntryWorker) Work(ctx context.Context, job *river.Job[queue.ResolveStageEntry]) error {
	e := &stageEntry{triggers: w.Triggers, Attempt: work.New(w.Accounts, job.Args.TenantID, job)}
	return e.Do(ctx, work.Item{
		Load:     func(ctx context.Context) (work.Row, error) { return e.load(ctx, job.Args) },
		Run:      e.resolve,
		GiveUp:   e.giveUp,
		HandBack: e.handBack,
	})
}

// stageEntry is one job's work on one move to a stage.
type stageEntry struct {
	*work.Attempt
	triggers *Triggers
	row      gen.StageEntry
	jobs     []string // the ids of the jobs that triggers are set for; "" is every job
	now      time.Time
}

func (e *stageEntry) load(ctx context.Context, args queue.ResolveStageEntry) (row work.Row, err error) {
	err = db.InTenant(ctx, e.triggers.Pool, args.TenantID, func(tx db.TenantTx) error {
		if e.row, err = tx.Q.StageEntry(ctx, tx, tx.Tenant, args.ActivityID); err != nil {
			return err
		}
		if e.jobs, err = tx.Q.TriggerJobs(ctx, tx, tx.Tenant, e.row.Stage, e.row.FirstSeenAt); err != nil {
			return err
		}
		if e.now, err = db.Now(ctx, tx); err != nil {
			return err
		}
		row.Tenant, err = tx.Q.Tenant(ctx, tx, tx.Tenant)
		return err
	})
	row.Superseded = e.row.State != queue.StatePending
	row.Attempts, row.GiveUpFrom = int(e.row.Attempts), e.since()
	return row, err
}

// since is when the work began: when the move was first seen, or when a person last had it tried again.
func (e *stageEntry) since() time.Time {
	if e.row.ResentAt != nil {
		return *e.row.ResentAt
	}
	return e.row.FirstSeenAt
}

// resolve reads who it is and ends the entry.
func (e *stageEntry) resolve(ctx context.Context) error {
	if len(e.jobs) == 0 {
		return e.end(ctx, outcome.TriggerRemoved)
	}
	person, err := e.Account.Read.Applicant(ctx, e.row.ApplicantID)
	if errors.Is(err, jazzhr.ErrNotFound) {
		if e.now.Sub(e.since()) < resolveFor { // JazzHR may not show a new applicant yet
			err := e.HandBack(ctx, work.Wait{
				Why: outcome.WaitsRetry, In: resolveEvery, Error: "the person is not found in JazzHR",
			})
			work.SetOutcome(ctx, "not_found_yet")
			return err
		}
		return e.end(ctx, outcome.Gone)
	}
	if err != nil {
		return fmt.Errorf("read applicant: %w", err)
	}
	job, applies, err := e.job(ctx, person.Jobs)
	if err != nil {
		return err
	}
	candidate := intrvio.Candidate{
		FirstName: person.FirstName, LastName: person.LastName, Email: jazzhr.NormalizeEmail(person.Email), Phone: person.Phone,
	}
	if !applies {
		return e.end(ctx, outcome.OtherJob)
	}
	return e.settle(ctx, candidate, job, func(tx db.TenantTx) error {
		return work.RememberApplicant(ctx, tx, e.row.ApplicantID, work.Details{
			Email: candidate.Email, FoldedName: jazzhr.FoldName(person.FirstName, person.LastName),
		})
	})
}

// job tells which of the person's jobs the move was in, as far as its title and stage tell it, and
// whether a trigger is set for it.
func (e *stageEntry) job(ctx context.Context, linked []jazzhr.ApplicantJob) (job intrvio.Job, applies bool, err error) {
	titled := slices.DeleteFunc(slices.Clone(linked), func(j jazzhr.ApplicantJob) bool { return strings.TrimSpace(j.JobTitle) != e.row.JobTitle })
	staged := slices.DeleteFunc(slices.Clone(titled), func(j jazzhr.ApplicantJob) bool { return strings.TrimSpace(j.Stage) != e.row.Stage })
	if len(titled) > 1 && len(staged) > 0 {
		titled = staged
	}
	switch len(titled) {
	case 0: // unlinked or renamed since
		return e.unresolvedJob(ctx)
	case 1:
		id := titled[0].JobID
		if !e.triggeredBy(id) {
			return job, false, nil
		}
		opening, found, err := e.triggers.Mirror.FindOpening(ctx, e.Account, id, "", "")
		if !found {
			opening = jazzhr.Job{ID: id, Title: e.row.JobTitle}
		}
		return resolvedJob(opening), true, err
	default:
		applies = slices.ContainsFunc(titled, func(j jazzhr.ApplicantJob) bool { return e.triggeredBy(j.JobID) })
		return intrvio.Job{Title: e.row.JobTitle}, applies, nil
	}
}

func (e *stageEntry) triggeredBy(job string) bool {
	return slices.Contains(e.jobs, "") || slices.Contains(e.jobs, job)
}

// unresolvedJob is the job of which only the title is known. A trigger for a job applies if that
// job has the title.
func (e *stageEntry) unresolvedJob(ctx context.Context) (job intrvio.Job, applies bool, err error) {
	job = intrvio.Job{Title: e.row.JobTitle}
	for _, id := range e.jobs {
		if id == "" {
			return job, true, nil
		}
		opening, known, err := e.triggers.Mirror.KnownOpening(ctx, e.row.TenantID, id, "")
		if err != nil {
			return job, false, err
		}
		applies = applies || known && strings.TrimSpace(opening.Title) == e.row.JobTitle
	}
	return job, applies, nil
}

// giveUp ends an entry for which JazzHR could not be read, with what is known here. One that keeps
// failing it leaves to a person.
func (e *stageEntry) giveUp(ctx context.Context, why outcome.Code) error {
	if why == outcome.KeepsFailing {
		return e.becomeCase(ctx, why)
	}
	job, applies, err := e.unresolvedJob(ctx)
	if err != nil {
		return err
	}
	if !applies {
		return e.end(ctx, outcome.OtherJob)
	}
	var candidate intrvio.Candidate
	err = db.InTenant(ctx, e.triggers.Pool, e.row.TenantID, func(tx db.TenantTx) error {
		known, err := tx.Q.KnownDetails(ctx, tx, tx.Tenant, []string{e.row.ApplicantID}, new(time.Unix(0, 0)))
		if len(known) > 0 {
			candidate.Email = known[0].Email
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look up the email: %w", err)
	}
	return e.settle(ctx, candidate, job, func(db.TenantTx) error { return nil })
}

// settle asks for the interview, or finds the request that the export of the same move made, and
// ends the entry: one transaction.
func (e *stageEntry) settle(ctx context.Context, candidate intrvio.Candidate, job intrvio.Job, learned func(db.TenantTx) error) error {
	return e.Finish(ctx, func(tx db.TenantTx) error {
		if err := tx.Q.LockRequests(ctx, tx, tx.Tenant); err != nil {
			return fmt.Errorf("lock requests: %w", err)
		}
		row, err := tx.Q.StageEntry(ctx, tx, tx.Tenant, e.row.ActivityID)
		if err != nil {
			return fmt.Errorf("read stage entry again: %w", err)
		}
		if row.State != queue.StatePending { // ended by a disconnect
			work.SetOutcome(ctx, "ended_meanwhile")
			return nil
		}
		if err := learned(tx); err != nil {
			return err
		}
		request, result, err := e.triggers.ask(ctx, tx, asking{
			trigger: intrvio.TriggerStage, activity: e.row.ActivityID, seenAt: e.row.FirstSeenAt,
			person: "applicant:" + e.row.ApplicantID, applicant: e.row.ApplicantID, candidate: candidate, job: job,
		})
		if err != nil {
			return err
		}
		work.SetOutcome(ctx, string(result))
		if err := tx.Q.FinishStageEntry(ctx, tx, gen.FinishStageEntryParams{
			TenantID: tx.Tenant, ActivityID: e.row.ActivityID,
			State: queue.StateDone, Outcome: result.Column(), RequestID: &request,
		}); err != nil {
			return fmt.Errorf("end stage entry: %w", err)
		}
		if result != outcome.Requested {
			return nil
		}
		return outbox.Announce(ctx, tx, e.triggers.Client, outbox.Event{Type: intrvio.InterviewRequested, Data: intrvio.InterviewRequest{
			RequestID: request, Trigger: intrvio.TriggerStage, ApplicantID: e.row.ApplicantID, JobID: job.JobID, Job: job,
			Candidate: candidate, Resolved: true, ActivityID: e.row.ActivityID, Stage: e.row.Stage,
		}})
	})
}

// end ends an entry that asks for nothing.
func (e *stageEntry) end(ctx context.Context, why outcome.Code) error {
	work.SetOutcome(ctx, string(why))
	return e.Finish(ctx, func(tx db.TenantTx) error {
		return work.Wrap("end stage entry", tx.Q.FinishStageEntry(ctx, tx, gen.FinishStageEntryParams{
			TenantID: tx.Tenant, ActivityID: e.row.ActivityID, State: queue.StateDone, Outcome: why.Column(),
		}))
	})
}

// becomeCase leaves an entry to a person. Ids of cases are in the order of time.
func (e *stageEntry) becomeCase(ctx context.Context, why outcome.Code) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name the case: %w", err)
	}
	return e.Finish(ctx, func(tx db.TenantTx) error {
		return work.Wrap("leave stage entry to a person", tx.Q.FinishStageEntry(ctx, tx, gen.FinishStageEntryParams{
			TenantID: tx.Tenant, ActivityID: e.row.ActivityID,
			State: queue.StateAttention, Outcome: why.Column(), CaseID: &id,
		}))
	})
}

func (e *stageEntry) handBack(ctx context.Context, tx db.TenantTx, until time.Time, w work.Wait) error {
	return work.Wrap("hand stage entry back", tx.Q.HandBackStageEntry(ctx, tx, gen.HandBackStageEntryParams{
		TenantID: tx.Tenant, ActivityID: e.row.ActivityID,
		NextAttemptAt: until, WaitingFor: w.Why.Column(), LastError: db.NullText(w.Error),
	}))
}
