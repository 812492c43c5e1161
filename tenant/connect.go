package tenant

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Prober asks JazzHR with an API key.
type Prober interface {
	// Probe reads what shows that a key works and whose it is. Its error is [ErrCredentialsRejected] if JazzHR refused
	// the key; any other means that JazzHR could not be asked. It must not hold the key.
	Probe(ctx context.Context, key string, known Known) (Probe, error)
}

// Known is what a key of the account must know: JazzHR's ids, or empty.
type Known struct{ ApplicantID, JobID string }

// Probe is what a key has shown.
type Probe struct {
	JobsSeen int // jobs on the first page of the list, of any status
	// KnowsKnown reports whether the key knows what was Known; true also if nothing was.
	KnowsKnown bool
	Jobs       []Opening
}

// Opening is a job opening in JazzHR.
type Opening struct{ JobID, BoardCode, Title, Status string }

// Connection is what a tenant's administrator enters in JazzHR.
type Connection struct {
	State      State
	WebhookURL string `json:"-"`
	// WebhookSecret is empty once JazzHR has called the webhook.
	WebhookSecret string `json:"-"`
	// SecretNew reports that the secret was made by this call, and so was shown to nobody.
	SecretNew bool
	JobsSeen  int
	// Restored reports that the key replaced one that JazzHR refused.
	Restored bool
}

// LogValue leaves out the secret, and the address, which holds the tenant's token.
func (c Connection) LogValue() slog.Value {
	return slog.GroupValue(slog.String("state", string(c.State)), slog.Int("jobs_seen", c.JobsSeen), slog.Bool("restored", c.Restored))
}

// Format leaves out what LogValue does.
func (c Connection) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "tenant.Connection%s", c.LogValue())
}

// maxConnectTries bounds how often a key is held against what others stored meanwhile.
const maxConnectTries = 3

var errOvertaken = errors.New("another key was stored meanwhile")

// Connect asks JazzHR with the key and stores it, with a webhook address and secret if there are none. Until JazzHR has
// called the webhook, the same call gives the same answer, but for SecretNew. restored, if not nil, is run last in the transaction that
// replaces a refused key, to announce that. also runs in the transaction of any key.
//
// Nothing is stored with any error: [*InvalidError], [ErrNoTenant], [ErrCredentialsRejected], [ErrJazzHRUnavailable],
// [ErrKeyInUse], [ErrDifferentAccount] or what else went wrong.
func (s *Service) Connect(ctx context.Context, id uuid.UUID, key string, restored func(db.TenantTx) error, also ...func(db.TenantTx) error) (Connection, error) {
	key, err := normalizeKey(key)
	if err != nil {
		return Connection{}, err
	}
	for range maxConnectTries {
		var before gen.Tenant
		if before, err = s.Get(ctx, id); err != nil {
			return Connection{}, err
		}
		var probe Probe
		if probe, err = s.check(ctx, before, key); err != nil {
			return Connection{}, err
		}
		var connection Connection
		connection, err = s.store(ctx, before, key, probe, restored, also)
		if !errors.Is(err, errOvertaken) {
			return connection, err
		}
	}
	return Connection{}, fmt.Errorf("connect: %w", err)
}

// TestConnection asks JazzHR with a key, or with the stored one if key is empty, and stores nothing. Its errors are those
// that [Service.Connect] would give, and [ErrNotConnected] if there is no stored key.
func (s *Service) TestConnection(ctx context.Context, id uuid.UUID, key string) (Probe, error) {
	t, err := s.Get(ctx, id)
	if err != nil {
		return Probe{}, err
	}
	if key == "" {
		key, err = s.KeyOf(t)
	} else {
		key, err = normalizeKey(key)
	}
	if err != nil {
		return Probe{}, err
	}
	return s.check(ctx, t, key)
}

// check finds out whether a key may become the tenant's.
func (s *Service) check(ctx context.Context, t gen.Tenant, key string) (Probe, error) {
	fingerprint := Fingerprint(key)
	owner, err := s.q.SystemFingerprintOwner(ctx, s.pool, fingerprint)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Probe{}, fmt.Errorf("look up API key: %w", err)
	}
	if err == nil && owner != t.TenantID {
		return Probe{}, ErrKeyInUse
	}
	var known Known
	if !bytes.Equal(t.KeyFingerprint, fingerprint) {
		row, err := s.q.KnownInJazzHR(ctx, s.pool, t.TenantID)
		if err != nil {
			return Probe{}, fmt.Errorf("read what is known of the account: %w", err)
		}
		known = Known(row)
	}
	probe, err := s.prober.Probe(ctx, key, known)
	switch {
	case errors.Is(err, ErrCredentialsRejected):
		return Probe{}, ErrCredentialsRejected
	case err != nil && ctx.Err() != nil:
		return Probe{}, ctx.Err()
	case err != nil:
		return Probe{}, fmt.Errorf("%w: %w", ErrJazzHRUnavailable, err)
	case !probe.KnowsKnown:
		return Probe{}, ErrDifferentAccount
	}
	return probe, nil
}

// store makes a key that was checked against before the tenant's.
func (s *Service) store(ctx context.Context, before gen.Tenant, key string, probe Probe, restored func(db.TenantTx) error, also []func(db.TenantTx) error) (Connection, error) {
	var connection Connection
	err := db.InTenant(ctx, s.pool, before.TenantID, func(tx db.TenantTx) error {
		t, err := found(tx.Q.TenantForUpdate(ctx, tx, tx.Tenant))
		if err != nil {
			return err
		}
		same := bytes.Equal(t.KeyFingerprint, Fingerprint(key))
		if !same && t.KeyVersion != before.KeyVersion {
			return errOvertaken
		}
		connection = Connection{JobsSeen: probe.JobsSeen, Restored: t.KeyState == keyRejected}
		if !same || t.KeyState != keyOK {
			if t, err = s.storeKey(ctx, tx, key); err != nil {
				return err
			}
		}
		if err := storeOpenings(ctx, tx, probe.Jobs); err != nil {
			return err
		}
		connection.State, _ = StateOf(t)
		connection.WebhookURL = s.WebhookURL(t)
		if t.Connection == connectionAwaiting {
			if connection.WebhookSecret, connection.SecretNew, err = s.currentSecret(ctx, tx); err != nil {
				return err
			}
		}
		if err := runAll(tx, also); err != nil {
			return err
		}
		if connection.Restored && restored != nil {
			return restored(tx)
		}
		return nil
	})
	if err != nil {
		return Connection{}, err
	}
	return connection, nil
}

func (s *Service) storeKey(ctx context.Context, tx db.TenantTx, key string) (gen.Tenant, error) {
	sealed, err := s.sealer.Seal(tx.Tenant, PurposeKey, []byte(key))
	if err != nil {
		return gen.Tenant{}, err
	}
	token := newToken()
	t, err := tx.Q.StoreKey(ctx, tx, gen.StoreKeyParams{
		TenantID: tx.Tenant, KeySealed: sealed, KeyFingerprint: Fingerprint(key), WebhookToken: &token,
	})
	if db.Violates(err, db.ConstraintKeyFingerprint) {
		return gen.Tenant{}, ErrKeyInUse
	}
	if err != nil {
		return gen.Tenant{}, fmt.Errorf("store API key: %w", err)
	}
	return t, nil
}

// storeOpenings keeps what proves later that another key is of the same account. In order of their ids, so that two
// transactions never wait for each other.
func storeOpenings(ctx context.Context, tx db.TenantTx, openings []Opening) error {
	openings = slices.SortedFunc(slices.Values(openings), func(a, b Opening) int { return cmp.Compare(a.JobID, b.JobID) })
	for _, opening := range openings {
		if err := tx.Q.RememberOpening(ctx, tx, gen.RememberOpeningParams{
			TenantID: tx.Tenant, JobID: opening.JobID,
			BoardCode: opening.BoardCode, Title: opening.Title, Status: opening.Status,
		}); err != nil {
			return fmt.Errorf("store opening: %w", err)
		}
	}
	return nil
}

// WebhookURL is the address of a tenant's webhook, empty if it has none. It holds the tenant's token: it is for whoever
// enters it in JazzHR only.
func (s *Service) WebhookURL(t gen.Tenant) string {
	if t.WebhookToken == nil {
		return ""
	}
	return s.publicURL + "/webhooks/jazzhr/" + *t.WebhookToken
}
