package queue

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/intrvio/jazzhr-worker/db"
)

// Client is the River client of this service.
type Client = river.Client[pgx.Tx]

// ClientConfig says how a client that works jobs does so.
type ClientConfig struct {
	// NodeID names this process in nodes and in each job it takes; unique for each start.
	NodeID string
	// Workers holds a worker for every kind of job. Every process registers all kinds: any process
	// may lead, and a leader discards stuck jobs of kinds that it does not know.
	Workers *river.Workers
	Limits  Limits
	// Middleware runs around each attempt.
	Middleware []rivertype.Middleware
	// SoftStop is how long running jobs may go on at a stop before their contexts end.
	SoftStop time.Duration
	Logger   *slog.Logger
}

// Limits says how many jobs run at once: in this process, or in all together.
type Limits struct {
	// Workers is how many jobs of each queue that talks to JazzHR or to Intrvio this process runs.
	Workers int
	// Polls is how many polls this process runs. A poll is three calls, each of which JazzHR takes
	// up to a second to answer, and holds nothing meanwhile: 100,000 tenants have 333 begin each
	// second.
	Polls int
	// Audits and FullSyncs are how many audits and nightly full passes all processes together run:
	// the tick, in whichever process it runs, inserts no more of them (SystemDueAudits,
	// SystemDueFullSyncs). They also bound what one process runs, with the passes that were asked
	// for. Each of them mostly waits for calls of its tenant's budget.
	Audits, FullSyncs int
}

// DefaultLimits returns the limits of a process with so many workers.
func DefaultLimits(workers int) Limits {
	return Limits{Workers: workers, Polls: 8 * workers, Audits: 4, FullSyncs: 8}
}

// fetchCooldown bounds a queue's throughput (jobs taken at once / cooldown) and how soon a second
// insert is noticed: with River 0.51.1 and PostgreSQL 15 a job started 511 ms after its insert
// (p50) at 100 ms, and 2.9 ms at 5 ms.
const fetchCooldown = 5 * time.Millisecond

// CompletedJobRetention is how long River UI shows a finished job. What became of the work stands
// in our own rows. 100,000 tenants finish 1.2 million polls an hour; River UI took three seconds
// for a page of so many.
const CompletedJobRetention = 15 * time.Minute

// NewClient returns a client that works jobs once it is started.
func NewClient(pool *pgxpool.Pool, config ClientConfig) (*Client, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID:     config.NodeID,
		Schema: db.Schema,
		Logger: config.Logger,
		Queues: map[string]river.QueueConfig{
			QueueTick:   {MaxWorkers: 2},
			QueueWrites: {MaxWorkers: config.Limits.Workers},
			QueueReads:  {MaxWorkers: config.Limits.Workers},
			QueuePolls:  {MaxWorkers: config.Limits.Polls},
			QueueEvents: {MaxWorkers: config.Limits.Workers},
			QueueAudits: {MaxWorkers: config.Limits.Audits},
			QueueSyncs:  {MaxWorkers: config.Limits.FullSyncs},
		},
		Workers:       config.Workers,
		Middleware:    config.Middleware,
		FetchCooldown: fetchCooldown,
		MaxAttempts:   maxAttempts,
		RetryPolicy:   retryPolicy{},
		// Each request to JazzHR has its own timeout, and a job makes a bounded number of them.
		JobTimeout:                  15 * time.Minute,
		SoftStopTimeout:             config.SoftStop,
		CompletedJobRetentionPeriod: CompletedJobRetention,
		ReindexerIndexNames:         reindexed(),
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(river.PeriodicInterval(tickInterval),
				func() (river.JobArgs, *river.InsertOpts) { return Tick{}, nil },
				&river.PeriodicJobOpts{ID: "tick", RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
				func() (river.JobArgs, *river.InsertOpts) { return Purge{}, nil },
				&river.PeriodicJobOpts{ID: "purge", RunOnStart: true}),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("queue client: %w", err)
	}
	return client, nil
}

// reindexed names the indexes that River rebuilds each night: its own without those that our
// migrations drop, and ours on its table.
func reindexed() []string {
	names := slices.DeleteFunc(river.ReindexerIndexNamesDefault(), func(name string) bool {
		return name == "river_job_args_index" || name == "river_job_metadata_index"
	})
	return append(names, "river_job_subject_idx")
}

// NewInserter returns a client that only inserts jobs, always within the caller's transaction. It
// opens no connection. pool may be nil: it serves River UI.
func NewInserter(pool *pgxpool.Pool, logger *slog.Logger) (*Client, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema:        db.Schema,
		Logger:        logger,
		FetchCooldown: fetchCooldown,
	})
	if err != nil {
		return nil, fmt.Errorf("queue inserter: %w", err)
	}
	return client, nil
}

// retryPolicy is for what went wrong outside a job's work, mostly in the database: a job is tried
// again soon. How long a row waits stands in the row.
type retryPolicy struct{}

// NextRetry doubles from 1 s to 30 s.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(min(time.Second<<min(len(job.Errors), 5), 30*time.Second))
}
