package jazzhrtest

import (
	"net/http"
	"sync"
	"time"
)

// hit is a fault on its way with one request.
type hit struct {
	sim      *Sim
	fault    Fault
	call     *Call
	hold     *hold
	released chan struct{}
	release  sync.Once
	late     sync.Once
	lateSaid reply
}

func (s *Sim) newHit(f Fault, c *Call) *hit {
	h := &hit{sim: s, fault: f, call: c, released: make(chan struct{})}
	if f.ShowLate {
		h.hold = new(hold)
		if f.LateBy > 0 {
			h.hold.until = s.now().Add(f.LateBy)
		}
	}
	return h
}

// serve carries the fault out.
func (h *hit) serve(w http.ResponseWriter, r *http.Request) {
	f := h.fault
	if f.Delay > 0 && !h.delay() {
		panic(http.ErrAbortHandler)
	}
	if f.Hook != nil {
		f.Hook(r.Context(), *h.call)
	}
	said := htmlReply(http.StatusInternalServerError)
	switch {
	case f.Apply == ApplyNow:
		said = h.sim.perform(h.call, h)
	case f.Apply == ApplyLater && f.LateBy > 0:
		time.AfterFunc(f.LateBy, func() { h.applyLate() })
	}
	h.answer(w, r, said)
}

// delay waits out the delay, and reports false if the simulator was closed
// meanwhile.
func (h *hit) delay() bool {
	timer := time.NewTimer(h.fault.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.sim.closed:
		return false
	}
	return true
}

// answer lets the caller see what the fault wants. Aborting the handler is how
// net/http closes a connection without more.
func (h *hit) answer(w http.ResponseWriter, r *http.Request, said reply) {
	switch h.fault.Answer {
	case AnswerTrue:
		said.write(w)
	case AnswerClose:
		panic(http.ErrAbortHandler)
	case AnswerHang:
		h.hang(w, r, said)
	case AnswerStatus:
		h.statusReply().write(w)
	case AnswerHTML:
		status := h.fault.Status
		if status == 0 {
			status = http.StatusBadGateway
		}
		htmlReply(status).write(w)
	case AnswerTruncated:
		said.body = said.body[:len(said.body)/2]
		said.write(w)
	case AnswerCut:
		said.cut(w)
	case AnswerOtherShape:
		jsonReply(map[string]string{"status": "ok"}).write(w)
	}
}

// hang waits for the caller to leave, or for the release, after which it
// answers if there is something true to say.
func (h *hit) hang(w http.ResponseWriter, r *http.Request, said reply) {
	select {
	case <-r.Context().Done():
	case <-h.sim.closed:
	case <-h.released:
		if h.fault.Apply == ApplyLater {
			said = h.applyLate()
		}
		if h.fault.Apply != ApplyNever {
			said.write(w)
			return
		}
	}
	panic(http.ErrAbortHandler)
}

func (h *hit) statusReply() reply {
	switch h.fault.Status {
	case http.StatusUnauthorized:
		return badKey()
	case http.StatusTooManyRequests:
		return tooMany(h.fault.RetryAfter)
	default:
		r := htmlReply(h.fault.Status)
		r.contentType, r.body = "text/plain", []byte(http.StatusText(h.fault.Status))
		r.retryAfter = h.fault.RetryAfter
		return r
	}
}

// applyLate applies the call, once, and returns what JazzHR would have said.
func (h *hit) applyLate() reply {
	h.late.Do(func() {
		select {
		case <-h.sim.closed:
		default:
			h.lateSaid = h.sim.perform(h.call, h)
		}
	})
	return h.lateSaid
}

// free lets go whatever the fault holds back.
func (h *hit) free() {
	h.release.Do(func() {
		if h.fault.Apply == ApplyLater {
			h.applyLate()
		}
		if h.hold != nil {
			h.sim.mu.Lock()
			h.hold.released = true
			h.sim.unlockChanged()
		}
		close(h.released)
	})
}
