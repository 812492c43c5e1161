package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// Received is a webhook whose signature is valid.
type Received struct {
	Event         string // X-JazzHR-Event
	UUID          string // X-JazzHR-UUID; empty if it came without one
	Body          []byte
	Headers       map[string]string // those worth keeping; never the signature
	ExportContext string
	// SecretVersion is the version of the webhook secret that signed it. SecretUsed says that this
	// secret had signed a webhook before.
	SecretVersion int32
	SecretUsed    bool
}

// Accepted says what became of a received webhook.
type Accepted string

// What can become of a webhook.
const (
	AcceptedNew        Accepted = "new"
	AcceptedRepeat     Accepted = "repeat"     // the same bytes under the same id: changes nothing
	AcceptedConflict   Accepted = "conflict"   // other bytes under the same id: a case, and no job
	AcceptedUnreadable Accepted = "unreadable" // not a body of an event that is known: likewise
)

// incoming is a webhook on its way into the database.
type incoming struct {
	receiver tenant.Receiver
	received Received
	row      gen.InsertWebhookParams
	job      river.JobArgs // nil if the webhook is a case
}

func newIncoming(receiver tenant.Receiver, received Received) (incoming, error) {
	hash := sha256.Sum256(received.Body)
	headers, err := json.Marshal(received.Headers)
	if err != nil {
		return incoming{}, fmt.Errorf("keep headers: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return incoming{}, fmt.Errorf("name webhook: %w", err)
	}
	row := gen.InsertWebhookParams{
		TenantID: receiver.TenantID, WebhookID: id, DedupKey: "uuid:" + received.UUID, BodyHash: hash[:],
		Event: received.Event, Body: received.Body, Headers: headers, ExportContext: &received.ExportContext,
		State: queue.StatePending, Admitted: receiver.MayWork,
	}
	if received.UUID == "" {
		row.DedupKey = "hash:" + hex.EncodeToString(hash[:])
	}
	handling, known := handlingOf(received.Event)
	if !known || !handling.fits(received.Body) {
		row.State, row.Problem, row.Admitted = queue.StateAttention, outcome.Unreadable.Column(), false
		return incoming{receiver, received, row, nil}, nil
	}
	return incoming{receiver, received, row, handling.Job(receiver.TenantID, id)}, nil
}

// needsOwnTx reports whether the webhook changes more than its row, its job and the time of the
// tenant's last webhook.
func (in incoming) needsOwnTx() bool {
	return !in.receiver.Verified || !in.received.SecretUsed || in.job == nil || in.received.UUID == ""
}

// impatient begins transactions in which no statement waits for a lock for longer than lockWait.
type impatient struct{ *pgxpool.Pool }

// Begin begins a transaction that belongs to no tenant.
func (i impatient) Begin(ctx context.Context) (pgx.Tx, error) {
	return i.BeginTx(ctx, pgx.TxOptions{BeginQuery: i.BeginQuery()})
}

// BeginQuery sets the bound in the trip that begins a transaction. [db.InTenant] asks for it.
func (impatient) BeginQuery() string {
	return fmt.Sprintf("begin; set local lock_timeout = '%dms'", lockWait.Milliseconds())
}

// accept stores a webhook in a transaction of its own.
func accept(ctx context.Context, from db.Beginner, client *queue.Client, in incoming) (accepted Accepted, err error) {
	err = db.InTenant(ctx, from, in.row.TenantID, func(tx db.TenantTx) error {
		if accepted, err = store(ctx, tx, in.row, in.received.UUID != ""); err != nil {
			return err
		}
		if accepted == AcceptedNew && in.row.Admitted {
			if _, err := client.InsertTx(ctx, tx.Tx, in.job, nil); err != nil {
				return fmt.Errorf("enqueue webhook: %w", err)
			}
		}
		return markSigned(ctx, tx, client, in.received.SecretVersion)
	})
	return accepted, err
}

// hashServesFor is how long a body's hash serves as the id of a webhook that came without one.
// After that, the same bytes are a new webhook.
const hashServesFor = 3 * time.Hour

// store inserts the row that decides whether a webhook is new. hasID says that the webhook came
// with an id.
func store(ctx context.Context, tx db.TenantTx, row gen.InsertWebhookParams, hasID bool) (Accepted, error) {
	if !hasID {
		if err := tx.Q.RetireHashKey(ctx, tx, row.TenantID, row.DedupKey, hashServesFor); err != nil {
			return "", fmt.Errorf("retire an older webhook of the same bytes: %w", err)
		}
	}
	inserted, err := tx.Q.InsertWebhook(ctx, tx, row)
	if err != nil {
		return "", fmt.Errorf("store webhook: %w", err)
	}
	if inserted == 1 {
		if row.State == queue.StateAttention {
			return AcceptedUnreadable, nil
		}
		return AcceptedNew, nil
	}
	known, err := tx.Q.WebhookBodyHash(ctx, tx, row.TenantID, row.DedupKey)
	if err != nil {
		return "", fmt.Errorf("compare with the first webhook of the id: %w", err)
	}
	if bytes.Equal(known, row.BodyHash) {
		return AcceptedRepeat, nil
	}
	row.DedupKey = "conflict:" + row.DedupKey + ":" + hex.EncodeToString(row.BodyHash)
	row.State, row.Problem, row.Admitted = queue.StateAttention, outcome.Conflict.Column(), false
	if _, err := tx.Q.InsertWebhook(ctx, tx, row); err != nil {
		return "", fmt.Errorf("store conflicting webhook: %w", err)
	}
	return AcceptedConflict, nil
}

// AcceptVerify accepts JazzHR's VERIFY: the tenant's connection is verified from then on. A VERIFY
// is never taken for a repeat.
func AcceptVerify(
	ctx context.Context, from db.Beginner, client *queue.Client, tenantID uuid.UUID, secretVersion int32,
) error {
	return db.InTenant(ctx, from, tenantID, func(tx db.TenantTx) error {
		return markSigned(ctx, tx, client, secretVersion)
	})
}

// markSigned stores what a rightly signed request shows: that the webhook works, and with which
// secret.
func markSigned(ctx context.Context, tx db.TenantTx, client *queue.Client, secretVersion int32) error {
	if err := tx.Q.MarkWebhook(ctx, tx, tx.Tenant); err != nil {
		return fmt.Errorf("note webhook: %w", err)
	}
	if err := tx.Q.MarkSecretUsed(ctx, tx, tx.Tenant, secretVersion); err != nil {
		return fmt.Errorf("note secret: %w", err)
	}
	verified, err := tx.Q.MarkVerified(ctx, tx, firstPollDelay(tx.Tenant), tx.Tenant)
	if err != nil {
		return fmt.Errorf("verify connection: %w", err)
	}
	if verified == 0 {
		return nil
	}
	return tenant.Announce(ctx, tx, client, intrvio.ConnectionVerified)
}

// firstPollDelay returns when a tenant's polls begin: within a minute. It spreads tenants evenly,
// and is always the same for one tenant.
func firstPollDelay(tenantID uuid.UUID) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write(tenantID[:]) // a hash's Write never fails
	return time.Duration(h.Sum32()%60_000) * time.Millisecond
}
