package work_test

import (
	"errors"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{CallsPerMinute: -1})
	account := sim.AddAccount("key")
	// The first job is on the second page of the list.
	now := time.Now()
	old := account.AddJob(jazzhrtest.Job{Title: "The first", Opened: now.AddDate(-1, 0, 0)})
	for range 100 {
		account.AddJob(jazzhrtest.Job{Title: "Welder", Opened: now})
	}
	applicant := account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "King", Email: "ada@example.com"})
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: sim.BaseURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	listed := account.Jobs()[50]
	for name, c := range map[string]struct {
		known tenant.Known
		knows bool
		calls int
	}{
		"nothing known":             {tenant.Known{}, true, 1},
		"job of the first page":     {tenant.Known{JobID: listed.ID, ApplicantID: "gone"}, true, 1},
		"older job":                 {tenant.Known{JobID: old.ID}, true, 2},
		"applicant, job is gone":    {tenant.Known{JobID: "gone", ApplicantID: applicant.ID}, true, 3},
		"applicant":                 {tenant.Known{ApplicantID: applicant.ID}, true, 2},
		"neither":                   {tenant.Known{JobID: "job_x", ApplicantID: "prospect_x"}, false, 3},
		"job of a stranger's alone": {tenant.Known{JobID: "job_x"}, false, 2},
	} {
		before := account.Count("")
		probe, err := work.Prober{Client: client}.Probe(t.Context(), "key", c.known)
		if err != nil || probe.KnowsKnown != c.knows || probe.JobsSeen != 100 || len(probe.Jobs) != 100 {
			t.Errorf("%s: knows %v, saw %d jobs, %v", name, probe.KnowsKnown, probe.JobsSeen, err)
		}
		if calls := account.Count("") - before; calls != c.calls {
			t.Errorf("%s: %d calls, want %d", name, calls, c.calls)
		}
	}
	if _, err := (work.Prober{Client: client}).Probe(t.Context(), "nobody's", tenant.Known{}); !errors.Is(err, tenant.ErrCredentialsRejected) {
		t.Errorf("a wrong key: %v", err)
	}
	sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicant, Fault: jazzhrtest.Refuse(503)})
	if _, err := (work.Prober{Client: client}).Probe(t.Context(), "key", tenant.Known{ApplicantID: applicant.ID}); err == nil || errors.Is(err, tenant.ErrCredentialsRejected) {
		t.Errorf("JazzHR is down: %v", err)
	}
}
