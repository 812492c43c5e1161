package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/db"
)

// failure is an error as a person sees it, or River UI in JSON. Its code is one of the API's.
type failure struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Title   string `json:"-"`
	Message string `json:"message"`
	Retry   bool   `json:"-"` // the browser asks for the page again until it comes
	Self    string `json:"-"` // the address of the page that failed
}

func (f *failure) Error() string { return f.Code + ": " + f.Message }

// refused makes a failure that the person can correct: the request breaks a rule.
func refused(status int, title, message string) *failure {
	return &failure{Status: status, Code: "invalid_request", Title: title, Message: message}
}

var (
	errNotFound = &failure{
		Status: http.StatusNotFound, Code: "not_found", Title: "Nothing here",
		Message: "There is no such page, or what it showed no longer exists.",
	}
	errSignedOut = &failure{
		Status: http.StatusUnauthorized, Code: "unauthorized", Title: "Signed out",
		Message: "not signed in to the console",
	}
	errCrossOrigin = &failure{
		Status: http.StatusForbidden, Code: "cross_origin", Title: "Refused",
		Message: "The console takes no requests from pages of other sites. Open the console itself and try there.",
	}
	errTooLarge = &failure{
		Status: http.StatusRequestEntityTooLarge, Code: "too_large", Title: "Too much",
		Message: "The form is too large.",
	}
	errLargeForRiver = &failure{
		Status: http.StatusRequestEntityTooLarge, Code: "too_large", Title: "Too much",
		Message: "A request to River UI may have 64 KiB. Choose fewer jobs at once.",
	}
	errNotWhole  = refused(http.StatusBadRequest, "Not understood", "The request did not arrive whole.")
	errMalformed = refused(http.StatusBadRequest, "Not understood", "The form is not well formed.")
)

// errMissingRole tells somebody with one role that another is needed.
func errMissingRole(has, needs Role) *failure {
	return &failure{
		Status: http.StatusForbidden, Code: "missing_role", Title: "Not with your role",
		Message: fmt.Sprintf("This needs the role %s. You have the role %s. "+
			"Whoever manages the groups at your identity provider can give you another.", needs, has),
	}
}

// errNoRole tells somebody who is signed in at the identity provider that no role comes with it.
func errNoRole(host string) *failure {
	return &failure{
		Status: http.StatusForbidden, Code: "missing_role", Title: "You have no role here",
		Message: "You are signed in at " + host + ", but none of your groups there has a role here. " +
			"Ask whoever manages the groups there, or whoever runs this service.",
	}
}

// failureOf decides what a person is told about an error. It tells nothing about errors that it
// does not know.
func failureOf(err error) failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return *f
	}
	switch {
	case errors.Is(err, context.Canceled):
		return failure{
			Status: 499, Code: "client_closed_request", Title: "Closed", Message: "The browser closed the connection.",
		}
	case db.Away(err):
		return failure{
			Status: http.StatusServiceUnavailable, Code: "database_unavailable", Title: "The database can’t be reached",
			Message: "Nothing that was accepted is lost. This page loads by itself as soon as the database is back.",
			Retry:   true,
		}
	default:
		return failure{
			Status: http.StatusInternalServerError, Code: "internal", Title: "Something failed on our side",
			Message: "The log says what. Try again. If it fails again, tell whoever runs the service.",
		}
	}
}

// fail answers with an error: with a page for a browser, with JSON for anything else.
func (k *Console) fail(c *gin.Context, err error) {
	f := failureOf(err)
	k.config.Note(c, f.Code, err)
	k.failAs(c, f)
}

// failAs answers with a failure that is logged already.
func (k *Console) failAs(c *gin.Context, f failure) {
	c.Abort()
	if c.Writer.Written() { // too late for another answer
		return
	}
	if f.Retry {
		c.Header("Retry-After", "5")
	}
	if !strings.Contains(c.GetHeader("Accept"), "text/html") && !isHTMX(c) {
		c.JSON(f.Status, gin.H{"error": f})
		return
	}
	if f.Retry = f.Retry && c.Request.Method == http.MethodGet; f.Retry {
		f.Self = c.Request.URL.RequestURI()
	}
	k.show(c, f.Status, k.standalone["error"], f)
}
