package intrviotest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// maxEventSize bounds a delivery's body. A profile comes from a webhook of at most 5 MiB.
const maxEventSize = 8 << 20

// Receiver is an http.Handler that receives events. It is safe for use by many goroutines.
type Receiver struct {
	keys []*standardwebhooks.Webhook

	mu         sync.Mutex
	events     []intrvio.Envelope // each id once, in the order of first arrival
	deliveries map[string]int
	requests   int
	refused    int
	arrived    chan struct{} // closed and replaced when events grows
	fault      *Fault
	cleared    chan struct{} // closed and replaced when the fault is
}

// NewReceiver returns a receiver that takes what is signed with any of the secrets (whsec_…).
func NewReceiver(secrets ...string) (*Receiver, error) {
	if len(secrets) == 0 {
		return nil, errors.New("new receiver: no secret")
	}
	r := &Receiver{
		deliveries: make(map[string]int),
		arrived:    make(chan struct{}),
		cleared:    make(chan struct{}),
	}
	for i, secret := range secrets {
		key, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return nil, fmt.Errorf("new receiver: secret %d of %d is not usable", i+1, len(secrets))
		}
		r.keys = append(r.keys, key)
	}
	return r, nil
}

// ServeHTTP answers 401 to what is not signed rightly, 400 to what is no event or whose id is not the webhook-id, and
// 204 to an event, a repeated one too, unless a [Fault] says otherwise.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "events are posted", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxEventSize))
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	fault, cleared := r.begin()
	if fault == nil || fault.Stored {
		if status, err := r.take(body, req.Header); err != nil {
			http.Error(w, err.Error(), status)
			return
		}
	}
	if fault != nil {
		fault.answer(w, req, cleared)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// take verifies and keeps a delivery. The status is that of its error.
func (r *Receiver) take(body []byte, header http.Header) (status int, err error) {
	if !r.verify(body, header) {
		r.mu.Lock()
		r.refused++
		r.mu.Unlock()
		return http.StatusUnauthorized, errors.New("signature refused")
	}
	var e intrvio.Envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return http.StatusBadRequest, errors.New("not an event")
	}
	if e.ID == "" || e.ID != header.Get(standardwebhooks.HeaderWebhookID) {
		return http.StatusBadRequest, errors.New("the event's id is not the webhook-id")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deliveries[e.ID]++
	if r.deliveries[e.ID] == 1 {
		r.events = append(r.events, e)
		close(r.arrived)
		r.arrived = make(chan struct{})
	}
	return 0, nil
}

func (r *Receiver) verify(body []byte, header http.Header) bool {
	return slices.ContainsFunc(r.keys, func(key *standardwebhooks.Webhook) bool {
		return key.Verify(body, header) == nil
	})
}

// Events returns the events kept so far, each once, in the order in which they first arrived.
func (r *Receiver) Events() []intrvio.Envelope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Deliveries counts how often the event with this id was kept or recognised as a repeat.
func (r *Receiver) Deliveries(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deliveries[id]
}

// Requests counts all deliveries that were tried, those that met a fault or were refused too.
func (r *Receiver) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// Refused counts the deliveries with a wrong, missing or outdated signature.
func (r *Receiver) Refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}

// Wait returns the first event that matches, of those already kept and those to come, or the context's error.
func (r *Receiver) Wait(ctx context.Context, match func(intrvio.Envelope) bool) (intrvio.Envelope, error) {
	for i := 0; ; i++ {
		e, err := r.at(ctx, i)
		if err != nil {
			return intrvio.Envelope{}, fmt.Errorf("wait for an event, %d kept and none matches: %w", i, err)
		}
		if match(e) {
			return e, nil
		}
	}
}

// Each calls f for every event once, those already kept and those to come, one after the other in the order of their
// arrival, until the context ends.
func (r *Receiver) Each(ctx context.Context, f func(intrvio.Envelope)) {
	for i := 0; ; i++ {
		e, err := r.at(ctx, i)
		if err != nil {
			return
		}
		f(e)
	}
}

// at returns the i-th event, waiting for it if need be.
func (r *Receiver) at(ctx context.Context, i int) (intrvio.Envelope, error) {
	for {
		r.mu.Lock()
		events, arrived := r.events, r.arrived
		r.mu.Unlock()
		if i < len(events) {
			return events[i], nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return intrvio.Envelope{}, ctx.Err()
		}
	}
}
