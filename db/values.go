package db

// Values of the columns connection and key_state of table tenants. Package tenant derives the state
// that is shown from them, package queue whether a tenant's work may go on.
const (
	ConnectionCreated      = "created"         // never had a key
	ConnectionAwaiting     = "awaiting_verify" // has a key; JazzHR has not called the webhook yet
	ConnectionVerified     = "verified"
	ConnectionDisconnected = "disconnected"

	KeyNone     = "none"
	KeyOK       = "ok"
	KeyRejected = "rejected"
)

// Connected reports whether a tenant of this connection has a JazzHR account to work with.
func Connected(connection string) bool {
	return connection != ConnectionCreated && connection != ConnectionDisconnected
}
