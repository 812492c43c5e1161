package jobs_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// TestFinding09Breaker has JazzHR answer every POST of five customers by 503 for an hour. Few are
// sent, nobody is asked, each customer hears of it once, and afterwards everything is written once.
func TestFinding09Breaker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const customers, each = 5, 6
	var all []*customer
	for i := range customers {
		all = append(all, w.seasoned(fmt.Sprintf("tenant-%d", i)))
	}
	w.start(w.another()) // a second process
	before := w.posts(all)
	outage := w.sim.Fault(jazzhrtest.Rule{Method: http.MethodPost, Fault: jazzhrtest.Refuse(503)})
	for i := range each {
		for _, c := range all {
			c.writeback(fmt.Sprintf("i-%d", i+1), "Ada", namedFor(i), namedFor(i)+"@example.com")
		}
	}
	for range 6 {
		w.idle()
		w.advance(10 * time.Minute)
	}
	w.idle()
	sent := outage.Hits()
	t.Logf("%d POSTs in the outage", sent)
	// 12 open the breaker, while up to 20 more are on their way from two processes. The others are
	// probes. Without the breaker they are 11 for each writeback.
	if sent > 12+20+20 {
		t.Errorf("%d POSTs were sent in an outage of an hour", sent)
	}
	w.wantAsked(0)
	for _, c := range all {
		c.wantTold(intrvio.JazzHRUnavailable, 1)
		c.wantTold(intrvio.JazzHRAvailable, 0)
	}

	outage.Remove()
	rounds := 0
	for ; w.open() > 0 && rounds < 60; rounds++ {
		w.advance(time.Minute)
		w.idle()
		if rounds == 0 {
			if wave := w.posts(all) - before - sent; wave > 50 {
				t.Errorf("%d POSTs were sent in the first wave", wave)
			}
		}
	}
	t.Logf("%d POSTs after the outage, in %d rounds", w.posts(all)-before-sent, rounds)
	for _, c := range all {
		for i := range each {
			c.once(namedFor(i)+"@example.com", 1)
		}
		c.event(func(e intrvio.Envelope) bool { return e.Type == intrvio.JazzHRAvailable && e.TenantID == c.id })
		c.wantTold(intrvio.JazzHRUnavailable, 1)
	}
	w.wantAsked(0)
}

// TestFinding09OneTenantsTrouble has one customer's account take no writes: the others' go on.
func TestFinding09OneTenantsTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken, sound := w.seasoned("broken"), w.seasoned("sound")
	trouble := w.sim.Fault(jazzhrtest.Rule{Method: http.MethodPost, Account: broken.account, Fault: jazzhrtest.Refuse(503)})
	for i := range 20 {
		broken.writeback(fmt.Sprintf("i-%d", i+1), "Ada", namedFor(i), namedFor(i)+"@example.com")
	}
	check(t, trouble.Wait(t.Context(), 12))
	for i := range 10 {
		sound.finish("done", sound.writeback(fmt.Sprintf("i-%d", i+1), "Ada", namedFor(i), namedFor(i)+"@example.com"))
	}
	sound.wantTold(intrvio.JazzHRUnavailable, 0)
}

// namedFor is a last name that no other number has, and none resembles.
func namedFor(i int) string { return "Name" + string(rune('a'+i)) + string(rune('z'-i)) }

// posts counts the POSTs that JazzHR has received of some customers.
func (w *world) posts(all []*customer) (n int) {
	for _, c := range all {
		for _, endpoint := range []string{
			jazzhrtest.EndpointCreateApplicant, jazzhrtest.EndpointLinkApplicant, jazzhrtest.EndpointApplicantNotes,
		} {
			n += c.account.Count(endpoint)
		}
	}
	return n
}

// open counts the writebacks that have not ended.
func (w *world) open() (n int) {
	w.t.Helper()
	w.scan(`SELECT count(*) FROM jazzhr.writebacks WHERE state = 'pending'`, nil, &n)
	return n
}

// idle waits until no writeback is worked on, or is due.
func (w *world) idle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		var busy bool
		w.scan(`SELECT EXISTS (SELECT FROM jazzhr.writebacks
			WHERE state = 'pending' AND (admitted_at IS NOT NULL OR next_attempt_at <= jazzhr.now()))`, nil, &busy)
		if !busy {
			return
		}
		n := w.journal.count(func(entry) bool { return true })
		if err := w.journal.wait(ctx, n+1, func(entry) bool { return true }); err != nil {
			w.t.Fatalf("the writebacks don't come to rest: %v", err)
		}
	}
}

// wantAsked fails unless persons were asked so many times.
func (w *world) wantAsked(times int) {
	w.t.Helper()
	var cases int
	w.scan(`SELECT count(*) FROM jazzhr.writebacks WHERE state = 'attention'`, nil, &cases)
	if cases != times {
		w.t.Errorf("%d writebacks are with a person, want %d", cases, times)
	}
}

// wantTold fails unless Intrvio was told so many times by events of a type.
func (c *customer) wantTold(event intrvio.EventType, times int) {
	c.t.Helper()
	var told int
	c.scan(`SELECT count(*) FROM jazzhr.events WHERE tenant_id = $1 AND type = $2`, []any{c.id, string(event)}, &told)
	if told != times {
		c.t.Errorf("%s was told %d times, want %d", event, told, times)
	}
}

// TestFinding09LapsedAccounts has three customers' accounts take no writes, so many that it looks like
// an outage: the others' go on at once, and nobody is told of one.
func TestFinding09LapsedAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sound := w.seasoned("sound")
	for i := range 3 {
		lapsed := w.seasoned(fmt.Sprint("lapsed-", i))
		trouble := w.sim.Fault(jazzhrtest.Rule{Method: http.MethodPost, Account: lapsed.account, Fault: jazzhrtest.Refuse(403)})
		for i := range 10 {
			lapsed.writeback(fmt.Sprintf("i-%d", i+1), "Ada", namedFor(i), namedFor(i)+"@example.com")
		}
		check(t, trouble.Wait(t.Context(), 4))
	}
	var opened *time.Time
	for opened == nil { // little time passes at once: it may open meanwhile, and tells after a minute
		w.idle()
		w.advance(5 * time.Second)
		w.scan(`SELECT min(opened_at) FROM jazzhr.breakers`, nil, &opened)
	}
	for i := range 5 {
		id := sound.writeback(fmt.Sprintf("i-%d", i+1), "Ada", namedFor(i), namedFor(i)+"@example.com")
		for try := 0; sound.view(id).State == queue.StatePending && try < 50; try++ {
			w.idle()
			w.advance(3 * time.Second)
		}
		sound.finish(queue.StateDone, id)
	}
	var lasted time.Duration
	w.scan(`SELECT jazzhr.now() - $1::timestamptz`, []any{opened}, &lasted)
	if lasted > 50*time.Second { // a slow machine's time counts too
		t.Logf("it took %s: whether somebody is told is not looked at", lasted)
		return
	}
	sound.wantTold(intrvio.JazzHRUnavailable, 0)
}
