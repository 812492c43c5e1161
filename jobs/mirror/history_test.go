package mirror_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// history is an account's life and its polls, drawn from a seed.
type history struct {
	*pollers
	t       *testing.T
	seed    uint64
	r       *rand.Rand
	tenant  uuid.UUID
	sim     *jazzhrtest.Sim
	jazzhr  http.Handler // the simulator's
	account *jazzhrtest.Account
	clock   clock
	titles  map[string]string // of jobs, by id
	jobs    []string
	people  []jazzhrtest.Applicant
	erases  bool // people are erased, which shifts rows up
	leaps   bool // weeks pass between polls

	mu       sync.Mutex
	story    []string
	happened int // how much, so far: orders changes and passes
	changes  map[string]change
	erasures []int           // when somebody was erased
	baseline *span           // of the first completed pass
	known    map[string]bool // the activities that there were at its end
	between  int             // how much may still happen between pages
	chance   float64         // that something does
	stop     *stop
	aged     time.Time // until when the database has seen the account's time pass
	seen     counts
}

// change is a stage change as the account's people made it.
type change struct {
	jazzhrtest.Activity
	from, to, title string // empty if the activity does not tell
	at              int
}

// span is when a pass began and ended.
type span struct{ from, to int }

// stop holds the answer to one read back, from before or after it is made, while another pass runs.
type stop struct {
	nth      int
	answered bool
	reads    int
	arrived  chan struct{}
	let      chan struct{}
}

func (p *pollers) history(t *testing.T, seed uint64) *history {
	t.Helper()
	h := &history{
		pollers: p, t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 4)), titles: map[string]string{}, changes: map[string]change{},
		clock: clock{at: time.Date(2026, 2, 25, 9, 0, 0, 0, time.UTC)},
	}
	h.erases, h.leaps = h.r.IntN(3) == 0, h.r.IntN(3) == 0
	h.sim = jazzhrtest.New(jazzhrtest.Options{Seed: seed, CallsPerMinute: -1, Clock: h.clock.now})
	t.Cleanup(h.sim.Close)
	h.jazzhr = h.sim.Handler()
	key := fresh("key")
	h.account = h.sim.AddAccount(key)
	all := jazzhrtest.Personalities()
	h.account.Configure(func(s *jazzhrtest.Settings) {
		all[int(seed)%len(all)].Configure(s, jazzhrtest.Moment{})
		s.CallsPerMinute = 0 // the history's clock stands still while a pass reads
	})
	p.sims.Store(key, http.HandlerFunc(h.serve))
	t.Cleanup(func() { p.sims.Delete(key) })
	row, _, err := p.tenants.Create(t.Context(), tenant.Details{Name: fmt.Sprintf("seed %d", seed), Region: "us"})
	check(t, err)
	h.tenant = row.TenantID
	for _, title := range []string{"Engineer", `The "Best" Job`, "Welder"} {
		job := h.account.AddJob(jazzhrtest.Job{Title: title})
		h.jobs, h.titles[job.ID] = append(h.jobs, job.ID), title
	}
	return h
}

// serve lets things happen before a page is read, or holds it back.
func (h *history) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	s := h.stop
	if s != nil {
		s.reads++
	}
	held := s != nil && s.reads == s.nth
	h.mu.Unlock()
	if !held {
		h.jazzhr.ServeHTTP(w, r)
		return
	}
	if !s.answered {
		close(s.arrived)
		<-s.let
		h.jazzhr.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	h.jazzhr.ServeHTTP(answer, r)
	close(s.arrived)
	<-s.let
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the caller may be gone
}

// tell writes the story down.
func (h *history) tell(format string, args ...any) {
	h.happened++
	h.story = append(h.story, fmt.Sprintf("%4d  %s  ", h.happened, h.clock.now().Format("01-02 15:04"))+fmt.Sprintf(format, args...))
}

// live lets n things happen in the account.
func (h *history) live(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range n {
		h.happen()
	}
	if h.r.IntN(3) == 0 { // the days of a long weekend
		for range 3 + h.r.IntN(2) {
			h.apply()
			h.notes(30 + h.r.IntN(30))
			for range 8 {
				h.move()
				h.burst(h.r.IntN(14))
			}
			h.pass()
			h.late()
		}
	}
}

// meanwhile lets things happen before a page is read.
func (h *history) meanwhile(context.Context, jazzhrtest.Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell("a page is read")
	if h.erases && h.between > 0 && len(h.people) > 0 && h.r.IntN(2) == 0 {
		h.between--
		h.erase()
	}
	if h.r.Float64() >= h.chance {
		return
	}
	for range 1 + h.r.IntN(4) {
		if h.between == 0 {
			return
		}
		h.between--
		h.happen()
	}
}

func (h *history) happen() {
	switch n := h.r.IntN(20); {
	case n < 6 || len(h.people) == 0:
		h.move()
	case n < 8:
		h.burst(1 + h.r.IntN(8))
	case n < 9:
		h.burst(40 + h.r.IntN(90)) // about a page
	case n < 12:
		h.apply()
	case n < 13:
		h.notes(1)
	case n < 14:
		h.odd()
	case n < 16:
		h.late()
	case n < 17:
		h.merge()
	case n < 18 && h.erases:
		h.erase()
	default:
		h.pass()
	}
}

func (h *history) must(err error) {
	if err != nil {
		h.t.Errorf("seed %d: %v", h.seed, err)
	}
}

func (h *history) person() jazzhrtest.Applicant { return h.people[h.r.IntN(len(h.people))] }

func (h *history) apply() {
	name := fmt.Sprintf("Person-%d", h.happened)
	p := h.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: name, Email: name + "@example.com"}, h.jobs...)
	h.people = append(h.people, p)
	h.tell("%s applies", name)
}

// move moves somebody to another stage.
func (h *history) move() {
	if len(h.people) == 0 {
		h.apply()
	}
	person, job := h.person(), h.jobs[h.r.IntN(len(h.jobs))]
	var places []jazzhrtest.Link // two, after a merge, of which each would give an activity
	for _, link := range h.account.Links(person.ID) {
		if link.JobID == job {
			places = append(places, link)
		}
	}
	stages := jazzhrtest.Stages()
	to := stages[h.r.IntN(len(stages))].Name
	if len(places) != 1 || places[0].Stage == to {
		h.burst(1)
		return
	}
	from := places[0].Stage
	h.must(h.account.MoveStage(person.ID, job, to))
	made := h.account.Activities(person.ID)
	c := change{Activity: made[len(made)-1], from: from, to: to, title: h.titles[job]}
	h.changed(c)
}

func (h *history) changed(c change) {
	h.tell("%s: %q", c.ID, c.Action)
	c.at = h.happened
	h.changes[c.ID] = c
}

// burst makes the feed longer by activities of no interest.
func (h *history) burst(n int) {
	for range n {
		h.account.Login()
	}
	h.tell("%d logins", n)
}

// notes writes so many notes on one person.
func (h *history) notes(n int) {
	person := h.person()
	for range n {
		_, err := h.account.AddNote(person.ID, "Fine.")
		h.must(err)
	}
	h.tell("%d notes on %s", n, person.LastName)
}

// odd writes what nobody has met yet.
func (h *history) odd() {
	const by = `from "A" to "B" for "C" by "D"`
	actions := []string{"moved", `changed the status to "Offer"`, by, `"A" "B`, "", "n\x00ul", `{"to":"Ünïcode \ud83d\ude00"}`}
	act := jazzhrtest.Activity{ObjectID: h.person().ID, UserID: "usr_1", Action: actions[h.r.IntN(len(actions))], Category: jazzhrtest.CategoryStatus}
	if h.r.IntN(2) == 0 {
		act.Category = []string{"", "workflow_mystery", "RESUME_STATUS"}[h.r.IntN(3)]
		h.account.AddActivity(act)
		h.tell("an activity of category %q", act.Category)
		return
	}
	c := change{Activity: h.account.AddActivity(act)}
	if act.Action == by { // it could as well be a title with quotes
		c.from, c.to, c.title = "A", "B", `C" by "D`
	}
	h.changed(c)
}

// late writes a change that JazzHR dates the day before, as if its day ended in another zone.
func (h *history) late() {
	act := h.account.AddActivity(jazzhrtest.Activity{
		ObjectID: h.person().ID, Category: jazzhrtest.CategoryStatus, At: h.clock.now().AddDate(0, 0, -1),
		Action: `changed the status from "New" to "Offer" for "Late"`,
	})
	h.changed(change{Activity: act, from: "New", to: "Offer", title: "Late"})
}

func (h *history) merge() {
	if len(h.people) < 2 {
		return
	}
	i := h.r.IntN(len(h.people) - 1)
	h.must(h.account.Merge(h.people[i].ID, h.people[len(h.people)-1].ID))
	h.tell("%s is merged", h.people[i].LastName)
	h.people = append(h.people[:i:i], h.people[i+1:]...)
}

// erase takes somebody's activities out of the feed: rows shift up.
func (h *history) erase() {
	i := h.r.IntN(len(h.people))
	h.must(h.account.Erase(h.people[i].ID))
	h.tell("%s is erased", h.people[i].LastName)
	h.people = append(h.people[:i:i], h.people[i+1:]...)
	h.erasures = append(h.erasures, h.happened)
	h.seen.erased++
}

// pass lets time pass. Who erases has it pass slowly, since a deep pass reads a month.
func (h *history) pass() {
	hours := 1 + h.r.IntN(30)
	if h.leaps && !h.erases && h.r.IntN(3) == 0 {
		hours *= 40
	}
	before := h.clock.now()
	if h.erases && before.Sub(time.Date(2026, 2, 25, 0, 0, 0, 0, time.UTC)) > 25*24*time.Hour {
		hours = 0
	}
	h.clock.add(time.Duration(hours) * time.Hour)
	h.seen.days += h.clock.now().YearDay() - before.YearDay()
	h.tell("%d hours pass", hours)
}
