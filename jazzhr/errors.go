package jazzhr

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind says what a failed call means for its caller. The set is closed.
type Kind int

// The kinds of Error.
const (
	// Unauthorized: JazzHR refused the key (401). Nothing was done.
	Unauthorized Kind = iota + 1
	// RateLimited: too many calls (429). Nothing was done.
	RateLimited
	// Rejected: JazzHR answered with a business error that can be read; see
	// Error.Message.
	Rejected
	// UnknownRoute: a write's route does not exist (404 or 405 without a
	// business error). Nothing was done.
	UnknownRoute
	// NotSent: no byte of the request left. A Gate or Send.NotAfter forbade it,
	// or the connection never stood (DNS, refused, TLS, timeout before it).
	NotSent
	// Unavailable: a read got no answer that can be used. It may be repeated.
	Unavailable
	// Unknown: a write may or may not have been applied. It must not be
	// repeated before reading has shown that it was not.
	Unknown
)

// String returns the kind in snake case, as it stands in Call.Outcome.
func (k Kind) String() string {
	switch k {
	case Unauthorized:
		return "unauthorized"
	case RateLimited:
		return "rate_limited"
	case Rejected:
		return "rejected"
	case UnknownRoute:
		return "unknown_route"
	case NotSent:
		return "not_sent"
	case Unavailable:
		return "unavailable"
	case Unknown:
		return "unknown"
	default:
		return fmt.Sprintf("kind(%d)", int(k))
	}
}

var (
	// ErrNotFound is wrapped by reads of one thing whose id JazzHR does not
	// know. JazzHR answers 200 then, with something else or nothing.
	ErrNotFound = errors.New("not found")
	// ErrTooLate is wrapped by a write that Send.NotAfter forbade.
	ErrTooLate = errors.New("too late to send")
	// ErrMissingID is wrapped by a write of kind Unknown whose answer came
	// whole, with a status of success, and held no id or not clearly one.
	ErrMissingID = errors.New("answer without id")
)

// Error is a failed call. Its text holds neither URL nor key nor anything of a
// body. It wraps an error of the caller's Gate, the error of the caller's
// context once that ended, ErrTooLate and ErrMissingID; other causes are told in words only.
type Error struct {
	Op     string // the endpoint, such as "POST /applicants/{id}/notes"
	Kind   Kind
	Status int // HTTP status; 0 if no answer came
	// Message is JazzHR's own text for Rejected, shortened and without the key.
	// It may name what was sent, so it is for the record, not for logs.
	Message string
	// RetryAfter is how long JazzHR asked to wait; 0 if it did not.
	RetryAfter time.Duration

	cause error
}

// Error gives endpoint, kind, status and cause.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "jazzhr: %s: %s", e.Op, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&text, " (status %d)", e.Status)
	}
	if e.cause != nil {
		fmt.Fprintf(&text, ": %s", e.cause)
	}
	return text.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Causes without the detail that net/http and net put into their errors, where
// addresses and URLs stand.
var (
	errTimeout     = errors.New("timeout")
	errNoHost      = errors.New("no such host")
	errDNS         = errors.New("dns lookup failed")
	errRefused     = errors.New("connection refused")
	errReset       = errors.New("connection reset")
	errUnreachable = errors.New("host unreachable")
	errTLS         = errors.New("tls")
	errEOF         = errors.New("unexpected EOF")
	errTransport   = errors.New("transport failure")
	errUnreadable  = errors.New("unreadable answer")
	errTooLong     = errors.New("answer too long")
	errStatus      = errors.New("unexpected status")
	errPathValue   = errors.New("value can't stand in a path")
)

// flatten reduces a transport's error to one of the causes above.
func flatten(err error) error {
	var (
		dns         *net.DNSError
		timeout     net.Error
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
	)
	switch {
	case errors.Is(err, errTooLong):
		return errTooLong
	case errors.Is(err, errTimeout), errors.Is(err, ErrTooLate),
		errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return errTimeout
	case errors.As(err, &dns) && dns.IsNotFound:
		return errNoHost
	case errors.As(err, &dns):
		return errDNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return errRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errReset
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return errUnreachable
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return errTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errEOF
	default:
		return errTransport
	}
}

// maxMessage is how much of a business error is kept, in bytes. The ones met
// are under 40.
const maxMessage = 300

// redactMessage makes a business error fit to be kept: one line, short, valid
// UTF-8, and without the key, in case JazzHR repeats the request.
func redactMessage(message, key string) string {
	message = redactKey(message, key)
	message = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(message, "�"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	// Joining can bring the parts of a broken key together.
	message = redactKey(message, key)
	if len(message) <= maxMessage {
		return message
	}
	cut := maxMessage
	for !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}
