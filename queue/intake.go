package queue

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"golang.org/x/sync/semaphore"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// intakeAtOnce is how many requests share a transaction at most, and intakeRuns how many such transactions there are at
	// once: while one waits for the disk, the next is filled.
	intakeAtOnce = 64
	intakeRuns   = 2
	// intakeMemory bounds what the bodies of the requests that are being taken hold together, in bytes.
	intakeMemory = 64 << 20
	// requestMemory is what a request holds besides its body.
	requestMemory = 16 << 10
)

// ErrFull says that no more can be taken at this moment.
var ErrFull = errors.New("too many webhooks are being taken at once")

// Intake takes webhooks. Those of one moment are looked up in one query and stored in one transaction, unless that is
// switched off; each is answered for itself, and after its own commit. Safe for use by many goroutines.
type Intake struct {
	pool      *pgxpool.Pool
	client    *Client
	tenants   *tenant.Service
	memory    *semaphore.Weighted
	receivers *group[string, *tenant.Receiver]
	exports   *group[export, Accepted]
}

// NewIntake returns an intake. Without grouped each webhook has queries and a transaction of its own.
func NewIntake(pool *pgxpool.Pool, client *Client, tenants *tenant.Service, grouped bool) *Intake {
	i := &Intake{pool: pool, client: client, tenants: tenants, memory: semaphore.NewWeighted(intakeMemory)}
	most, runs := intakeAtOnce, intakeRuns
	if !grouped {
		most, runs = 1, intakeMemory/requestMemory // as many as there may be requests
	}
	i.receivers = newGroup(most, runs, i.findReceivers)
	i.exports = newGroup(most, runs, i.store)
	return i
}

// Reserve makes room for a request with a body of so many bytes, until release is called, or returns [ErrFull].
func (i *Intake) Reserve(bytes int64) (release func(), err error) {
	if !i.memory.TryAcquire(bytes + requestMemory) {
		return nil, ErrFull
	}
	return func() { i.memory.Release(bytes + requestMemory) }, nil
}

// Receiver returns whose webhook address holds the token; found is false if it is nobody's.
func (i *Intake) Receiver(ctx context.Context, token string) (receiver tenant.Receiver, found bool, err error) {
	r, err := i.receivers.do(ctx, token)
	if r == nil || err != nil {
		return tenant.Receiver{}, false, err
	}
	return *r, true, nil
}

func (i *Intake) findReceivers(ctx context.Context, tokens []string) []answer[*tenant.Receiver] {
	found, err := i.tenants.Receivers(ctx, i.pool, tokens)
	answers := make([]answer[*tenant.Receiver], len(tokens))
	for n, token := range tokens {
		if r, ok := found[token]; ok {
			answers[n].out = &r
		}
		answers[n].err = err
	}
	return answers
}

// Accept stores an export and enqueues its work, in one transaction: when it returns nil both are committed. A validly
// signed export also verifies the connection, and starts the end of older secrets.
func (i *Intake) Accept(ctx context.Context, receiver tenant.Receiver, received Received) (Accepted, error) {
	e, err := newExport(receiver, received)
	if err != nil {
		return "", err
	}
	if e.changesMore() {
		return i.accept(ctx, e)
	}
	return i.exports.do(ctx, e)
}

// export is a webhook on its way into the database.
type export struct {
	receiver tenant.Receiver
	received Received
	row      gen.InsertWebhookParams
}

func newExport(receiver tenant.Receiver, received Received) (export, error) {
	hash := sha256.Sum256(received.Body)
	headers, err := json.Marshal(received.Headers)
	if err != nil {
		return export{}, fmt.Errorf("keep headers: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return export{}, fmt.Errorf("name webhook: %w", err)
	}
	row := gen.InsertWebhookParams{
		TenantID: receiver.TenantID, WebhookID: id, DedupKey: "uuid:" + received.UUID, BodyHash: hash[:],
		Body: received.Body, Headers: headers, ExportContext: &received.ExportContext,
		State: "pending", Admitted: receiver.MayWork,
	}
	if received.UUID == "" {
		row.DedupKey = "hash:" + hex.EncodeToString(hash[:])
	}
	if !received.Readable {
		row.State, row.Problem, row.Admitted = "attention", new(ProblemUnreadable), false
	}
	return export{receiver, received, row}, nil
}

// changesMore reports whether the export changes more than its record, its job and the time of the tenant's last webhook:
// then it has a transaction of its own.
func (e export) changesMore() bool {
	return !e.receiver.Verified || !e.received.SecretUsed || !e.received.Readable || e.received.UUID == ""
}

func (e export) job() ResolveExport {
	return ResolveExport{TenantID: e.row.TenantID, WebhookID: e.row.WebhookID}
}

// store keeps exports in one transaction. Those that were known, and all of them if one can't be stored, are then taken each
// for itself.
func (i *Intake) store(ctx context.Context, exports []export) []answer[Accepted] {
	answers := make([]answer[Accepted], len(exports))
	stored, err := i.storeTogether(ctx, exports)
	if refused := new(pgconn.PgError); err != nil && !errors.As(err, &refused) {
		for n := range answers {
			answers[n].err = err
		}
		return answers
	}
	for n, e := range exports {
		if stored[e.row.WebhookID] {
			answers[n].out = AcceptedNew
			continue
		}
		answers[n].out, answers[n].err = i.accept(ctx, e)
	}
	return answers
}

// storeTogether returns which were not known; none if it fails.
func (i *Intake) storeTogether(ctx context.Context, exports []export) (stored map[uuid.UUID]bool, err error) {
	exports = slices.Clone(exports)
	slices.SortFunc(exports, func(a, b export) int {
		return cmp.Or(bytes.Compare(a.row.TenantID[:], b.row.TenantID[:]), cmp.Compare(a.row.DedupKey, b.row.DedupKey))
	})
	var rows gen.SystemInsertWebhooksParams
	for _, e := range exports {
		rows.TenantIds = append(rows.TenantIds, e.row.TenantID)
		rows.WebhookIds = append(rows.WebhookIds, e.row.WebhookID)
		rows.DedupKeys = append(rows.DedupKeys, e.row.DedupKey)
		rows.BodyHashes = append(rows.BodyHashes, e.row.BodyHash)
		rows.Bodies = append(rows.Bodies, e.row.Body)
		rows.Headers = append(rows.Headers, string(e.row.Headers))
		rows.ExportContexts = append(rows.ExportContexts, *e.row.ExportContext)
		rows.Admitted = append(rows.Admitted, e.row.Admitted)
	}
	stored = make(map[uuid.UUID]bool, len(exports))
	err = db.InTx(ctx, i.pool, func(tx pgx.Tx) error {
		ids, err := gen.New().SystemInsertWebhooks(ctx, tx, rows)
		if err != nil {
			return fmt.Errorf("store webhooks: %w", err)
		}
		for _, id := range ids {
			stored[id] = true
		}
		var jobs []river.InsertManyParams
		for _, e := range exports {
			if stored[e.row.WebhookID] && e.row.Admitted {
				jobs = append(jobs, river.InsertManyParams{Args: e.job()})
			}
		}
		if len(jobs) == 0 {
			return nil
		}
		if _, err := i.client.InsertManyTx(ctx, tx, jobs); err != nil {
			return fmt.Errorf("enqueue exports: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// accept takes an export in a transaction of its own.
func (i *Intake) accept(ctx context.Context, e export) (Accepted, error) {
	return acceptExport(ctx, i.pool, i.client, e)
}
