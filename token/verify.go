package token

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Holder is who asks for something: a token, or a part of the deployment that is bound by nothing.
type Holder struct {
	ID   uuid.UUID // uuid.Nil for who is no token of ours
	Name string
	Grant
	ExpiresAt *time.Time // nil for never
}

// String names the holder for the record of what people did.
func (h Holder) String() string {
	if h.ID == uuid.Nil {
		return h.Name
	}
	return fmt.Sprintf("token %q %s", h.Name, h.ID)
}

// holderOf returns the holder that a row is.
func holderOf(row gen.APIToken) Holder {
	holder := Holder{ID: row.TokenID, Name: row.Name, ExpiresAt: row.ExpiresAt}
	holder.Tenants = row.TenantIds
	for _, scope := range row.Scopes {
		holder.Scopes = append(holder.Scopes, Scope(scope))
	}
	return holder
}

// Verify returns the holder of a secret, or why it opens nothing: [ErrUnknown], [ErrMalformed],
// [ErrExpired], [ErrRevoked] or [ErrRolled]. The use is written later, by [Service.Run].
//
// The database finds the row by the hash. How long that takes tells nothing of the secret, because
// nobody can choose a hash without the key. The hash that is found is compared in constant time all
// the same.
func (s *Service) Verify(ctx context.Context, text string) (Holder, error) {
	secret, err := ParseSecret(text)
	if err != nil {
		return Holder{}, err
	}
	hashes := s.sealer.Hashes(hashPurpose, secret.Reveal())
	found, err := s.q.SystemAPITokenByHash(ctx, s.pool, hashes)
	if errors.Is(err, pgx.ErrNoRows) {
		return Holder{}, ErrUnknown
	}
	if err != nil {
		return Holder{}, fmt.Errorf("find token: %w", err)
	}
	row := found.APIToken
	current, previous := isAmong(row.Hash, hashes), isAmong(row.PreviousHash, hashes)
	switch {
	case !current && !previous:
		return Holder{}, ErrUnknown
	case row.RevokedAt != nil:
		return Holder{}, ErrRevoked
	case over(row.ExpiresAt, found.Now):
		return Holder{}, ErrExpired
	case !current && over(row.PreviousExpiresAt, found.Now):
		return Holder{}, ErrRolled
	}
	s.uses.note(row, current, hashes[0], found.Now)
	return holderOf(row), nil
}

// isAmong reports whether a hash is one of several. How long it takes does not depend on which.
func isAmong(hash []byte, hashes [][]byte) (found bool) {
	for _, h := range hashes {
		found = hmac.Equal(h, hash) || found
	}
	return found
}

// over reports whether a time has come. nil never comes.
func over(at *time.Time, now time.Time) bool { return at != nil && !at.After(now) }
