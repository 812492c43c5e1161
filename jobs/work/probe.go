package work

import (
	"context"
	"errors"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// Prober asks JazzHR with keys that tenants bring. Its calls are not taken from a tenant's budget:
// such a key may be no tenant's.
type Prober struct{ Client *jazzhr.Client }

// Probe reads the first page of jobs, and what is known of the account if it is not among these. A
// job or applicant may have been deleted or merged since, so it is enough that the key knows one of
// them.
func (p Prober) Probe(ctx context.Context, key string, known tenant.Known) (tenant.Probe, error) {
	account := p.Client.Account(key, nil)
	page, err := account.Jobs(ctx, jazzhr.JobFilter{}, 1)
	if err != nil {
		return tenant.Probe{}, refused(err)
	}
	probe := tenant.Probe{JobsSeen: len(page.Items), KnowsKnown: known == tenant.Known{}}
	for _, job := range page.Items {
		probe.KnowsKnown = probe.KnowsKnown || job.ID == known.JobID
		probe.Jobs = append(probe.Jobs, tenant.Opening{JobID: job.ID, BoardCode: job.BoardCode, Title: job.Title, Status: job.Status})
	}
	for _, read := range []struct {
		id string
		do func(string) error
	}{
		{known.JobID, func(id string) error { _, err := account.Job(ctx, id); return err }},
		{known.ApplicantID, func(id string) error { _, err := account.Applicant(ctx, id); return err }},
	} {
		if probe.KnowsKnown || read.id == "" {
			continue
		}
		if err := read.do(read.id); err != nil && !errors.Is(err, jazzhr.ErrNotFound) {
			return tenant.Probe{}, refused(err)
		} else {
			probe.KnowsKnown = err == nil
		}
	}
	return probe, nil
}

// refused tells a refusal of the key from all else that went wrong.
func refused(err error) error {
	if failure, ok := errors.AsType[*jazzhr.Error](err); ok && failure.Kind == jazzhr.Unauthorized {
		return tenant.ErrCredentialsRejected
	}
	return err
}
