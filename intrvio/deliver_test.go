package intrvio_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
)

// urlToken is part of the receiver's address. No error may show it.
const urlToken = "token-in-the-query"

func newEnvelope() intrvio.Envelope {
	return intrvio.Envelope{
		ID: intrvio.EventID(uuid.New()), Type: intrvio.ConnectionVerified, Timestamp: time.Now(),
		TenantID: uuid.New(), Sequence: 1, Data: json.RawMessage(`{"state":"active"}`),
	}
}

func newSecrets(t *testing.T, texts ...string) intrvio.Secrets {
	t.Helper()
	secrets, err := intrvio.ParseSecrets(texts)
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

func newDeliverer(t *testing.T, cfg intrvio.DelivererConfig) *intrvio.Deliverer {
	t.Helper()
	d, err := intrvio.NewDeliverer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// deliverTo makes one delivery to a handler and returns its error.
func deliverTo(t *testing.T, handler http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	d := newDeliverer(t, intrvio.DelivererConfig{
		URL: server.URL + "/?t=" + urlToken, Secrets: newSecrets(t, intrvio.NewSecret()), Timeout: time.Hour,
	})
	return d.Deliver(t.Context(), newEnvelope())
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	backend := intrviotest.NewServer(t)
	var attempts []intrvio.Attempt
	d := newDeliverer(t, intrvio.DelivererConfig{
		URL:     backend.URL,
		Secrets: newSecrets(t, intrvio.NewSecret(), backend.Secret),
		Observe: func(a intrvio.Attempt) { attempts = append(attempts, a) },
	})
	e := newEnvelope()
	e.Timestamp = time.Now().Add(-4 * 24 * time.Hour) // an old event is signed with the time of the attempt
	for range 2 {
		if err := d.Deliver(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if n := backend.Deliveries(e.ID); n != 2 {
		t.Errorf("%d deliveries, want 2", n)
	}
	if got := backend.Events(); len(got) != 1 || got[0].ID != e.ID || string(got[0].Data) != string(e.Data) {
		t.Errorf("received %v", got)
	}
	if len(attempts) != 2 || attempts[0].Status != http.StatusNoContent || attempts[0].Type != e.Type ||
		attempts[0].Took <= 0 {
		t.Errorf("observed %+v", attempts)
	}
}

func TestDeliverStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		status     int
		retryAfter string
		want       time.Duration
	}{
		{"redirect", http.StatusTemporaryRedirect, "", 0},
		{"unauthorized", http.StatusUnauthorized, "", 0},
		{"gone", http.StatusGone, "", 0},
		{"server error", http.StatusInternalServerError, "", 0},
		{"server error with Retry-After", http.StatusInternalServerError, "30", 0},
		{"too many, seconds", http.StatusTooManyRequests, "30", 30 * time.Second},
		{"unavailable, past date", http.StatusServiceUnavailable, "Mon, 02 Jan 2006 15:04:05 GMT", 0},
		{"unavailable, far date", http.StatusServiceUnavailable, "Fri, 02 Jan 2099 15:04:05 GMT", time.Hour},
		{"unavailable, too long", http.StatusServiceUnavailable, "86400", time.Hour},
		{"unavailable, negative", http.StatusServiceUnavailable, "-3", 0},
		{"unavailable, nonsense", http.StatusServiceUnavailable, "soon", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := deliverTo(t, func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path != "/" {
					t.Error("followed the redirect")
				}
				w.Header().Set("Location", "/elsewhere")
				if tt.retryAfter != "" {
					w.Header().Set("Retry-After", tt.retryAfter)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte("text of the answer"))
			})
			var failed *intrvio.DeliveryError
			if !errors.As(err, &failed) {
				t.Fatalf("got %v", err)
			}
			if failed.Status != tt.status || failed.RetryAfter != tt.want || failed.Reason != "" {
				t.Errorf("got %+v", failed)
			}
			if text := err.Error(); strings.Contains(text, "answer:") || strings.Contains(text, urlToken) ||
				strings.Contains(text, "text of") {
				t.Errorf("unsafe error %q", text)
			}
		})
	}
}

func TestDeliverNoAnswer(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	secrets := newSecrets(t, intrvio.NewSecret())
	backend := intrviotest.NewServer(t)
	backend.Fail(intrviotest.Fault{Mode: intrviotest.Hang})
	dropping := intrviotest.NewServer(t)
	dropping.Fail(intrviotest.Fault{Mode: intrviotest.Drop})
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = discardLog()
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	tests := []struct{ name, url, reason string }{
		{"refused", "http://" + closed.Addr().String(), "connection refused"},
		{"unresolved", "http://nowhere.invalid", "host name not resolved"},
		{"timeout", backend.URL, "timeout"},
		{"dropped", dropping.URL, "connection failed"},
		{"untrusted", untrusted.URL, "certificate not trusted"},
		{"no TLS", strings.Replace(dropping.URL, "http:", "https:", 1), "TLS handshake failed"},
		{"not HTTP", "http://" + listenNonHTTP(t), "connection failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if tt.reason == "timeout" {
				timeout = 50 * time.Millisecond
			}
			var observed []intrvio.Attempt
			d := newDeliverer(t, intrvio.DelivererConfig{
				URL: tt.url + "?t=" + urlToken, Secrets: secrets, Timeout: timeout,
				Observe: func(a intrvio.Attempt) { observed = append(observed, a) },
			})
			e := newEnvelope()
			err := d.Deliver(t.Context(), e)
			var failed *intrvio.DeliveryError
			if !errors.As(err, &failed) {
				t.Fatalf("got %v", err)
			}
			if want := "deliver event " + e.ID + ": no answer: " + tt.reason; err.Error() != want || failed.Status != 0 {
				t.Errorf("got %q, want %q", err, want)
			}
			if errors.Unwrap(err) != nil {
				t.Errorf("wraps %v", errors.Unwrap(err))
			}
			if len(observed) != 1 || observed[0].Status != 0 {
				t.Errorf("observed %+v", observed)
			}
		})
	}
}

func TestDeliverCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body) // net/http notices that a client left only when the body was read
		close(started)
		<-req.Context().Done()
	}))
	t.Cleanup(server.Close)
	d := newDeliverer(t, intrvio.DelivererConfig{URL: server.URL, Secrets: newSecrets(t, intrvio.NewSecret())})
	go func() {
		<-started
		cancel()
	}()
	err := d.Deliver(ctx, newEnvelope())
	var failed *intrvio.DeliveryError
	if !errors.As(err, &failed) || !errors.Is(err, context.Canceled) || failed.Reason != "cancelled" {
		t.Errorf("got %v", err)
	}
}

// The status counts even if the receiver never ends its answer.
func TestDeliverReadsLittle(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	err := deliverTo(t, func(w http.ResponseWriter, req *http.Request) {
		defer close(gone)
		for req.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
	<-gone
}

func TestDeliverUnwritable(t *testing.T) {
	t.Parallel()
	d := newDeliverer(t, intrvio.DelivererConfig{URL: "http://127.0.0.1:1", Secrets: newSecrets(t, intrvio.NewSecret())})
	e := newEnvelope()
	e.Data = json.RawMessage(`{"email":"ada@example.com"`)
	err := d.Deliver(t.Context(), e)
	var failed *intrvio.DeliveryError
	if err == nil || errors.As(err, &failed) || strings.Contains(err.Error(), "ada@") { // an id may hold ada
		t.Errorf("got %v", err)
	}
}

func TestNewDelivererRefuses(t *testing.T) {
	t.Parallel()
	secrets := newSecrets(t, intrvio.NewSecret())
	tests := []struct {
		name string
		cfg  intrvio.DelivererConfig
	}{
		{"no URL", intrvio.DelivererConfig{Secrets: secrets}},
		{"other scheme", intrvio.DelivererConfig{URL: "ftp://host/" + urlToken, Secrets: secrets}},
		{"no host", intrvio.DelivererConfig{URL: "https:///" + urlToken, Secrets: secrets}},
		{"not an address", intrvio.DelivererConfig{URL: "https://host/%zz" + urlToken, Secrets: secrets}},
		{"no secret", intrvio.DelivererConfig{URL: "https://host/" + urlToken}},
		{"negative timeout", intrvio.DelivererConfig{URL: "https://host/" + urlToken, Secrets: secrets, Timeout: -1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := intrvio.NewDeliverer(tt.cfg); err == nil || strings.Contains(err.Error(), urlToken) {
				t.Errorf("got %v", err)
			}
		})
	}
}
