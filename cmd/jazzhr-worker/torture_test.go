package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/localpg"
	"github.com/intrvio/jazzhr-worker/queue"
)

// tortureSmall is how many writebacks `make test` has time for.
const tortureSmall = 60

var (
	tortureWritebacks = flag.Int("torture.writebacks", tortureSmall, "writebacks of TestTorture; 0 goes on until it is interrupted")
	tortureTenants    = flag.Int("torture.tenants", 4, "tenants of TestTorture")
	tortureSeed       = flag.Uint64("torture.seed", 1, "seed of what TestTorture draws: faults, strikes and people")
)

const (
	// tortureTail is how long strikes go on after the last writeback was accepted. What has not
	// ended then ends in peace.
	tortureTail = 8 * time.Second
	// torturePeace is how long that is given before time is made to pass, and tortureMost how often
	// it is.
	torturePeace = 5 * time.Second
	tortureMost  = 40
)

// TestTorture runs two `work` and one `web` process of the real program while they are killed and
// stopped, Postgres crashes, a third of all answers to POSTs are lost, and JazzHR is out for an hour.
// Each account behaves as some JazzHR could. Whatever the API accepted must stand in JazzHR once.
//
// The seed repeats what is drawn, not when it strikes: processes run as they like.
func TestTorture(t *testing.T) {
	t.Parallel()
	interrupted := t.Context()
	if *tortureWritebacks != tortureSmall { // run for its own sake
		var stop context.CancelFunc
		interrupted, stop = signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(interrupted, stop) // a second Ctrl-C ends it at once
	}
	w := newTorture(t)
	w.lose()
	striking, endStrikes := context.WithCancel(t.Context())
	defer endStrikes()
	var strikes, work sync.WaitGroup
	strikes.Go(func() { w.strike(striking) })
	reporting, endReports := context.WithCancel(t.Context())
	defer endReports()
	work.Go(func() { w.report(reporting) })
	work.Go(func() { w.watchTakeovers(reporting) })

	w.enqueue(interrupted, *tortureWritebacks)
	// An interrupt shortens what is left to the peaceful end.
	tail, endTail := context.WithTimeout(interrupted, tortureTail)
	defer endTail()
	_ = w.ended(tail)
	endStrikes()
	strikes.Wait()
	w.settle()
	endReports()
	work.Wait()
	w.check()
	w.summary()
}

// settle lets everything end, however long it has to wait.
func (w *torture) settle() {
	for range tortureMost {
		peace, endPeace := context.WithTimeout(w.t.Context(), torturePeace)
		err := w.ended(peace)
		endPeace()
		if err == nil {
			return
		}
		w.pass(tortureStep)
	}
	w.t.Errorf("not every writeback ended in %s", w.passed)
}

// torture is the deployment that is tortured, and what was seen of it.
type torture struct {
	*deployment
	server    *localpg.Server
	started   time.Time
	customers []*customer
	people    people
	faults    []fault
	web       *slot
	slots     []*slot       // of all processes
	passed    time.Duration // by which the database's clock is ahead

	mu        sync.Mutex
	accepted  []submission
	halfway   bool // half of them were
	repeated  int  // API calls that were made again
	strikes   map[string]int
	left      map[int64]time.Time // jobs that a killed process ran, and since when
	takeovers []time.Duration
	doubled   int
	lost      int
	attention int
}

// newTorture starts everything, connects the tenants, and has each write once: what was seen on an
// account is what absence is judged by.
func newTorture(t *testing.T) *torture {
	t.Helper()
	server := dbtest.Server(t)
	w := &torture{
		deployment: newDeploymentOn(t, dbtest.NewOn(t, server), *tortureSeed), server: server, started: time.Now(),
		strikes: map[string]int{}, left: map[int64]time.Time{},
	}
	w.logs.limit = 4 << 20
	// Events are pulled: pushing them would be work beside the point.
	w.env = append(w.env, "INTRVIO_EVENTS_URL=", "INTRVIO_EVENTS_SECRET=", "LOG_LEVEL=info", "WORKERS=12",
		"JAZZHR_TIMEOUT=1s", "SETTLE_DELAY=1s", "STOP_TIMEOUT=5s")
	first := w.start("serve")
	w.customers = append(w.customers, w.customer)
	for len(w.customers) < *tortureTenants {
		w.customers = append(w.customers, w.addCustomer())
	}
	for _, c := range w.customers {
		first.connectCustomer(c)
	}
	w.people = people{customers: w.customers}
	w.web = &slot{torture: w, command: "web"}
	w.slots = []*slot{w.web, {torture: w, command: "work"}, {torture: w, command: "work"}}
	w.keep()
	first.terminate()

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range w.customers {
		w.accept(w.people.next())
	}
	if err := w.ended(ctx); err != nil {
		t.Fatalf("the first writebacks did not end: %v\n%s", err, w.logs)
	}
	w.differ()
	return w
}

// keep keeps a process of each slot running until the test ends.
func (w *torture) keep() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var running sync.WaitGroup
	for _, s := range w.slots {
		running.Go(func() { s.keep(ctx) })
	}
	w.t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// ended returns when no writeback is pending. What the database does not answer is asked again.
func (w *torture) ended(ctx context.Context) error {
	return poll(ctx, func() bool {
		n, err := w.pending(ctx)
		return err == nil && n == 0
	})
}

func (w *torture) pending(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, queue.NodeTimeout)
	defer cancel()
	err = w.database.Pool.QueryRow(ctx, "SELECT count(*) FROM jazzhr.writebacks WHERE state = 'pending'").Scan(&n)
	return n, err
}

// poll asks four times a second until the answer is yes.
func poll(ctx context.Context, done func() bool) error {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
	return nil
}
