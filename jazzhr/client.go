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

// DefaultTimeout bounds one request; public clients wait 60 to 120 s.
const DefaultTimeout = 60 * time.Second

// Config says how a Client reaches JazzHR.
type Config struct {
	// BaseURL is the API's address, without a query; DefaultBaseURL if empty.
	BaseURL string
	// Timeout bounds one request, from the connection to the last byte of the
	// answer; DefaultTimeout if zero. Waiting in a Gate does not count.
	Timeout time.Duration
	// Observe, if set, is told of each call that passed its Gate. It runs on
	// the caller's goroutine.
	Observe func(Call)
	// Now is the clock that Send.NotAfter is held against; time.Now if nil.
	Now func() time.Time
}

// Call is what can be told of a call without telling whose it was.
type Call struct {
	Endpoint string // such as "POST /applicants/{id}/notes"
	Outcome  string // "ok", "not_found" or a Kind
	Status   int    // HTTP status; 0 if no answer came
	Duration time.Duration
}

// The outcomes of a Call that are not a Kind.
const (
	OutcomeOK       = "ok"
	OutcomeNotFound = "not_found"
)

// Client holds the connections to JazzHR. It is safe for concurrent use.
type Client struct {
	base    string // without a trailing slash
	timeout time.Duration
	observe func(Call)
	now     func() time.Time
	reads   *http.Transport
	writes  *http.Transport
}

// How long a connection may take to stand, and how long an idle one is kept.
// net/http sends a read again, unseen by us, when the kept connection it took
// was closed meanwhile; keeping it briefly makes that rare.
const (
	connectTimeout = 10 * time.Second
	idleTimeout    = 30 * time.Second
)

// NewClient returns a Client for the configuration, or an error if its base URL
// can't be used. Requests go through the proxy the environment names, if any.
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
		MaxIdleConnsPerHost: 256, // all tenants call one host, and hundreds of polls may be under way
		IdleConnTimeout:     idleTimeout,
		ForceAttemptHTTP2:   true,
	}
	client.writes = newWriteTransport(dialer)
	return client, nil
}

// checkBaseURL does not quote the URL in its errors, as it may hold a password.
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

// Close closes the idle connections. Calls that run are not disturbed.
func (c *Client) Close() {
	c.reads.CloseIdleConnections()
	c.writes.CloseIdleConnections()
}

// Gate is asked right before each request and holds the caller's pace: it may
// wait, and an error from it ends the call unsent. Its context ends with the
// call's, for a write at Send.NotAfter too.
type Gate func(ctx context.Context) error

// Account is one JazzHR account, seen through its key. It is safe for
// concurrent use.
type Account struct {
	client *Client
	key    string
	gate   Gate
}

// Account returns the account a key belongs to. A nil gate lets all pass.
func (c *Client) Account(key string, gate Gate) *Account {
	if gate == nil {
		gate = func(context.Context) error { return nil }
	}
	return &Account{client: c, key: key, gate: gate}
}

// Format keeps the key out of whatever prints an Account.
func (Account) Format(f fmt.State, _ rune) {
	fmt.Fprint(f, "jazzhr.Account{key: [redacted]}")
}

// redacted stands where a key stood.
const redacted = "[redacted]"

// redactKey removes the key from a text, also as it is written in a URL.
func redactKey(text, key string) string {
	if key == "" {
		return text
	}
	return strings.NewReplacer(key, redacted, url.QueryEscape(key), redacted, url.PathEscape(key), redacted).Replace(text)
}
