package mirror_test

import (
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// run lives through the history, ends with a poll and a deep pass that nothing disturbs, and
// compares what was announced with what was done.
func (h *history) run() {
	h.apply()
	h.live(h.draw(14)) // what stood there before the first poll
	if h.draw(3) > 0 {
		h.alone(h.poll)
	} else {
		h.pair()
	}
	for range 2 + h.draw(4) {
		h.live(h.draw(6))
		switch n := h.draw(12); {
		case n < 6:
			h.alone(h.poll)
		case n < 9:
			h.pair()
		case n < 10:
			h.alone(h.deep)
		default:
			h.tell("a poll is missed")
		}
	}
	h.settle()
	h.examine()
	h.seen.pages, h.seen.activities, h.seen.changes = h.account.Count(jazzhrtest.EndpointActivities), len(h.account.Activities("")), len(h.changes)
	h.total.add(&h.seen)
	if h.t.Failed() {
		h.t.Logf("to replay it: go test ./jobs/mirror -run TestEveryHistoryIsPolled -poll.seed=%d", h.seed)
	}
	if h.t.Failed() || *pollSeed != 0 {
		h.t.Logf("the history of seed %d:\n%s", h.seed, strings.Join(h.story, "\n"))
	}
}

// settle polls to the end. An account in which nothing happens costs one call then.
func (h *history) settle() {
	h.poll(nil)
	h.deep(nil)
	h.poll(nil) // below what the deep pass found
	before := h.account.Count(jazzhrtest.EndpointActivities)
	h.poll(nil)
	if calls := h.account.Count(jazzhrtest.EndpointActivities) - before; calls != 1 {
		h.t.Errorf("polling an idle account takes %d calls", calls)
	}
}

func (h *history) draw(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.r.IntN(n)
}

// faults are ways in which a page fails. None of them is the account's refusal.
var faults = []jazzhrtest.Fault{
	jazzhrtest.Refuse(500), jazzhrtest.RateLimit(0),
	{Answer: jazzhrtest.AnswerHTML},
	{Answer: jazzhrtest.AnswerTruncated},
	{Answer: jazzhrtest.AnswerCut},
	{Answer: jazzhrtest.AnswerOtherShape},
}

// disturb has things happen between the pages that are read from now on, and may have one page
// fail.
func (h *history) disturb() (fails *jazzhrtest.Injected, end func()) {
	h.mu.Lock()
	h.between, h.chance = h.r.IntN(12), h.r.Float64()
	nth, fault := 1+h.r.IntN(12), faults[h.r.IntN(len(faults))]
	h.mu.Unlock()
	rule := jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointActivities, Account: h.account}
	failing := rule
	failing.Nth, failing.Fault = nth, fault
	failing.Fault.Hook = h.meanwhile
	rule.Fault = jazzhrtest.Before(h.meanwhile)
	fails = h.sim.Fault(failing)
	between := h.sim.Fault(rule)
	return fails, func() { fails.Remove(); between.Remove() }
}

// alone does one pass, with disturbances.
func (h *history) alone(pass func(*jazzhrtest.Injected)) {
	fails, end := h.disturb()
	defer end()
	pass(fails)
}

// poll does one pass, which may end with an error only if a fault met it.
func (h *history) poll(fails *jazzhrtest.Injected) {
	from := h.begin("a pass begins")
	h.age()
	err := h.mirror.ActivitiesPass(h.t.Context(), h.tenant, h.account.Key())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen.passes++
	h.ended("the pass that began at %d has ended: %v", from, err, fails)
	if err == nil && h.baseline == nil {
		h.baseline, h.known = &span{from, h.happened}, map[string]bool{}
		for _, act := range h.account.Activities("") {
			h.known[act.ID] = true
		}
	}
}

// age has the database see the time that has passed in the account since the last poll.
func (h *history) age() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.now()
	if h.aged.IsZero() {
		h.aged = now
	}
	_, err := h.db.Pool.Exec(h.t.Context(), `UPDATE jazzhr.poll_cursors SET short_since = short_since - $2::interval WHERE tenant_id = $1`, h.tenant, now.Sub(h.aged))
	h.must(err)
	h.aged = now
}

// deep does one deep pass. Only what was erased shifts rows past a pass.
func (h *history) deep(fails *jazzhrtest.Injected) {
	from := h.begin("a deep pass begins")
	missed, err := h.mirror.DeepPass(h.t.Context(), h.tenant, h.account.Key())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen.deep++
	h.seen.missed += missed
	h.ended("the deep pass that began at %d has ended: %v", from, err, fails)
	if missed > 0 && len(h.erasures) == 0 {
		h.t.Errorf("%d activities were missed, although none was erased", missed)
	}
}

func (h *history) begin(what string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell("%s", what)
	return h.happened
}

func (h *history) ended(what string, from int, err error, fails *jazzhrtest.Injected) {
	h.tell(what, from, err)
	if err == nil {
		return
	}
	h.seen.failed++
	if fails == nil || fails.Hits() == 0 {
		h.t.Errorf("a pass that met no fault failed: %v", err)
	}
}

// pair does two passes at once. One is held back at a page, before JazzHR has answered or after,
// and the other runs from end to end meanwhile; or both simply run.
func (h *history) pair() {
	h.mu.Lock()
	h.seen.pairs++
	held := &stop{nth: 1 + h.r.IntN(4), answered: h.r.IntN(2) == 0, arrived: make(chan struct{}), let: make(chan struct{})}
	race, second := h.r.IntN(4) == 0, h.poll
	if h.r.IntN(4) == 0 {
		second = h.deep
	}
	if !race {
		h.stop = held
	}
	h.mu.Unlock()
	var fails *jazzhrtest.Injected
	if !race { // which page things come before must not hang on chance
		var end func()
		fails, end = h.disturb()
		defer end()
	}
	done := make(chan struct{})
	go func() { defer close(done); h.poll(fails) }()
	if !race {
		select {
		case <-held.arrived:
		case <-done:
		}
		h.mu.Lock()
		h.stop = nil // the other is not held
		h.mu.Unlock()
	}
	second(fails)
	h.live(h.draw(3))
	close(held.let)
	<-done
}

// examine compares the events with the changes, and what is kept with what there is.
func (h *history) examine() {
	announced := h.announced()
	left := map[string]jazzhrtest.Activity{}
	for _, act := range h.account.Activities("") {
		left[act.ID] = act
	}
	disturbed := slices.ContainsFunc(h.erasures, func(at int) bool { return at > h.baseline.from && at <= h.baseline.to })
	for id, c := range h.changes {
		atLeast, atMost := 1, 1
		_, stands := left[id]
		switch {
		case c.at <= h.baseline.from && !disturbed:
			atLeast, atMost = 0, 0
		case c.at <= h.baseline.to || !stands:
			atLeast = 0
		}
		events := announced[id]
		delete(announced, id)
		if len(events) < atLeast || len(events) > atMost {
			h.t.Errorf("seed %d: %s, of %d, was announced %d times; want %d to %d", h.seed, id, c.at, len(events), atLeast, atMost)
		}
		for _, event := range events {
			if diff := cmp.Diff(c.event(), event); diff != "" {
				h.t.Errorf("seed %d: the event of %s (-want +got):\n%s", h.seed, id, diff)
			}
		}
		h.seen.events += len(events)
		h.seen.unsure += atMost - atLeast
	}
	for id := range announced {
		h.t.Errorf("seed %d: %s, which is no change of stage, was announced", h.seed, id)
	}
	h.examineKept(left)
}

// event is what Intrvio is to be told of a change.
func (c change) event() intrvio.StageChange {
	return intrvio.StageChange{
		ActivityID: c.ID, ApplicantID: c.ObjectID, From: c.from, To: c.to, JobTitle: c.title,
		RawAction: legible(c.Action), Parsed: c.title != "",
		OccurredOn: c.At.Format("2006-01-02"), OccurredAtTime: c.At.Format("15:04:05"),
	}
}

// legible is a text as PostgreSQL can keep it.
func legible(text string) string { return strings.ReplaceAll(text, "\x00", "") }

// announced are the changes in the tenant's events, by activity.
func (h *history) announced() map[string][]intrvio.StageChange {
	rows, err := h.db.Pool.Query(h.t.Context(), `SELECT type, data FROM jazzhr.events WHERE tenant_id = $1`, h.tenant)
	check(h.t, err)
	defer rows.Close()
	events := map[string][]intrvio.StageChange{}
	for rows.Next() {
		var e intrvio.Envelope
		check(h.t, rows.Scan(&e.Type, &e.Data))
		change, err := intrvio.Decode[intrvio.StageChange](e)
		check(h.t, err)
		events[change.ActivityID] = append(events[change.ActivityID], change)
	}
	check(h.t, rows.Err())
	return events
}

// examineKept holds that every activity since the first pass is kept, of whatever category.
func (h *history) examineKept(left map[string]jazzhrtest.Activity) {
	rows, err := h.db.Pool.Query(h.t.Context(), `SELECT activity_id, category, object_id, action, to_char(occurred_on, 'YYYY-MM-DD') || ' ' || occurred_time
		FROM jazzhr.activities WHERE tenant_id = $1`, h.tenant)
	check(h.t, err)
	defer rows.Close()
	for rows.Next() {
		var kept jazzhrtest.Activity
		var at string
		check(h.t, rows.Scan(&kept.ID, &kept.Category, &kept.ObjectID, &kept.Action, &at))
		act, stands := left[kept.ID]
		if stands && (act.Category != kept.Category || act.ObjectID != kept.ObjectID || legible(act.Action) != kept.Action || act.At.Format("2006-01-02 15:04:05") != at) {
			h.t.Errorf("seed %d: %+v is kept as %+v of %s", h.seed, act, kept, at)
		}
		delete(left, kept.ID)
	}
	check(h.t, rows.Err())
	for id, act := range left {
		if !h.known[id] {
			h.t.Errorf("seed %d: %s of category %q is not kept", h.seed, id, act.Category)
		}
	}
}
