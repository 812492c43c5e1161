package token

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Bounds of what is given for a token.
const (
	maxName    = 100 // characters
	maxTenants = 200

	// MinLifetime is the shortest life that a token is given.
	MinLifetime = time.Minute
	// DefaultOverlap is how long the secret before lives on after a roll, if nothing else is said.
	DefaultOverlap = 24 * time.Hour
	// MaxOverlap is the longest that it may.
	MaxOverlap = 30 * 24 * time.Hour
)

// Details are what a token is made with.
type Details struct {
	Name string
	Grant
	Lifetime time.Duration // 0 for ever
}

// invalid returns a [*queue.InvalidError].
func invalid(field, message string, args ...any) error {
	return &queue.InvalidError{Field: field, Message: fmt.Sprintf(message, args...)}
}

// normalize returns the details with scopes and tenants in order and once each, or a
// [*queue.InvalidError].
func (d Details) normalize() (Details, error) {
	d.Name = strings.TrimSpace(d.Name)
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if d.Name == "" || utf8.RuneCountInString(d.Name) > maxName || !utf8.ValidString(d.Name) || strings.ContainsFunc(d.Name, unprintable) {
		return d, invalid("name", "give 1 to %d printable characters", maxName)
	}
	if strings.Contains(d.Name, Prefix) {
		return d, invalid("name", "give a name that is no token: everybody who lists tokens sees it")
	}
	all := AllScopes()
	for _, scope := range d.Scopes {
		if !slices.Contains(all, scope) {
			return d, invalid("scopes", "give some of %s", scopeList(all))
		}
	}
	if len(d.Scopes) == 0 {
		return d, invalid("scopes", "give at least one of %s", scopeList(all))
	}
	d.Scopes = slices.DeleteFunc(all, func(scope Scope) bool { return !slices.Contains(d.Scopes, scope) })
	if d.Bound() && (len(d.Tenants) == 0 || len(d.Tenants) > maxTenants) {
		return d, invalid("tenant_ids", "give 1 to %d ids, or leave it out for all tenants", maxTenants)
	}
	if d.Bound() {
		d.Tenants = slices.Clone(d.Tenants)
		slices.SortFunc(d.Tenants, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		d.Tenants = slices.Compact(d.Tenants)
	}
	return d, checkLifetime(d.Lifetime)
}

// checkLifetime refuses a lifetime that is too short, unless it is 0.
func checkLifetime(lifetime time.Duration) error {
	if lifetime != 0 && lifetime < MinLifetime {
		return invalid("expires_in", `give a duration of at least %s, such as "2160h", or leave it out`, MinLifetime)
	}
	return nil
}

// mayGive refuses a grant that is more than the holder's, or that names a tenant that is none.
func (s *Service) mayGive(ctx context.Context, by Holder, grant Grant) error {
	if err := lacks(by, grant); err != nil {
		return err
	}
	if !grant.Bound() {
		if by.Bound() {
			return ErrBound
		}
		return nil
	}
	known, err := s.q.SystemKnownTenants(ctx, s.pool, grant.Tenants)
	if err != nil {
		return fmt.Errorf("look tenants up: %w", err)
	}
	for _, id := range grant.Tenants {
		// A tenant that the holder does not see is none to the holder.
		if !slices.Contains(known, id) || !by.Sees(id) {
			return invalid("tenant_ids", "there is no tenant %s", id)
		}
	}
	return nil
}

// lacks returns a [*ScopeError] if the holder lacks a scope of the grant.
func lacks(by Holder, grant Grant) error {
	for _, scope := range grant.Scopes {
		if !by.Has(scope) {
			return &ScopeError{scope}
		}
	}
	return nil
}

// outlives refuses a lifetime, counted from now, that is longer than the holder's own. 0 is for ever.
func outlives(by Holder, lifetime time.Duration, now time.Time) error {
	if by.ExpiresAt != nil && (lifetime == 0 || now.Add(lifetime).After(*by.ExpiresAt)) {
		return invalid("expires_in", "give a duration that ends no later than the token that asks, at %s",
			by.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}

// mayRoll refuses to give the holder the secret of a token that has more than the holder, or that
// has ended.
func mayRoll(by Holder, row gen.APIToken, lifetime time.Duration, now time.Time) error {
	of := holderOf(row)
	if row.RevokedAt != nil {
		return ErrRevoked
	}
	if err := lacks(by, of.Grant); err != nil {
		return err
	}
	if lifetime != 0 {
		return outlives(by, lifetime, now)
	}
	if over(row.ExpiresAt, now) {
		return invalid("expires_in", "the token has expired: say how long it is to live from now on")
	}
	if by.ExpiresAt != nil && (row.ExpiresAt == nil || row.ExpiresAt.After(*by.ExpiresAt)) {
		return outlives(by, 0, now)
	}
	return nil
}

func texts(scopes []Scope) []string {
	list := make([]string, len(scopes))
	for i, scope := range scopes {
		list[i] = string(scope)
	}
	return list
}

func scopeList(scopes []Scope) string { return strings.Join(texts(scopes), ", ") }

func nullDuration(d time.Duration) *time.Duration {
	if d == 0 {
		return nil
	}
	return &d
}
