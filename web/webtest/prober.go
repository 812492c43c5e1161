package webtest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// prober is a [tenant.Prober] that asks the simulator.
type prober struct{ client *jazzhr.Client }

func newProber(t *testing.T, baseURL string) prober {
	t.Helper()
	client := must(jazzhr.NewClient(jazzhr.Config{BaseURL: baseURL}))
	t.Cleanup(client.Close)
	return prober{client}
}

// Probe implements [tenant.Prober].
func (p prober) Probe(ctx context.Context, key string, known tenant.Known) (tenant.Probe, error) {
	account := p.client.Account(key, nil)
	page, err := account.Jobs(ctx, jazzhr.JobFilter{}, 1)
	if e, ok := errors.AsType[*jazzhr.Error](err); ok && e.Kind == jazzhr.Unauthorized {
		return tenant.Probe{}, tenant.ErrCredentialsRejected
	}
	if err != nil {
		return tenant.Probe{}, err
	}
	probe := tenant.Probe{JobsSeen: len(page.Items), KnowsKnown: true}
	for _, job := range page.Items {
		probe.Jobs = append(probe.Jobs, tenant.Opening{
			JobID: job.ID, BoardCode: job.BoardCode, Title: job.Title, Status: job.Status,
		})
	}
	if known.JobID != "" {
		_, err := account.Job(ctx, known.JobID)
		probe.KnowsKnown = !errors.Is(err, jazzhr.ErrNotFound)
	}
	return probe, nil
}

// Finder is a web.JobFinder that asks the simulator.
type Finder struct {
	prober  prober
	tenants *tenant.Service
}

// FindJob implements web.JobFinder.
func (f Finder) FindJob(ctx context.Context, tenant uuid.UUID, id, boardCode string) (found bool, err error) {
	row, err := f.tenants.Get(ctx, tenant)
	if err != nil {
		return false, err
	}
	key, err := f.tenants.KeyOf(row)
	if err != nil {
		return false, err
	}
	account := f.prober.client.Account(key, nil)
	if id == "" {
		page, err := account.Jobs(ctx, jazzhr.JobFilter{BoardCode: boardCode}, 1)
		return len(page.Items) == 1, err
	}
	_, err = account.Job(ctx, id)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
