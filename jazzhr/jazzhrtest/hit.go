package jazzhrtest

import (
	"cmp"
	"net/http"
	"sync"
	"time"
)

// hit is one request that met a fault.
type hit struct {
	sim         *Sim
	fault       Fault
	call        *Call
	hold        *hold
	released    chan struct{}
	releaseOnce sync.Once
	lateOnce    sync.Once
	lateReply   reply
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

// serve carries out the fault.
func (h *hit) serve(w http.ResponseWriter, r *http.Request) {
	f := h.fault
	if f.Delay > 0 && !h.delay() {
		panic(http.ErrAbortHandler)
	}
	if f.Hook != nil {
		f.Hook(r.Context(), *h.call)
	}
	trueReply := htmlReply(http.StatusInternalServerError)
	switch {
	case f.Apply == ApplyNow:
		trueReply = h.sim.perform(h.call, h)
	case f.Apply == ApplyLater && f.LateBy > 0:
		time.AfterFunc(f.LateBy, func() { h.applyLate() })
	}
	h.answer(w, r, trueReply)
}

// delay waits for the fault's delay. It returns false if the simulator closes first.
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

// answer sends what the fault says. A handler that panics with ErrAbortHandler makes net/http close
// the connection.
func (h *hit) answer(w http.ResponseWriter, r *http.Request, trueReply reply) {
	switch h.fault.Answer {
	case AnswerTrue:
		trueReply.write(w)
	case AnswerClose:
		panic(http.ErrAbortHandler)
	case AnswerHang:
		h.hang(w, r, trueReply)
	case AnswerStatus:
		h.statusReply().write(w)
	case AnswerHTML:
		status := h.fault.Status
		if status == 0 {
			status = http.StatusBadGateway
		}
		htmlReply(status).write(w)
	case AnswerTruncated:
		trueReply.body = trueReply.body[:len(trueReply.body)/2]
		trueReply.write(w)
	case AnswerCut:
		trueReply.cut(w)
	case AnswerError:
		r := jsonReply(errorObject{"internal error"})
		r.status = cmp.Or(h.fault.Status, http.StatusInternalServerError)
		r.write(w)
	case AnswerOtherShape:
		jsonReply(map[string]string{"status": "ok"}).write(w)
	}
}

// hang waits until the caller leaves or the fault is released. After the release it sends the true
// answer, if the request was applied.
func (h *hit) hang(w http.ResponseWriter, r *http.Request, trueReply reply) {
	select {
	case <-r.Context().Done():
	case <-h.sim.closed:
	case <-h.released:
		if h.fault.Apply == ApplyLater {
			trueReply = h.applyLate()
		}
		if h.fault.Apply != ApplyNever {
			trueReply.write(w)
			return
		}
	}
	panic(http.ErrAbortHandler)
}

func (h *hit) statusReply() reply {
	switch h.fault.Status {
	case http.StatusUnauthorized:
		return badKeyReply()
	case http.StatusTooManyRequests:
		return rateLimitReply(h.fault.RetryAfter)
	default:
		r := htmlReply(h.fault.Status)
		r.contentType, r.body = "text/plain", []byte(http.StatusText(h.fault.Status))
		r.retryAfter = h.fault.RetryAfter
		return r
	}
}

// applyLate applies the call once and returns the true answer.
func (h *hit) applyLate() reply {
	h.lateOnce.Do(func() {
		select {
		case <-h.sim.closed:
		default:
			h.lateReply = h.sim.perform(h.call, h)
		}
	})
	return h.lateReply
}

// release applies, answers and shows what the fault holds back.
func (h *hit) release() {
	h.releaseOnce.Do(func() {
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

// answerID is the id to be given instead of the true one; empty for none.
func (h *hit) answerID() string {
	if h == nil {
		return ""
	}
	return h.fault.AnswerID
}
