package jobs_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// weekCounts tell what a week held, so that one can see whether it was worth living.
type weekCounts struct {
	applicants, links, moves, gone, lost, openings, polls, stopped int
	exports, requests, events, unsure                              int
}

// summary tells what happened to all tenants.
func (w *week) summary() string {
	var c weekCounts
	calls, repeated := 0, 0
	for _, h := range w.lives {
		c.applicants += h.counts.applicants
		c.links += h.counts.links
		c.moves += h.counts.moves
		c.gone += h.counts.gone
		c.lost += h.counts.lost
		c.openings += h.counts.openings
		c.polls += h.counts.polls
		c.stopped += h.counts.stopped
		c.exports += h.counts.exports
		c.requests += h.counts.requests
		c.events += h.counts.events
		c.unsure += h.counts.unsure
		calls += h.account.Count("")
	}
	for _, e := range w.backend.Events() {
		if w.backend.Deliveries(e.ID) > 1 {
			repeated++
		}
	}
	return fmt.Sprintf("%d applicants, %d links, %d moves, %d merged or erased, %d changes of openings, %d exports received and %d lost; "+
		"%d polls, %d of them stopped, and %d calls; %d events, %d of them requests, %d delivered repeatedly; "+
		"%d may or may not have been; full passes found %v that polls had missed",
		c.applicants, c.links, c.moves, c.gone, c.openings, c.exports, c.lost, c.polls, c.stopped, calls,
		c.events, c.requests, repeated, c.unsure, w.missedMetric())
}

// examine compares what was delivered with what happened.
func (w *week) examine() {
	byTenant := map[uuid.UUID][]intrvio.Envelope{}
	for _, e := range w.backend.Events() {
		byTenant[e.TenantID] = append(byTenant[e.TenantID], e)
	}
	for _, h := range w.lives {
		h.examine(byTenant[h.tenant])
		delete(byTenant, h.tenant)
	}
	if len(byTenant) > 0 {
		w.t.Errorf("events of %d tenants that don't exist", len(byTenant))
	}
}

// delivered is what Intrvio was told of one tenant.
type delivered struct {
	applied  map[string][]intrvio.Applied
	linked   map[string][]intrvio.Linked
	gone     map[string]int
	changes  map[string][]intrvio.StageChange
	seen     map[string]time.Time // changes, by activity
	exported map[pair]int
	asked    map[pair]int
	news     []news
	backfill []intrvio.Backfill
	verified int
}

func (h *life) examine(events []intrvio.Envelope) {
	slices.SortFunc(events, func(a, b intrvio.Envelope) int { return cmp.Compare(a.Sequence, b.Sequence) })
	d := delivered{
		applied: map[string][]intrvio.Applied{}, linked: map[string][]intrvio.Linked{}, gone: map[string]int{},
		changes: map[string][]intrvio.StageChange{}, seen: map[string]time.Time{}, exported: map[pair]int{}, asked: map[pair]int{},
	}
	for i, e := range events {
		if e.Sequence != int64(i+1) {
			h.differs("event %d has the sequence %d", i+1, e.Sequence)
		}
		h.must(h.sort(&d, e))
	}
	h.counts.events = len(events)
	if d.verified != 1 {
		h.differs("verified %d times", d.verified)
	}
	h.examineBackfill(d)
	h.examinePeople(d)
	h.examineLinks(d)
	h.examineChanges(d)
	h.examineInterviews(d)
	h.examineOpenings(d)
}

func (h *life) differs(format string, args ...any) {
	h.t.Errorf("tenant %d: "+format, append([]any{h.n}, args...)...)
}

// sort puts an event where it belongs.
func (h *life) sort(d *delivered, e intrvio.Envelope) error {
	switch e.Type {
	case intrvio.ConnectionVerified:
		d.verified++
		return nil
	case intrvio.BackfillCompleted:
		return sortAs(e, func(b intrvio.Backfill) { d.backfill = append(d.backfill, b) })
	case intrvio.CandidateApplied:
		return sortAs(e, func(a intrvio.Applied) { d.applied[a.ApplicantID] = append(d.applied[a.ApplicantID], a) })
	case intrvio.CandidateLinked:
		return sortAs(e, func(l intrvio.Linked) { d.linked[l.LinkID] = append(d.linked[l.LinkID], l) })
	case intrvio.CandidateGone:
		return sortAs(e, func(g intrvio.Gone) { d.gone[g.ApplicantID]++ })
	case intrvio.CandidateStageChanged:
		return sortAs(e, func(c intrvio.StageChange) {
			d.changes[c.ActivityID], d.seen[c.ActivityID] = append(d.changes[c.ActivityID], c), e.Timestamp
		})
	case intrvio.CandidateExported:
		return sortAs(e, func(x intrvio.CandidateExport) {
			if len(x.Jobs) != 1 || !x.Resolved {
				h.differs("an export came to %+v of %d jobs, %s", x.Candidate, len(x.Jobs), x.UnresolvedReason)
				return
			}
			d.exported[pair{x.ApplicantID, x.Jobs[0].JobID}]++
		})
	case intrvio.InterviewRequested:
		return sortAs(e, func(r intrvio.InterviewRequest) { d.asked[pair{r.ApplicantID, r.JobID}]++ })
	case intrvio.JobOpened, intrvio.JobChanged, intrvio.JobClosed:
		return sortAs(e, func(o intrvio.Opening) { d.news = append(d.news, news{e.Type, o}) })
	default:
		return fmt.Errorf("event %d is %s", e.Sequence, e.Type)
	}
}

func sortAs[T intrvio.Data](e intrvio.Envelope, do func(T)) error {
	data, err := intrvio.Decode[T](e)
	if err == nil {
		do(data)
	}
	return err
}

func (h *life) examineBackfill(d delivered) {
	want := intrvio.Backfill{Jobs: int64(len(h.jobs))}
	for _, p := range h.people {
		if p.baseline {
			want.Applicants++
		}
	}
	for _, l := range h.links {
		if l.baseline {
			want.Links++
		}
	}
	if len(d.backfill) != 1 || d.backfill[0] != want {
		h.differs("told of backfills %+v, want one of %+v", d.backfill, want)
	}
}

// bounds are how often something is to be told of that came and, unless gone is 0, went. What went
// before a complete pass could read it may not have been told of.
func (h *life) bounds(list string, baseline bool, at, gone int) (atLeast, atMost int) {
	switch {
	case baseline:
		return 0, 0
	case gone == 0, slices.ContainsFunc(h.read[list], func(s span) bool { return s.from > at && s.to < gone }):
		return 1, 1
	}
	h.counts.unsure++
	return 0, 1
}

func (h *life) examinePeople(d delivered) {
	for _, p := range h.people {
		told := d.applied[p.ID]
		atLeast, atMost := h.bounds("people", p.baseline, p.at, p.gone)
		if len(told) < atLeast || len(told) > atMost {
			h.differs("%s is told of %d times, want %d to %d", p.LastName, len(told), atLeast, atMost)
		}
		for _, a := range told {
			if a.Candidate != (intrvio.Candidate{FirstName: p.FirstName, LastName: p.LastName, Email: mailbox(p), Phone: p.Phone}) {
				h.differs("%s is told of as %+v", p.LastName, a.Candidate)
			}
		}
		// Whom Intrvio does not know it may be told of as gone, if we knew them.
		known, gone := p.baseline || len(told) > 0, d.gone[p.ID]
		if gone > 1 || gone == 1 && p.gone == 0 || gone == 0 && p.gone > 0 && known {
			h.differs("%s, gone at %d, is told to be gone %d times", p.LastName, p.gone, gone)
		}
		delete(d.applied, p.ID)
		delete(d.gone, p.ID)
	}
	if len(d.applied)+len(d.gone) > 0 {
		h.differs("told of people that never were: %v, gone %v", d.applied, d.gone)
	}
}

func (h *life) examineLinks(d delivered) {
	for id, l := range h.links {
		told := d.linked[id]
		atLeast, atMost := h.bounds("people", l.baseline, l.at, l.gone)
		if len(told) < atLeast || len(told) > atMost {
			h.differs("link %s is told of %d times, want %d to %d", id, len(told), atLeast, atMost)
		}
		for _, e := range told {
			if e.JobID != l.JobID || !slices.Contains(l.owners, e.ApplicantID) {
				h.differs("link %+v is told of as %+v", l.Link, e)
			}
		}
		delete(d.linked, id)
	}
	if len(d.linked) > 0 {
		h.differs("told of links that never were: %v", d.linked)
	}
}

func (h *life) examineChanges(d delivered) {
	for id, c := range h.changes {
		told := d.changes[id]
		atLeast, atMost := h.bounds("activities", false, c.at, c.gone)
		if len(told) < atLeast || len(told) > atMost {
			h.differs("%s of %s is told of %d times, want %d to %d", c.Action, c.ObjectID, len(told), atLeast, atMost)
		}
		for _, e := range told {
			if e != c.event() {
				h.differs("%+v is told of as %+v", c.event(), e)
			}
		}
		delete(d.changes, id)
	}
	if len(d.changes) > 0 {
		h.differs("told of changes that never were: %v", d.changes)
	}
}

func (h *life) examineInterviews(d delivered) {
	for key, n := range h.exports {
		h.counts.exports += n
		if d.exported[key] != n {
			h.differs("%v was exported %d times, told of %d times", key, n, d.exported[key])
		}
		delete(d.exported, key)
	}
	for key, all := range h.triggers {
		for i := range all {
			if !all[i].export {
				all[i].at = d.seen[all[i].activity]
			}
		}
		want := interviews(all)
		h.counts.requests += want
		if d.asked[key] != want {
			h.differs("an interview of %v is asked for %d times, want %d after %+v", key, d.asked[key], want, all)
		}
		delete(d.asked, key)
	}
	if len(d.exported)+len(d.asked) > 0 {
		h.differs("told of exports %v and requests %v that never were", d.exported, d.asked)
	}
}

// examineOpenings compares the events of each opening, in order.
func (h *life) examineOpenings(d delivered) {
	for _, list := range [][]news{d.news, h.news} {
		slices.SortStableFunc(list, func(a, b news) int { return strings.Compare(a.opening.JobID, b.opening.JobID) })
	}
	if fmt.Sprint(d.news) != fmt.Sprint(h.news) {
		h.differs("of openings told\n%v, want\n%v", d.news, h.news)
	}
}
