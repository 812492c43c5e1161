package tenant_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// TestOtherRegion has a deployment in the United States refuse all that would bring it data of a
// tenant of the EU, and say where the tenant belongs.
func TestOtherRegion(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	european, _, err := f.Create(t.Context(), tenant.Details{Name: "Bäckerei", Region: tenant.RegionEU})
	if err != nil {
		t.Fatal(err)
	}
	f.account("key-1")
	f.connect(t, european.TenantID, "key-1")
	connected, err := f.Get(t.Context(), european.TenantID)
	if err != nil {
		t.Fatal(err)
	}
	here := f.In(tenant.Deployment{Region: tenant.RegionUS, Peers: map[string]string{"eu": "https://eu.example"}})
	for name, try := range map[string]func() error{
		"create": func() error {
			_, _, err := here.Create(t.Context(), tenant.Details{Name: "Other", Region: tenant.RegionEU})
			return err
		},
		"connect": func() error {
			_, err := here.Connect(t.Context(), european.TenantID, "another-key", tenant.Actor{})
			return err
		},
		"test the connection": func() error {
			_, err := here.TestConnection(t.Context(), european.TenantID, "")
			return err
		},
		"open the key": func() error {
			_, err := here.KeyOf(connected)
			return err
		},
	} {
		err := try()
		if _, ok := errors.AsType[*tenant.OtherRegionError](err); !ok || !strings.Contains(err.Error(), "https://eu.example") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := queuetest.One[int](t, f.queue, "SELECT count(*) FROM jazzhr.tenants"); n != 1 {
		t.Errorf("there are %d tenants", n)
	}
	if err := here.CheckRegion(t.Context()); err == nil || !strings.Contains(err.Error(), "1 connected tenants are of another region") {
		t.Errorf("the check says %v", err)
	}
	if err := f.In(tenant.Deployment{Region: tenant.RegionEU}).CheckRegion(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := f.Disconnect(t.Context(), european.TenantID, tenant.Actor{}); err != nil {
		t.Fatal(err)
	}
	if err := here.CheckRegion(t.Context()); err != nil {
		t.Error(err)
	}
}
