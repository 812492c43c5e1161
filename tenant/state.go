package tenant

import (
	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// State is the state of a tenant, derived from its three facts: see the package comment.
type State string

// The states.
const (
	Created             State = "created"              // has never had a key
	AwaitingVerify      State = "awaiting_verify"      // has a key; JazzHR's webhook was not seen yet
	Active              State = "active"               // key and webhook work
	Paused              State = "paused"               // everything is accepted, and waits
	CredentialsRejected State = "credentials_rejected" // JazzHR refuses the key, which is tried again
	Disconnected        State = "disconnected"         // key and secrets were erased
)

// StateOf returns the state of a tenant, and for an operator why it is so and what to do. The
// reason of [Active] is empty.
func StateOf(t gen.Tenant) (state State, reason string) {
	switch {
	case t.Connection == db.ConnectionCreated:
		return Created, "no JazzHR API key has been given yet"
	case t.Connection == db.ConnectionDisconnected:
		return Disconnected, "the connection was ended; give an API key to connect again"
	case t.PausedAt != nil:
		return Paused, "paused by an operator; what comes in is kept until the tenant is resumed"
	case t.KeyState == db.KeyRejected:
		return CredentialsRejected, "JazzHR refuses the API key; give the account's current one"
	case t.Connection == db.ConnectionAwaiting:
		return AwaitingVerify, "JazzHR has not called the webhook yet; " +
			"save its address and secret in JazzHR under Settings, Integrations, Candidate Export Integrations"
	default:
		return Active, ""
	}
}
