package jobs_test

import (
	"testing"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs/mirror"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// finder is what a web server asks JazzHR by.
func (w *world) finder() *mirror.Mirror {
	return &mirror.Mirror{Pool: w.db.Pool, Client: w.client, Accounts: work.Accounts{
		Pool: w.db.Pool, JazzHR: w.config.JazzHR, Keys: w.tenants, Bucket: w.config.Bucket,
	}}
}

func TestFindJob(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.mirror("ok")
	byID := c.account.AddJob(jazzhrtest.Job{Title: "Welder", Status: "Closed"})
	byCode := c.account.AddJob(jazzhrtest.Job{Title: "Baker", BoardCode: "bake"})
	finder := c.finder()
	for range 2 { // the second time it is known
		for _, test := range []struct {
			id, code string
			want     bool
		}{{byID.ID, "", true}, {"", "bake", true}, {"job_none", "", false}, {"job_none", "bake", false}, {"", "none", false}} {
			found, err := finder.FindJob(t.Context(), c.id, test.id, test.code)
			if err != nil || found != test.want {
				t.Errorf("%q %q: found %v, error %v", test.id, test.code, found, err)
			}
		}
	}
	c.wantNews(about(intrvio.JobChanged, byID, ""), about(intrvio.JobOpened, byCode, ""))
	c.mirror("ok")
	if n := len(c.news()); n != 2 {
		t.Errorf("the pass made it %d events", n)
	}
	// What was known is gone: it is asked for again.
	check(t, c.account.DeleteJob(byCode.ID))
	c.mirror("ok")
	if found, err := finder.FindJob(t.Context(), c.id, "", "bake"); found || err != nil {
		t.Errorf("found %v, error %v", found, err)
	}
}

// TestJobNotAsked: JazzHR is away, or says that it is asked too much, or refuses the key, or there
// is none.
func TestJobNotAsked(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	finder := c.finder()
	notAsked := func(fault jazzhrtest.Fault) {
		t.Helper()
		rule := c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointJob, Times: 1, Fault: fault})
		if found, err := finder.FindJob(t.Context(), c.id, "job_none", ""); found || err == nil {
			t.Errorf("found %v, error %v", found, err)
		}
		rule.Remove()
	}
	notAsked(jazzhrtest.Refuse(500))
	notAsked(jazzhrtest.Refuse(401))
	var key string
	c.scan(`SELECT key_state FROM jazzhr.tenants WHERE tenant_id = $1`, []any{c.id}, &key)
	if key != "rejected" {
		t.Errorf("the key is %s", key)
	}
	notAsked(jazzhrtest.RateLimit(0))
	calls := c.account.Count("")
	if found, err := finder.FindJob(t.Context(), c.id, "job_none", ""); found || err == nil {
		t.Errorf("found %v, error %v", found, err)
	}
	if n := c.account.Count("") - calls; n != 0 {
		t.Errorf("%d calls after a 429", n)
	}
	other, _, err := c.tenants.Create(t.Context(), tenant.Details{Name: "other", Region: "us"})
	check(t, err)
	if _, err := finder.FindJob(t.Context(), other.TenantID, "job_none", ""); err == nil {
		t.Error("found without a key")
	}
}
