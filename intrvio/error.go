package intrvio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// DeliveryError means that a delivery got no 2xx. Its text shows neither the receiver's address nor
// anything from its answer.
type DeliveryError struct {
	EventID string
	// Status is the HTTP status; 0 if no answer arrived.
	Status int
	// RetryAfter is the wait that a 429 or 503 asked for, at most an hour. Zero if it asked for
	// none.
	RetryAfter time.Duration
	// Reason says in fixed words why no answer arrived. Empty if one did.
	Reason string

	cause error
}

func (e *DeliveryError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("deliver event %s: receiver answered %d", e.EventID, e.Status)
	}
	return fmt.Sprintf("deliver event %s: no answer: %s", e.EventID, e.Reason)
}

// Unwrap returns the error of the caller's own context if that ended the attempt. So a caller can
// tell a shutdown from a failed receiver. It does not return the network's error, whose text can
// hold addresses and bytes of the answer.
func (e *DeliveryError) Unwrap() error { return e.cause }

// reason describes an error of net/http in words that are safe to store and show.
func reason(err error) string {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		network     net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &dns):
		return "host name not resolved"
	case errors.As(err, &certificate):
		return "certificate not trusted"
	case errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return "TLS handshake failed"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	default:
		return "connection failed"
	}
}

// retryAfter reads the Retry-After header, in seconds or as a date, of a 429 or 503. It limits the
// value, so that a receiver's mistake does not stop deliveries for days.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryDelay)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryDelay)
}
