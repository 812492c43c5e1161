package jobs_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/localpg"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
)

const (
	// sendTimeout passes in real time: a stall of the test's machine must not make a send late too
	// often.
	sendTimeout = 500 * time.Millisecond
	// quietPeriod passes on the run's clock, which jumps.
	quietPeriod = time.Minute
	// bound is the share of the quiet period within which all that is late has come.
	bound = 0.95
	// mostStrikes bounds how often a run strikes at the database: the service then waits in real
	// time before it tries again.
	mostStrikes = 6
	// stuckAfter is how long a run may take in real time.
	stuckAfter = 5 * time.Minute
	// mostPosts is many times what any run needs.
	mostPosts = 1000
)

// trial is one run of the world: the service on a database of its own, a simulated JazzHR, a story
// drawn from the seed, and the strikes drawn from it.
//
// The run has a clock of its own, which the database and JazzHR share. It goes on with the real
// one, and jumps to when the next thing is due as soon as nothing else is to do. What comes late (a
// request that JazzHR applies after its sender gave up, a row that reads don't show yet) comes at a
// time on that clock, so that a slow machine can't carry it past the bound that the quiet period
// sets, and a minute's wait takes no time.
type trial struct {
	*world
	seed      uint64
	over      func() bool // another run has failed
	plan      plan
	log       *slog.Logger // the history
	stage     *stage
	server    *localpg.Server // the run's own, to crash; nil if it is not to be crashed
	nodes     []*node
	inserter  *queue.Client
	customers []*subject
	merged    merges

	calm    atomic.Bool  // no strikes
	ahead   atomic.Int64 // of the run's clock, in nanoseconds
	stepped atomic.Int64 // when it was set last, in real time
	posts   atomic.Int64
	flying  atomic.Int64 // POSTs that JazzHR has received, neither answered nor held back by the run
	mu      sync.Mutex
	moments map[string]int // how often each came
	strikes map[boundary]int
	later   []event
	stalled []chan struct{}
	decided int // by people

	backedUp, restored bool // of the database
	found              *verdict
}

// event is something that happens at a time of the run's clock.
type event struct {
	at   time.Time
	what string
	do   func()
}

func newTrial(t *testing.T, seed uint64, on *stage, over func() bool) *trial {
	t.Helper()
	tr := &trial{seed: seed, over: over, stage: on, moments: map[string]int{}, strikes: map[boundary]int{}, merged: merges{}}
	tr.plan = drawPlan(tr.lot("plan"))
	tr.calm.Store(true)
	tr.world = &world{
		t: t, backend: intrviotest.NewServer(t), journal: newJournal(), registry: prometheus.NewRegistry(),
		config: jobs.Config{
			Timeout: sendTimeout, SettleDelay: quietPeriod, PollInterval: 1000 * time.Hour,
			PayloadRetention: 10_000 * time.Hour, SoftStop: time.Second, Limits: queue.DefaultLimits(8), TriggerMatchWindow: 1000 * time.Hour,
		},
	}
	if tr.plan[crashed] > 0 {
		tr.server = dbtest.Server(t)
		tr.stage = &stage{t: t, db: dbtest.NewOn(t, tr.server)}
	}
	tr.stage.clear(t)
	tr.db = tr.stage.db
	tr.sim = tr.simulator()
	client := tr.connect()
	tr.config.Keys, tr.config.JazzHR = tr.tenants, client
	tr.config.Logger = slog.New(slog.NewJSONHandler(tr.journal, nil))
	tr.log = tr.config.Logger
	var err error
	tr.inserter, err = queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	check(t, err)
	tr.client = tr.inserter
	tr.intake = intake.New(tr.db.Pool, tr.client, tr.tenants, true)
	tr.startNode()
	tr.startNode()
	t.Cleanup(tr.wakeAll)
	return tr
}

// lot is what chance has for a moment. It depends on the seed and the moment's name alone, so that
// the order in which goroutines come by changes as little as can be.
func (tr *trial) lot(moment string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(moment)) // never fails
	return rand.New(rand.NewPCG(tr.seed, h.Sum64()))
}

// nth counts how often a moment has come.
func (tr *trial) nth(moment string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.moments[moment]++
	return tr.moments[moment]
}

// strikesAt reports whether the run strikes at a boundary in a moment.
func (tr *trial) strikesAt(b boundary, moment string) bool {
	chance := tr.plan[b]
	return chance > 0 && !tr.calm.Load() && tr.lot(string(b)+" "+moment).Float64() < chance
}

// strikesNext is strikesAt for a boundary whose moments have no other name than their number.
func (tr *trial) strikesNext(b boundary) bool {
	if tr.plan[b] == 0 || tr.calm.Load() || tr.count(b) >= mostStrikes || !tr.strikesAt(b, fmt.Sprint(tr.nth(string(b)))) {
		return false
	}
	tr.struck(b, "")
	return true
}

func (tr *trial) count(b boundary) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.strikes[b]
}

// struck counts a strike and writes it down.
func (tr *trial) struck(b boundary, at string) {
	tr.mu.Lock()
	tr.strikes[b]++
	tr.mu.Unlock()
	tr.log.Info("STRIKE", "boundary", b, "at", at)
}

// stallHere gives the job that the goroutine runs to another, and stops the goroutine until the run
// wakes it.
func (tr *trial) stallHere(b boundary, about any) {
	let := make(chan struct{})
	tr.mu.Lock()
	tr.stalled = append(tr.stalled, let)
	tr.mu.Unlock()
	// The server may be down, for as long as it takes to recover, and the run waits for jobs that
	// run.
	for until := time.Now().Add(stuckAfter / 2); time.Now().Before(until) && !tr.over(); {
		if tr.background(`UPDATE jazzhr.river_job SET state = 'available', scheduled_at = now() WHERE state = 'running' AND args ->> 'writeback_id' IN
			(SELECT sent_by::text FROM jazzhr.effects WHERE effect_id = ANY($1))`, about) {
			break
		}
		tr.journal.moved(100 * time.Millisecond)
	}
	select {
	case <-let:
	case <-tr.t.Context().Done(): // the run has failed
	}
	tr.log.Info("WAKE", "boundary", b)
}

// mayStall reports whether enough of the nodes' workers would go on.
func (tr *trial) mayStall() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.stalled) < tr.config.Limits.Workers/2
}

// wake lets a stalled goroutine go on, if there is one.
func (tr *trial) wake() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if len(tr.stalled) == 0 {
		return false
	}
	close(tr.stalled[0])
	tr.stalled = tr.stalled[1:]
	return true
}

func (tr *trial) wakeAll() {
	for tr.wake() {
	}
}

// background changes the database behind the service's back, which may fail: the server may be
// down.
func (tr *trial) background(statement string, args ...any) (done bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := tr.db.Pool.Exec(ctx, statement, args...)
	if err != nil {
		tr.log.Info("background", "error", err.Error())
	}
	return err == nil
}

// situation is what there is to do.
type situation struct {
	open    int           // rows that have not ended, nor wait for one that is with a person
	busy    int           // jobs that run on a living node, or wait for one
	orphans int           // jobs that run on a dead one
	parked  int           // jobs that River holds back after an error
	due     time.Duration // until the next row is due; negative for none
}

func (tr *trial) look(ctx context.Context) (s situation, err error) {
	var due *float64
	err = tr.db.Pool.QueryRow(ctx, `WITH jobs AS (
			SELECT j.args ->> 'writeback_id' AS writeback_id, j.args ->> 'webhook_id' AS webhook_id, j.args ->> 'activity_id' AS activity_id,
				j.state, j.kind,
				j.state = 'running' AND j.attempted_by[array_upper(j.attempted_by, 1)] <> ALL($1::text[]) AS orphan,
				j.state IN ('retryable', 'scheduled') OR j.state = 'available' AND j.scheduled_at > now() AS parked
			FROM jazzhr.river_job j WHERE j.state IN ('available', 'running', 'retryable', 'scheduled') AND j.kind NOT IN ('tick', 'purge')
		), open AS (
			SELECT * FROM jazzhr.writebacks w WHERE state = 'pending' AND NOT EXISTS (SELECT FROM jazzhr.writebacks e
				WHERE (e.tenant_id, e.interview_id, e.state) = (w.tenant_id, w.interview_id, 'attention') AND e.revision < w.revision)
		), rows AS (
			SELECT w.tenant_id, w.admitted_at, w.next_attempt_at FROM open w WHERE state = 'pending'
				AND (admitted_at IS NULL OR NOT EXISTS (SELECT FROM jobs j WHERE j.writeback_id = w.writeback_id::text))
			UNION ALL
			SELECT w.tenant_id, w.admitted_at, w.next_attempt_at FROM jazzhr.webhooks w WHERE state = 'pending'
				AND (admitted_at IS NULL OR NOT EXISTS (SELECT FROM jobs j WHERE j.webhook_id = w.webhook_id::text))
			UNION ALL
			SELECT e.tenant_id, e.admitted_at, e.next_attempt_at FROM jazzhr.stage_entries e WHERE state = 'pending'
				AND (admitted_at IS NULL OR NOT EXISTS (SELECT FROM jobs j WHERE j.activity_id = e.activity_id))
		), due AS (
			SELECT greatest(b.closed_until, CASE WHEN admitted_at IS NULL THEN next_attempt_at ELSE admitted_at + interval '20.1 seconds' END) AS at
			FROM rows LEFT JOIN jazzhr.call_buckets b USING (tenant_id)
		)
		SELECT (SELECT count(*) FROM open) + (SELECT count(*) FROM jazzhr.webhooks WHERE state = 'pending')
				+ (SELECT count(*) FROM jazzhr.stage_entries WHERE state = 'pending'),
			(SELECT count(*) FROM jobs WHERE NOT orphan AND NOT parked), (SELECT count(*) FROM jobs WHERE orphan), (SELECT count(*) FROM jobs WHERE parked),
			(SELECT extract(epoch FROM min(at) - jazzhr.now()) FROM due)::float8`, tr.living()).
		Scan(&s.open, &s.busy, &s.orphans, &s.parked, &due)
	s.due = -1
	if due != nil {
		s.due = max(0, time.Duration(*due*float64(time.Second)))
	}
	return s, err
}

// drive has the service work until every row has ended or is with a person, everything late has
// come, and everyone who stalled has woken.
func (tr *trial) drive() {
	tr.t.Helper()
	deadline := time.Now().Add(stuckAfter)
	for {
		if tr.over() {
			tr.t.Fatal("ended, since a run has failed")
		}
		if posts := tr.posts.Load(); posts > mostPosts {
			tr.t.Fatalf("%d POSTs, without end", posts)
		}
		if time.Now().After(deadline) {
			tr.t.Fatalf("stuck: %+v\n%s", tr.lastLook(), tr.story())
		}
		done, err := tr.pass(tr.t.Context())
		if err != nil { // the server is down
			tr.log.Info("pass", "error", err.Error())
		}
		if done {
			return
		}
		tr.journal.moved(20 * time.Millisecond)
	}
}

// living are the nodes that were not killed.
func (tr *trial) living() (ids []string) {
	for _, n := range tr.allNodes() {
		if !n.dead.Load() {
			ids = append(ids, n.id)
		}
	}
	return ids
}

// working reports whether a worker of a living node is in the middle of something, as one is that
// has just woken.
func (tr *trial) working() bool {
	tr.mu.Lock()
	stalled := len(tr.stalled)
	tr.mu.Unlock()
	for _, n := range tr.allNodes() {
		stalled -= int(n.workers.Stat().AcquiredConns())
	}
	return stalled < 0
}

func (tr *trial) lastLook() situation {
	s, _ := tr.look(context.Background())
	return s
}

// pass does what the leader's tick does where something is due, and lets time pass if nothing else
// is to do.
func (tr *trial) pass(ctx context.Context) (done bool, err error) {
	if acted, err := tr.loseDatabase(ctx, false); acted || err != nil {
		return false, err
	}
	next := tr.happen()
	s, err := tr.look(ctx)
	if err == nil && s.due == 0 {
		ticker := queue.Ticker{Beginner: tr.db.Pool, Client: tr.inserter, PollInterval: tr.config.PollInterval, Bucket: queue.NewBucket(tr.db.Pool, 1_000_000), Limits: tr.config.Limits, SendTimeout: tr.config.Timeout, WebhookJob: intake.JobOf}
		_, err = ticker.Tick(ctx)
		return false, err
	}
	if err != nil || s.busy > 0 || tr.flying.Load() > 0 || tr.working() {
		return false, err
	}
	wait := s.due
	if until := next.Sub(tr.clockNow()); !next.IsZero() && (wait < 0 || until < wait) {
		wait = max(until, 0)
	}
	switch {
	case s.parked > 0:
		tr.background(`WITH parked AS (UPDATE jazzhr.river_job SET state = 'available', scheduled_at = now()
				WHERE state IN ('retryable', 'scheduled', 'available') RETURNING queue)
			SELECT pg_notify('jazzhr.river_insert', json_build_object('queue', queue)::text) FROM (SELECT DISTINCT queue FROM parked) q`)
	case s.orphans > 0:
		// The dead node's heartbeat grows old at once; the living must have beaten for as long in
		// real time.
		if tr.nth("aged") == 1 {
			return false, tr.jump(ctx, queue.NodeTimeout+time.Second)
		}
	case wait > 0 && len(tr.stalled) > 0 && tr.lot(fmt.Sprintf("wake %d", tr.nth("wake"))).IntN(3) == 0:
		tr.wake()
	case wait >= 0:
		return false, tr.jump(ctx, wait+time.Millisecond)
	case tr.wake():
	default:
		acted, err := tr.loseDatabase(ctx, true)
		return s.open == 0 && !acted, err
	}
	return false, nil
}
