package intake_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// TestFinding17LockedTenant has a transaction hold one tenant's row, while many webhooks of that
// tenant come: those of others are taken meanwhile, and that tenant's after it.
func TestFinding17LockedTenant(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	locked, other := f.Tenant(t), f.Tenant(t)
	in := f.Intake()
	lock, err := f.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := lock.Exec(t.Context(), "SELECT 1 FROM jazzhr.tenants WHERE tenant_id = $1 FOR UPDATE", locked); err != nil {
		t.Fatal(err)
	}
	const held, others = 200, 100
	receiver := f.Receiver(t, locked)
	errs := make([]error, held)
	done := make(chan struct{})
	go func() {
		defer close(done)
		queuetest.AtOnce(held, func(i int) {
			_, errs[i] = in.Accept(t.Context(), receiver, queuetest.Export(fmt.Sprint("held-", i), "{}"))
		})
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for i := range others {
		if accepted, err := in.Accept(ctx, f.Receiver(t, other), queuetest.Export(fmt.Sprint("other-", i), "{}")); err != nil || accepted != intake.AcceptedNew {
			t.Fatalf("webhook %d of another tenant: %s, %v", i, accepted, err)
		}
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-done
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := len(f.Webhooks(t, locked)); n != held {
		t.Errorf("%d webhooks of the tenant that was locked are stored, want %d", n, held)
	}
}
