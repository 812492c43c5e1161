package intrviotest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
)

func newEvent(t *testing.T, eventType intrvio.EventType, data intrvio.Data) intrvio.Envelope {
	t.Helper()
	raw, err := intrvio.Encode(eventType, data)
	if err != nil {
		t.Fatal(err)
	}
	return intrvio.Envelope{
		ID: intrvio.EventID(uuid.New()), Type: eventType, Timestamp: time.Now(),
		TenantID: uuid.New(), Sequence: 1, Data: raw,
	}
}

func verifiedEvent(t *testing.T) intrvio.Envelope {
	t.Helper()
	return newEvent(t, intrvio.ConnectionVerified, intrvio.Connection{State: "active"})
}

func newDeliverer(t *testing.T, server *intrviotest.Server) *intrvio.Deliverer {
	t.Helper()
	secrets, err := intrvio.ParseSecrets([]string{server.Secret})
	if err != nil {
		t.Fatal(err)
	}
	d, err := intrvio.NewDeliverer(intrvio.DelivererConfig{URL: server.URL, Secrets: secrets, Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// signedRequest returns a signed delivery of body.
func signedRequest(t *testing.T, secret string, at time.Time, id, body string) *http.Request {
	t.Helper()
	key, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := key.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "/events", strings.NewReader(body))
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return req
}

func TestReceiverAnswers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tests := []struct {
		name    string
		secret  string // empty: the receiver's
		at      time.Time
		headID  string
		body    string
		want    int
		refused int
	}{
		{"event", "", now, "evt_1", `{"id":"evt_1"}`, http.StatusNoContent, 0},
		{"another's secret", intrvio.NewSecret(), now, "evt_1", `{"id":"evt_1"}`, http.StatusUnauthorized, 1},
		{"old", "", now.Add(-10 * time.Minute), "evt_1", `{"id":"evt_1"}`, http.StatusUnauthorized, 1},
		{"no JSON", "", now, "evt_1", `event`, http.StatusBadRequest, 0},
		{"no id", "", now, "evt_1", `{}`, http.StatusBadRequest, 0},
		{"another id", "", now, "evt_2", `{"id":"evt_1"}`, http.StatusBadRequest, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			own := intrvio.NewSecret()
			receiver, err := intrviotest.NewReceiver(intrvio.NewSecret(), own)
			if err != nil {
				t.Fatal(err)
			}
			if tt.secret == "" {
				tt.secret = own
			}
			req := signedRequest(t, tt.secret, tt.at, tt.headID, tt.body)
			answer := httptest.NewRecorder()
			receiver.ServeHTTP(answer, req)
			if answer.Code != tt.want || receiver.Refused() != tt.refused {
				t.Errorf("answered %d, refused %d; want %d, %d", answer.Code, receiver.Refused(), tt.want, tt.refused)
			}
			if kept := len(receiver.Events()); (kept == 1) != (tt.want == http.StatusNoContent) {
				t.Errorf("kept %d events", kept)
			}
		})
	}
}

func TestReceiverTakesPostsOnly(t *testing.T) {
	t.Parallel()
	receiver, err := intrviotest.NewReceiver(intrvio.NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	receiver.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/events", nil))
	if answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("answered %d", answer.Code)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	server := intrviotest.NewServer(t)
	d := newDeliverer(t, server)
	first, second := verifiedEvent(t), verifiedEvent(t)
	if err := d.Deliver(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	looked := make(chan struct{})
	var once bool
	delivered := make(chan error, 1)
	go func() {
		<-looked
		delivered <- d.Deliver(t.Context(), second)
	}()
	got, err := server.Wait(t.Context(), func(e intrvio.Envelope) bool {
		if !once {
			once = true
			close(looked)
		}
		return e.ID == second.ID
	})
	if err != nil || got.ID != second.ID {
		t.Errorf("got %v, %v", got, err)
	}
	if err := <-delivered; err != nil {
		t.Error(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	var seen int
	_, err = server.Wait(ctx, func(intrvio.Envelope) bool {
		if seen++; seen == 2 {
			cancel()
		}
		return false
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		fault      intrviotest.Fault
		status     int
		retryAfter time.Duration
	}{
		{"default status", intrviotest.Fault{}, http.StatusServiceUnavailable, 0},
		{"status", intrviotest.Fault{Status: http.StatusTooManyRequests, RetryAfter: "7"}, http.StatusTooManyRequests, 7 * time.Second},
		{"status, stored", intrviotest.Fault{Status: http.StatusBadGateway, Stored: true}, http.StatusBadGateway, 0},
		{"drop", intrviotest.Fault{Mode: intrviotest.Drop}, 0, 0},
		{"drop, stored", intrviotest.Fault{Mode: intrviotest.Drop, Stored: true}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := intrviotest.NewServer(t)
			d := newDeliverer(t, server)
			e := verifiedEvent(t)
			tt.fault.Times = 2
			server.Fail(tt.fault)
			for range 2 {
				var failed *intrvio.DeliveryError
				if err := d.Deliver(t.Context(), e); !errors.As(err, &failed) {
					t.Fatalf("got %v", err)
				}
				if failed.Status != tt.status || failed.RetryAfter != tt.retryAfter {
					t.Errorf("got %+v", failed)
				}
			}
			if kept := len(server.Events()) == 1; kept != tt.fault.Stored {
				t.Errorf("kept: %t", kept)
			}
			if err := d.Deliver(t.Context(), e); err != nil {
				t.Errorf("after the fault: %v", err)
			}
			if len(server.Events()) != 1 || server.Requests() != 3 {
				t.Errorf("%d events of %d requests", len(server.Events()), server.Requests())
			}
		})
	}
}

func TestHangEndsWithTheSender(t *testing.T) {
	t.Parallel()
	for _, stored := range []bool{false, true} {
		t.Run("stored "+strconv.FormatBool(stored), func(t *testing.T) {
			t.Parallel()
			server := intrviotest.NewServer(t)
			server.Fail(intrviotest.Fault{Mode: intrviotest.Hang, Stored: stored})
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			req := signedRequest(t, server.Secret, time.Now(), "evt_1", `{"id":"evt_1"}`).WithContext(gone)
			func() {
				defer func() {
					if got := recover(); got != http.ErrAbortHandler {
						t.Errorf("ended with %v", got)
					}
				}()
				server.ServeHTTP(httptest.NewRecorder(), req)
			}()
			if kept := len(server.Events()) == 1; kept != stored {
				t.Errorf("kept: %t", kept)
			}
		})
	}
}

func TestClearLetsGo(t *testing.T) {
	t.Parallel()
	server := intrviotest.NewServer(t)
	d := newDeliverer(t, server)
	server.Fail(intrviotest.Fault{Mode: intrviotest.Hang, Stored: true})
	ended := make(chan error, 1)
	e := verifiedEvent(t)
	go func() { ended <- d.Deliver(t.Context(), e) }()
	if _, err := server.Wait(t.Context(), func(intrvio.Envelope) bool { return true }); err != nil {
		t.Fatal(err)
	}
	server.Clear()
	if err := <-ended; err == nil {
		t.Error("the delivery that hung succeeded")
	}
	if err := d.Deliver(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func TestNewReceiverRefuses(t *testing.T) {
	t.Parallel()
	if _, err := intrviotest.NewReceiver(); err == nil {
		t.Error("took no secret")
	}
	if _, err := intrviotest.NewReceiver("whsec_*"); err == nil {
		t.Error("took a broken secret")
	}
}

func TestEnvelopeOverTheWire(t *testing.T) {
	t.Parallel()
	server := intrviotest.NewServer(t)
	e := verifiedEvent(t)
	e.ExternalID = "acme"
	if err := newDeliverer(t, server).Deliver(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(server.Events()[0])
	if err != nil || !bytes.Equal(sent, kept) {
		t.Errorf("sent %s, kept %s", sent, kept)
	}
}
