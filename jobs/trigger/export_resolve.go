package trigger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// namedJobs are the jobs that the export names, as it names them.
func (e *export) namedJobs() (jobs []intrvio.Job) {
	for _, profile := range e.parsed.Profiles {
		for _, position := range profile.Positions {
			jobs = append(jobs, intrvio.Job{BoardCode: position.BoardCode, Title: position.Title})
		}
	}
	return jobs
}

// knownJobs are the jobs that the export names, resolved as far as that needs no JazzHR.
func (e *export) knownJobs(ctx context.Context) ([]intrvio.Job, error) {
	jobs := e.namedJobs()
	for i, job := range jobs {
		opening, known, err := e.triggers.Mirror.KnownOpening(ctx, e.webhook.TenantID, "", job.BoardCode)
		if err != nil {
			return nil, err
		}
		if known {
			jobs[i] = resolvedJob(opening)
		}
	}
	return jobs, nil
}

// resolveJobs returns all jobs that the export names, and those an interview is asked for: the one
// the export was made from if the header tells it, else each of the person's.
func (e *export) resolveJobs(ctx context.Context) (all, targets []intrvio.Job, err error) {
	for _, job := range e.namedJobs() {
		opening, found, err := e.triggers.Mirror.FindOpening(ctx, e.Account, "", job.BoardCode, job.Title)
		if err != nil {
			return nil, nil, err
		}
		if found {
			job = resolvedJob(opening)
		}
		all = append(all, job)
	}
	from := db.Text(e.webhook.ExportContext)
	if from == "" {
		return all, orNone(all), nil
	}
	opening, found, err := e.triggers.Mirror.FindOpening(ctx, e.Account, from, from, "")
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return all, orNone(all), nil
	}
	target := resolvedJob(opening)
	for _, job := range all {
		if job.JobID == target.JobID {
			return all, []intrvio.Job{target}, nil
		}
	}
	return append(all, target), []intrvio.Job{target}, nil
}

func resolvedJob(opening jazzhr.Job) intrvio.Job {
	return intrvio.Job{JobID: opening.ID, BoardCode: opening.BoardCode, Title: opening.Title, Resolved: true}
}

// orNone is the jobs, or one that names none: an interview is asked for in any case.
func orNone(jobs []intrvio.Job) []intrvio.Job {
	if len(jobs) == 0 {
		return []intrvio.Job{{}}
	}
	return jobs
}

// resolvePerson returns the applicant that the export's person is, or why that can't be told.
func (e *export) resolvePerson(ctx context.Context) (applicantID string, unresolved outcome.Code, err error) {
	person := e.parsed.Person
	emails := make([]string, 0, len(person.Emails))
	for _, email := range person.Emails {
		emails = append(emails, jazzhr.NormalizeEmail(email))
	}
	if applicantID, err = e.knownPerson(ctx, emails); err != nil || applicantID != "" {
		return applicantID, "", err
	}
	if person.LastName == "" || len(emails) == 0 {
		return "", outcome.NoNameOrEmail, nil
	}
	found, err := work.Search{
		Account: e.Account, Pool: e.triggers.Pool,
		Names: []work.Name{{First: person.FirstName, Last: person.LastName}}, Emails: emails,
		KnownSince: e.since().Add(-work.DetailsFresh),
	}.Run(ctx)
	switch {
	case err != nil:
		return "", "", err
	case len(found.Matches) == 0:
		return "", outcome.NotFound, nil
	case len(found.Matches) > 1:
		return "", outcome.TwoMatches, nil
	}
	return found.Matches[0], "", nil
}

// knownPerson looks in what we know: who JazzHR's number was before, then the emails, if they name
// one applicant only.
func (e *export) knownPerson(ctx context.Context, emails []string) (applicantID string, err error) {
	q, tenant := gen.New(), e.webhook.TenantID
	id, err := q.Person(ctx, e.triggers.Pool, tenant, e.parsed.Person.ID)
	if err == nil && id != nil {
		return *id, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("look up a known person: %w", err)
	}
	for _, email := range emails {
		ids, err := q.ApplicantsByEmail(ctx, e.triggers.Pool, tenant, &email)
		if err != nil {
			return "", fmt.Errorf("look up known applicants: %w", err)
		}
		if len(ids) == 1 {
			return ids[0], nil
		}
	}
	return "", nil
}
