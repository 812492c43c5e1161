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

// maxEventSize limits the body of a delivery. A profile comes from a webhook of at most 5 MiB.
const maxEventSize = 8 << 20

// Receiver is an http.Handler that receives events. It is safe for concurrent use.
type Receiver struct {
	keys []*standardwebhooks.Webhook

	mu         sync.Mutex
	events     []intrvio.Envelope // one per id, in the order of first arrival
	deliveries map[string]int
	requests   int
	refused    int
	arrived    chan struct{} // closed and replaced when an event is added
	fault      *Fault
	cleared    chan struct{} // closed and replaced when the faults are cleared
}

// NewReceiver returns a receiver that accepts events signed with any of the secrets (whsec_…).
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

// ServeHTTP answers 204 to an event, also to a repeated one. It answers 401 to a wrong signature,
// and 400 to a body that is not an event or whose id is not the webhook-id. A [Fault] changes that.
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
	fault, cleared := r.nextFault()
	if fault == nil || fault.Stored {
		if status, err := r.store(body, req.Header); err != nil {
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

// store verifies and stores a delivery. On an error it returns the status to answer with.
func (r *Receiver) store(body []byte, header http.Header) (status int, err error) {
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

// Events returns the stored events, each once, in the order of first arrival.
func (r *Receiver) Events() []intrvio.Envelope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Deliveries returns how often the event with this id arrived, repeats included.
func (r *Receiver) Deliveries(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deliveries[id]
}

// Requests returns the number of all deliveries, including those that met a fault or were refused.
func (r *Receiver) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// Refused returns the number of deliveries with a wrong, missing or outdated signature.
func (r *Receiver) Refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}

// Wait returns the first event that matches, stored already or still to come. Its error wraps the
// context's.
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

// Each calls f once for every event, in the order of arrival, until the context ends. It includes
// the events stored already.
func (r *Receiver) Each(ctx context.Context, f func(intrvio.Envelope)) {
	for i := 0; ; i++ {
		e, err := r.at(ctx, i)
		if err != nil {
			return
		}
		f(e)
	}
}

// at returns the i-th event. It waits for the event if necessary.
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
