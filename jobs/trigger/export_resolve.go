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
	search := e.search()
	if applicantID, err = e.knownPerson(ctx, search); err != nil || applicantID != "" {
		return applicantID, "", err
	}
	if e.parsed.Person.LastName == "" || len(search.Emails) == 0 {
		return "", outcome.NoNameOrEmail, nil
	}
	found, err := search.Run(ctx)
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

// search looks for the export's person.
func (e *export) search() work.Search {
	person := e.parsed.Person
	s := work.Search{
		Account: e.Account, Pool: e.triggers.Pool,
		Names:      []work.Name{{First: person.FirstName, Last: person.LastName}},
		KnownSince: e.since().Add(-work.DetailsFresh),
	}
	for _, email := range person.Emails {
		if email = jazzhr.NormalizeEmail(email); email != "" {
			s.Emails = append(s.Emails, email)
		}
	}
	return s
}

// knownPerson looks among those whom we know: who JazzHR's number was before, then those of the
// emails and the name. Each counts only if JazzHR still shows the export's name, and one of its
// emails if it has any.
func (e *export) knownPerson(ctx context.Context, search work.Search) (applicantID string, err error) {
	id, err := gen.New().Person(ctx, db.Of(e.triggers.Pool, e.webhook.TenantID), e.webhook.TenantID, e.parsed.Person.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("look up a known person: %w", err)
	}
	if id != nil {
		is, err := search.Is(ctx, *id)
		if err != nil || is {
			return *id, err
		}
	}
	if len(search.Emails) == 0 {
		return "", nil
	}
	found, err := search.Known(ctx)
	if err != nil || len(found.Matches) != 1 {
		return "", err
	}
	return found.Matches[0], nil
}
