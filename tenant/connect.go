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
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

// Prober asks JazzHR with an API key.
type Prober interface {
	// Probe reads what shows that a key works, and whose it is. It returns [ErrCredentialsRejected]
	// if JazzHR refused the key. Any other error means that JazzHR could not be asked. No error may
	// hold the key.
	Probe(ctx context.Context, key string, known Known) (Probe, error)
}

// Known holds ids of JazzHR's that a key of the account must know. An empty id says nothing.
type Known struct{ ApplicantID, JobID string }

// Probe is what a probe of a key has shown.
type Probe struct {
	JobsSeen int // jobs on the first page of the list, of any status
	// KnowsKnown says that the key knows all that was given as Known. It is true if nothing was.
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
	// SecretNew says that this call made the secret, so that nobody has seen it.
	SecretNew bool
	JobsSeen  int
	// Restored says that JazzHR refused the key that was stored before.
	Restored bool
}

// LogValue leaves out the secret, and the address, which holds the tenant's token.
func (c Connection) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("state", string(c.State)),
		slog.Int("jobs_seen", c.JobsSeen),
		slog.Bool("restored", c.Restored),
	)
}

// Format leaves out what LogValue does.
func (c Connection) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "tenant.Connection%s", c.LogValue())
}

// maxConnectTries bounds how often a key is checked anew because another was stored meanwhile.
const maxConnectTries = 3

var errOvertaken = errors.New("another key was stored meanwhile")

// Connect asks JazzHR with the key and stores it, with a webhook address and secret if there are
// none. Until JazzHR has called the webhook, the same call gives the same answer, but for
// SecretNew. If JazzHR refused the key that was stored before, Intrvio is told that the connection
// is restored.
//
// If Connect returns an error, it has stored nothing: [*queue.InvalidError], [queue.ErrNoTenant],
// [*OtherRegionError], [ErrCredentialsRejected], [ErrJazzHRUnavailable], [ErrKeyInUse],
// [ErrDifferentAccount], or another.
func (s *Service) Connect(ctx context.Context, id uuid.UUID, key string, by Actor) (Connection, error) {
	key, err := normalizeKey(key)
	if err != nil {
		return Connection{}, err
	}
	for range maxConnectTries {
		var before gen.Tenant
		if before, err = s.Get(ctx, id); err != nil {
			return Connection{}, err
		}
		if err = s.deployment.admit(before.Region); err != nil {
			return Connection{}, err
		}
		if before.EndWorkAt != nil { // nothing of the connection before may be done for this one
			if err := writeback.EndWork(ctx, s.pool, s.client, id, writeback.AllBatches); err != nil {
				return Connection{}, fmt.Errorf("end the work before: %w", err)
			}
		}
		var probe Probe
		if probe, err = s.check(ctx, before, key); err != nil {
			return Connection{}, err
		}
		var connection Connection
		connection, err = s.store(ctx, before, key, probe, by)
		if !errors.Is(err, errOvertaken) {
			return connection, err
		}
	}
	return Connection{}, fmt.Errorf("connect: %w", err)
}

// TestConnection asks JazzHR with a key and stores nothing. If key is empty, it takes the stored
// one. It returns the errors that [Service.Connect] would return, and [queue.ErrNotConnected] if
// there is no stored key.
func (s *Service) TestConnection(ctx context.Context, id uuid.UUID, key string) (Probe, error) {
	t, err := s.Get(ctx, id)
	if err != nil {
		return Probe{}, err
	}
	if err := s.deployment.admit(t.Region); err != nil {
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
	probe, err := s.check(ctx, t, key)
	if err != nil {
		return Probe{}, err
	}
	return probe, record.Add(ctx, s.pool, record.Action{Tenant: id, What: record.KeyTested})
}

// check finds out whether a key may be the tenant's.
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
		row, err := s.q.KnownInJazzHR(ctx, db.Of(s.pool, t.TenantID), t.TenantID)
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

// store stores a key that was checked. before is the tenant's row from before the check.
func (s *Service) store(ctx context.Context, before gen.Tenant, key string, probe Probe, by Actor) (Connection, error) {
	var connection Connection
	err := db.InTenant(ctx, s.pool, before.TenantID, func(tx db.TenantTx) error {
		t, err := found(tx.Q.TenantForUpdate(ctx, tx, tx.Tenant))
		if err != nil {
			return err
		}
		same := bytes.Equal(t.KeyFingerprint, Fingerprint(key))
		if !same && t.KeyVersion != before.KeyVersion || t.EndWorkAt != nil {
			return errOvertaken
		}
		connection = Connection{JobsSeen: probe.JobsSeen, Restored: t.KeyState == db.KeyRejected}
		if !same || t.KeyState != db.KeyOK {
			if t, err = s.storeKey(ctx, tx, key); err != nil {
				return err
			}
		}
		if err := storeOpenings(ctx, tx, probe.Jobs); err != nil {
			return err
		}
		connection.State, _ = StateOf(t)
		connection.WebhookURL = s.WebhookURL(t)
		if t.Connection == db.ConnectionAwaiting {
			if connection.WebhookSecret, connection.SecretNew, err = s.currentSecret(ctx, tx); err != nil {
				return err
			}
		}
		if err := by.record(ctx, tx, record.KeySet); err != nil {
			return err
		}
		if connection.Restored {
			return Announce(ctx, tx, s.client, intrvio.ConnectionRestored)
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

// Announce tells Intrvio that the tenant's connection changed, and which state the tenant has now.
// Call it last in a transaction.
func Announce(ctx context.Context, tx db.TenantTx, client *queue.Client, event intrvio.EventType) error {
	row, err := tx.Q.Tenant(ctx, tx, tx.Tenant)
	if err != nil {
		return fmt.Errorf("read tenant: %w", err)
	}
	state, reason := StateOf(row)
	return outbox.Announce(ctx, tx, client, outbox.Event{
		Type: event, Data: intrvio.Connection{State: string(state), Reason: reason},
	})
}

// storeOpenings stores openings, which show later whether another key is of the same account. It
// stores them in the order of their ids, so that two transactions never wait for each other.
func storeOpenings(ctx context.Context, tx db.TenantTx, openings []Opening) error {
	openings = slices.Clone(openings)
	slices.SortFunc(openings, func(a, b Opening) int { return cmp.Compare(a.JobID, b.JobID) })
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

// WebhookURL returns the address of a tenant's webhook, or "" if it has none. The address holds the
// tenant's token: show it only to whoever enters it in JazzHR.
func (s *Service) WebhookURL(t gen.Tenant) string {
	if t.WebhookToken == nil {
		return ""
	}
	return s.publicURL + "/webhooks/jazzhr/" + *t.WebhookToken
}
