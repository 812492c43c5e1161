package trigger

import (
	"context"
	"fmt"
	"slices"
	"time"

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

// ResolveExportWorker finds out whom and which job an export is about, and tells Intrvio, also if
// it could not find out.
type ResolveExportWorker struct {
	river.WorkerDefaults[queue.ResolveExport]
	*Triggers
}

// Work resolves one export.
func (w *ResolveExportWorker) Work(ctx context.Context, job *river.Job[queue.ResolveExport]) error {
	e := &export{triggers: w.Triggers, Attempt: work.New(w.Accounts, job.Args.TenantID, job)}
	return e.Do(ctx, work.Item{
		Load:     func(ctx context.Context) (work.Row, error) { return e.load(ctx, job.Args) },
		Run:      e.resolve,
		GiveUp:   e.giveUp,
		HandBack: e.handBack,
	})
}

// export is one job's work on one received export.
type export struct {
	*work.Attempt
	triggers *Triggers
	webhook  gen.Webhook
	parsed   jazzhr.Export
}

func (e *export) load(ctx context.Context, args queue.ResolveExport) (row work.Row, err error) {
	own := db.Of(e.triggers.Pool, args.TenantID)
	if e.webhook, err = gen.New().Webhook(ctx, own, args.TenantID, args.WebhookID); err != nil {
		return row, err
	}
	if row.Tenant, err = gen.New().Tenant(ctx, own, args.TenantID); err != nil {
		return row, err
	}
	row.Superseded = e.webhook.State != queue.StatePending
	row.Attempts, row.GiveUpFrom = int(e.webhook.Attempts), e.since()
	return row, nil
}

// giveUp tells Intrvio of the export without what only JazzHR knows. If the work keeps failing, it
// leaves the webhook to a person.
func (e *export) giveUp(ctx context.Context, why outcome.Code) error {
	if why == outcome.KeepsFailing {
		return e.becomeCase(ctx, why)
	}
	work.SetOutcome(ctx, "unresolved_"+string(outcome.JazzHRUnreadable))
	jobs, err := e.knownJobs(ctx)
	if err != nil {
		return err
	}
	return e.announce(ctx, jobs, orNone(jobs), "", outcome.JazzHRUnreadable)
}

// becomeCase leaves the webhook to a person.
func (e *export) becomeCase(ctx context.Context, why outcome.Code) error {
	return e.Finish(ctx, func(tx db.TenantTx) error {
		return work.Wrap("end webhook", tx.Q.FinishWebhook(ctx, tx, gen.FinishWebhookParams{
			TenantID: tx.Tenant, WebhookID: e.webhook.WebhookID,
			State: queue.StateAttention, Problem: why.Column(),
		}))
	})
}

// resolve finds jobs and person and ends the webhook, or hands it back while the person may still
// appear.
func (e *export) resolve(ctx context.Context) (err error) {
	if e.parsed, err = jazzhr.ParseExport(e.webhook.Body); err != nil {
		return e.becomeCase(ctx, outcome.Unreadable) // only a change of the parser leads here
	}
	jobs, targets, err := e.resolveJobs(ctx)
	if err != nil {
		return err
	}
	applicantID, unresolved, err := e.resolvePerson(ctx)
	if err != nil {
		return err
	}
	if unresolved == outcome.NotFound {
		now, err := db.Now(ctx, e.triggers.Pool)
		if err != nil {
			return err
		}
		if now.Sub(e.since()) < resolveFor {
			err := e.HandBack(ctx, work.Wait{
				Why: outcome.WaitsRetry, In: resolveEvery, Error: "the exported person is not found in JazzHR yet",
			})
			work.SetOutcome(ctx, "not_found_yet")
			return err
		}
	}
	work.SetOutcome(ctx, "resolved")
	if unresolved != "" {
		work.SetOutcome(ctx, "unresolved_"+string(unresolved))
	}
	return e.announce(ctx, jobs, targets, applicantID, unresolved)
}

// since is when the work began: when the webhook came, or when a person last replayed it.
func (e *export) since() time.Time {
	if e.webhook.ReplayedAt != nil {
		return *e.webhook.ReplayedAt
	}
	return e.webhook.ReceivedAt
}

// announce ends the webhook and announces what it was, in one transaction.
func (e *export) announce(ctx context.Context, jobs, targets []intrvio.Job, applicantID string, unresolved outcome.Code) error {
	return e.Finish(ctx, func(tx db.TenantTx) error {
		if err := tx.Q.LockRequests(ctx, tx, tx.Tenant); err != nil {
			return fmt.Errorf("lock requests: %w", err)
		}
		person, email := e.personKey(), e.email()
		if _, err := tx.Q.LockPerson(ctx, tx, gen.LockPersonParams{
			TenantID: tx.Tenant, PersonID: person,
			ApplicantID: db.NullText(applicantID), Email: db.NullText(email), Keep: unresolved == outcome.JazzHRUnreadable,
		}); err != nil {
			return fmt.Errorf("keep who the person is: %w", err)
		}
		attachments, dropped := e.attachments()
		profile, err := e.profile(dropped)
		if err != nil {
			return err
		}
		exported := intrvio.CandidateExport{
			WebhookID: e.webhook.WebhookID, Resolved: applicantID != "", UnresolvedReason: string(unresolved),
			ApplicantID: applicantID, PersonID: e.parsed.Person.ID, Candidate: e.candidate(), Jobs: jobs,
			ExportContext: db.Text(e.webhook.ExportContext), Profile: profile,
			Attachments: attachments, AttachmentsDropped: len(dropped), ReceivedAt: e.webhook.ReceivedAt.UTC(),
		}
		var requests []outbox.Event
		for _, target := range targets {
			request, asked, err := e.request(ctx, tx, asking{
				trigger: intrvio.TriggerExport, webhook: e.webhook.WebhookID, seenAt: e.webhook.ReceivedAt,
				person: person, applicant: applicantID, candidate: e.candidate(), job: target,
			}, unresolved)
			request.Profile = profile
			if err != nil {
				return err
			}
			if asked {
				requests = append(requests, outbox.Event{Type: intrvio.InterviewRequested, Data: request})
			}
		}
		exported.Repeat = len(requests) == 0
		state := queue.StateDone
		if unresolved == outcome.JazzHRUnreadable {
			state = queue.StateAttention
		}
		if err := tx.Q.FinishWebhook(ctx, tx, gen.FinishWebhookParams{
			TenantID: tx.Tenant, WebhookID: e.webhook.WebhookID,
			State: state, Problem: unresolved.Column(),
		}); err != nil {
			return fmt.Errorf("end webhook: %w", err)
		}
		return outbox.Announce(ctx, tx, e.triggers.Client, append([]outbox.Event{{Type: intrvio.CandidateExported, Data: exported}}, requests...)...)
	})
}

// request asks for the interview that the export asks for, unless the person's move to a stage has
// asked for it, or one was asked for lately and is still to come.
func (e *export) request(ctx context.Context, tx db.TenantTx, asks asking, unresolved outcome.Code) (request intrvio.InterviewRequest, asked bool, err error) {
	if before, err := e.decidedBefore(ctx, tx, asks); err != nil || before {
		return request, false, err
	}
	// JazzHR signs the body alone: whoever has seen one could send it again under another id.
	if asked, err := tx.Q.AskedByBody(ctx, tx, gen.AskedByBodyParams{
		TenantID: tx.Tenant, WebhookID: e.webhook.WebhookID, BodyHash: e.webhook.BodyHash,
		Since: e.webhook.ReceivedAt.Add(-e.triggers.MatchWindow),
	}); err != nil || asked {
		return request, false, work.Wrap("look for webhooks of the same body", err)
	}
	id, result, err := e.triggers.ask(ctx, tx, asks)
	return intrvio.InterviewRequest{
		RequestID: id, Trigger: intrvio.TriggerExport, ApplicantID: asks.applicant, JobID: asks.job.JobID,
		Job: asks.job, Candidate: asks.candidate, Resolved: asks.applicant != "", UnresolvedReason: string(unresolved),
		WebhookID: e.webhook.WebhookID,
	}, result == outcome.Requested, err
}

// decidedBefore reports whether a replayed webhook has asked for an interview for the job before,
// or was told as a repeat of one that had. JazzHR sent it once, so it asks once.
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
	announced, err := tx.Q.ExportAnnounced(ctx, tx, tx.Tenant, e.webhook.WebhookID.String())
	if err != nil || !announced {
		return false, work.Wrap("look for the event of the webhook", err)
	}
	since, until := a.seenAt.Add(-max(repeatsFor, e.triggers.MatchWindow)), a.seenAt.Add(e.triggers.MatchWindow)
	known, err := tx.Q.RequestsOfPerson(ctx, tx, gen.RequestsOfPersonParams{
		TenantID: tx.Tenant, PersonID: a.person, ApplicantID: db.NullText(a.applicant), Email: db.NullText(a.candidate.Email),
		Since: &since, Until: &until, RepeatsFor: repeatsFor,
	})
	if err != nil {
		return false, fmt.Errorf("look for requests of the person: %w", err)
	}
	return slices.ContainsFunc(known, func(row gen.RequestsOfPersonRow) bool {
		return (within(row.WebhookSeenAt, since, until) || within(row.ActivitySeenAt, since, until)) &&
			(a.isSurelyOf(row) || a.mayBeOf(row)) && sameMovesJob(a.job, jobOf(row))
	}), nil
}

// repeatsFor is how long an export of the same person and job is a repeat if no writeback comes.
const repeatsFor = 3 * time.Hour

func within(at *time.Time, since, until time.Time) bool {
	return at != nil && !at.Before(since) && !at.After(until)
}

// personKey is JazzHR's number of the person. Without one it is email and name, or else the webhook.
func (e *export) personKey() string {
	switch {
	case e.parsed.Person.ID != "":
		return e.parsed.Person.ID
	case e.email() != "":
		return "email:" + e.email() + " " + jazzhr.FoldName(e.parsed.Person.FirstName, e.parsed.Person.LastName)
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

func (e *export) handBack(ctx context.Context, tx db.TenantTx, until time.Time, w work.Wait) error {
	return work.Wrap("hand webhook back", tx.Q.HandBackWebhook(ctx, tx, gen.HandBackWebhookParams{
		TenantID: tx.Tenant, WebhookID: e.webhook.WebhookID,
		NextAttemptAt: until, WaitingFor: w.Why.Column(), LastError: db.NullText(w.Error),
	}))
}
