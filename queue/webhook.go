package queue

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
)

// Why a webhook needs attention, or ended without being resolved.
const (
	ProblemUnreadable   = "unreadable"   // rightly signed, but not the JSON of an export. Of a writeback: JazzHR could not be read
	ProblemConflict     = "conflict"     // other bytes under an X-JazzHR-UUID that was used
	ProblemDisconnected = "disconnected" // the tenant left before it was resolved
)

// Received is a webhook whose signature was found valid.
type Received struct {
	UUID          string // X-JazzHR-UUID; empty if it came without
	Body          []byte
	Headers       map[string]string // those worth keeping; never the signature
	ExportContext string
	// Readable reports whether the body parses as an export.
	Readable bool
	// SecretVersion is that of the webhook secret that signed it, and SecretUsed whether that had signed one before.
	SecretVersion int32
	SecretUsed    bool
}

// Accepted tells what became of a received webhook.
type Accepted string

// What can become of a webhook.
const (
	AcceptedNew      Accepted = "new"
	AcceptedRepeat   Accepted = "repeat"   // the same bytes under the same id: nothing new
	AcceptedConflict Accepted = "conflict" // other bytes under the same id: kept for a person, no work
	AcceptedUnread   Accepted = "unreadable"
)

// acceptExport takes an export in one transaction.
func acceptExport(ctx context.Context, from db.Beginner, client *Client, e export) (accepted Accepted, err error) {
	err = db.InTenant(ctx, from, e.row.TenantID, func(tx db.TenantTx) error {
		if accepted, err = storeWebhook(ctx, tx, e.row, e.received.UUID != ""); err != nil {
			return err
		}
		if accepted == AcceptedNew && e.row.Admitted {
			if _, err := client.InsertTx(ctx, tx.Tx, e.job(), nil); err != nil {
				return fmt.Errorf("enqueue export: %w", err)
			}
		}
		return sawSigned(ctx, tx, client, e.received.SecretVersion)
	})
	return accepted, err
}

// storeWebhook inserts the record that decides whether a webhook is new.
func storeWebhook(ctx context.Context, tx db.TenantTx, row gen.InsertWebhookParams, named bool) (Accepted, error) {
	if !named {
		if err := tx.Q.RetireHashKey(ctx, tx, row.TenantID, row.DedupKey); err != nil {
			return "", fmt.Errorf("retire an older webhook of the same bytes: %w", err)
		}
	}
	inserted, err := tx.Q.InsertWebhook(ctx, tx, row)
	if err != nil {
		return "", fmt.Errorf("store webhook: %w", err)
	}
	if inserted == 1 {
		if row.State == "attention" {
			return AcceptedUnread, nil
		}
		return AcceptedNew, nil
	}
	known, err := tx.Q.WebhookBodyHash(ctx, tx, row.TenantID, row.DedupKey)
	if err != nil {
		return "", fmt.Errorf("compare with the webhook before: %w", err)
	}
	if bytes.Equal(known, row.BodyHash) {
		return AcceptedRepeat, nil
	}
	row.DedupKey = "conflict:" + row.DedupKey + ":" + hex.EncodeToString(row.BodyHash)
	row.State, row.Problem, row.Admitted = "attention", new(ProblemConflict), false
	if _, err := tx.Q.InsertWebhook(ctx, tx, row); err != nil {
		return "", fmt.Errorf("store conflicting webhook: %w", err)
	}
	return AcceptedConflict, nil
}

// AcceptVerify takes JazzHR's VERIFY: the tenant's connection is verified. It is never deduplicated.
func AcceptVerify(ctx context.Context, from db.Beginner, client *Client, tenant uuid.UUID, secretVersion int32) error {
	return db.InTenant(ctx, from, tenant, func(tx db.TenantTx) error {
		return sawSigned(ctx, tx, client, secretVersion)
	})
}

// sawSigned notes what any validly signed request shows: that the webhook works, and with which secret.
func sawSigned(ctx context.Context, tx db.TenantTx, client *Client, secretVersion int32) error {
	if err := tx.Q.MarkWebhook(ctx, tx, tx.Tenant); err != nil {
		return fmt.Errorf("note webhook: %w", err)
	}
	if err := tx.Q.MarkSecretUsed(ctx, tx, tx.Tenant, secretVersion); err != nil {
		return fmt.Errorf("note secret: %w", err)
	}
	verified, err := tx.Q.MarkVerified(ctx, tx, pollSpread(tx.Tenant), tx.Tenant)
	if err != nil {
		return fmt.Errorf("verify connection: %w", err)
	}
	if verified == 0 {
		return nil
	}
	return AnnounceConnection(ctx, tx, client, intrvio.ConnectionVerified)
}

// pollSpread is when within the first minute a tenant's polls begin: evenly over tenants, the same for one always.
func pollSpread(tenant uuid.UUID) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write(tenant[:]) // a hash's Write never fails
	return time.Duration(h.Sum32()%60_000) * time.Millisecond
}

// RefuseWebhook notes that a request came whose signature fits none of the tenant's secrets. Its body is not kept.
func RefuseWebhook(ctx context.Context, conn gen.DBTX, tenant uuid.UUID, reason string) error {
	if err := gen.New().MarkRefusedWebhook(ctx, conn, &reason, tenant); err != nil {
		return fmt.Errorf("note refused webhook: %w", err)
	}
	return nil
}

// mayWork reports whether a tenant's rows may have jobs: the same condition as in the tick's queries.
func mayWork(tenant gen.Tenant) bool {
	return tenant.KeyState == "ok" && tenant.PausedAt == nil
}
