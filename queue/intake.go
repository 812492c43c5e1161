package queue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
)

// Why a webhook needs attention, or ended without being resolved.
const (
	ProblemUnreadable   = "unreadable"   // rightly signed, but not the JSON of an export
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
	// SecretVersion is that of the webhook secret that signed it.
	SecretVersion int32
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

// AcceptExport stores an export and enqueues its work, in one transaction: when it returns nil both are committed. A
// validly signed export also verifies the connection, and starts the end of older secrets.
func AcceptExport(ctx context.Context, from db.Beginner, client *Client, tenant gen.Tenant, received Received) (accepted Accepted, err error) {
	hash := sha256.Sum256(received.Body)
	headers, err := json.Marshal(received.Headers)
	if err != nil {
		return "", fmt.Errorf("keep headers: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("name webhook: %w", err)
	}
	row := gen.InsertWebhookParams{
		TenantID: tenant.TenantID, WebhookID: id, DedupKey: "uuid:" + received.UUID, BodyHash: hash[:],
		Body: received.Body, Headers: headers, ExportContext: &received.ExportContext,
		State: "pending", Admitted: mayWork(tenant),
	}
	if received.UUID == "" {
		row.DedupKey = "hash:" + hex.EncodeToString(hash[:])
	}
	if !received.Readable {
		row.State, row.Problem, row.Admitted = "attention", new(ProblemUnreadable), false
	}
	err = db.InTenant(ctx, from, tenant.TenantID, func(tx db.TenantTx) error {
		if accepted, err = storeWebhook(ctx, tx, row, received.UUID != ""); err != nil {
			return err
		}
		if accepted == AcceptedNew && row.Admitted {
			if _, err := client.InsertTx(ctx, tx.Tx, ResolveExport{TenantID: tenant.TenantID, WebhookID: id}, nil); err != nil {
				return fmt.Errorf("enqueue export: %w", err)
			}
		}
		return sawSigned(ctx, tx, client, received.SecretVersion)
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

// TenantByWebhookToken returns whose webhook address holds the token; found is false if it is nobody's.
func TenantByWebhookToken(ctx context.Context, conn gen.DBTX, token string) (tenant gen.Tenant, found bool, err error) {
	tenant, err = gen.New().SystemTenantByWebhookToken(ctx, conn, &token)
	if errors.Is(err, pgx.ErrNoRows) {
		return tenant, false, nil
	}
	if err != nil {
		return tenant, false, fmt.Errorf("look up webhook token: %w", err)
	}
	return tenant, true, nil
}

// mayWork reports whether a tenant's rows may have jobs: the same condition as in the tick's queries.
func mayWork(tenant gen.Tenant) bool {
	return tenant.KeyState == "ok" && tenant.PausedAt == nil
}

//go:fix inline
