package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Why a stage entry asked for nothing, beside those of [Runner.ask].
const (
	enteredUnset    = "trigger_removed" // since it was seen
	enteredOtherJob = "other_job"       // the trigger is for others
	enteredGone     = "gone"            // merged or deleted since
)

type resolveStageEntryWorker struct {
	river.WorkerDefaults[queue.ResolveStageEntry]
	r *Runner
}

// Work finds out who entered a stage and in which job, and asks for the interview unless an export of the same move did.
func (w *resolveStageEntryWorker) Work(ctx context.Context, job *river.Job[queue.ResolveStageEntry]) error {
	e := &stageEntry{Runner: w.r, complete: func(ctx context.Context, tx pgx.Tx) (bool, error) { return queue.Complete(ctx, tx, job) }}
	ready, err := e.load(ctx, job.Args)
	if err != nil || !ready {
		return err
	}
	err = e.resolve(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	wait, known := waitAfter(err, int(e.row.Attempts))
	if !known {
		return err
	}
	if err := w.r.holdTenant(ctx, e.row.TenantID, e.account.keyVersion, wait); err != nil {
		return err
	}
	if wait.failing && e.now.Sub(e.row.FirstSeenAt) > readsMayFail {
		return e.settleUnread(ctx)
	}
	return e.handBack(ctx, wait)
}

// stageEntry is one job's work on one move to a stage.
type stageEntry struct {
	*Runner
	row      gen.StageEntry
	account  account
	triggers []string // the ids of the jobs that are set; empty for all
	now      time.Time
	complete func(context.Context, pgx.Tx) (bool, error)
}

func (e *stageEntry) load(ctx context.Context, args queue.ResolveStageEntry) (ready bool, err error) {
	var tenant gen.Tenant
	err = db.InTenant(ctx, e.config.Pool, args.TenantID, func(tx db.TenantTx) error {
		if e.row, err = tx.Q.StageEntry(ctx, tx, tx.Tenant, args.ActivityID); err != nil {
			return err
		}
		if e.triggers, err = tx.Q.TriggerJobs(ctx, tx, tx.Tenant, e.row.Stage, e.row.FirstSeenAt); err != nil {
			return err
		}
		if e.now, err = tx.Q.SystemDatabaseNow(ctx, tx); err != nil {
			return err
		}
		tenant, err = tx.Q.Tenant(ctx, tx, tx.Tenant)
		return err
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("load stage entry: %w", err)
	case e.row.State != queue.StatePending:
		return false, nil
	case tenant.PausedAt != nil:
		return false, e.handBack(ctx, wait{reason: queue.WaitingForPaused})
	case tenant.KeyState != "ok":
		return false, e.handBack(ctx, wait{reason: queue.WaitingForCredentials})
	case len(e.triggers) == 0:
		return false, e.end(ctx, enteredUnset)
	}
	e.account, err = e.openAccount(ctx, args.TenantID, queue.Live)
	return err == nil, err
}

// resolve reads who it is and ends the entry.
func (e *stageEntry) resolve(ctx context.Context) error {
	person, err := e.account.read.Applicant(ctx, e.row.ApplicantID)
	if errors.Is(err, jazzhr.ErrNotFound) {
		if e.now.Sub(e.row.FirstSeenAt) < resolveFor { // JazzHR may not show a new applicant yet
			err := e.handBack(ctx, wait{reason: queue.WaitingForRetry, in: resolveEvery, err: "the person is not found in JazzHR"})
			setOutcome(ctx, "not_found_yet")
			return err
		}
		return e.end(ctx, enteredGone)
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
		return e.end(ctx, enteredOtherJob)
	}
	return e.settle(ctx, candidate, job, func(tx db.TenantTx) error {
		return rememberApplicant(ctx, tx, e.row.ApplicantID, candidate.Email, jazzhr.FoldName(person.FirstName, person.LastName))
	})
}

// job tells which of the person's jobs the move was in, as far as its title and stage tell it, and whether a trigger is set
// for it.
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
		opening, found, err := e.findOpening(ctx, e.account, id, "", "")
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
	return slices.Contains(e.triggers, "") || slices.Contains(e.triggers, job)
}

// unresolvedJob is the job of which only the title is known. A trigger for a job applies if that job has the title.
func (e *stageEntry) unresolvedJob(ctx context.Context) (job intrvio.Job, applies bool, err error) {
	job = intrvio.Job{Title: e.row.JobTitle}
	for _, id := range e.triggers {
		if id == "" {
			return job, true, nil
		}
		opening, known, err := e.knownOpening(ctx, e.account, id, "")
		if err != nil {
			return job, false, err
		}
		applies = applies || known && strings.TrimSpace(opening.Title) == e.row.JobTitle
	}
	return job, applies, nil
}

// settleUnread ends an entry of which JazzHR could not be asked for three days, with what is known here.
func (e *stageEntry) settleUnread(ctx context.Context) error {
	job, applies, err := e.unresolvedJob(ctx)
	if err != nil {
		return err
	}
	if !applies {
		return e.end(ctx, enteredOtherJob)
	}
	var candidate intrvio.Candidate
	err = db.InTenant(ctx, e.config.Pool, e.row.TenantID, func(tx db.TenantTx) error {
		known, err := tx.Q.KnownEmails(ctx, tx, tx.Tenant, []string{e.row.ApplicantID}, new(time.Unix(0, 0)))
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

// settle asks for the interview, or finds the request that the export of the same move made, and ends the entry: one
// transaction.
func (e *stageEntry) settle(ctx context.Context, candidate intrvio.Candidate, job intrvio.Job, learned func(db.TenantTx) error) error {
	return e.finish(ctx, func(tx db.TenantTx) error {
		if err := tx.Q.LockRequests(ctx, tx, tx.Tenant); err != nil {
			return fmt.Errorf("lock requests: %w", err)
		}
		row, err := tx.Q.StageEntry(ctx, tx, tx.Tenant, e.row.ActivityID)
		if err != nil {
			return fmt.Errorf("read stage entry again: %w", err)
		}
		if row.State != queue.StatePending { // ended by a disconnect
			setOutcome(ctx, "ended_meanwhile")
			return nil
		}
		if err := learned(tx); err != nil {
			return err
		}
		request, outcome, err := e.ask(ctx, tx, asking{
			trigger: intrvio.TriggerStage, activity: e.row.ActivityID, seenAt: e.row.FirstSeenAt,
			person: "applicant:" + e.row.ApplicantID, applicant: e.row.ApplicantID, candidate: candidate, job: job,
		})
		if err != nil {
			return err
		}
		setOutcome(ctx, outcome)
		if err := tx.Q.FinishStageEntry(ctx, tx, gen.FinishStageEntryParams{
			TenantID: tx.Tenant, ActivityID: e.row.ActivityID, Outcome: &outcome, RequestID: &request,
		}); err != nil {
			return fmt.Errorf("end stage entry: %w", err)
		}
		if outcome != askedRequested {
			return nil
		}
		return queue.Announce(ctx, tx, e.client, queue.Event{Type: intrvio.InterviewRequested, Data: intrvio.InterviewRequest{
			RequestID: request, Trigger: intrvio.TriggerStage, ApplicantID: e.row.ApplicantID, JobID: job.JobID, Job: job,
			Candidate: candidate, Resolved: true, ActivityID: e.row.ActivityID, Stage: e.row.Stage,
		}})
	})
}

// end ends an entry that asks for nothing.
func (e *stageEntry) end(ctx context.Context, outcome string) error {
	setOutcome(ctx, outcome)
	return e.finish(ctx, func(tx db.TenantTx) error {
		return wrap("end stage entry", tx.Q.FinishStageEntry(ctx, tx, gen.FinishStageEntryParams{
			TenantID: tx.Tenant, ActivityID: e.row.ActivityID, Outcome: &outcome,
		}))
	})
}

// finish does the last of the entry's work and completes the job, in one transaction, if the job is still this one's.
func (e *stageEntry) finish(ctx context.Context, work func(db.TenantTx) error) error {
	return db.InTenant(ctx, e.config.Pool, e.row.TenantID, func(tx db.TenantTx) error {
		owned, err := e.complete(ctx, tx.Tx)
		if err != nil {
			return err
		}
		if !owned {
			setOutcome(ctx, "lost_job")
			return nil
		}
		return work(tx)
	})
}

func (e *stageEntry) handBack(ctx context.Context, w wait) error {
	setOutcome(ctx, "waits_"+w.reason)
	return e.finish(ctx, func(tx db.TenantTx) error {
		now, err := tx.Q.SystemDatabaseNow(ctx, tx)
		if err != nil {
			return fmt.Errorf("ask for the time: %w", err)
		}
		return wrap("hand stage entry back", tx.Q.HandBackStageEntry(ctx, tx, gen.HandBackStageEntryParams{
			TenantID: tx.Tenant, ActivityID: e.row.ActivityID,
			NextAttemptAt: now.Add(w.in), WaitingFor: &w.reason, LastError: some(w.err),
		}))
	})
}
