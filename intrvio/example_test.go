package intrvio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// Receive events: check the signature, decode the envelope, and act on the event's type.
func Example() {
	secret := intrvio.NewSecret() // the service has the same secret in its settings
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			http.Error(w, "unreadable body", http.StatusBadRequest)
			return
		}
		if err := webhook.Verify(body, r.Header); err != nil {
			http.Error(w, "wrong signature", http.StatusUnauthorized)
			return
		}
		var event intrvio.Envelope
		if err := json.Unmarshal(body, &event); err != nil {
			http.Error(w, "not an event", http.StatusBadRequest)
			return
		}
		if event.Type == intrvio.InterviewRequested {
			request, err := intrvio.Decode[intrvio.InterviewRequest](event)
			if err != nil {
				http.Error(w, "unknown data", http.StatusBadRequest)
				return
			}
			fmt.Println("interview", request.Candidate.FirstName, "for", request.Job.Title)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()

	if err := deliverRequest(receiver.URL, secret); err != nil {
		fmt.Println(err)
	}
	// Output: interview Ada for Engineer
}

// deliverRequest sends one event as the service does.
func deliverRequest(url, secret string) error {
	data, err := intrvio.Encode(intrvio.InterviewRequested, intrvio.InterviewRequest{
		RequestID: uuid.New(),
		Trigger:   intrvio.TriggerExport,
		Job:       intrvio.Job{Title: "Engineer"},
		Candidate: intrvio.Candidate{FirstName: "Ada", LastName: "Byron", Email: "ada@example.com"},
	})
	if err != nil {
		return err
	}
	secrets, err := intrvio.ParseSecrets([]string{secret})
	if err != nil {
		return err
	}
	deliverer, err := intrvio.NewDeliverer(intrvio.DelivererConfig{URL: url, Secrets: secrets})
	if err != nil {
		return err
	}
	defer deliverer.Close()
	return deliverer.Deliver(context.Background(), intrvio.Envelope{
		ID:        intrvio.EventID(uuid.New()),
		Type:      intrvio.InterviewRequested,
		Timestamp: time.Now(),
		TenantID:  uuid.New(),
		Sequence:  1,
		Data:      data,
	})
}

// Send an event. A receiver that fails gives a DeliveryError, and RetryDelay says how long to wait.
func ExampleDeliverer_Deliver() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer receiver.Close()

	secrets, err := intrvio.ParseSecrets([]string{intrvio.NewSecret()})
	if err != nil {
		fmt.Println(err)
		return
	}
	deliverer, err := intrvio.NewDeliverer(intrvio.DelivererConfig{URL: receiver.URL, Secrets: secrets})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer deliverer.Close()

	data, err := intrvio.Encode(intrvio.ConnectionVerified, intrvio.Connection{State: "active"})
	if err != nil {
		fmt.Println(err)
		return
	}
	event := intrvio.Envelope{
		ID:        "evt_0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11",
		Type:      intrvio.ConnectionVerified,
		Timestamp: time.Now(),
		TenantID:  uuid.New(),
		Sequence:  1,
		Data:      data,
	}
	if err := deliverer.Deliver(context.Background(), event); err != nil {
		fmt.Println(err)
		fmt.Println("try again in", intrvio.RetryDelay(1, 0.5))
	}
	// Output:
	// deliver event evt_0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11: receiver answered 503
	// try again in 10s
}

// Read the data of an event whose signature was checked.
func ExampleDecode() {
	body := []byte(`{
		"id": "evt_0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11",
		"type": "interview.requested",
		"timestamp": "2026-11-23T08:30:00Z",
		"tenant_id": "0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e10",
		"sequence": 2,
		"data": {
			"request_id": "0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12",
			"trigger": "export",
			"applicant_id": "prospect_20261123083000_ABCDEFGHIJKLMNOP",
			"job": {"title": "Engineer", "resolved": false},
			"candidate": {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "phone": ""},
			"resolved": true
		}
	}`)
	var e intrvio.Envelope
	if err := json.Unmarshal(body, &e); err != nil {
		fmt.Println(err)
		return
	}
	request, err := intrvio.Decode[intrvio.InterviewRequest](e)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(request.Trigger, request.Candidate.FirstName, request.Job.Title)
	// Output: export Ada Engineer
}
