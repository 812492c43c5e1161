package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

const (
	// resolveFor is how long an exported person is looked for: JazzHR's lists lag behind what its users do.
	resolveFor = 10 * time.Minute
	// resolveEvery is how often.
	resolveEvery = 20 * time.Second
)

// Why a person could not be resolved.
const (
	unresolvedNoEmail    = "no_name_or_email" // the webhook gave nothing to look for
	unresolvedNotFound   = "not_found"
	unresolvedTwoMatches = "two_matches"
	unresolvedUnreadable = "jazzhr_unreadable" // JazzHR could not be read for three days
)

type resolveExportWorker struct {
	river.WorkerDefaults[queue.ResolveExport]
	r *Runner
}

// Work finds out whom and what job an export is about, and tells Intrvio, even if it could not.
func (w *resolveExportWorker) Work(ctx context.Context, job *river.Job[queue.ResolveExport]) error {
	e := &export{Runner: w.r, complete: func(ctx context.Context, tx pgx.Tx) (bool, error) { return queue.Complete(ctx, tx, job) }}
	ready, err := e.load(ctx, job.Args.TenantID, job.Args.WebhookID)
	if err != nil || !ready {
		return err
	}
	err = e.resolve(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	wait, known := waitAfter(err, int(e.webhook.Attempts))
	if !known {
		return err
	}
	if err := w.r.holdTenant(ctx, e.webhook.TenantID, e.account.keyVersion, wait); err != nil {
		return err
	}
	now, err := e.now(ctx)
	if err != nil {
		return err
	}
	if wait.failing && now.Sub(e.since()) > readsMayFail {
		setOutcome(ctx, "unresolved_"+unresolvedUnreadable)
		jobs, err := e.knownJobs(ctx)
		if err != nil {
			return err
		}
		return e.tell(ctx, jobs, orNone(jobs), "", unresolvedUnreadable)
	}
	return e.handBack(ctx, wait)
}

// export is one job's work on one received export.
type export struct {
	*Runner
	webhook  gen.Webhook
	account  account
	parsed   jazzhr.Export
	complete func(context.Context, pgx.Tx) (bool, error)
}

func (e *export) load(ctx context.Context, tenantID, webhookID uuid.UUID) (ready bool, err error) {
	var tenant gen.Tenant
	if e.webhook, err = gen.New().Webhook(ctx, e.config.Pool, tenantID, webhookID); err == nil {
		tenant, err = gen.New().Tenant(ctx, e.config.Pool, tenantID)
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("load webhook: %w", err)
	case e.webhook.State != queue.StatePending:
		return false, nil
	case tenant.PausedAt != nil:
		return false, e.handBack(ctx, wait{reason: queue.WaitingForPaused})
	case tenant.KeyState != "ok":
		return false, e.handBack(ctx, wait{reason: queue.WaitingForCredentials})
	}
	if e.parsed, err = jazzhr.ParseExport(e.webhook.Body); err != nil {
		// It was readable when it was accepted: only a change of the parser leads here.
		return false, e.finish(ctx, func(tx db.TenantTx) error {
			problem := queue.ProblemUnreadable
			return tx.Q.FinishWebhook(ctx, tx, gen.FinishWebhookParams{
				TenantID: tenantID, WebhookID: webhookID,
				State: queue.StateAttention, Problem: &problem,
			})
		})
	}
	e.account, err = e.accountOf(tenant, func(ctx context.Context) error { return e.config.Bucket.Take(ctx, tenantID, queue.Live) })
	return err == nil, err
}

// resolve finds jobs and person and ends the webhook, or hands it back while the person may still appear.
func (e *export) resolve(ctx context.Context) error {
	jobs, targets, err := e.resolveJobs(ctx)
	if err != nil {
		return err
	}
	applicantID, unresolved, err := e.resolvePerson(ctx)
	if err != nil {
		return err
	}
	if unresolved == unresolvedNotFound {
		now, err := e.now(ctx)
		if err != nil {
			return err
		}
		if now.Sub(e.since()) < resolveFor {
			err := e.handBack(ctx, wait{reason: queue.WaitingForRetry, in: resolveEvery, err: "the exported person is not found in JazzHR yet"})
			setOutcome(ctx, "not_found_yet")
			return err
		}
	}
	setOutcome(ctx, "resolved")
	if unresolved != "" {
		setOutcome(ctx, "unresolved_"+unresolved)
	}
	return e.tell(ctx, jobs, targets, applicantID, unresolved)
}

// since is when the work began: when the webhook came, or when a person last had it resolved again.
func (e *export) since() time.Time {
	if e.webhook.ReplayedAt != nil {
		return *e.webhook.ReplayedAt
	}
	return e.webhook.ReceivedAt
}

func (e *export) now(ctx context.Context) (now time.Time, err error) {
	now, err = gen.New().SystemDatabaseNow(ctx, e.config.Pool)
	return now, wrap("ask for the time", err)
}

// tell ends the webhook and announces what it was, in one transaction.
func (e *export) tell(ctx context.Context, jobs, targets []intrvio.Job, applicantID, unresolved string) error {
	return e.finish(ctx, func(tx db.TenantTx) error {
		if err := tx.Q.LockRequests(ctx, tx, tx.Tenant); err != nil {
			return fmt.Errorf("lock requests: %w", err)
		}
		person, email := e.personKey(), e.email()
		if _, err := tx.Q.LockPerson(ctx, tx, gen.LockPersonParams{
			TenantID: tx.Tenant, PersonID: person,
			ApplicantID: some(applicantID), Email: some(email),
		}); err != nil {
			return fmt.Errorf("keep who the person is: %w", err)
		}
		exported := intrvio.CandidateExport{
			WebhookID: e.webhook.WebhookID, Resolved: applicantID != "", UnresolvedReason: unresolved,
			ApplicantID: applicantID, PersonID: e.parsed.Person.ID, Candidate: e.candidate(), Jobs: jobs,
			ExportContext: text(e.webhook.ExportContext), Profile: e.parsed.Profile(), Attachments: e.attachments(),
			ReceivedAt: e.webhook.ReceivedAt.UTC(),
		}
		var requests []queue.Event
		for _, target := range targets {
			request, asked, err := e.request(ctx, tx, person, target, applicantID, unresolved)
			if err != nil {
				return err
			}
			if asked {
				requests = append(requests, queue.Event{Type: intrvio.InterviewRequested, Data: request})
			}
		}
		exported.Repeat = len(requests) == 0
		state := queue.StateDone
		if unresolved == unresolvedUnreadable {
			state = queue.StateAttention
		}
		if err := tx.Q.FinishWebhook(ctx, tx, gen.FinishWebhookParams{
			TenantID: tx.Tenant, WebhookID: e.webhook.WebhookID,
			State: state, Problem: some(unresolved),
		}); err != nil {
			return fmt.Errorf("end webhook: %w", err)
		}
		return queue.Announce(ctx, tx, e.client, append([]queue.Event{{Type: intrvio.CandidateExported, Data: exported}}, requests...)...)
	})
}

// request asks for an interview, unless the person's move to a stage has done so, or one was asked for lately and is still
// to come.
func (e *export) request(ctx context.Context, tx db.TenantTx, person string, job intrvio.Job, applicantID, unresolved string) (request intrvio.InterviewRequest, asked bool, err error) {
	candidate := e.candidate()
	asks := asking{
		trigger: intrvio.TriggerExport, webhook: e.webhook.WebhookID, seenAt: e.webhook.ReceivedAt,
		person: person, applicant: applicantID, candidate: candidate, job: job,
	}
	if before, err := e.decidedBefore(ctx, tx, asks); err != nil || before {
		return request, false, err
	}
	id, outcome, err := e.ask(ctx, tx, asks)
	return intrvio.InterviewRequest{
		RequestID: id, Trigger: intrvio.TriggerExport, ApplicantID: applicantID, JobID: job.JobID,
		Job: job, Candidate: candidate, Resolved: applicantID != "", UnresolvedReason: unresolved,
		WebhookID: e.webhook.WebhookID, Profile: e.parsed.Profile(),
	}, outcome == askedRequested, err
}

// decidedBefore reports whether a webhook that is resolved again has asked for an interview for the job before, or was told
// as a repeat of what had: JazzHR sent it once, and so it asks once.
func (e *export) decidedBefore(ctx context.Context, tx db.TenantTx, a asking) (bool, error) {
	if e.webhook.ReplayedAt == nil {
		return false, nil
	}
	rows, err := tx.Q.RequestsOfWebhook(ctx, tx, tx.Tenant, &e.webhook.WebhookID)
	if err != nil {
		return false, fmt.Errorf("look for requests of the webhook: %w", err)
	}
	for _, row := range rows {
		if sameMovesJob(a.job, keyedJob(row.JobKey, intrvio.Job{JobID: row.JobID, BoardCode: row.BoardCode, Title: row.Title})) {
			return true, nil
		}
	}
	told, err := tx.Q.WebhookTold(ctx, tx, tx.Tenant, e.webhook.WebhookID.String())
	if err != nil || !told {
		return false, wrap("look for what was told of the webhook", err)
	}
	since, until := a.seenAt.Add(-max(repeatsFor, e.config.TriggerMatchWindow)), a.seenAt.Add(e.config.TriggerMatchWindow)
	known, err := tx.Q.RequestsOfPerson(ctx, tx, gen.RequestsOfPersonParams{
		TenantID: tx.Tenant, PersonID: a.person, ApplicantID: some(a.applicant), Email: some(a.candidate.Email),
		Since: &since, Until: &until,
	})
	if err != nil {
		return false, fmt.Errorf("look for requests of the person: %w", err)
	}
	return slices.ContainsFunc(known, func(row gen.RequestsOfPersonRow) bool {
		return (within(row.WebhookSeenAt, since, until) || within(row.ActivitySeenAt, since, until)) &&
			(a.isSurelyOf(row) || a.mayBeOf(row)) && sameMovesJob(a.job, jobOf(row))
	}), nil
}

// repeatsFor is how long an export of the same person and job is a repeat, if no writeback comes: as RequestsOfPerson has it.
const repeatsFor = 3 * time.Hour

func within(at *time.Time, since, until time.Time) bool {
	return at != nil && !at.Before(since) && !at.After(until)
}

// personKey is JazzHR's number of the person, else what comes nearest to one.
func (e *export) personKey() string {
	switch {
	case e.parsed.Person.ID != "":
		return e.parsed.Person.ID
	case e.email() != "":
		return "email:" + e.email()
	default:
		return "webhook:" + e.webhook.WebhookID.String()
	}
}

func (e *export) email() string {
	if len(e.parsed.Person.Emails) == 0 {
		return ""
	}
	return jazzhr.NormalizeEmail(e.parsed.Person.Emails[0])
}

func (e *export) candidate() intrvio.Candidate {
	person := e.parsed.Person
	candidate := intrvio.Candidate{FirstName: person.FirstName, LastName: person.LastName, Email: e.email()}
	if len(person.Phones) > 0 {
		candidate.Phone = person.Phones[0]
	}
	return candidate
}

func (e *export) attachments() []intrvio.Attachment {
	var attachments []intrvio.Attachment
	for _, profile := range e.parsed.Profiles {
		for _, a := range profile.Attachments {
			attachments = append(attachments, intrvio.Attachment{
				URL: a.URL, FileName: a.FileName, MimeType: a.MIMEType,
				ExpiresAt: intrvio.AttachmentExpiry(a.URL, e.webhook.ReceivedAt),
			})
		}
	}
	return attachments
}

// finish does the last of the webhook's work and completes the job, in one transaction, if the job is still this one's.
func (e *export) finish(ctx context.Context, work func(db.TenantTx) error) error {
	return db.InTenant(ctx, e.config.Pool, e.webhook.TenantID, func(tx db.TenantTx) error {
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

func (e *export) handBack(ctx context.Context, w wait) error {
	setOutcome(ctx, "waits_"+w.reason)
	return e.finish(ctx, func(tx db.TenantTx) error {
		now, err := tx.Q.SystemDatabaseNow(ctx, tx)
		if err != nil {
			return fmt.Errorf("ask for the time: %w", err)
		}
		return wrap("hand webhook back", tx.Q.HandBackWebhook(ctx, tx, gen.HandBackWebhookParams{
			TenantID:  tx.Tenant,
			WebhookID: e.webhook.WebhookID, NextAttemptAt: now.Add(w.in), WaitingFor: &w.reason, LastError: some(w.err),
		}))
	})
}
