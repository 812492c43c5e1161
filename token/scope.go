package token

import (
	"slices"

	"github.com/google/uuid"
)

// Scope is a kind of request that a token may make. The set is closed, and within v1 of the API
// scopes are only added.
type Scope string

// The scopes. [Scopes] gives each its meaning.
const (
	TenantsRead      Scope = "tenants:read"
	TenantsWrite     Scope = "tenants:write"
	ConnectionsWrite Scope = "connections:write"
	WritebacksRead   Scope = "writebacks:read"
	WritebacksWrite  Scope = "writebacks:write"
	EventsRead       Scope = "events:read"
	EventsRedeliver  Scope = "events:redeliver"
	AttentionRead    Scope = "attention:read"
	AttentionWrite   Scope = "attention:write"
	TokensWrite      Scope = "tokens:write"
	RecordRead       Scope = "record:read"
)

// ScopeInfo is a row of the table of scopes.
type ScopeInfo struct {
	Scope   Scope
	Meaning string
}

// Scopes returns the table of all scopes.
func Scopes() []ScopeInfo {
	return []ScopeInfo{
		{TenantsRead, "See tenants, and the stages and jobs of their accounts."},
		{TenantsWrite, "Create and change tenants, pause and resume them, start a sync."},
		{ConnectionsWrite, "Connect and disconnect accounts, test keys, make webhook secrets and connect links."},
		{WritebacksRead, "See writebacks."},
		{WritebacksWrite, "Enqueue writebacks."},
		{EventsRead, "Read events."},
		{EventsRedeliver, "Have events pushed again."},
		{AttentionRead, "See the cases that need a person, with their evidence."},
		{AttentionWrite, "Decide cases."},
		{TokensWrite, "Make, list, roll and revoke tokens, within what the token itself may do."},
		{RecordRead, "Read the record of what people, tokens and commands did."},
	}
}

// AllScopes returns all scopes, in the order of the table.
func AllScopes() []Scope {
	var scopes []Scope
	for _, info := range Scopes() {
		scopes = append(scopes, info.Scope)
	}
	return scopes
}

// Grant is what a token may do, and for which tenants.
type Grant struct {
	Scopes []Scope
	// Tenants are those that the token is bound to; nil is all of them.
	Tenants []uuid.UUID
}

// Full returns the grant of those who are bound by nothing: the deployment's own tokens and the
// command line.
func Full() Grant { return Grant{Scopes: AllScopes()} }

// Has reports whether the grant holds a scope.
func (g Grant) Has(scope Scope) bool { return slices.Contains(g.Scopes, scope) }

// Bound reports whether the grant is for named tenants only.
func (g Grant) Bound() bool { return g.Tenants != nil }

// Sees reports whether the grant is for a tenant.
func (g Grant) Sees(tenant uuid.UUID) bool { return !g.Bound() || slices.Contains(g.Tenants, tenant) }

// within reports whether the grant is for no tenant that the other one is not for.
func (g Grant) within(other Grant) bool {
	if !other.Bound() {
		return true
	}
	return g.Bound() && !slices.ContainsFunc(g.Tenants, func(id uuid.UUID) bool { return !other.Sees(id) })
}
