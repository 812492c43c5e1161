package tenant

import (
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// State is how far a tenant is, derived from its three facts.
type State string

// The states.
const (
	Created             State = "created"              // has never had a key
	AwaitingVerify      State = "awaiting_verify"      // has a key; JazzHR's webhook was not seen yet
	Active              State = "active"               // key and webhook work
	Paused              State = "paused"               // everything is accepted, and waits
	CredentialsRejected State = "credentials_rejected" // JazzHR refuses the key; it is tried again from time to time
	Disconnected        State = "disconnected"         // key and secrets were erased
)

// Values of the columns connection and key_state of tenants.
const (
	connectionCreated      = "created"
	connectionAwaiting     = "awaiting_verify"
	connectionVerified     = "verified"
	connectionDisconnected = "disconnected"

	keyOK       = "ok"
	keyRejected = "rejected"
)

// StateOf derives the state of a tenant, and says why and what to do in words fit for an operator. The reason of
// [Active] is empty.
func StateOf(t gen.Tenant) (state State, reason string) {
	switch {
	case t.Connection == connectionCreated:
		return Created, "no JazzHR API key has been given yet"
	case t.Connection == connectionDisconnected:
		return Disconnected, "the connection was ended; give an API key to connect again"
	case t.PausedAt != nil:
		return Paused, "paused by an operator; what comes in is kept until the tenant is resumed"
	case t.KeyState == keyRejected:
		return CredentialsRejected, "JazzHR refuses the API key; give the account's current one"
	case t.Connection == connectionAwaiting:
		return AwaitingVerify, "JazzHR has not called the webhook yet; save its address and secret in JazzHR under Settings, Integrations, Candidate Export Integrations"
	default:
		return Active, ""
	}
}
