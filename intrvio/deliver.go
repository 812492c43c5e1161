package intrvio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	defaultTimeout = 15 * time.Second
	// maxDrain is how much of an answer is read. Reading it lets the connection serve the next
	// delivery.
	maxDrain = 4 << 10
	// maxIdleConns keeps the connections of a process's delivery workers open between events.
	// net/http's default is 2.
	maxIdleConns = 16
)

// DelivererConfig configures a [Deliverer].
type DelivererConfig struct {
	// URL is the receiver's address: http or https, with a host. Its query may hold a token, so the
	// URL is never shown.
	URL string
	// Secrets sign each event. At least one is required.
	Secrets Secrets
	// Timeout limits one attempt, from dialling to the header of the answer. Zero means 15 s.
	Timeout time.Duration
	// Observe, if set, is called once after each attempt, from the goroutine that made it.
	Observe func(Attempt)
}

// Attempt describes one attempt to deliver, for metrics.
type Attempt struct {
	Type EventType
	// Status is the HTTP status; 0 if no answer arrived.
	Status int
	Took   time.Duration
}

// Deliverer sends events to the receiver. It is safe for concurrent use.
type Deliverer struct {
	url     string
	secrets Secrets
	timeout time.Duration
	observe func(Attempt)
	client  *http.Client
}

// NewDeliverer returns a Deliverer, or an error if the configuration is invalid. The error does not
// show the URL.
func NewDeliverer(cfg DelivererConfig) (*Deliverer, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("events URL: not an absolute http or https address")
	}
	if len(cfg.Secrets.keys) == 0 {
		return nil, errors.New("events URL: no secret to sign events with")
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("events timeout: negative")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = maxIdleConns
	d := &Deliverer{
		url:     cfg.URL,
		secrets: cfg.Secrets,
		timeout: cfg.Timeout,
		observe: cfg.Observe,
		client: &http.Client{
			Transport: transport,
			// A redirect would send a signed body with personal data to an address that nobody
			// configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if d.timeout == 0 {
		d.timeout = defaultTimeout
	}
	if d.observe == nil {
		d.observe = func(Attempt) {}
	}
	return d, nil
}

// Close closes the idle connections.
func (d *Deliverer) Close() { d.client.CloseIdleConnections() }

// Deliver makes one attempt to send e. It returns nil if the receiver answered 2xx. It returns a
// [*DeliveryError] if the receiver answered otherwise or not at all; the event may have arrived
// even so. Any other error means that e can't be encoded.
func (d *Deliverer) Deliver(ctx context.Context, e Envelope) error {
	started := time.Now()
	attemptCtx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	req, err := d.request(attemptCtx, e, started)
	if err != nil {
		return fmt.Errorf("deliver event %s: %w", e.ID, err)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		d.observe(Attempt{Type: e.Type, Took: time.Since(started)})
		return &DeliveryError{EventID: e.ID, Reason: reason(err), cause: ctx.Err()}
	}
	defer resp.Body.Close()
	d.observe(Attempt{Type: e.Type, Status: resp.StatusCode, Took: time.Since(started)})
	// The status decides. The body does not matter, nor how it ends.
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil
	}
	return &DeliveryError{
		EventID:    e.ID,
		Status:     resp.StatusCode,
		RetryAfter: retryAfter(resp, time.Now()),
	}
}

func (d *Deliverer) request(ctx context.Context, e Envelope, now time.Time) (*http.Request, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	signature, err := d.secrets.Sign(e.ID, now, body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("unusable events URL") // the original error shows the URL
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "intrvio-jazzhr-worker")
	req.Header.Set(standardwebhooks.HeaderWebhookID, e.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return req, nil
}
