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
	// Workers holds a worker for every kind of job. Every process registers all, since any may lead, and a leader
	// discards stuck jobs of kinds it does not know.
	Workers *river.Workers
	// Concurrency is how many jobs that talk to JazzHR, and how many deliveries, run at once; of polls it is several times
	// as many.
	Concurrency int
	Middleware  []rivertype.Middleware
	// SoftStop is how long running jobs may go on at a stop before their contexts end.
	SoftStop time.Duration
	Logger   *slog.Logger
}

// fetchCooldown bounds a queue's throughput (jobs taken at once / cooldown) and how soon a second insert is noticed:
// river.md measured 511 ms from insert to start at 100 ms, and 2.9 ms at 5 ms.
const fetchCooldown = 5 * time.Millisecond

// pollsPerWorker is how many polls run at once for each of Concurrency. A poll is three calls, each of which JazzHR takes up to a
// second to answer, and holds nothing meanwhile; a hundred thousand tenants have 333 begin each second.
const pollsPerWorker = 8

// NewClient returns a client that works jobs once it is started.
func NewClient(pool *pgxpool.Pool, config ClientConfig) (*Client, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID:     config.NodeID,
		Schema: db.Schema,
		Logger: config.Logger,
		Queues: map[string]river.QueueConfig{
			QueueTick:   {MaxWorkers: 2},
			QueueWrites: {MaxWorkers: config.Concurrency},
			QueueReads:  {MaxWorkers: config.Concurrency},
			QueuePolls:  {MaxWorkers: pollsPerWorker * config.Concurrency},
			QueueEvents: {MaxWorkers: config.Concurrency},
			QueueAudits: {MaxWorkers: auditsAtOnce},
			QueueSyncs:  {MaxWorkers: syncsAtOnce},
		},
		Workers:       config.Workers,
		Middleware:    config.Middleware,
		FetchCooldown: fetchCooldown,
		MaxAttempts:   maxAttempts,
		RetryPolicy:   retryPolicy{},
		// Each request to JazzHR has its own timeout, and a job makes a bounded number of them.
		JobTimeout:      15 * time.Minute,
		SoftStopTimeout: config.SoftStop,
		// A finished job tells River UI what happened lately. What happened for good stands in our rows. 100,000 tenants finish 1.2
		// million polls in an hour, of which River UI's pages took three seconds.
		CompletedJobRetentionPeriod: 15 * time.Minute,
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

// reindexed are the indexes that River builds anew each night: its own, but for those that our migrations drop, and ours.
func reindexed() []string {
	names := slices.DeleteFunc(river.ReindexerIndexNamesDefault(), func(name string) bool {
		return name == "river_job_args_index" || name == "river_job_metadata_index"
	})
	return append(names, "river_job_subject_idx")
}

// NewInserter returns a client that only puts jobs in, always within the caller's transaction. It opens no connection;
// pool, which may be nil, is for what else the client is asked for (River UI).
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

// retryPolicy is for what went wrong outside a job's work, mostly the database: soon, and not for days. A row's own waits
// are in the row.
type retryPolicy struct{}

// NextRetry doubles from 1 s to 30 s.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(min(time.Second<<min(len(job.Errors), 5), 30*time.Second))
}
