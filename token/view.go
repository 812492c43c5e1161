package token

import (
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// State says whether a token opens anything.
type State string

// The states.
const (
	Active  State = "active"
	Expired State = "expired"
	Revoked State = "revoked"
)

// Token is a token as the API and the command line show it. It holds no secret.
type Token struct {
	ID         uuid.UUID   `json:"id"`
	Name       string      `json:"name"`
	Prefix     string      `json:"prefix"` // how its secret begins
	State      State       `json:"state"`
	Scopes     []string    `json:"scopes"`
	TenantIDs  []uuid.UUID `json:"tenant_ids"` // null is all tenants
	CreatedAt  time.Time   `json:"created_at"`
	CreatedBy  string      `json:"created_by"`
	ExpiresAt  *time.Time  `json:"expires_at"`
	LastUsedAt *time.Time  `json:"last_used_at"`
	RevokedAt  *time.Time  `json:"revoked_at"`
	Previous   *Previous   `json:"previous"` // the secret before the last roll, while it lives
}

// Previous is the secret that a token had before it was rolled.
type Previous struct {
	Prefix     string     `json:"prefix"`
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

// view returns a row as it is shown.
func view(row gen.APIToken, now time.Time) Token {
	t := Token{
		ID: row.TokenID, Name: row.Name, Prefix: row.Prefix, State: Active, Scopes: row.Scopes, TenantIDs: row.TenantIds,
		CreatedAt: row.CreatedAt.UTC(), CreatedBy: row.CreatedBy, ExpiresAt: db.UTC(row.ExpiresAt),
		LastUsedAt: db.UTC(row.LastUsedAt), RevokedAt: db.UTC(row.RevokedAt),
	}
	switch {
	case row.RevokedAt != nil:
		t.State = Revoked
	case over(row.ExpiresAt, now):
		t.State = Expired
	}
	if t.State != Revoked && row.PreviousExpiresAt != nil && !over(row.PreviousExpiresAt, now) {
		t.Previous = &Previous{db.Text(row.PreviousPrefix), row.PreviousExpiresAt.UTC(), db.UTC(row.PreviousUsedAt)}
	}
	return t
}
