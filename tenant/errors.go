package tenant

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Errors of this package that callers tell apart. None holds a secret.
var (
	// ErrNoTenant says that no tenant has the id.
	ErrNoTenant = errors.New("no such tenant")
	// ErrNotConnected says that the tenant has no API key: it was never connected, or was disconnected.
	ErrNotConnected = errors.New("the tenant is not connected to JazzHR")
	// ErrCredentialsRejected says that JazzHR refused the API key.
	ErrCredentialsRejected = errors.New("JazzHR refuses the API key")
	// ErrJazzHRUnavailable says that JazzHR could not be asked, so nothing is known of the key.
	ErrJazzHRUnavailable = errors.New("JazzHR can't be asked at the moment")
	// ErrKeyInUse says that another tenant has the API key.
	ErrKeyInUse = errors.New("another tenant uses this API key")
	// ErrDifferentAccount says that the API key works, but does not know a job or applicant that we know of this tenant.
	ErrDifferentAccount = errors.New("the API key is of another JazzHR account than the tenant's")
)

// InvalidError says which field of a request is wrong and how to mend it. Field is the name it has in the API.
type InvalidError struct{ Field, Message string }

// Error gives field and message.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }

// ConflictError says that a tenant of other content has the external id.
type ConflictError struct{ TenantID uuid.UUID }

// Error names the tenant that has it.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("external_id is that of tenant %s, whose name or region is another", e.TenantID)
}
