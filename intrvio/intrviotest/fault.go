package intrviotest

import "net/http"

// FaultMode is the way in which a receiver fails.
type FaultMode int

// The fault modes.
const (
	// AnswerStatus answers with Fault.Status.
	AnswerStatus FaultMode = iota
	// Hang sends no answer until the sender gives up or the fault is cleared. Then it closes the
	// connection.
	Hang
	// Drop closes the connection without an answer, like a process that dies.
	Drop
)

// Fault makes a receiver fail. See [Receiver.Fail].
type Fault struct {
	Mode FaultMode
	// Status is the status of AnswerStatus. Zero means 503.
	Status int
	// RetryAfter is the Retry-After header of AnswerStatus. Empty means none.
	RetryAfter string
	// Stored makes the receiver verify and store the event before it fails. Then the event has
	// arrived, and the sender does not know.
	Stored bool
	// Times is how many deliveries the fault affects. With 0 it lasts until [Receiver.Clear].
	Times int
}

// Fail makes the next deliveries meet the fault. It replaces an earlier fault.
func (r *Receiver) Fail(f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = &f
}

// Clear ends the fault and the deliveries that hang because of it.
func (r *Receiver) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = nil
	close(r.cleared)
	r.cleared = make(chan struct{})
}

// nextFault counts a request and returns the fault that it meets, or nil. The channel closes when
// the faults are cleared.
func (r *Receiver) nextFault() (*Fault, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if r.fault == nil {
		return nil, r.cleared
	}
	fault := *r.fault
	if r.fault.Times > 0 {
		if r.fault.Times--; r.fault.Times == 0 {
			r.fault = nil
		}
	}
	return &fault, r.cleared
}

func (f *Fault) answer(w http.ResponseWriter, req *http.Request, cleared <-chan struct{}) {
	switch f.Mode {
	case AnswerStatus:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		status := f.Status
		if status == 0 {
			status = http.StatusServiceUnavailable
		}
		http.Error(w, "fault", status)
	case Hang:
		select {
		case <-req.Context().Done():
		case <-cleared:
		}
		panic(http.ErrAbortHandler)
	case Drop:
		panic(http.ErrAbortHandler)
	}
}
