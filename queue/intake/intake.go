// Package intake stores JazzHR's webhooks and has them worked on: [Intake.Accept] stores one with
// its job in one transaction, and [Replay] has one worked on again. [Events] is the table of what
// is done with each event; an event that is to be worked on needs a row in it, and a worker.
package intake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"golang.org/x/sync/semaphore"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// batchSize is how many requests share a transaction at most. batchesAtOnce is how many such
	// transactions there are at once: while one waits for the disk, the next one is filled.
	batchSize     = 64
	batchesAtOnce = 2
	// lockWait is how long a batch waits for a lock, such as that of a tenant which is being changed.
	// lockedAtOnce is how many webhooks then wait for longer, each in a transaction of its own. While
	// one of a tenant does, so do all that come for it.
	lockWait     = 200 * time.Millisecond
	lockedAtOnce = 2
)

// Intake accepts webhooks. Those that come at the same moment are looked up in one query and stored
// in one transaction, unless grouping is off. Each is answered for itself, after its own commit. An
// Intake is safe for use by many goroutines.
type Intake struct {
	pool      *pgxpool.Pool
	client    *queue.Client
	tenants   *tenant.Service
	rooms     *rooms
	receivers *batcher[string, *tenant.Receiver]
	webhooks  *batcher[incoming, Accepted]
	refusals  refusals
	locked    locked
}

// New returns an intake. Without grouped, each webhook has queries and a transaction of its own.
func New(pool *pgxpool.Pool, client *queue.Client, tenants *tenant.Service, grouped bool) *Intake {
	i := &Intake{pool: pool, client: client, tenants: tenants, rooms: newRooms()}
	i.locked = locked{atOnce: semaphore.NewWeighted(lockedAtOnce), waiting: map[uuid.UUID]int{}}
	i.refusals = refusals{pool: pool, waiting: map[uuid.UUID]*refused{}}
	size, atOnce := batchSize, batchesAtOnce
	if !grouped {
		size, atOnce = 1, memory/requestMemory // as many as there may be requests
	}
	i.receivers = newBatcher(size, atOnce, i.findReceivers)
	i.webhooks = newBatcher(size, atOnce, i.storeBatch)
	return i
}

// Receiver returns the tenant whose webhook address holds the token. found is false if there is
// none.
func (i *Intake) Receiver(ctx context.Context, token string) (receiver tenant.Receiver, found bool, err error) {
	r, err := i.receivers.do(ctx, token)
	if r == nil || err != nil {
		return tenant.Receiver{}, false, err
	}
	return *r, true, nil
}

// findReceivers looks tokens up together, and each for itself if Postgres refuses to.
func (i *Intake) findReceivers(ctx context.Context, tokens []string) []answer[*tenant.Receiver] {
	found, err := i.tenants.Receivers(ctx, i.pool, tokens)
	answers := make([]answer[*tenant.Receiver], len(tokens))
	if refused := new(pgconn.PgError); errors.As(err, &refused) && len(tokens) > 1 {
		for n := range tokens {
			answers[n] = i.findReceivers(ctx, tokens[n:n+1])[0]
		}
		return answers
	}
	for n, token := range tokens {
		if r, ok := found[token]; ok {
			answers[n].out = &r
		}
		answers[n].err = err
	}
	return answers
}

// Accept stores a webhook and enqueues its job in one transaction. If it returns no error, both are
// committed. The caller has checked the webhook's signature. So the webhook also verifies the
// tenant's connection, and older webhook secrets expire 24 hours after the first one that a newer
// secret signed.
func (i *Intake) Accept(ctx context.Context, receiver tenant.Receiver, received Received) (Accepted, error) {
	in, err := newIncoming(receiver, received)
	if err != nil {
		return "", err
	}
	if i.locked.isWaiting(receiver.TenantID) {
		return i.acceptLocked(ctx, in)
	}
	var accepted Accepted
	if in.needsOwnTx() {
		accepted, err = accept(ctx, impatient{i.pool}, i.client, in)
	} else {
		accepted, err = i.webhooks.do(ctx, in)
	}
	if errors.Is(err, errLocked) || isLocked(err) {
		return i.acceptLocked(ctx, in)
	}
	return accepted, err
}

// acceptLocked stores a webhook however long it has to wait for a lock.
func (i *Intake) acceptLocked(ctx context.Context, in incoming) (Accepted, error) {
	defer i.locked.wait(in.row.TenantID)()
	if err := i.locked.atOnce.Acquire(ctx, 1); err != nil {
		return "", fmt.Errorf("wait for a lock: %w", err)
	}
	defer i.locked.atOnce.Release(1)
	return accept(ctx, i.pool, i.client, in)
}

// locked holds the webhooks that wait for locks.
type locked struct {
	atOnce *semaphore.Weighted

	mu      sync.Mutex
	waiting map[uuid.UUID]int // webhooks by tenant; none is 0
}

// wait counts a webhook of a tenant until the caller calls what it returns.
func (l *locked) wait(tenantID uuid.UUID) (end func()) {
	add := func(n int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.waiting[tenantID] += n; l.waiting[tenantID] == 0 {
			delete(l.waiting, tenantID)
		}
	}
	add(1)
	return func() { add(-1) }
}

func (l *locked) isWaiting(tenantID uuid.UUID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting[tenantID] > 0
}

// errLocked is the answer to a webhook that would have to wait for a lock. No batch does, because
// others wait for it.
var errLocked = errors.New("the webhook has to wait for a lock")

// isLocked reports whether a wait for a lock took too long.
func isLocked(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == pgerrcode.LockNotAvailable
}

// storeBatch stores webhooks in one transaction. Those that were stored before are then accepted
// each for itself. So are all of them if Postgres refuses to store one, or one has to wait for a lock.
func (i *Intake) storeBatch(ctx context.Context, batch []incoming) []answer[Accepted] {
	answers := make([]answer[Accepted], len(batch))
	stored, err := i.storeTogether(ctx, batch)
	if refused := new(pgconn.PgError); err != nil && !errors.As(err, &refused) {
		for n := range answers {
			answers[n].err = err
		}
		return answers
	}
	locked := map[uuid.UUID]bool{} // tenants
	for n, in := range batch {
		switch {
		case stored[in.row.WebhookID]:
			answers[n].out = AcceptedNew
		case locked[in.row.TenantID]:
			answers[n].err = errLocked
		default:
			answers[n].out, answers[n].err = accept(ctx, impatient{i.pool}, i.client, in)
			if isLocked(answers[n].err) {
				answers[n].err, locked[in.row.TenantID] = errLocked, true
			}
		}
	}
	return answers
}

// storeTogether stores webhooks with their jobs in one transaction. It returns the ids of those
// that were not stored before.
func (i *Intake) storeTogether(ctx context.Context, batch []incoming) (stored map[uuid.UUID]bool, err error) {
	batch = slices.Clone(batch)
	slices.SortFunc(batch, func(a, b incoming) int {
		return cmp.Or(bytes.Compare(a.row.TenantID[:], b.row.TenantID[:]), cmp.Compare(a.row.DedupKey, b.row.DedupKey))
	})
	stored = make(map[uuid.UUID]bool, len(batch))
	err = db.InTx(ctx, impatient{i.pool}, func(tx pgx.Tx) error {
		ids, err := gen.New().SystemInsertWebhooks(ctx, tx, columnsOf(batch))
		if err != nil {
			return fmt.Errorf("store webhooks: %w", err)
		}
		for _, id := range ids {
			stored[id] = true
		}
		var jobs []river.InsertManyParams
		for _, in := range batch {
			if stored[in.row.WebhookID] && in.row.Admitted {
				jobs = append(jobs, river.InsertManyParams{Args: in.job})
			}
		}
		if len(jobs) == 0 {
			return nil
		}
		if _, err := i.client.InsertManyTx(ctx, tx, jobs); err != nil {
			return fmt.Errorf("enqueue webhooks: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// columnsOf returns the rows of a batch column by column, as the statement takes them.
func columnsOf(batch []incoming) (rows gen.SystemInsertWebhooksParams) {
	for _, in := range batch {
		rows.TenantIds = append(rows.TenantIds, in.row.TenantID)
		rows.WebhookIds = append(rows.WebhookIds, in.row.WebhookID)
		rows.DedupKeys = append(rows.DedupKeys, in.row.DedupKey)
		rows.BodyHashes = append(rows.BodyHashes, in.row.BodyHash)
		rows.Events = append(rows.Events, in.row.Event)
		rows.Bodies = append(rows.Bodies, in.row.Body)
		rows.Headers = append(rows.Headers, string(in.row.Headers))
		rows.ExportContexts = append(rows.ExportContexts, *in.row.ExportContext)
		rows.Admitted = append(rows.Admitted, in.row.Admitted)
	}
	return rows
}
