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

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/audit"
	"github.com/intrvio/jazzhr-worker/jobs/breaker"
	"github.com/intrvio/jazzhr-worker/jobs/ledger"
	"github.com/intrvio/jazzhr-worker/jobs/mirror"
	"github.com/intrvio/jazzhr-worker/jobs/readback"
	"github.com/intrvio/jazzhr-worker/jobs/trigger"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
)

// Config is what the workers work with and how.
type Config struct {
	// Pool is the workers' own; RiverPool is River's, so that workers that hold connections can't
	// starve it of them.
	Pool, RiverPool *pgxpool.Pool
	JazzHR          *jazzhr.Client
	// JazzHRURL is where JazzHR's API is. Optional: without it, files of a simulator are dropped.
	JazzHRURL string
	Keys      work.Keys
	Bucket    *queue.Bucket
	// Deliverer pushes events; nil leaves them to be pulled.
	Deliverer *intrvio.Deliverer
	NodeID    string
	// Timeout is how long after its intent a POST may still be on its way. SettleDelay is the quiet
	// period, from there until absence is looked for.
	Timeout, SettleDelay time.Duration
	PollInterval         time.Duration
	// TriggerMatchWindow is how far apart an export and a move to a stage may be first seen to be
	// one request.
	TriggerMatchWindow time.Duration
	// PayloadRetention is how long webhook bodies and written transcripts are kept.
	PayloadRetention time.Duration
	// RecordRetention is how long the record of who did what is kept. 0 keeps it for ever.
	RecordRetention time.Duration
	// SoftStop is how long running jobs may go on at a stop.
	SoftStop time.Duration
	Limits   queue.Limits
	Metrics  prometheus.Registerer
	Logger   *slog.Logger
}

// Runner works the queue, from Start to Stop.
type Runner struct {
	config     Config
	inserter   *queue.Client // what workers insert by
	client     *queue.Client // works
	middleware *middleware

	clock    queue.Clock
	breaker  *breaker.Breaker
	ledger   *ledger.Ledger
	mirror   *mirror.Mirror
	triggers *trigger.Triggers

	mu      sync.Mutex
	lapsed  error // why this node can't work now; nil while it can
	stop    context.CancelFunc
	stopped chan struct{}
	node    *queue.Node
}

// New returns a runner. Nothing runs yet.
func New(config Config) (*Runner, error) {
	r := &Runner{config: config, lapsed: errors.New("not started")}
	metrics, err := newMetrics(config.Metrics)
	if err != nil {
		return nil, err
	}
	r.middleware = &middleware{logger: config.Logger, metrics: metrics}
	if r.inserter, err = queue.NewInserter(config.RiverPool, config.Logger); err != nil {
		return nil, err
	}
	r.openRooms(metrics)
	r.client, err = queue.NewClient(config.RiverPool, queue.ClientConfig{
		NodeID: config.NodeID, Workers: r.workers(), Limits: config.Limits, SoftStop: config.SoftStop,
		Middleware: []rivertype.Middleware{r.middleware},
		Logger:     config.Logger,
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// openRooms gives each room what it uses.
func (r *Runner) openRooms(metrics *metrics) {
	c := r.config
	r.breaker = breaker.New(c.Pool, r.inserter)
	accounts := r.accounts()
	r.mirror = &mirror.Mirror{Pool: c.Pool, Client: r.inserter, Accounts: accounts, Missed: metrics.countMissed}
	r.ledger = &ledger.Ledger{
		Pool: c.Pool, Client: r.inserter, Accounts: accounts, Mirror: r.mirror,
		NodeID: c.NodeID, Clock: &r.clock, SendTimeout: c.Timeout, SettleDelay: c.SettleDelay,
	}
	r.triggers = &trigger.Triggers{
		Pool: c.Pool, Client: r.inserter, Accounts: accounts, Mirror: r.mirror, MatchWindow: c.TriggerMatchWindow,
		JazzHRURL: c.JazzHRURL,
	}
}

func (r *Runner) accounts() work.Accounts {
	c := r.config
	return work.Accounts{Pool: c.Pool, JazzHR: c.JazzHR, Keys: c.Keys, Bucket: c.Bucket, Breaker: r.breaker}
}

// workers registers a worker for each kind of job. Every process registers all kinds.
func (r *Runner) workers() *river.Workers {
	c := r.config
	workers := river.NewWorkers()
	river.AddWorker(workers, &ledger.CreateApplicantWorker{Ledger: r.ledger})
	river.AddWorker(workers, &ledger.LinkApplicantToJobWorker{Ledger: r.ledger})
	river.AddWorker(workers, &ledger.WriteNotesWorker{Ledger: r.ledger})
	river.AddWorker(workers, &readback.ReadNoteBackWorker{Pool: c.Pool, Client: r.inserter, Accounts: r.accounts()})
	river.AddWorker(workers, &trigger.ResolveExportWorker{Triggers: r.triggers})
	river.AddWorker(workers, &trigger.ResolveStageEntryWorker{Triggers: r.triggers})
	river.AddWorker(workers, &mirror.PollActivitiesWorker{Mirror: r.mirror})
	river.AddWorker(workers, &mirror.PollOpeningsWorker{Mirror: r.mirror})
	river.AddWorker(workers, &mirror.FullSyncWorker{Mirror: r.mirror})
	river.AddWorker(workers, &audit.DuplicatesWorker{Accounts: r.accounts(), Client: r.inserter})
	river.AddWorker(workers, &checkKeyWorker{accounts: r.accounts()})
	river.AddWorker(workers, &endWorkWorker{pool: c.Pool, client: r.inserter})
	river.AddWorker(workers, &deliverEventWorker{pool: c.Pool, deliverer: c.Deliverer})
	river.AddWorker(workers, &purgeWorker{pool: c.Pool, retention: c.PayloadRetention, record: c.RecordRetention})
	river.AddWorker(workers, &tickWorker{breaker: r.breaker, pool: c.Pool, ticker: &queue.Ticker{
		Beginner: c.Pool, Client: r.inserter, PollInterval: c.PollInterval, Bucket: c.Bucket,
		Limits: c.Limits, SendTimeout: c.Timeout, WebhookJob: intake.JobOf,
	}})
	return workers
}

// Start joins the list of nodes and begins to work. Cancelling ctx does not stop it: call
// [Runner.Stop].
func (r *Runner) Start(ctx context.Context) error {
	node, err := queue.JoinNode(ctx, r.config.Pool, r.config.NodeID, &r.clock)
	if err != nil {
		return err
	}
	if err := r.breaker.Look(ctx); err != nil {
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

// beat says that this node lives, and gives back the jobs of those that do not, until the runner
// stops.
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
		// What runs is read first: a job that is taken after this is younger than those given back.
		running := r.middleware.running.ids()
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
		if err == nil {
			err = r.breaker.Look(ctx)
		}
		switch {
		case err != nil:
			r.config.Logger.Warn("heartbeat failed", "error", err)
		case returned > 0:
			r.config.Logger.Info("gave back jobs that nobody runs", "jobs", returned)
		}
	}
}

// Stop stops taking jobs, lets running ones end within SoftStop, ends the rest, and leaves the list
// of nodes. ctx bounds how long it waits for all of it.
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
