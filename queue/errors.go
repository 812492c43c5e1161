package queue

import (
	"errors"

	"github.com/google/uuid"
)

// Errors that all packages use that do something for a tenant.
var (
	// ErrNoTenant says that no tenant has the id.
	ErrNoTenant = errors.New("no such tenant")
	// ErrNotConnected says that the tenant has no API key: it was never connected, or was
	// disconnected.
	ErrNotConnected = errors.New("the tenant is not connected to JazzHR")
)

// InvalidError says which field of a request is wrong, and how to mend it. Field is the field's
// name in the API.
type InvalidError struct{ Field, Message string }

// Error gives the field and the message.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }

// ConflictError says that the key of a request was used before, with other content.
type ConflictError struct {
	ID      uuid.UUID // of the tenant or writeback that has the key
	Message string
}

// Error names what has the key.
func (e *ConflictError) Error() string { return e.Message + " (" + e.ID.String() + ")" }
