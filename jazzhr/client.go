package jazzhr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultBaseURL is where JazzHR serves the REST API.
const DefaultBaseURL = "https://api.resumatorapi.com/v1"

// DefaultTimeout is the time limit of one request. Public clients wait 60 to 120 s.
const DefaultTimeout = 60 * time.Second

// Config configures a [Client]. The zero value reaches JazzHR itself.
type Config struct {
	// BaseURL is the API's address, without a query. Empty means [DefaultBaseURL].
	BaseURL string
	// Timeout limits one request, from the connection to the last byte of the answer. Waiting in a
	// [Gate] does not count. Zero means [DefaultTimeout].
	Timeout time.Duration
	// Observe, if set, is called after each call that passed its [Gate]. It runs on the caller's
	// goroutine.
	Observe func(Call)
	// Now is the clock that [Send.NotAfter] is compared with. Nil means [time.Now].
	Now func() time.Time
}

// Call describes a finished call for metrics. It does not identify the account.
type Call struct {
	Endpoint string // such as "POST /applicants/{id}/notes"
	Outcome  string // "ok", "not_found" or a Kind
	Status   int    // HTTP status; 0 if no answer arrived
	Duration time.Duration
}

// The outcomes of a [Call] that are not a [Kind].
const (
	OutcomeOK       = "ok"
	OutcomeNotFound = "not_found"
)

// Client holds the connections to JazzHR. Make one with [NewClient] and share it: it is safe for
// concurrent use.
type Client struct {
	base    string // without a trailing slash
	timeout time.Duration
	observe func(Call)
	now     func() time.Time
	reads   *http.Transport
	writes  *http.Transport
}

// connectTimeout limits the time to connect. idleTimeout limits how long an idle connection is
// kept: if JazzHR has closed a kept connection, net/http silently sends the read again on a new
// one. A short limit makes that rare.
const (
	connectTimeout = 10 * time.Second
	idleTimeout    = 30 * time.Second
)

// NewClient returns a Client, or an error if the configuration is invalid. Requests use the proxy
// that the environment names, if any.
func NewClient(config Config) (*Client, error) {
	base := config.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	if err := checkBaseURL(base); err != nil {
		return nil, fmt.Errorf("jazzhr: base URL: %w", err)
	}
	if config.Timeout < 0 {
		return nil, errors.New("jazzhr: negative timeout")
	}
	client := &Client{
		base:    strings.TrimRight(base, "/"),
		timeout: config.Timeout,
		observe: config.Observe,
		now:     config.Now,
	}
	if client.timeout == 0 {
		client.timeout = DefaultTimeout
	}
	if client.observe == nil {
		client.observe = func(Call) {}
	}
	if client.now == nil {
		client.now = time.Now
	}
	dialer := &net.Dialer{Timeout: connectTimeout}
	client.reads = &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: connectTimeout,
		MaxIdleConnsPerHost: 256, // every account calls the same host, with hundreds of reads at once
		IdleConnTimeout:     idleTimeout,
		ForceAttemptHTTP2:   true,
	}
	client.writes = newWriteTransport(dialer)
	return client, nil
}

// checkBaseURL returns errors that do not quote the URL, because it may hold a password.
func checkBaseURL(base string) error {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return errors.New("can't be parsed")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("must begin with https:// or http://")
	case u.Host == "":
		return errors.New("has no host")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("must not have user, query or fragment")
	}
	return nil
}

// Close closes the idle connections. Running calls continue.
func (c *Client) Close() {
	c.reads.CloseIdleConnections()
	c.writes.CloseIdleConnections()
}

// Gate is called right before each request to keep the caller's pace. It may wait. If it returns an
// error, the request is not sent. Its context ends with the call's; for a write it also ends at
// [Send.NotAfter].
type Gate func(ctx context.Context) error

// Account is one JazzHR account, reached with its API key. It is safe for concurrent use.
type Account struct {
	client *Client
	key    string
	gate   Gate
}

// Account returns the account that the key belongs to. A nil gate lets every call pass.
func (c *Client) Account(key string, gate Gate) *Account {
	if gate == nil {
		gate = func(context.Context) error { return nil }
	}
	return &Account{client: c, key: key, gate: gate}
}

// Format prints an Account without its key.
func (Account) Format(f fmt.State, _ rune) {
	fmt.Fprint(f, "jazzhr.Account{key: [redacted]}")
}

// redacted replaces the key in texts.
const redacted = "[redacted]"

// redactKey removes the key from a text, in plain form and in both URL encodings.
func redactKey(text, key string) string {
	if key == "" {
		return text
	}
	return strings.NewReplacer(key, redacted, url.QueryEscape(key), redacted, url.PathEscape(key), redacted).Replace(text)
}
