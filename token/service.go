package token

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// hashPurpose keeps hashes of tokens apart from other keyed hashes.
const hashPurpose = "api_token"

// Service keeps tokens. It is safe for use by many goroutines.
type Service struct {
	pool   *pgxpool.Pool
	sealer *tenant.Sealer
	logger *slog.Logger
	uses   *uses
	q      *gen.Queries
}

// New returns a service. The hashes of secrets are made with the keys of the sealer. Without one the
// service can list and revoke, and nothing else.
func New(pool *pgxpool.Pool, sealer *tenant.Sealer, logger *slog.Logger) *Service {
	return &Service{pool: pool, sealer: sealer, logger: logger, uses: newUses(), q: gen.New()}
}

// Create makes a token on behalf of a holder, and returns the one secret that opens it. Invalid
// details give a [*queue.InvalidError]. Details that give more than the holder has give a
// [*ScopeError] or [ErrBound].
func (s *Service) Create(ctx context.Context, by Holder, d Details) (t Token, secret Secret, err error) {
	if d, err = d.normalize(); err != nil {
		return t, secret, err
	}
	if err := s.mayGive(ctx, by, d.Grant); err != nil {
		return t, secret, err
	}
	if secret, err = newSecret(); err != nil {
		return t, secret, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return t, secret, fmt.Errorf("name token: %w", err)
	}
	err = db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		now, err := db.Now(ctx, tx)
		if err != nil {
			return err
		}
		if err := outlives(by, d.Lifetime, now); err != nil {
			return err
		}
		row, err := s.q.SystemInsertAPIToken(ctx, tx, gen.SystemInsertAPITokenParams{
			TokenID: id, Name: d.Name, Prefix: secret.shown(), Hash: s.sealer.Hash(hashPurpose, secret.Reveal()),
			Scopes: texts(d.Scopes), TenantIds: d.Tenants, CreatedBy: by.String(), Lifetime: nullDuration(d.Lifetime),
		})
		if err != nil {
			return fmt.Errorf("store token: %w", err)
		}
		t = view(row, now)
		return s.record(ctx, tx, by, t, record.TokenMade, "scopes "+scopeList(d.Scopes))
	})
	return t, secret, err
}

// List returns at most limit tokens in the order in which they were made, from the one that follows
// after. A holder that is bound to tenants sees the tokens that are bound to no others.
func (s *Service) List(ctx context.Context, by Holder, after uuid.UUID, limit int) ([]Token, error) {
	rows, err := s.q.SystemListAPITokens(ctx, s.pool, after, by.Tenants, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	tokens := make([]Token, len(rows))
	for i, row := range rows {
		tokens[i] = view(row.APIToken, row.Now)
	}
	return tokens, nil
}

// Revoke ends a token with all its secrets, for ever. A token that is revoked stays so.
func (s *Service) Revoke(ctx context.Context, by Holder, id uuid.UUID) (t Token, err error) {
	err = s.change(ctx, by, id, func(tx pgx.Tx, row gen.APIToken, now time.Time) error {
		if t = view(row, now); t.State == Revoked {
			return nil
		}
		row, err := s.q.SystemRevokeAPIToken(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		t = view(row, now)
		return s.record(ctx, tx, by, t, record.TokenRevoked, "")
	})
	return t, err
}

// Roll gives a token a new secret, and returns it. The one before lives on for the overlap. With a
// lifetime the token expires that much later than now; without one its expiry stays. The holder
// must have all that the token has.
func (s *Service) Roll(ctx context.Context, by Holder, id uuid.UUID, overlap, lifetime time.Duration) (t Token, secret Secret, err error) {
	if overlap < 0 || overlap > MaxOverlap {
		return t, secret, invalid("overlap", "give a duration from 0s to %s", MaxOverlap)
	}
	if err := checkLifetime(lifetime); err != nil {
		return t, secret, err
	}
	if secret, err = newSecret(); err != nil {
		return t, secret, err
	}
	err = s.change(ctx, by, id, func(tx pgx.Tx, row gen.APIToken, now time.Time) error {
		if err := mayRoll(by, row, lifetime, now); err != nil {
			return err
		}
		row, err := s.q.SystemRollAPIToken(ctx, tx, gen.SystemRollAPITokenParams{
			TokenID: id, Prefix: secret.shown(), Hash: s.sealer.Hash(hashPurpose, secret.Reveal()),
			Overlap: overlap, Lifetime: nullDuration(lifetime),
		})
		if err != nil {
			return fmt.Errorf("roll token: %w", err)
		}
		t = view(row, now)
		return s.record(ctx, tx, by, t, record.TokenRolled, "the secret before lives on for "+overlap.String())
	})
	return t, secret, err
}

// change locks a token that the holder may see, and changes it in a transaction.
func (s *Service) change(
	ctx context.Context, by Holder, id uuid.UUID, to func(pgx.Tx, gen.APIToken, time.Time) error,
) error {
	return db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		found, err := s.q.SystemAPITokenForChange(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoToken
		}
		if err != nil {
			return fmt.Errorf("lock token: %w", err)
		}
		if !holderOf(found.APIToken).within(by.Grant) {
			return ErrNoToken
		}
		return to(tx, found.APIToken, found.Now)
	})
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, by Holder, t Token, what record.Kind, detail string) error {
	return record.Add(ctx, tx, record.Action{Who: by.String(), What: what, Target: t.ID.String(), Detail: detail})
}

// StaleHashes counts the live tokens of which a secret is hashed under another key than the one that
// seals now. They are hashed anew when they are next used.
func (s *Service) StaleHashes(ctx context.Context) (int64, error) {
	n, err := s.q.SystemCountStaleAPITokens(ctx, s.pool, binary.BigEndian.AppendUint32([]byte{1}, s.sealer.PrimaryKeyID()))
	if err != nil {
		return 0, fmt.Errorf("count tokens by their key: %w", err)
	}
	return n, nil
}
