package jazzhrtest

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

// Handler serves the API under /v1/, the documents of exports under /public/document/, and the page
// under /.
func (s *Sim) Handler() http.Handler {
	ui := s.UI()
	// A ServeMux would redirect paths whose filters hold dots or slashes.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/v1/"):
			s.serveAPI(w, r)
		case strings.HasPrefix(r.URL.Path, documentPath):
			s.serveDocument(w, r)
		default:
			ui.ServeHTTP(w, r)
		}
	})
}

func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := readCall(r)
	s.identify(c)
	if h := s.faultFor(c); h != nil {
		h.serve(w, r)
		return
	}
	s.perform(c, nil).write(w)
}

// identify finds the account of a call and counts the call.
func (s *Sim) identify(c *Call) {
	s.mu.Lock()
	defer s.unlockChanged()
	c.Account = s.byKey[c.key]
	account := ""
	if c.Account != nil {
		account = c.Account.id
	}
	s.counts[countKey{account, c.Endpoint}]++
	c.count = s.counts[countKey{account, c.Endpoint}]
}

// perform carries out a call. h is the fault that the call met, or nil.
func (s *Sim) perform(c *Call, h *hit) reply {
	s.mu.Lock()
	result, refused := s.dispatch(c, h)
	s.unlockChanged()
	if refused != nil {
		return *refused
	}
	if result == nil {
		return reply{status: http.StatusOK, contentType: typeHTML} // an unknown applicant gives an empty body
	}
	return jsonReply(result)
}

// dispatch checks the key and the rate limit and calls the endpoint. It returns a value to encode,
// or a finished reply.
func (s *Sim) dispatch(c *Call, h *hit) (result any, refused *reply) {
	if c.key == "" {
		return errorObject{"apikey not set"}, nil
	}
	a := s.byKey[c.key] // not c.Account: the key of a call applied late may have been replaced
	if a == nil {
		r := badKeyReply()
		return nil, &r
	}
	if r, struck := a.settings.Outage.strikes(c.method, s.opts.Clock()); struck {
		return nil, &r
	}
	if wait, ok := a.admit(s.opts.Clock()); !ok {
		if !s.opts.RetryAfter && !a.settings.RetryAfter {
			wait = 0
		}
		r := rateLimitReply(wait)
		return nil, &r
	}
	switch c.Endpoint {
	case EndpointJobs:
		return a.listJobs(c), nil
	case EndpointJob:
		return a.getJob(c), nil
	case EndpointApplicants:
		return a.listApplicants(c), nil
	case EndpointApplicant:
		return a.getApplicant(c), nil
	case EndpointLinks:
		return a.listLinks(c), nil
	case EndpointActivities:
		return a.listActivities(c), nil
	case EndpointCreateApplicant:
		return a.posted(a.createApplicant(c, h))
	case EndpointLinkApplicant:
		return a.posted(a.linkApplicant(c, h))
	case EndpointNotes, EndpointApplicantNotes:
		result, refused := a.writeNote(c, h)
		if refused != nil {
			return nil, refused
		}
		return a.posted(result)
	}
	r := htmlReply(http.StatusNotFound)
	if c.method != http.MethodGet && c.method != http.MethodPost {
		r = htmlReply(http.StatusMethodNotAllowed)
	}
	return nil, &r
}

// rateWindow is the period in which a key may make CallsPerMinute calls.
const rateWindow = time.Minute

// admit counts a call against the key's limit. At the limit it returns how long the caller must
// wait. Refused calls do not count.
func (a *Account) admit(now time.Time) (wait time.Duration, ok bool) {
	limit := cmp.Or(a.settings.CallsPerMinute, a.sim.opts.CallsPerMinute)
	if limit < 0 {
		return 0, true
	}
	for len(a.calls) > 0 && now.Sub(a.calls[0]) >= rateWindow {
		a.calls = a.calls[1:]
	}
	if len(a.calls) >= limit {
		return a.calls[0].Add(rateWindow).Sub(now), false
	}
	a.calls = append(a.calls, now)
	return 0, true
}
