package jobs_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// life is one tenant's week, and the record of it: what its people did, and when polls were
// complete.
type life struct {
	*week
	n       int
	r       *rand.Rand // of what its people do
	polls   *rand.Rand // of when it is polled
	sim     *jazzhrtest.Sim
	account *jazzhrtest.Account
	tenant  uuid.UUID
	zone    *time.Location
	owed    bool // a pass over the openings was not complete: nothing may change there until one is

	mu       sync.Mutex
	happened int              // how much, so far: orders acts and polls
	quiet    bool             // nothing happens any more
	awake    bool             // in a step
	jobs     []jazzhrtest.Job // that people are in
	trigger  string           // the job whose candidates are interviewed; empty for every job
	people   []*soul
	links    map[string]*place
	changes  map[string]*moved
	exports  map[pair]int // that were received
	triggers map[pair][]triggered
	mirror   map[string]posted // openings as the last complete pass found them
	news     []news            // that passes are to tell
	read     map[string][]span // complete passes, by list
	counts   weekCounts
}

// soul is an applicant.
type soul struct {
	jazzhrtest.Applicant
	at, gone int  // when they came and went; gone is 0 of those who are there
	baseline bool // stood there before
	asked    bool // exported, or moved to the stage of interviews: stays to the end
}

// place is a link.
type place struct {
	jazzhrtest.Link
	at, gone int
	baseline bool
	owners   []string // more than one after a merge
}

// span is when something began and ended.
type span struct{ from, to int }

// moved is a change of stage, as the account's people made it.
type moved struct {
	jazzhrtest.Activity
	from, to, title string // empty if the activity does not tell
	at              int
	gone            int // when it was erased
}

// event is what Intrvio is to be told of it.
func (m moved) event() intrvio.StageChange {
	return intrvio.StageChange{
		ActivityID: m.ID, ApplicantID: m.ObjectID, From: m.from, To: m.to, JobTitle: m.title,
		RawAction: m.Action, Parsed: m.title != "",
		OccurredOn: m.At.Format("2006-01-02"), OccurredAtTime: m.At.Format("15:04:05"),
	}
}

// pair is an applicant, by JazzHR's number, and a job.
type pair struct{ person, job string }

func (w *week) newLife(n int) *life {
	w.t.Helper()
	h := &life{
		week: w, n: n, r: rand.New(rand.NewPCG(*weekSeed, uint64(10+2*n))), polls: rand.New(rand.NewPCG(*weekSeed, uint64(11+2*n))),
		links: map[string]*place{}, changes: map[string]*moved{}, exports: map[pair]int{}, triggers: map[pair][]triggered{},
		mirror: map[string]posted{}, read: map[string][]span{},
	}
	h.zone = time.FixedZone("", []int{0, -5, 9, 13, -8}[h.r.IntN(5)]*3600)
	h.sim = jazzhrtest.New(jazzhrtest.Options{
		Seed: *weekSeed<<16 + uint64(n), CallsPerMinute: -1, Clock: w.clock.now, Location: h.zone, PublicURL: w.world.sim.URL,
	})
	w.t.Cleanup(h.sim.Close)
	key := fresh("key")
	w.sims.Store(key, h.sim.Handler())
	h.account = h.sim.AddAccount(key)
	all := jazzhrtest.Personalities()
	h.account.Configure(func(s *jazzhrtest.Settings) {
		all[(int(*weekSeed)+n)%len(all)].Configure(s, jazzhrtest.Moment{})
		s.CallsPerMinute = 0 // the week's clock leaps
		s.MergeDrops = h.r.IntN(2) == 0
		s.ExportContext = []jazzhrtest.ExportContext{jazzhrtest.ContextNone, jazzhrtest.ContextJobID, jazzhrtest.ContextBoardCode}[h.r.IntN(3)]
	})
	row, _, err := w.tenants.Create(w.t.Context(), tenant.Details{Name: fmt.Sprint("tenant ", n), Region: "us"})
	check(w.t, err)
	h.tenant = row.TenantID
	w.byID.Store("/hook/"+h.tenant.String(), h)
	for _, title := range []string{"Engineer", "Welder", "Nurse"} {
		h.jobs = append(h.jobs, h.account.AddJob(jazzhrtest.Job{Title: title, City: "Bergen"}))
	}
	if h.r.IntN(3) == 0 {
		h.trigger = h.jobs[0].ID
	}
	h.standing()
	return h
}

// standing fills the account: with more than a page, now and then.
func (h *life) standing() {
	n, days := 2+h.r.IntN(6), 20
	if h.r.IntN(5) == 0 {
		n, days = 110+h.r.IntN(30), 2
	}
	for range n {
		h.apply(h.clock.now().AddDate(0, 0, -h.r.IntN(days)))
	}
	for range h.r.IntN(5) {
		h.move()
	}
	for _, p := range h.people {
		p.baseline = true
	}
	for _, l := range h.links {
		l.baseline = true
	}
	clear(h.changes)
	h.counts = weekCounts{}
}

func (h *life) must(err error) {
	if err != nil {
		h.t.Errorf("tenant %d: %v", h.n, err)
	}
}

// webhook takes JazzHR's webhooks, as package web would put them in.
func (h *life) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		c := customer{world: h.world, id: h.tenant}
		err = c.receive(r.Context(), r.Header, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}

// begin connects the tenant.
func (h *life) begin() {
	_, err := h.tenants.Connect(h.t.Context(), h.tenant, h.account.Key(), tenant.Actor{})
	h.must(err)
	h.must(h.account.SaveIntegration(h.t.Context(), jazzhrtest.Integration{
		Name: "Intrvio", URL: h.world.sim.URL + "/hook/" + h.tenant.String(), Secret: "secret",
	}))
	_, err = h.tenants.Change(h.t.Context(), h.tenant, tenant.Changes{
		AutoTriggers: func([]tenant.AutoTrigger) []tenant.AutoTrigger {
			return []tenant.AutoTrigger{{Stage: interviewStage, JobID: h.trigger}}
		},
	}, tenant.Actor{})
	h.must(err)
}

// baseline takes in what stands there. From then on pages fail, and things happen while they are
// read.
func (h *life) baseline() {
	h.fullSync()
	outcome, err := h.runner.PollNow(h.t.Context(), h.tenant)
	if h.must(err); outcome != "" {
		h.must(fmt.Errorf("the first poll came to %s", outcome))
	}
	for _, job := range h.account.Jobs() {
		h.mirror[job.ID] = posted{Job: job}
	}
	h.sim.Fault(jazzhrtest.Rule{
		Chance: 0.12, Fault: jazzhrtest.Before(h.meanwhile),
		When: func(c jazzhrtest.Call) bool {
			list := c.Endpoint == jazzhrtest.EndpointActivities || c.Endpoint == jazzhrtest.EndpointApplicants || c.Endpoint == jazzhrtest.EndpointLinks
			return list && c.Filters["name"] == ""
		},
	})
	h.fails(true)
}

// fails has one in ten calls fail.
func (h *life) fails(one bool) {
	chaos := jazzhrtest.Chaos{}
	if one {
		chaos = jazzhrtest.Chaos{FailRead: 0.1, RateLimit: 0.01}
	}
	h.sim.SetChaos(chaos)
}

// step is what the tenant lives through at a moment: acts, and now and then a poll.
func (h *life) step() {
	h.wake(true)
	defer h.wake(false)
	acts := 0
	if h.r.IntN(2) == 0 {
		acts = 1 + h.r.IntN(2)
	}
	if h.r.IntN(40) == 0 {
		acts = 8
	}
	edited := false
	for range acts {
		h.mu.Lock()
		if h.r.IntN(8) == 0 && !h.owed {
			h.edit()
			edited = true
		} else {
			h.act()
		}
		h.mu.Unlock()
	}
	switch n := h.polls.IntN(40); {
	case n < 11:
		h.poll()
	case n < 12:
		race(h.poll, h.poll)
	}
	if h.owed || edited && h.polls.IntN(3) > 0 || h.polls.IntN(12) == 0 {
		h.openings()
	}
}

func (h *life) wake(awake bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.awake = awake
}

// meanwhile is what happens before a page is read.
func (h *life) meanwhile(context.Context, jazzhrtest.Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.quiet {
		for range 1 + h.r.IntN(2) {
			h.act()
		}
	}
}

// poll is one poll, which fails as it may.
func (h *life) poll() {
	h.mu.Lock()
	h.happened++
	from := h.happened
	h.mu.Unlock()
	outcome, err := h.runner.PollNow(h.t.Context(), h.tenant)
	h.must(err)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.happened++
	h.counts.polls++
	if outcome != "" {
		h.counts.stopped++
	}
	// What stops one list for all calls' sake leaves others unread.
	unread := strings.Contains(outcome, "_stopped_rate_limit")
	if !unread && !strings.Contains(outcome, "activities_stopped") {
		h.read["activities"] = append(h.read["activities"], span{from, h.happened})
	}
	if !unread && !strings.Contains(outcome, "applicants_stopped") && !strings.Contains(outcome, "links_stopped") {
		h.read["people"] = append(h.read["people"], span{from, h.happened})
	}
}

// openings reads the openings until a pass is complete, unless the call budget is closed.
func (h *life) openings() {
	h.sim.SetChaos(jazzhrtest.Chaos{FailRead: 0.1})
	defer h.fails(!h.quiet)
	h.owed = true
	for range 20 {
		outcome, err := h.runner.PollOpeningsNow(h.t.Context(), h.tenant)
		h.must(err)
		if outcome == "" {
			h.owed = false
			h.differ()
			return
		}
		if strings.Contains(outcome, "rate_limit") {
			return
		}
	}
	h.must(fmt.Errorf("no pass over the openings is complete"))
}

// night is a full pass. What fails is read again after seconds, in which life goes on.
func (h *life) night() {
	outcome, err := h.runner.FullSyncNow(h.t.Context(), h.tenant)
	if h.must(err); outcome != "" && outcome != "stopped_"+"retry" {
		h.must(fmt.Errorf("a full pass came to %s", outcome))
	}
}

// fullSync is a full pass that nothing disturbs.
func (h *life) fullSync() {
	outcome, err := h.runner.FullSyncNow(h.t.Context(), h.tenant)
	if h.must(err); outcome != "" {
		h.must(fmt.Errorf("a full pass came to %s", outcome))
	}
}

// calm ends what happens and what fails.
func (h *life) calm() {
	h.mu.Lock()
	h.quiet = true
	h.mu.Unlock()
	h.fails(false)
}

// last reads everything, and nothing happens meanwhile.
func (h *life) last() {
	h.poll()
	h.openings()
	h.fullSync()
}

// received reports whether a webhook arrives: one in five is lost.
func (h *life) received() bool { return h.r.IntN(5) > 0 }

// export is a recruiter's, or JazzHR's own at a stage. The caller holds the lock.
func (h *life) export(p *soul, l *place) {
	arrives := h.received()
	h.account.Configure(func(s *jazzhrtest.Settings) { s.LoseExports = !arrives })
	d, err := h.account.Export(h.t.Context(), p.ID, l.JobID)
	h.must(err)
	p.asked = true
	if !arrives {
		h.counts.lost++
		return
	}
	key := pairOf(p, l.JobID)
	h.exports[key]++
	h.triggers[key] = append(h.triggers[key], triggered{export: true, at: h.clock.now()})
	if h.r.IntN(10) == 0 { // JazzHR has not understood the answer
		_, err := h.account.Redeliver(h.t.Context(), d.UUID)
		h.must(err)
	}
}

func pairOf(p *soul, job string) pair { return pair{p.ID, job} }

// mailbox is an email as events have it.
func mailbox(p *soul) string { return jazzhr.NormalizeEmail(p.Email) }
