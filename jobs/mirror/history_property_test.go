package mirror_test

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/mirror"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

var (
	pollSeed      = flag.Uint64("poll.seed", 0, "replay the history of this seed alone, and tell it")
	pollHistories = flag.Uint64("poll.histories", 30, "how many histories to poll")
	pollFrom      = flag.Uint64("poll.from", 1, "the first of their seeds")
)

// historiesAtOnce keeps two cores busy: a history is one call after the other.
const historiesAtOnce = 4

// TestEveryHistoryIsPolled draws histories of JazzHR accounts and of the polls that read them, one
// a seed, and holds that each stage change becomes one event, whatever came between the pages.
func TestEveryHistoryIsPolled(t *testing.T) {
	t.Parallel()
	p := newPollers(t)
	var next atomic.Uint64
	var all sync.WaitGroup
	started := time.Now()
	for range historiesAtOnce {
		all.Go(func() {
			for !t.Failed() {
				n := next.Add(1)
				seed := *pollFrom + n - 1
				if *pollSeed != 0 {
					seed = *pollSeed
				}
				if n > *pollHistories || *pollSeed != 0 && n > 1 {
					return
				}
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { p.history(t, seed).run() })
			}
		})
	}
	all.Wait()
	p.total.mu.Lock()
	defer p.total.mu.Unlock()
	fmt.Fprintf(os.Stderr, "histories polled in %s: %s\n", time.Since(started).Round(time.Millisecond), &p.total)
}

// pollers are what the histories share: a database, of which each has a tenant, and the way to
// their simulators, of which each has one for the sake of its clock.
type pollers struct {
	db      *dbtest.Database
	tenants *tenant.Service
	mirror  *mirror.Mirror
	sims    sync.Map // http.Handler by API key
	total   counts
}

func newPollers(t *testing.T) *pollers {
	t.Helper()
	p := &pollers{db: dbtest.New(t)}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: server.URL + "/v1", Timeout: patience})
	check(t, err)
	t.Cleanup(client.Close)
	inserter, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	check(t, err)
	p.tenants = tenant.New(p.db.Pool, inserter, nil, nil, "https://example.com")
	p.mirror = &mirror.Mirror{ // events need not be delivered
		Pool: p.db.Pool, Client: inserter, Accounts: work.Accounts{Pool: p.db.Pool, JazzHR: client},
	}
	return p
}

// ServeHTTP hands a call to the simulator that knows its key.
func (p *pollers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if sim, ok := p.sims.Load(r.URL.Query().Get("apikey")); ok {
		sim.(http.Handler).ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// counts tell what the histories held, so that one can see whether they are worth polling.
type counts struct {
	mu                                                    sync.Mutex
	histories, activities, changes, events, unsure, pages int
	passes, failed, pairs, deep, missed, erased, days     int
}

func (c *counts) add(d *counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.histories++
	c.activities += d.activities
	c.changes += d.changes
	c.events += d.events
	c.unsure += d.unsure
	c.pages += d.pages
	c.passes += d.passes
	c.failed += d.failed
	c.pairs += d.pairs
	c.deep += d.deep
	c.missed += d.missed
	c.erased += d.erased
	c.days += d.days
}

func (c *counts) String() string {
	return fmt.Sprintf("%d histories of %d activities on %d days, %d changes of stage, %d events (%d may or may not have been), "+
		"%d people erased; %d passes and %d deep ones read %d pages, %d at once with another, %d stopped by a fault, "+
		"%d activities found by deep passes alone", c.histories, c.activities, c.days, c.changes, c.events, c.unsure,
		c.erased, c.passes, c.deep, c.pages, c.pairs, c.failed, c.missed)
}
