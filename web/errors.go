package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/token"
)

// apiError is an error as a client sees it.
type apiError struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Field is the member (candidate.email) or parameter that is wrong, if it is one.
	Field string `json:"field,omitempty"`
	// ID is the tenant or writeback that has the key of a conflict.
	ID uuid.UUID `json:"id,omitzero"`
	// State is the tenant's state, if that is why.
	State tenant.State `json:"state,omitempty"`
	// Scope is the one that the token lacks, if that is why.
	Scope token.Scope `json:"scope,omitempty"`
}

func (f *apiError) Error() string { return string(f.Code) + ": " + f.Message }

func invalid(field, message string) *apiError {
	return &apiError{Code: CodeInvalidRequest, Message: field + ": " + message, Field: field}
}

func notFound(what string) *apiError {
	return &apiError{Code: CodeNotFound, Message: "no such " + what}
}

// retryAfter is the header Retry-After, in seconds, where the database is away or too much comes at
// once.
const retryAfter = "5"

// fail writes an error as the answer. It is the only place that does.
func fail(c *gin.Context, err error) {
	f := apiErrorOf(err)
	setLogError(c, f.Code, err)
	if c.Writer.Written() { // an answer has begun
		c.Abort()
		return
	}
	switch f.Code {
	case CodeUnauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="jazzhr-worker"`)
	case CodeTooManyRequests:
		c.Header("Retry-After", "1")
	case CodeDatabaseUnavailable, CodeOverloaded:
		c.Header("Retry-After", retryAfter)
	}
	c.AbortWithStatusJSON(f.Code.Status(), gin.H{"error": f})
}

// apiErrorOf returns what a client is told of an error. An error that is not known here becomes
// [CodeInternal], which says nothing of it.
func apiErrorOf(err error) *apiError {
	if f, ok := errors.AsType[*apiError](err); ok {
		return f
	}
	if f := requestError(err); f != nil {
		return f
	}
	if f := connectionError(err); f != nil {
		return f
	}
	if f := tokenError(err); f != nil {
		return f
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &apiError{Code: CodeClientClosedRequest, Message: "the client hung up"}
	case db.Away(err):
		return &apiError{Code: CodeDatabaseUnavailable, Message: "the database can't be reached; try again"}
	default:
		return &apiError{Code: CodeInternal, Message: "something failed on our side"}
	}
}

// requestError returns what is wrong with the request itself, or nil.
func requestError(err error) *apiError {
	if e, ok := errors.AsType[*queue.InvalidError](err); ok {
		return invalid(e.Field, e.Message)
	}
	if e, ok := errors.AsType[*queue.ConflictError](err); ok {
		return &apiError{Code: CodeConflict, ID: e.ID, Message: e.Message}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &apiError{Code: CodeTooLarge, Message: "the body is too large"}
	}
	switch {
	case errors.Is(err, queue.ErrNoTenant):
		return notFound("tenant")
	case errors.Is(err, writeback.ErrNoWriteback):
		return notFound("writeback")
	case errors.Is(err, intake.ErrFull):
		return &apiError{Code: CodeOverloaded, Message: err.Error() + "; try again"}
	case errors.Is(err, writeback.ErrNoCase):
		return notFound("case")
	}
	if overtaken, ok := errors.AsType[*writeback.OvertakenError](err); ok {
		return &apiError{Code: CodeOvertaken, Message: overtaken.Error()}
	}
	if expired, ok := errors.AsType[*outbox.ExpiredError](err); ok {
		return &apiError{Code: CodeEventsExpired, Field: "after", Message: expired.Error()}
	}
	return nil
}

// connectionError returns what is wrong with a tenant's connection to JazzHR, or nil.
func connectionError(err error) *apiError {
	if e, ok := errors.AsType[*tenant.StateError](err); ok {
		return &apiError{Code: CodeNotActive, Message: e.Error(), State: e.State}
	}
	if e, ok := errors.AsType[*tenant.OtherRegionError](err); ok {
		return &apiError{Code: CodeOtherRegion, Message: e.Error(), Field: "region"}
	}
	switch {
	case errors.Is(err, queue.ErrNotConnected):
		return &apiError{Code: CodeNotConnected, Message: "the tenant is not connected to JazzHR"}
	case errors.Is(err, tenant.ErrKeyInUse):
		return &apiError{Code: CodeKeyInUse, Message: "another tenant has this JazzHR key", Field: "api_key"}
	case errors.Is(err, tenant.ErrCredentialsRejected):
		return &apiError{Code: CodeCredentialsRejected, Message: "JazzHR refuses the key", Field: "api_key"}
	case errors.Is(err, tenant.ErrDifferentAccount):
		return &apiError{Code: CodeDifferentAccount, Message: "the key is of another JazzHR account", Field: "api_key"}
	case errors.Is(err, tenant.ErrJazzHRUnavailable):
		return &apiError{Code: CodeJazzHRUnavailable, Message: "JazzHR could not be asked; try again"}
	}
	return nil
}
