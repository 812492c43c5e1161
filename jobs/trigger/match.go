package trigger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// asking is an export or a move to a stage, for one job, that may ask for an interview.
type asking struct {
	trigger   intrvio.Trigger
	webhook   uuid.UUID // of an export
	activity  string    // of a stage entry
	seenAt    time.Time // when we first saw it: JazzHR's own times have no zone
	person    string    // as interview_requests.person_id
	applicant string    // empty if not found
	candidate intrvio.Candidate
	job       intrvio.Job
}

// ask decides whether an interview is asked for, and stores the request if so. The result is
// [outcome.Requested], [outcome.Matched] or [outcome.Repeated]. The caller holds the lock of
// LockRequests, so that an export and a move that come at the same moment are decided one after the
// other.
func (t *Triggers) ask(ctx context.Context, tx db.TenantTx, a asking) (request uuid.UUID, result outcome.Code, err error) {
	since, until := a.seenAt.Add(-t.MatchWindow), a.seenAt.Add(t.MatchWindow)
	known, err := tx.Q.RequestsOfPerson(ctx, tx, gen.RequestsOfPersonParams{
		TenantID: tx.Tenant, PersonID: a.person, ApplicantID: db.NullText(a.applicant), Email: db.NullText(a.candidate.Email),
		Since: &since, Until: &until, RepeatsFor: repeatsFor,
	})
	if err != nil {
		return request, "", fmt.Errorf("look for requests of the person: %w", err)
	}
	if request, found := a.match(known, t.MatchWindow); found {
		return request, outcome.Matched, a.join(ctx, tx, request)
	}
	if request, found := a.waiting(known); found {
		return request, outcome.Repeated, nil
	}
	if request, err = uuid.NewV7(); err != nil {
		return request, "", fmt.Errorf("name request: %w", err)
	}
	params := gen.InsertRequestParams{
		TenantID: tx.Tenant, RequestID: request, Trigger: string(a.trigger),
		PersonID: a.person, ApplicantID: db.NullText(a.applicant), JobID: db.NullText(a.job.JobID), JobKey: jobKey(a.job),
		Email: db.NullText(a.candidate.Email), FirstName: db.NullText(a.candidate.FirstName), LastName: db.NullText(a.candidate.LastName),
	}
	if a.trigger == intrvio.TriggerExport {
		params.WebhookID, params.WebhookSeenAt = &a.webhook, &a.seenAt
	} else {
		params.ActivityID, params.ActivitySeenAt = &a.activity, &a.seenAt
	}
	return request, outcome.Requested, work.Wrap("store request", tx.Q.InsertRequest(ctx, tx, params))
}

// join adds this trigger to a request that the other trigger has made.
func (a asking) join(ctx context.Context, tx db.TenantTx, request uuid.UUID) error {
	if a.trigger == intrvio.TriggerStage {
		return work.Wrap("match the stage entry", tx.Q.MatchStageEntry(ctx, tx, gen.MatchStageEntryParams{
			TenantID: tx.Tenant, RequestID: request, ActivityID: &a.activity, SeenAt: &a.seenAt,
			ApplicantID: &a.applicant, JobID: db.NullText(a.job.JobID),
		}))
	}
	return work.Wrap("match the export", tx.Q.MatchExport(ctx, tx, gen.MatchExportParams{
		TenantID: tx.Tenant, RequestID: request, WebhookID: &a.webhook, SeenAt: &a.seenAt, PersonID: a.person,
		JobID: db.NullText(a.job.JobID), Email: db.NullText(a.candidate.Email),
		FirstName: db.NullText(a.candidate.FirstName), LastName: db.NullText(a.candidate.LastName),
	}))
}

// match finds the request that the other trigger has made for the same move: of the same person and
// job, first seen within the window, and not matched yet. A request that is surely the person's goes
// before one that only has the email, and then the nearest in time goes first. Otherwise a stage
// entry could take the unresolved export of a namesake, and the person's own export would be left
// with a second request.
func (a asking) match(known []gen.RequestsOfPersonRow, window time.Duration) (request uuid.UUID, found bool) {
	var nearest time.Duration
	surely := false
	for _, row := range known {
		other, mine := row.WebhookSeenAt, row.ActivitySeenAt
		if a.trigger == intrvio.TriggerExport {
			other, mine = mine, other
		}
		if other == nil || mine != nil || !sameMovesJob(a.job, jobOf(row)) {
			continue
		}
		sure, apart := a.isSurelyOf(row), other.Sub(a.seenAt).Abs()
		if apart >= window || !sure && !a.mayBeOf(row) {
			continue
		}
		if !found || sure && !surely || sure == surely && apart < nearest {
			request, found, surely, nearest = row.RequestID, true, sure, apart
		}
	}
	return request, found
}

// waiting finds a request of the same person and job whose interview is still to come.
func (a asking) waiting(known []gen.RequestsOfPersonRow) (request uuid.UUID, found bool) {
	for _, row := range known {
		if row.Waiting && (a.isSurelyOf(row) || a.mayBeOf(row)) && sameJob(a.job, jobOf(row)) {
			return row.RequestID, true
		}
	}
	return request, false
}

// isSurelyOf reports whether a request is the person's by JazzHR's ids.
func (a asking) isSurelyOf(row gen.RequestsOfPersonRow) bool {
	return row.PersonID == a.person || a.applicant != "" && db.Text(row.ApplicantID) == a.applicant
}

// mayBeOf reports whether a request may be the person's by email and name. Namesakes can share an
// email, so it counts only between an export and a stage entry, and only if one of them does not know
// the applicant. A stage entry for which JazzHR could not be read has no name: any may be its own.
func (a asking) mayBeOf(row gen.RequestsOfPersonRow) bool {
	if db.Text(row.ApplicantID) != "" && a.applicant != "" {
		return false
	}
	otherTrigger := row.ActivityID != nil
	if a.trigger == intrvio.TriggerStage {
		otherTrigger = row.WebhookID != nil
	}
	return otherTrigger && a.candidate.Email != "" && db.Text(row.Email) == a.candidate.Email && a.hasNameOf(row)
}

func (a asking) hasNameOf(row gen.RequestsOfPersonRow) bool {
	theirs := jazzhr.FoldName(db.Text(row.FirstName), db.Text(row.LastName))
	if theirs == "" || jazzhr.FoldName(a.candidate.FirstName, a.candidate.LastName) == "" {
		return true
	}
	return jazzhr.NameFits(theirs, a.candidate.FirstName, a.candidate.LastName)
}

// sameJob compares jobs by the first thing that is known of both.
func sameJob(a, b intrvio.Job) bool {
	switch {
	case a.JobID != "" && b.JobID != "":
		return a.JobID == b.JobID
	case a.BoardCode != "" && b.BoardCode != "":
		return a.BoardCode == b.BoardCode
	case a.Title != "" && b.Title != "":
		return strings.TrimSpace(a.Title) == strings.TrimSpace(b.Title)
	default:
		return unnamed(a) && unnamed(b)
	}
}

// sameMovesJob is sameJob for an export and a stage entry: an export that names no job may be of
// any.
func sameMovesJob(a, b intrvio.Job) bool {
	return unnamed(a) || unnamed(b) || sameJob(a, b)
}

func unnamed(job intrvio.Job) bool { return job.JobID == "" && job.BoardCode == "" && job.Title == "" }

const (
	keyCode  = "code:"
	keyTitle = " title:"
)

// jobKey is what a request stores of its job: the id, or else what the webhook gave to name it.
func jobKey(job intrvio.Job) string {
	if job.JobID != "" {
		return job.JobID
	}
	return keyCode + job.BoardCode + keyTitle + job.Title
}

// jobOf is the job of a request, as far as it is known.
func jobOf(row gen.RequestsOfPersonRow) intrvio.Job {
	return keyedJob(row.JobKey, intrvio.Job{JobID: db.Text(row.JobID), BoardCode: db.Text(row.BoardCode), Title: db.Text(row.Title)})
}

// keyedJob adds what a request's key says of its job to what is known of it.
func keyedJob(key string, job intrvio.Job) intrvio.Job {
	if named, is := strings.CutPrefix(key, keyCode); is {
		code, title, _ := strings.Cut(named, keyTitle)
		if job.BoardCode == "" {
			job.BoardCode = code
		}
		if job.Title == "" {
			job.Title = title
		}
	}
	return job
}
