package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// wait is why and how long a row waits.
type wait struct {
	reason string
	in     time.Duration // from now; or
	until  time.Time
	effect *uuid.UUID // another writeback's effect: its end ends the wait
	err    string
	// failing says that JazzHR could not be asked: counted, and not for ever.
	failing bool
	// refusedKey and tooMany say what it means for the whole tenant.
	refusedKey bool
	tooMany    bool
}

const (
	firstRetry = 5 * time.Second
	lastRetry  = 15 * time.Minute
)

// waitAfter is the verdict on an error of work for a tenant: how long its row waits, and why. known is false for what is
// no answer of JazzHR's (the database, a bug): that is River's to retry.
func waitAfter(err error, attempts int) (w wait, known bool) {
	w.err = err.Error()
	var paced *queue.PacedError
	var failed *jazzhr.Error
	switch {
	case errors.As(err, &paced):
		return wait{reason: queue.WaitingForRateLimit, in: paced.Wait}, true
	case errors.Is(err, errNodeLapsed):
		return wait{reason: queue.WaitingForQueue, in: queue.NodeTimeout}, true
	case errors.Is(err, errUnreadable):
	case !errors.As(err, &failed):
		return wait{}, false
	case failed.Kind == jazzhr.Unauthorized:
		w.reason, w.refusedKey = queue.WaitingForCredentials, true
		return w, true
	case failed.Kind == jazzhr.RateLimited:
		w.reason, w.tooMany, w.in = queue.WaitingForRateLimit, true, failed.RetryAfter
		return w, true
	}
	w.reason, w.failing = queue.WaitingForRetry, true
	w.in = backoff(attempts)
	return w, true
}

// backoff doubles from 5 s to 15 min, each a quarter shorter or longer by chance.
func backoff(attempts int) time.Duration {
	delay := firstRetry
	for i := 0; i < attempts && delay < lastRetry; i++ {
		delay *= 2
	}
	return time.Duration(float64(min(delay, lastRetry)) * (0.75 + rand.Float64()/2))
}

// holdTenant does what a 401 or a 429 means for all of a tenant's work, on every node.
func (r *Runner) holdTenant(ctx context.Context, tenant uuid.UUID, keyVersion int32, w wait) error {
	switch {
	case w.tooMany:
		return r.config.Bucket.Close(ctx, tenant, w.in)
	case w.refusedKey:
		return db.InTenant(ctx, r.config.Pool, tenant, func(tx db.TenantTx) error { return r.refuseKey(ctx, tx, keyVersion, false) })
	}
	return nil
}

// announcedRefusal is the refusal at which Intrvio is told: the first may be a passing fault.
const announcedRefusal = 2

// refuseKey notes that JazzHR refused the key.
func (r *Runner) refuseKey(ctx context.Context, tx db.TenantTx, version int32, checking bool) error {
	refusals, counted, err := r.config.Tenants.RefuseKey(ctx, tx, version, checking)
	if err != nil || !counted || refusals != announcedRefusal {
		return err
	}
	return queue.AnnounceConnection(ctx, tx, r.client, intrvio.ConnectionRejected)
}

// safe is an error as it may stand in River's tables and UI: the operation and the cause's class.
func safe(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%s", describe(err))
}
