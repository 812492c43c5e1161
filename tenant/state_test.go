package tenant_test

import (
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestStateOf(t *testing.T) {
	t.Parallel()
	paused := new(time.Time)
	for _, c := range []struct {
		connection, key string
		paused          *time.Time
		want            tenant.State
	}{
		{"created", "none", nil, tenant.Created},
		{"created", "none", paused, tenant.Created},
		{"awaiting_verify", "ok", nil, tenant.AwaitingVerify},
		{"awaiting_verify", "rejected", nil, tenant.CredentialsRejected},
		{"awaiting_verify", "ok", paused, tenant.Paused},
		{"verified", "ok", nil, tenant.Active},
		{"verified", "ok", paused, tenant.Paused},
		{"verified", "rejected", nil, tenant.CredentialsRejected},
		{"verified", "rejected", paused, tenant.Paused},
		{"disconnected", "none", nil, tenant.Disconnected},
		{"disconnected", "none", paused, tenant.Disconnected},
	} {
		state, reason := tenant.StateOf(gen.Tenant{Connection: c.connection, KeyState: c.key, PausedAt: c.paused})
		if state != c.want {
			t.Errorf("%+v: %s", c, state)
		}
		if (reason == "") != (state == tenant.Active) {
			t.Errorf("%+v: reason %q", c, reason)
		}
	}
}
