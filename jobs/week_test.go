package jobs_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
)

var (
	weekTenants = flag.Int("week.tenants", 3, "how many tenants live for the simulated week")
	weekSeed    = flag.Uint64("week.seed", 1, "what their week is drawn from")
)

const (
	// weekSlot is the grain of the week. No multiple of it comes near to 3 hours or to the match
	// window, so that what lies apart by either is told surely, whatever a step takes.
	weekSlot        = 40 * time.Minute
	weekSlots       = 7 * 24 * 60 / 40
	weekMatchWindow = 12*time.Hour + 20*time.Minute
	// atOnceInWeek is how many tenants' work goes on at once; full passes mostly wait, and all go
	// on at once.
	atOnceInWeek = 6
)

// TestWeek has tenants live for a week and holds that the events delivered to Intrvio equal what
// happened in JazzHR: none missing, none twice. Tenants' lives, their polls, the pages that fail
// and the webhooks that are lost are drawn from a seed.
func TestWeek(t *testing.T) {
	t.Parallel()
	started := time.Now()
	w := newWeek(t)
	w.begin()
	w.live()
	w.end()
	w.examine()
	if t.Failed() {
		t.Logf("to replay it: go test ./jobs -run '^TestWeek$' -week.tenants=%d -week.seed=%d\nlog:\n%s", *weekTenants, *weekSeed, w.log)
	}
	fmt.Fprintf(os.Stderr, "a week of %d tenants (seed %d) in %s: %s\n", *weekTenants, *weekSeed, time.Since(started).Round(time.Millisecond), w.summary())
}

// week is a service whose tenants each have a simulator, for the sake of its clock, zone and
// faults.
type week struct {
	*world
	r      *rand.Rand
	sims   sync.Map // http.Handler by API key
	byID   sync.Map // *life by tenant id
	lives  []*life
	clock  clock // of all simulators and, at the start of each step, of the database
	ticker queue.Ticker
	log    *weekLog
	nights int
	passes sync.WaitGroup // full ones, which go on while time passes
}

func newWeek(t *testing.T) *week {
	t.Helper()
	w := &week{
		r: rand.New(rand.NewPCG(*weekSeed, 0)), log: &weekLog{grown: make(chan struct{})},
		// The first day is half over.
		clock: clock{at: time.Now().UTC().Truncate(24 * time.Hour).Add(36 * time.Hour)},
	}
	gateway := httptest.NewServer(w)
	t.Cleanup(gateway.Close)
	w.world = &world{
		t: t, backend: intrviotest.NewServer(t), registry: prometheus.NewRegistry(), db: dbtest.New(t),
		sim: &jazzhrtest.Server{URL: gateway.URL, BaseURL: gateway.URL + "/v1"},
	}
	w.config = jobs.Config{
		Timeout: 10 * time.Second, SettleDelay: time.Minute, PollInterval: time.Hour, TriggerMatchWindow: weekMatchWindow,
		PayloadRetention: 720 * time.Hour, SoftStop: 5 * time.Second, Limits: queue.DefaultLimits(10),
	}
	w.config.JazzHR = w.connect()
	w.config.Keys, w.config.Pool, w.config.RiverPool = w.tenants, w.db.Pool, w.db.Pool
	w.config.Bucket = queue.NewBucket(w.db.Pool, 1_000_000)
	w.config.NodeID, w.config.Metrics = queue.NewNodeID("test"), w.registry
	w.config.Logger = slog.New(slog.NewJSONHandler(w.log, nil))
	dbtest.OffsetClock(t, w.db, 0)
	w.setTime(w.clock.now())
	w.runner = w.start(w.config)
	w.client = w.runner.Client()
	w.intake = intake.New(w.db.Pool, w.client, w.tenants, true)
	w.ticker = queue.Ticker{Beginner: w.db.Pool, Client: w.client, PollInterval: w.config.PollInterval, Bucket: w.config.Bucket, Limits: w.config.Limits, WebhookJob: intake.JobOf}
	for n := range *weekTenants {
		w.lives = append(w.lives, w.newLife(n))
	}
	return w
}

// ServeHTTP takes webhooks for the queue, and hands calls to the simulator that knows their key.
func (w *week) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	if h, ok := w.byID.Load(r.URL.Path); ok {
		h.(*life).webhook(answer, r)
		return
	}
	if sim, ok := w.sims.Load(r.URL.Query().Get("apikey")); ok {
		sim.(http.Handler).ServeHTTP(answer, r)
		return
	}
	http.NotFound(answer, r)
}

// setTime moves everybody's clock ahead. Living nodes have beaten meanwhile.
func (w *week) setTime(at time.Time) {
	w.t.Helper()
	check(w.t, db.InTx(w.t.Context(), w.db.Pool, func(tx pgx.Tx) error {
		if err := dbtest.SetClock(w.t.Context(), tx, time.Until(at)); err != nil {
			return err
		}
		_, err := tx.Exec(w.t.Context(), `UPDATE jazzhr.nodes SET beat_at = jazzhr.now()`)
		return err
	}))
	w.clock.add(at.Sub(w.clock.now()))
}

// each has tenants do something, so many at once.
func (w *week) each(atOnce int, do func(*life)) {
	var all sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for _, h := range w.lives {
		turns <- struct{}{}
		all.Go(func() {
			do(h)
			<-turns
		})
	}
	all.Wait()
}

// begin connects the tenants, takes in what stands in their accounts, and has nothing but the test
// poll them.
func (w *week) begin() {
	w.each(len(w.lives), (*life).begin)
	w.exec(`UPDATE jazzhr.tenants SET next_poll_at = NULL, next_openings_at = NULL,
		next_full_at = jazzhr.now() + interval '1 year', next_audit_at = jazzhr.now() + interval '1 year'`)
	w.each(len(w.lives), (*life).baseline)
}

// live goes through the week, from step to step.
func (w *week) live() {
	start := w.clock.now()
	for slot := 1; slot < weekSlots && !w.t.Failed(); slot += 1 + w.r.IntN(6) {
		at := start.Add(time.Duration(slot) * weekSlot)
		night := slot > (w.nights+1)*weekSlots/3
		w.setTime(at)
		w.backend.Fail(intrviotest.Fault{
			Mode: []intrviotest.FaultMode{intrviotest.AnswerStatus, intrviotest.Drop}[w.r.IntN(2)], Stored: w.r.IntN(2) == 0,
			Times: 1 + w.r.IntN(2+len(w.lives)/20),
		})
		w.each(atOnceInWeek, (*life).step)
		if night {
			w.nights++
			for _, h := range w.lives {
				w.passes.Go(h.night)
			}
		}
		w.settle(12, `SELECT count(*), count(admitted_at) FROM (SELECT admitted_at FROM jazzhr.webhooks WHERE state = 'pending'
			UNION ALL SELECT admitted_at FROM jazzhr.stage_entries WHERE state = 'pending') waiting`)
	}
}

// end reads everything once more, with nothing in the way, and waits until all is told.
func (w *week) end() {
	w.setTime(w.clock.now().Add(3 * time.Hour)) // who is new for an hour can't be gone
	w.backend.Clear()
	w.each(len(w.lives), (*life).calm)
	w.passes.Wait()
	w.each(atOnceInWeek, (*life).last)
	w.settle(1000, `SELECT count(*), count(admitted_at) FROM (SELECT admitted_at FROM jazzhr.webhooks WHERE state = 'pending'
		UNION ALL SELECT admitted_at FROM jazzhr.stage_entries WHERE state = 'pending'
		UNION ALL SELECT admitted_at FROM jazzhr.events WHERE state = 'pending') waiting`)
}

// settle lets what waits end, and time pass for what waits for it, a minute at a time. The query
// counts what is pending and what of it has a job.
func (w *week) settle(minutes int, query string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*patience)
	defer cancel()
	for {
		_, err := w.ticker.Tick(ctx)
		check(w.t, err)
		for {
			grown := w.log.watch()
			var pending, admitted int
			w.scan(query, nil, &pending, &admitted)
			if pending == 0 {
				return
			}
			if admitted == 0 {
				break
			}
			select {
			case <-grown:
			case <-ctx.Done():
				w.t.Fatalf("%d of %d rows don't end\n%s", admitted, pending, w.log)
			}
		}
		if minutes--; minutes < 0 {
			return
		}
		w.setTime(w.clock.now().Add(time.Minute))
	}
}

// weekLog tells of attempts' ends, and keeps what was logged as wrong.
type weekLog struct {
	mu    sync.Mutex
	wrong bytes.Buffer
	grown chan struct{} // closed and replaced with each line
}

// Write takes one line, as slog's handlers write them.
func (l *weekLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !bytes.Contains(line, []byte(`"level":"INFO"`)) && l.wrong.Len() < 20_000 {
		l.wrong.Write(line)
	}
	close(l.grown)
	l.grown = make(chan struct{})
	return len(line), nil
}

func (l *weekLog) watch() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.grown
}

func (l *weekLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong.String()
}
