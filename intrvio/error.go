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

// DeliveryError says that a delivery got no 2xx. Its text holds neither the receiver's address nor anything it sent.
type DeliveryError struct {
	EventID string
	// Status is the answer's; 0 if none came.
	Status int
	// RetryAfter is what a 429 or 503 asked for, at most an hour; 0 if nothing.
	RetryAfter time.Duration
	// Reason says in fixed words why no answer came; empty if one did.
	Reason string

	cause error
}

func (e *DeliveryError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("deliver event %s: receiver answered %d", e.EventID, e.Status)
	}
	return fmt.Sprintf("deliver event %s: no answer: %s", e.EventID, e.Reason)
}

// Unwrap gives the caller's own context error if that ended the attempt, so that a shutdown can be told from a receiver
// that failed. The network's error is not given: its text can hold addresses and bytes of the answer.
func (e *DeliveryError) Unwrap() error { return e.cause }

// reason puts an error of net/http into words that are safe to store and show.
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

// retryAfter reads the Retry-After header, seconds or a date, of the two statuses it is meant for. It is bounded, as a
// receiver's slip must not silence it for days.
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
