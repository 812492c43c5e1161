package jobs_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// patience bounds every wait of a test. Nothing waits so long unless it is broken.
const patience = time.Minute

// world is the whole service but its web, on a database of its own, with a simulated JazzHR and
// backend.
type world struct {
	t        *testing.T
	db       *dbtest.Database
	sim      *jazzhrtest.Server
	backend  *intrviotest.Server
	tenants  *tenant.Service
	client   *queue.Client
	runner   *jobs.Runner
	config   jobs.Config
	registry *prometheus.Registry
	journal  *journal
	level    slog.Level
	wrap     func(work.Keys) work.Keys
	now      func() time.Time // JazzHR's clock
	ahead    time.Duration    // of the database's clock
	intake   *intake.Intake
}

type worldOption func(*world)

// onDatabase has everything live on a database of the test's choice.
func onDatabase(database *dbtest.Database) worldOption {
	return func(w *world) { w.db = database }
}

// withTimeout sets how long a send may be under way.
func withTimeout(timeout time.Duration) worldOption {
	return func(w *world) { w.config.Timeout = timeout }
}

// withSettleDelay sets the quiet period.
func withSettleDelay(delay time.Duration) worldOption {
	return func(w *world) { w.config.SettleDelay = delay }
}

// withClock gives JazzHR a clock of the test's.
func withClock(c *clock) worldOption {
	return func(w *world) { w.now = c.now }
}

// withTenants puts something between the workers and the tenants.
func withTenants(wrap func(work.Keys) work.Keys) worldOption {
	return func(w *world) { w.wrap = wrap }
}

// withLevel sets from which level on the journal is kept.
func withLevel(level slog.Level) worldOption { return func(w *world) { w.level = level } }

// newWorld starts everything; the workers run until the test ends.
func newWorld(t *testing.T, options ...worldOption) *world {
	t.Helper()
	w := &world{t: t, backend: intrviotest.NewServer(t), journal: newJournal(), registry: prometheus.NewRegistry(), now: time.Now}
	w.config = jobs.Config{
		Timeout: 2 * time.Second, SettleDelay: 300 * time.Millisecond, PollInterval: time.Hour,
		TriggerMatchWindow: 3 * time.Hour,
		PayloadRetention:   720 * time.Hour, SoftStop: 5 * time.Second, Limits: queue.DefaultLimits(10),
	}
	for _, option := range options {
		option(w)
	}
	if w.db == nil {
		w.db = dbtest.New(t)
	}
	w.sim = jazzhrtest.NewServer(t, jazzhrtest.Options{CallsPerMinute: -1, Clock: w.now})
	w.config.JazzHRURL = w.sim.BaseURL
	client := w.connect()
	w.config.Keys = w.tenants
	if w.wrap != nil {
		w.config.Keys = w.wrap(w.tenants)
	}
	w.config.Pool, w.config.RiverPool, w.config.JazzHR = w.db.Pool, w.db.Pool, client
	w.config.Bucket = queue.NewBucket(w.db.Pool, 1_000_000)
	w.config.NodeID, w.config.Metrics = queue.NewNodeID("test"), w.registry
	w.config.Logger = slog.New(slog.NewJSONHandler(w.journal, &slog.HandlerOptions{Level: w.level}))
	w.runner = w.start(w.config)
	w.client = w.runner.Client()
	w.intake = intake.New(w.db.Pool, w.client, w.tenants, true)
	return w
}

// connect makes what talks to JazzHR and to the backend.
func (w *world) connect() *jazzhr.Client {
	t := w.t
	t.Helper()
	keyset, err := tenant.NewKeyset()
	check(t, err)
	sealer, err := tenant.ParseKeyset(keyset)
	check(t, err)
	observe, err := jobs.ObserveCalls(w.registry)
	check(t, err)
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: w.sim.BaseURL, Timeout: w.config.Timeout, Observe: observe})
	check(t, err)
	t.Cleanup(client.Close)
	w.tenants = tenant.New(w.db.Pool, inserter(w.t), sealer, work.Prober{Client: client}, "https://example.com")
	secrets, err := intrvio.ParseSecrets([]string{w.backend.Secret})
	check(t, err)
	w.config.Deliverer, err = intrvio.NewDeliverer(intrvio.DelivererConfig{URL: w.backend.URL, Secrets: secrets, Timeout: time.Minute})
	check(t, err)
	t.Cleanup(w.config.Deliverer.Close)
	return client
}

// inserter returns a client that only inserts jobs.
func inserter(t *testing.T) *queue.Client {
	t.Helper()
	client, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	check(t, err)
	return client
}

// start runs workers until the test ends, or it stops them itself.
func (w *world) start(config jobs.Config) *jobs.Runner {
	w.t.Helper()
	runner, err := jobs.New(config)
	check(w.t, err)
	check(w.t, runner.Start(w.t.Context()))
	w.t.Cleanup(func() { w.stop(runner) })
	return runner
}

func (w *world) stop(runner *jobs.Runner) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := runner.Stop(ctx); err != nil {
		w.t.Errorf("stop workers: %v", err)
	}
}

// another is the configuration of a further node.
func (w *world) another() jobs.Config {
	config := w.config
	config.NodeID, config.Metrics = queue.NewNodeID("test"), prometheus.NewRegistry()
	return config
}

// advance moves the database's clock ahead.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	w.ahead += d
	dbtest.OffsetClock(w.t, w.db, w.ahead)
}

// exec changes the database behind the service's back.
func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	_, err := w.db.Pool.Exec(w.t.Context(), statement, args...)
	check(w.t, err)
}

// scan reads one row of the database.
func (w *world) scan(statement string, args []any, into ...any) {
	w.t.Helper()
	check(w.t, w.db.Pool.QueryRow(w.t.Context(), statement, args...).Scan(into...))
}

// insert puts a job in, whether or not one of the same args is there: River's uniqueness would pass
// over it while the one before is being completed.
func (w *world) insert(args interface {
	river.JobArgs
	river.JobArgsWithInsertOpts
},
) (job int64) {
	w.t.Helper()
	encoded, err := json.Marshal(args)
	check(w.t, err)
	w.scan(`INSERT INTO jazzhr.river_job (kind, args, queue, max_attempts) VALUES ($1, $2, $3, 25) RETURNING id`,
		[]any{args.Kind(), encoded, args.InsertOpts().Queue}, &job)
	return job
}

// event waits for an event that matches.
func (w *world) event(match func(intrvio.Envelope) bool) intrvio.Envelope {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	event, err := w.backend.Wait(ctx, match)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.journal)
	}
	return event
}

// inTenant runs work in a transaction of the tenant's.
func (c *customer) inTenant(work func(tx db.TenantTx) error) {
	c.t.Helper()
	check(c.t, db.InTenant(c.t.Context(), c.db.Pool, c.id, work))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ids that no test uses twice.
func fresh(prefix string) string { return prefix + "-" + uuid.NewString() }
