package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// failure is an error as a client sees it.
type failure struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Field is the member (candidate.email) or parameter that has to be mended, if one has to be.
	Field string `json:"field,omitempty"`
	// ID is the tenant or writeback that a conflict is with.
	ID uuid.UUID `json:"id,omitzero"`
	// State is the tenant's, if that is what stands in the way.
	State tenant.State `json:"state,omitempty"`
}

func (f *failure) Error() string { return string(f.Code) + ": " + f.Message }

func invalid(field, message string) *failure {
	return &failure{Code: CodeInvalidRequest, Message: field + ": " + message, Field: field}
}

func notFound(what string) *failure {
	return &failure{Code: CodeNotFound, Message: "no such " + what}
}

// retryAfter, in seconds, is what a client is asked to wait while the database is away, or too much comes at once.
const retryAfter = "5"

// fail is the one place that turns an error into an answer.
func fail(c *gin.Context, err error) {
	f := failureOf(err)
	note(c, f.Code, err)
	if c.Writer.Written() { // too late for another answer
		c.Abort()
		return
	}
	switch f.Code {
	case CodeUnauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="jazzhr-worker"`)
	case CodeDatabaseUnavailable, CodeOverloaded:
		c.Header("Retry-After", retryAfter)
	}
	c.AbortWithStatusJSON(f.Code.status(), gin.H{"error": f})
}

// failureOf decides what a client is told. Of an error that it does not know it tells nothing.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if f := failureOfRequest(err); f != nil {
		return f
	}
	if f := failureOfConnection(err); f != nil {
		return f
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &failure{Code: CodeClientClosedRequest, Message: "the client hung up"}
	case db.Away(err):
		return &failure{Code: CodeDatabaseUnavailable, Message: "the database can't be reached; try again"}
	default:
		return &failure{Code: CodeInternal, Message: "something failed on our side"}
	}
}

// failureOfRequest tells what is wrong with the request itself, or nil.
func failureOfRequest(err error) *failure {
	if e, ok := errors.AsType[*queue.InvalidError](err); ok {
		return invalid(e.Field, e.Message)
	}
	if e, ok := errors.AsType[*tenant.InvalidError](err); ok {
		return invalid(e.Field, e.Message)
	}
	if e, ok := errors.AsType[*queue.ConflictError](err); ok {
		return &failure{
			Code: CodeConflict, ID: e.WritebackID,
			Message: "interview_id and revision were used for a writeback with other content",
		}
	}
	if e, ok := errors.AsType[*tenant.ConflictError](err); ok {
		return &failure{
			Code: CodeConflict, ID: e.TenantID,
			Message: "external_id was used for a tenant with other content",
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{Code: CodeTooLarge, Message: "the body is too large"}
	}
	switch {
	case errors.Is(err, queue.ErrNoTenant), errors.Is(err, tenant.ErrNoTenant):
		return notFound("tenant")
	case errors.Is(err, queue.ErrNoWriteback):
		return notFound("writeback")
	case errors.Is(err, queue.ErrFull):
		return &failure{Code: CodeOverloaded, Message: err.Error() + "; try again"}
	case errors.Is(err, queue.ErrNoAttention):
		return notFound("item in attention")
	case errors.Is(err, queue.ErrEventsExpired):
		return &failure{
			Code: CodeEventsExpired, Field: "after",
			Message: "events after this sequence have expired; read on from a later one",
		}
	}
	return nil
}

// failureOfConnection tells what is wrong with a tenant's connection to JazzHR, or nil.
func failureOfConnection(err error) *failure {
	if e, ok := errors.AsType[*queue.StateError](err); ok {
		return &failure{Code: CodeNotActive, Message: e.Error(), State: e.State}
	}
	switch {
	case errors.Is(err, queue.ErrNotConnected), errors.Is(err, tenant.ErrNotConnected):
		return &failure{Code: CodeNotConnected, Message: "the tenant is not connected to JazzHR"}
	case errors.Is(err, tenant.ErrKeyInUse):
		return &failure{Code: CodeKeyInUse, Message: "another tenant has this JazzHR key", Field: "api_key"}
	case errors.Is(err, tenant.ErrCredentialsRejected):
		return &failure{Code: CodeCredentialsRejected, Message: "JazzHR refuses the key", Field: "api_key"}
	case errors.Is(err, tenant.ErrDifferentAccount):
		return &failure{Code: CodeDifferentAccount, Message: "the key is of another JazzHR account", Field: "api_key"}
	case errors.Is(err, tenant.ErrJazzHRUnavailable):
		return &failure{Code: CodeJazzHRUnavailable, Message: "JazzHR could not be asked; try again"}
	}
	return nil
}
