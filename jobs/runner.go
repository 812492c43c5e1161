package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Tenants is what the workers need of the tenants: their keys, and what JazzHR's word on a key means.
type Tenants interface {
	// KeyOf opens a tenant's stored JazzHR key.
	KeyOf(tenant gen.Tenant) (key string, err error)
	// RefuseKey notes a refusal. While a key is rejected only those met by its checks count.
	RefuseKey(ctx context.Context, tx db.TenantTx, version int32, checking bool) (refusals int, counted bool, err error)
	RestoreKey(ctx context.Context, tx db.TenantTx, version int32) (restored bool, err error)
}

// Config is what the workers work with and how.
type Config struct {
	// Pool is the workers' own; RiverPool is River's, so that workers that hold connections can't starve it of them.
	Pool, RiverPool *pgxpool.Pool
	JazzHR          *jazzhr.Client
	Tenants         Tenants
	Bucket          *queue.Bucket
	// Deliverer pushes events; nil leaves them to be pulled.
	Deliverer *intrvio.Deliverer
	NodeID    string
	// Timeout is how long after its intent a POST may still be on its way. SettleDelay is the quiet period, from there
	// until absence is looked for.
	Timeout, SettleDelay time.Duration
	PollInterval         time.Duration
	// TriggerMatchWindow is how far apart an export and a move to a stage may be first seen to be one request.
	TriggerMatchWindow time.Duration
	// PayloadRetention is how long webhook bodies and written transcripts are kept.
	PayloadRetention time.Duration
	// SoftStop is how long running jobs may go on at a stop.
	SoftStop time.Duration
	Workers  int
	Metrics  prometheus.Registerer
	Logger   *slog.Logger
}

// pace is how long the ledger waits. The second of the two reads that find nothing adds to the first only if some time
// lies between them.
func (c Config) pace() pace {
	return pace{quiet: c.SettleDelay, reread: c.SettleDelay / 4}
}

// Runner works the queue, from Start to Stop.
type Runner struct {
	config    Config
	client    *queue.Client
	metrics   *metrics
	outermost *outermost

	mu      sync.Mutex
	lapsed  error // why this node can't work now; nil while it can
	stop    context.CancelFunc
	stopped chan struct{}
	node    *queue.Node
}

// New returns a runner; nothing runs yet.
func New(config Config) (*Runner, error) {
	r := &Runner{config: config, lapsed: errors.New("not started")}
	var err error
	if r.metrics, err = newMetrics(config.Metrics); err != nil {
		return nil, err
	}
	r.outermost = &outermost{logger: config.Logger, metrics: r.metrics}
	workers := river.NewWorkers()
	river.AddWorker(workers, &createApplicantWorker{r: r})
	river.AddWorker(workers, &linkApplicantToJobWorker{r: r})
	river.AddWorker(workers, &writeNotesWorker{r: r})
	river.AddWorker(workers, &resolveExportWorker{r: r})
	river.AddWorker(workers, &resolveStageEntryWorker{r: r})
	river.AddWorker(workers, &pollActivitiesWorker{r: r})
	river.AddWorker(workers, &pollOpeningsWorker{r: r})
	river.AddWorker(workers, &checkKeyWorker{r: r})
	river.AddWorker(workers, &deliverEventWorker{r: r})
	river.AddWorker(workers, &purgeWorker{r: r})
	river.AddWorker(workers, &auditDuplicatesWorker{r: r})
	river.AddWorker(workers, &fullSyncWorker{r: r})
	tick := &tickWorker{}
	river.AddWorker(workers, tick)
	r.client, err = queue.NewClient(config.RiverPool, queue.ClientConfig{
		NodeID: config.NodeID, Workers: workers, Concurrency: config.Workers, SoftStop: config.SoftStop,
		Middleware: []rivertype.Middleware{r.outermost},
		Logger:     config.Logger,
	})
	if err != nil {
		return nil, err
	}
	tick.ticker = &queue.Ticker{Beginner: config.Pool, Client: r.client, PollInterval: config.PollInterval, Bucket: config.Bucket}
	return r, nil
}

// Client is the runner's River client, which can put work in too.
func (r *Runner) Client() *queue.Client { return r.client }

// Start joins the list of nodes and begins to work. Cancelling ctx does not stop it: call [Runner.Stop].
func (r *Runner) Start(ctx context.Context) error {
	node, err := queue.JoinNode(ctx, r.config.Pool, r.config.NodeID)
	if err != nil {
		return err
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := r.client.Start(ctx); err != nil {
		r.stop()
		return fmt.Errorf("start workers: %w", err)
	}
	r.node, r.stopped = node, make(chan struct{})
	r.setLapsed(nil)
	go r.beat(ctx)
	return nil
}

// beat says that this node lives, and gives back the jobs of those that do not, until the runner stops.
func (r *Runner) beat(ctx context.Context) {
	defer close(r.stopped)
	ticker := time.NewTicker(queue.BeatInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// What is run is asked for first: what is taken from here on is younger than what is given back.
		running := r.outermost.running.ids()
		returned, err := r.node.Beat(ctx)
		if ctx.Err() != nil {
			return
		}
		r.setLapsed(err)
		if err == nil {
			var unknown int64
			unknown, err = r.node.ReturnUnknown(ctx, running)
			returned += unknown
		}
		switch {
		case err != nil:
			r.config.Logger.Warn("heartbeat failed", "error", err)
		case returned > 0:
			r.config.Logger.Info("gave back jobs that nobody runs", "jobs", returned)
		}
	}
}

// Stop stops taking jobs, lets running ones end within SoftStop, ends the rest, and leaves the list of nodes. ctx bounds
// how long it waits for all of it.
func (r *Runner) Stop(ctx context.Context) error {
	r.setLapsed(errors.New("stopping"))
	err := r.client.Stop(ctx)
	r.stop()
	<-r.stopped
	if err != nil {
		return fmt.Errorf("stop workers: %w", err)
	}
	return r.node.Leave(ctx)
}

// Ready returns nil while this node works jobs, else why it does not.
func (r *Runner) Ready() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lapsed
}

func (r *Runner) setLapsed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lapsed = err
}
