package intake_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

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
	unlock := lockTenant(t, f, locked)
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
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for i := range others {
		if accepted, err := in.Accept(ctx, f.Receiver(t, other), queuetest.Export(fmt.Sprint("other-", i), "{}")); err != nil || accepted != intake.AcceptedNew {
			t.Fatalf("webhook %d of another tenant: %s, %v", i, accepted, err)
		}
	}
	unlock()
	<-done
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := len(f.Webhooks(t, locked)); n != held {
		t.Errorf("%d webhooks of the tenant that was locked are stored, want %d", n, held)
	}
}

// TestLockedTenantIsSetApart: once a webhook of a tenant waits for a lock, no batch waits for the
// tenant's next ones, which would keep others waiting again and again.
func TestLockedTenantIsSetApart(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	locked := f.Tenant(t)
	in := f.Intake()
	receiver := f.Receiver(t, locked)
	unlock := lockTenant(t, f, locked)
	var all sync.WaitGroup
	accept := func(id string) {
		all.Go(func() {
			if accepted, err := in.Accept(t.Context(), receiver, queuetest.Export(id, "{}")); err != nil || accepted != intake.AcceptedNew {
				t.Errorf("%s: %s, %v", id, accepted, err)
			}
		})
	}
	const more = 20
	batches := in.CountBatches()
	accept("first")
	for in.Waiting(locked) < 1 {
		runtime.Gosched()
	}
	before := batches.Load()
	for i := range more {
		accept(fmt.Sprint("more-", i))
	}
	for in.Waiting(locked) < 1+more {
		runtime.Gosched()
	}
	if n := batches.Load(); before != 1 || n != before {
		t.Errorf("%d batches waited for the first webhook, and %d for the next ones", before, n-before)
	}
	unlock()
	all.Wait()
	if n := len(f.Webhooks(t, locked)); n != 1+more {
		t.Errorf("%d webhooks are stored, want %d", n, 1+more)
	}
	if n := in.Waiting(locked); n != 0 {
		t.Errorf("%d webhooks wait at the end", n)
	}
}

// lockTenant locks a tenant's row until the test calls what it returns, or ends.
func lockTenant(t *testing.T, f *queuetest.Fixture, id uuid.UUID) (unlock func()) {
	t.Helper()
	tx, err := f.Pool.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), "SELECT 1 FROM jazzhr.tenants WHERE tenant_id = $1 FOR UPDATE", id)
	}
	if err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceFunc(func() {
		if err := tx.Rollback(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(unlock)
	return unlock
}
