package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/jobs/mirror"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/token"
	"github.com/intrvio/jazzhr-worker/web"
)

const (
	// riverConnections is the size of River's own pool: it needs about six and one to listen. With
	// one pool for both, workers that hold connections would starve it until it loses its leader.
	riverConnections = 10
	// spareConnections are for what is not a worker: web requests, the tick, heartbeats.
	spareConnections = 10
	// stopGrace is how long a stop may take after the last job was cancelled.
	stopGrace = 5 * time.Second
)

// parts says what of the service a process runs.
type parts struct {
	web, work bool
	// listener is where the web server listens; nil takes LISTEN_ADDR. The service closes it.
	listener net.Listener
}

// service is the running service.
type service struct {
	config Config
	logger *slog.Logger
	// failed takes the error of a part that ended by itself.
	failed  chan error
	runner  *jobs.Runner // nil unless it was started
	web     *web.Server  // nil unless it was started
	servers []*http.Server
	closers []func() // in the order in which things were opened
}

// startService checks the schema and starts the parts. When it returns an error nothing is left
// running.
func startService(ctx context.Context, config Config, what parts, logger *slog.Logger) (*service, error) {
	s := &service{config: config, logger: logger, failed: make(chan error, 3)}
	if err := s.start(ctx, what); err != nil {
		err = errors.Join(err, s.stopWork(context.WithoutCancel(ctx)))
		for _, server := range s.servers {
			_ = server.Close()
		}
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *service) start(ctx context.Context, what parts) error {
	// Before anything begins to work: an address that is taken is the likeliest thing to fail.
	webListeners, metricsListener, err := s.openListeners(what)
	if err != nil {
		return err
	}
	newest, err := checkSchema(ctx, s.config.DatabaseURL)
	if err != nil {
		return err
	}
	pool, err := s.open(ctx, "jazzhr-worker", s.config.Workers+spareConnections)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	client, err := s.openJazzHR(registry)
	if err != nil {
		return err
	}
	inserter, err := queue.NewInserter(pool, s.logger)
	if err != nil {
		return err
	}
	tenants := tenant.New(pool, inserter, s.config.sealer, work.Prober{Client: client}, s.config.PublicURL).In(s.config.deployment())
	if err := tenants.CheckRegion(ctx); err != nil {
		return err
	}

	checks := []web.Check{{Name: "database", Do: pool.Ping}, {Name: "schema", Do: compatible(pool, newest)}}
	if what.work {
		if err := s.startWork(ctx, pool, client, tenants, registry); err != nil {
			return err
		}
		checks = append(checks, web.Check{Name: "workers", Do: func(context.Context) error { return s.runner.Ready() }})
	}
	if !what.web {
		registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
		s.listen("metrics", metricsListener, mux, nil)
		return nil
	}
	if err := s.startWeb(ctx, web.Config{
		Pool: pool, Client: inserter, Tenants: tenants, Tokens: token.New(pool, s.config.sealer, s.logger),
		Intake:     intake.New(pool, inserter, tenants, s.config.GroupCommit),
		AdminToken: s.config.AdminToken, OIDC: s.config.oidc(), APITokens: s.config.APITokens, APIRate: s.config.APIRate,
		Jobs: &mirror.Mirror{Pool: pool, Client: inserter, Accounts: work.Accounts{
			Pool: pool, JazzHR: client, Keys: tenants, Bucket: queue.NewBucket(pool, s.config.JazzHRCallsPerMinute),
		}},
		PublicURL: s.config.PublicURL, TrustedProxies: s.config.TrustedProxies, Checks: checks, Registry: registry, Logger: s.logger,
		TriggerMatchWindow: s.config.TriggerMatchWindow, CallsPerMinute: s.config.JazzHRCallsPerMinute, PayloadRetention: s.config.PayloadRetention,
	}); err != nil {
		return err
	}
	for _, listener := range webListeners {
		s.listen(listener.String(), listener, s.web.HandlerOf(listener.parts...), s.web.EndStreams)
	}
	s.listen("metrics", metricsListener, s.web.MetricsHandler(), nil)
	return nil
}

// openJazzHR returns a client of JazzHR whose calls are counted.
func (s *service) openJazzHR(registry *prometheus.Registry) (*jazzhr.Client, error) {
	observe, err := jobs.ObserveCalls(registry)
	if err != nil {
		return nil, err
	}
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: s.config.JazzHRBaseURL, Timeout: s.config.JazzHRTimeout, Observe: observe})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, client.Close)
	return client, nil
}

func (s *service) startWeb(ctx context.Context, config web.Config) error {
	server, err := web.New(config)
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	written := make(chan struct{})
	go func() {
		defer close(written)
		config.Tokens.Run(background)
	}()
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		server.Record().Run(background)
	}()
	s.closers = append(s.closers, func() {
		stop()
		<-written // before the pool is closed
		<-recorded
	})
	s.web = server
	return server.Start(background)
}

// checkSchema returns the newest migration that this release knows, or why it can't work on the
// database's schema.
func checkSchema(ctx context.Context, databaseURL string) (newest int64, err error) {
	if err := db.CheckSchema(ctx, databaseURL); err != nil {
		return 0, err
	}
	steps, err := db.MigrationStatus(ctx, databaseURL)
	if err != nil {
		return 0, err
	}
	for _, step := range steps {
		if step.Of == "schema" {
			newest = max(newest, step.Version)
		}
	}
	return newest, nil
}

// compatible checks that no later release has changed the schema in a way that this one can't work
// with.
func compatible(pool *pgxpool.Pool, newest int64) func(context.Context) error {
	return func(ctx context.Context) error {
		required, err := gen.New().SystemMinReleaseSchema(ctx, pool)
		if err == nil && required > newest {
			return db.ErrSchemaNew
		}
		return err
	}
}

func (s *service) open(ctx context.Context, name string, size int) (*pgxpool.Pool, error) {
	pool, err := db.Open(ctx, s.config.DatabaseURL, name, size)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, pool.Close)
	return pool, nil
}

func (s *service) startWork(ctx context.Context, pool *pgxpool.Pool, client *jazzhr.Client, tenants *tenant.Service, registry *prometheus.Registry) error {
	riverPool, err := s.open(ctx, "jazzhr-worker river", riverConnections)
	if err != nil {
		return err
	}
	var deliverer *intrvio.Deliverer
	if s.config.EventsURL != "" {
		if deliverer, err = intrvio.NewDeliverer(intrvio.DelivererConfig{URL: s.config.EventsURL, Secrets: s.config.events}); err != nil {
			return err
		}
		s.closers = append(s.closers, deliverer.Close)
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name this node: %w", err)
	}
	runner, err := jobs.New(jobs.Config{
		Pool: pool, RiverPool: riverPool, JazzHR: client, JazzHRURL: s.config.JazzHRBaseURL, Keys: tenants,
		Bucket: queue.NewBucket(pool, s.config.JazzHRCallsPerMinute), Deliverer: deliverer, NodeID: queue.NewNodeID(host),
		Timeout: s.config.JazzHRTimeout, SettleDelay: s.config.SettleDelay, PollInterval: s.config.PollInterval,
		TriggerMatchWindow: s.config.TriggerMatchWindow,
		PayloadRetention:   s.config.PayloadRetention, RecordRetention: s.config.RecordRetention, SoftStop: s.config.StopTimeout, Limits: s.config.limits(),
		Metrics: registry, Logger: s.logger,
	})
	if err != nil {
		return err
	}
	if err := runner.Start(ctx); err != nil {
		return err
	}
	s.runner = runner
	return nil
}

// stop ends the service: readiness fails first while requests are still taken, since JazzHR may
// never send one again; then nothing new is taken; what runs may end within StopTimeout; the rest
// is cancelled.
func (s *service) stop(ctx context.Context) error {
	defer s.close()
	if s.web != nil && s.config.DrainDelay > 0 {
		s.logger.Info("draining", "for", s.config.DrainDelay)
		s.web.StartDraining()
		<-time.After(s.config.DrainDelay)
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.StopTimeout)
	defer cancel()
	ended := make(chan error, len(s.servers)+1)
	for _, server := range s.servers {
		go func() { ended <- shutdown(ctx, server) }()
	}
	go func() { ended <- s.stopWork(context.WithoutCancel(ctx)) }()
	var errs []error
	for range cap(ended) {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

// stopWork stops the workers, which cancel what still runs after StopTimeout by themselves.
func (s *service) stopWork(ctx context.Context) error {
	if s.runner == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.StopTimeout+stopGrace)
	defer cancel()
	return s.runner.Stop(ctx)
}

// close gives up what was opened, the last first.
func (s *service) close() {
	for _, close := range slices.Backward(s.closers) {
		close()
	}
}
