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

// Kind says what a failed call means for its caller. The set of kinds is closed.
type Kind int

// The kinds of Error.
const (
	// Unauthorized means that JazzHR refused the key (401). The call had no effect.
	Unauthorized Kind = iota + 1
	// RateLimited means that the account made too many calls (429). The call had no effect.
	RateLimited
	// Rejected means that JazzHR refused what the request holds, with a readable business error. See
	// [Error.Message].
	Rejected
	// UnknownRoute means that a note was answered by 404 or 405, whatever the body says: the account
	// does not know the route, or has no such applicant. The call had no effect.
	UnknownRoute
	// NotSent means that no byte of the request was sent. The [Gate] or [Send.NotAfter] forbade it,
	// or no connection was made (DNS, refused, TLS, timeout while connecting).
	NotSent
	// Unavailable means that a read got no usable answer. The caller may repeat it.
	Unavailable
	// Unknown means that a write may or may not have taken effect. The caller must not repeat it
	// until a read has shown that it did not.
	Unknown
)

// String returns the kind in snake case, as in [Call.Outcome].
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
	// ErrNotFound means that JazzHR has no record with this id. JazzHR then answers 200, with
	// something else or with nothing.
	ErrNotFound = errors.New("not found")
	// ErrTooLate means that [Send.NotAfter] forbade the write.
	ErrTooLate = errors.New("too late to send")
	// ErrMissingID means that a write got a complete answer of success without one clear id. The
	// kind is Unknown.
	ErrMissingID = errors.New("answer without id")
)

// Error is a failed call. Its text holds no URL, no key and nothing of a body. It wraps the error
// of the caller's [Gate], the error of the caller's context if that ended, [ErrTooLate] and
// [ErrMissingID]. It describes other causes in words only.
type Error struct {
	Op     string // the endpoint, such as "POST /applicants/{id}/notes"
	Kind   Kind
	Status int // HTTP status; 0 if no answer arrived
	// Message is JazzHR's own text for Rejected, shortened and without the key. It may quote
	// personal data from the request, so store it with the record and keep it out of logs.
	Message string
	// RetryAfter is how long JazzHR asked to wait. It is 0 if JazzHR named no time.
	RetryAfter time.Duration

	cause error
}

// Error returns endpoint, kind, status and cause.
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

// Causes that show no addresses and URLs, unlike the errors of net/http and net.
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

// safeCause maps an error of the transport to one of the causes above.
func safeCause(err error) error {
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

// maxMessage is how much of a business error is kept, in bytes. Those seen in practice are under
// 40.
const maxMessage = 300

// redactMessage prepares a business error for storage: one short line of valid UTF-8 without the
// key. JazzHR may repeat the request in its error.
func redactMessage(message, key string) string {
	message = redactKey(message, key)
	message = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(message, "�"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	// A key that was broken by white space is whole again after the join.
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
