package tenant

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
)

// What a value is sealed for; see [Sealer.Seal].
const (
	PurposeKey    = "jazzhr api key"
	PurposeSecret = "webhook secret"
)

const secretSize = 32 // bytes, of webhook tokens and secrets

// newToken returns a token, which makes a tenant's webhook address hard to guess.
func newToken() string { return base64.RawURLEncoding.EncodeToString(random()) }

// newSecret returns a secret for JazzHR to sign webhooks with. It is in hex because people paste it
// into a form.
func newSecret() string { return hex.EncodeToString(random()) }

func random() []byte {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails, by its documentation
	return b
}

// Secret is a webhook secret that requests may be signed with.
type Secret struct {
	Version int32
	Text    string `json:"-"` // not in JSON: a slice is logged as JSON, without LogValue
	Used    bool   // a request was signed with it
}

// LogValue shows only the version.
func (s Secret) LogValue() slog.Value { return slog.GroupValue(slog.Int("version", int(s.Version))) }

// Format shows only the version.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "tenant.Secret{version: %d}", s.Version)
}

// Secrets returns the webhook secrets of a tenant that are valid now, the newest first. A tenant
// that is not connected has none.
func (s *Service) Secrets(ctx context.Context, conn gen.DBTX, id uuid.UUID) ([]Secret, error) {
	rows, err := s.q.ValidWebhookSecrets(ctx, conn, id)
	if err != nil {
		return nil, fmt.Errorf("read webhook secrets: %w", err)
	}
	secrets := make([]Secret, len(rows))
	for i, row := range rows {
		if secrets[i], err = s.open(id, row.Version, row.Sealed, row.UsedAt); err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

func (s *Service) open(id uuid.UUID, version int32, sealed []byte, usedAt *time.Time) (Secret, error) {
	text, err := s.sealer.Open(id, PurposeSecret, sealed)
	if err != nil {
		return Secret{}, fmt.Errorf("webhook secret %d of tenant %s: %w", version, id, err)
	}
	return Secret{Version: version, Text: string(text), Used: usedAt != nil}, nil
}

// Receiver is the part of a tenant that is needed to accept its webhooks.
type Receiver struct {
	TenantID uuid.UUID
	Verified bool // its connection
	MayWork  bool // its rows may have jobs: as [queue.MayWork]
	// sealed are the webhook secrets that are valid, the newest first.
	sealed []gen.SystemWebhookReceiversRow
}

// Receivers returns the tenants whose webhook addresses hold the tokens, by token. A token of no
// tenant is missing in the result.
func (s *Service) Receivers(ctx context.Context, conn gen.DBTX, tokens []string) (map[string]Receiver, error) {
	rows, err := s.q.SystemWebhookReceivers(ctx, conn, tokens)
	if err != nil {
		return nil, fmt.Errorf("look up webhook tokens: %w", err)
	}
	found := make(map[string]Receiver, len(tokens))
	for _, row := range rows {
		r := found[*row.WebhookToken]
		r.TenantID, r.Verified, r.MayWork = row.TenantID, row.Connection == db.ConnectionVerified, row.MayWork
		if row.Version != nil {
			r.sealed = append(r.sealed, row)
		}
		found[*row.WebhookToken] = r
	}
	return found, nil
}

// SecretsOf opens the webhook secrets of a receiver, the newest first.
func (s *Service) SecretsOf(r Receiver) ([]Secret, error) {
	secrets := make([]Secret, len(r.sealed))
	for i, row := range r.sealed {
		var err error
		if secrets[i], err = s.open(r.TenantID, *row.Version, row.Sealed, row.UsedAt); err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

// RotateSecret makes a new webhook secret and returns it. It can't be read again once JazzHR has
// called the webhook. The old secrets stay valid until 24 hours after the first request that is
// signed with the new one, or end at once if revokeOld is set. RotateSecret returns
// [queue.ErrNoTenant] and [queue.ErrNotConnected].
func (s *Service) RotateSecret(ctx context.Context, id uuid.UUID, revokeOld bool, by Actor) (secret string, err error) {
	err = s.inTenant(ctx, id, func(tx db.TenantTx) error {
		t, err := found(tx.Q.TenantForChange(ctx, tx, id))
		if err != nil {
			return err
		}
		if t.KeySealed == nil {
			return queue.ErrNotConnected
		}
		var version int32
		if secret, version, err = s.mintSecret(ctx, tx); err != nil {
			return err
		}
		if revokeOld {
			if err := tx.Q.ExpireOldSecrets(ctx, tx, id, version); err != nil {
				return fmt.Errorf("revoke webhook secrets: %w", err)
			}
		}
		return by.record(ctx, tx, record.SecretRotated)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// currentSecret returns the newest secret, or a new one if there is none. The caller has locked the
// tenant.
func (s *Service) currentSecret(ctx context.Context, tx db.TenantTx) (secret string, minted bool, err error) {
	secrets, err := s.Secrets(ctx, tx, tx.Tenant)
	if err != nil {
		return "", false, err
	}
	if len(secrets) > 0 {
		return secrets[0].Text, false, nil
	}
	secret, _, err = s.mintSecret(ctx, tx)
	return secret, err == nil, err
}

// mintSecret stores a new secret. The caller has locked the tenant, so that versions don't collide.
func (s *Service) mintSecret(ctx context.Context, tx db.TenantTx) (secret string, version int32, err error) {
	secret = newSecret()
	sealed, err := s.sealer.Seal(tx.Tenant, PurposeSecret, []byte(secret))
	if err != nil {
		return "", 0, err
	}
	if version, err = tx.Q.InsertWebhookSecret(ctx, tx, tx.Tenant, sealed); err != nil {
		return "", 0, fmt.Errorf("store webhook secret: %w", err)
	}
	return secret, version, nil
}
