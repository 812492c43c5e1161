package intrviotest

import "net/http"

// FaultMode is a way in which a receiver fails.
type FaultMode int

// The fault modes.
const (
	// AnswerStatus answers with Fault.Status.
	AnswerStatus FaultMode = iota
	// Hang answers nothing until the sender gives up or the fault is cleared, and then drops the connection.
	Hang
	// Drop closes the connection without an answer, as a process that dies does.
	Drop
)

// Fault makes a receiver fail.
type Fault struct {
	Mode FaultMode
	// Status is what AnswerStatus answers; 0 means 503.
	Status int
	// RetryAfter is sent as the Retry-After header by AnswerStatus if not empty.
	RetryAfter string
	// Stored lets the event be verified and kept before the fault strikes: it has arrived, and the sender doesn't know.
	Stored bool
	// Times ends the fault after this many deliveries; 0 lets it last until [Receiver.Clear].
	Times int
}

// Fail makes the deliveries to come meet the fault, in place of any earlier one.
func (r *Receiver) Fail(f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = &f
}

// Clear ends the fault and lets go of the deliveries that hang on it.
func (r *Receiver) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = nil
	close(r.cleared)
	r.cleared = make(chan struct{})
}

// begin counts a request and returns the fault it meets, if any, with what tells that faults were cleared.
func (r *Receiver) begin() (*Fault, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if r.fault == nil {
		return nil, r.cleared
	}
	met := *r.fault
	if r.fault.Times > 0 {
		if r.fault.Times--; r.fault.Times == 0 {
			r.fault = nil
		}
	}
	return &met, r.cleared
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
