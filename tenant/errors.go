package tenant

import "errors"

// Errors of this package that callers tell apart. None holds a secret.
var (
	// ErrCredentialsRejected says that JazzHR refused the API key.
	ErrCredentialsRejected = errors.New("JazzHR refuses the API key")
	// ErrJazzHRUnavailable says that JazzHR could not be asked, so nothing is known of the key.
	ErrJazzHRUnavailable = errors.New("JazzHR can't be asked at the moment")
	// ErrKeyInUse says that another tenant has the API key.
	ErrKeyInUse = errors.New("another tenant uses this API key")
	// ErrDifferentAccount says that the API key works, but does not know a job or applicant that we
	// know of this tenant.
	ErrDifferentAccount = errors.New("the API key is of another JazzHR account than the tenant's")
)
