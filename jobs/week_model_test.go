package jobs_test

import (
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// triggered is something that may ask for an interview of a person for a job: an export that was
// received, or a move, whose time is when its event came about.
type triggered struct {
	export   bool
	activity string
	at       time.Time
}

// interviews is how often an interview is asked for because of what happened to one person in one
// job, by the rules of docs/events.md. Nobody answers within the week.
func interviews(all []triggered) int {
	type request struct{ made, export, move time.Time }
	var requests []request
	slices.SortStableFunc(all, func(a, b triggered) int { return a.at.Compare(b.at) })
next:
	for _, t := range all {
		best, window := -1, weekMatchWindow
		for i, r := range requests {
			other, own := r.move, r.export
			if !t.export {
				other, own = own, other
			}
			if apart := t.at.Sub(other); !other.IsZero() && own.IsZero() && apart < window {
				best, window = i, apart
			}
		}
		r := request{made: t.at}
		if best >= 0 {
			r = requests[best]
		}
		if t.export {
			r.export = t.at
		} else {
			r.move = t.at
		}
		if best >= 0 {
			requests[best] = r
			continue
		}
		for _, earlier := range requests {
			if t.at.Sub(earlier.made) < 3*time.Hour {
				continue next
			}
		}
		requests = append(requests, r)
	}
	return len(requests)
}

// posted is an opening as a pass finds it.
type posted struct {
	jazzhrtest.Job
	gone bool
}

func (p posted) open() bool { return !p.gone && p.Status == "Open" }

func (p posted) ended() bool {
	return p.gone || slices.Contains([]string{"Filled", "Cancelled", "Closed"}, p.Status)
}

// differ keeps what a pass over the openings, which was complete, is to tell.
func (h *life) differ() {
	h.mu.Lock()
	defer h.mu.Unlock()
	there := map[string]bool{}
	for _, job := range h.account.Jobs() {
		there[job.ID] = true
		now := posted{Job: job}
		was, known := h.mirror[job.ID]
		switch {
		case known:
			h.tellDifference(was, now)
		case now.open():
			h.news = append(h.news, about(intrvio.JobOpened, job, ""))
		default:
			h.news = append(h.news, about(intrvio.JobChanged, job, ""))
		}
		h.mirror[job.ID] = now
	}
	for id, was := range h.mirror {
		if !there[id] && !was.gone {
			now := posted{Job: was.Job, gone: true}
			h.tellDifference(was, now)
			h.mirror[id] = now
		}
	}
}

func (h *life) tellDifference(was, now posted) {
	var changed []string
	note := func(name string, differs bool) {
		if differs {
			changed = append(changed, name)
		}
	}
	note("status", was.Status != now.Status)
	note("gone", was.gone != now.gone)
	note("title", was.Title != now.Title)
	note("board_code", was.BoardCode != now.BoardCode)
	note("department", was.Department != now.Department)
	note("city", was.City != now.City)
	if changed == nil {
		return
	}
	event := intrvio.JobChanged
	switch {
	case now.open() && !was.open():
		event = intrvio.JobOpened
	case now.ended() && !was.ended():
		event = intrvio.JobClosed
	}
	h.news = append(h.news, about(event, now.Job, was.Status, changed...))
}
