package web

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue/intake"
)

const (
	// backlogTimeout bounds what a scrape asks of the database.
	backlogTimeout = 5 * time.Second
	// backlogAge is how long the figures of one scrape are kept, so that several scrapers cost the
	// database no more than one.
	backlogAge = 5 * time.Second
)

// backlog collects what waits in the database, and for how long. The figures are of the whole
// service, so every process shows the same.
type backlog struct {
	pool   *pgxpool.Pool
	logger *slog.Logger

	up, oldest, waiting, attention            *prometheus.Desc
	polls, delivery, duplicates, oldestOpenTx *prometheus.Desc
	outage                                    *prometheus.Desc

	mu     sync.Mutex
	cached []prometheus.Metric
	readAt time.Time
}

func newBacklog(pool *pgxpool.Pool, logger *slog.Logger) *backlog {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("jazzhr_"+name, help, labels, nil)
	}
	return &backlog{
		pool:   pool,
		logger: logger,
		up:     desc("backlog_up", "Whether the figures of the backlog could be read from the database."),
		oldest: desc("oldest_waiting_seconds",
			"Age of the oldest row of work that is not done, by kind and by why it waits.", "kind", "reason"),
		waiting: desc("waiting_rows",
			"Rows of work that are not done, by kind and by why they wait.", "kind", "reason"),
		attention: desc("attention_rows", "Webhooks, writebacks and moves to stages that need a person."),
		polls:     desc("poll_lateness_seconds", "How late the most overdue poll of a tenant is."),
		delivery: desc("delivery_lag_seconds",
			"Age of the oldest event that has not been delivered to Intrvio and is still tried."),
		oldestOpenTx: desc("oldest_transaction_seconds",
			"Age of the oldest open transaction on the database: a long one slows the queue down."),
		outage: desc("writes_stopped",
			"Whether writes of a kind are put off for all tenants, because JazzHR as a whole takes none.", "kind"),
		duplicates: desc("duplicates_found",
			"Copies beyond the first that the last audit of each tenant found in JazzHR: of what the service wrote, and others.",
			"whose"),
	}
}

// Describe implements [prometheus.Collector].
func (b *backlog) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		b.up, b.oldest, b.waiting, b.attention, b.polls, b.delivery, b.oldestOpenTx, b.duplicates, b.outage,
	} {
		descs <- desc
	}
}

// Collect implements [prometheus.Collector].
func (b *backlog) Collect(metrics chan<- prometheus.Metric) {
	for _, metric := range b.current() {
		metrics <- metric
	}
}

// current returns the figures, which are at most backlogAge old. Only one scrape reads them at a
// time. The others wait for its result.
func (b *backlog) current() []prometheus.Metric {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.readAt.IsZero() && time.Since(b.readAt) < backlogAge {
		return b.cached
	}
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	figures, err := b.read(ctx)
	up := 1.0
	if err != nil {
		// Half of the figures would look like a short queue.
		figures, up = nil, 0
		b.logger.WarnContext(ctx, "metrics of the backlog", "error", db.LogText(err))
	}
	b.cached, b.readAt = append(figures, gauge(b.up, up)), time.Now()
	return b.cached
}

func (b *backlog) read(ctx context.Context) ([]prometheus.Metric, error) {
	var figures []prometheus.Metric
	q := gen.New()
	waiting, err := q.SystemOldestWaiting(ctx, b.pool)
	if err != nil {
		return nil, fmt.Errorf("read what waits: %w", err)
	}
	for _, row := range waiting {
		figures = append(figures, gauge(b.oldest, row.OldestSeconds, intake.KindOf(row.Kind), row.Reason),
			gauge(b.waiting, float64(row.Waiting), intake.KindOf(row.Kind), row.Reason))
	}
	attention, err := q.SystemAttentionCount(ctx, b.pool)
	if err != nil {
		return nil, fmt.Errorf("count what needs attention: %w", err)
	}
	polls, err := q.SystemPollLateness(ctx, b.pool)
	if err != nil {
		return nil, fmt.Errorf("read how late polls are: %w", err)
	}
	delivery, err := q.SystemOldestEvent(ctx, b.pool)
	if err != nil {
		return nil, fmt.Errorf("read the oldest undelivered event: %w", err)
	}
	duplicates, err := q.SystemDuplicatesFound(ctx, b.pool)
	if err != nil {
		return nil, fmt.Errorf("read what audits found: %w", err)
	}
	writes, err := q.SystemWrites(ctx, b.pool)
	if err != nil {
		return nil, fmt.Errorf("read which writes are stopped: %w", err)
	}
	for _, write := range writes {
		stopped := 0.0
		if write.OpenedAt != nil {
			stopped = 1
		}
		figures = append(figures, gauge(b.outage, stopped, write.Kind))
	}
	var transaction float64
	if err := b.pool.QueryRow(ctx, oldestTransaction).Scan(&transaction); err != nil {
		return nil, fmt.Errorf("read the oldest transaction: %w", err)
	}
	return append(figures, gauge(b.attention, float64(attention)), gauge(b.polls, max(polls, 0)),
		gauge(b.delivery, delivery), gauge(b.oldestOpenTx, transaction),
		gauge(b.duplicates, float64(duplicates.Ours), "ours"), gauge(b.duplicates, float64(duplicates.Theirs), "theirs")), nil
}

// oldestTransaction is written by hand because sqlc does not know Postgres's view. The view shows
// other roles' transactions only to a member of pg_read_all_stats.
const oldestTransaction = `
	SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
	FROM pg_stat_activity
	WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`

func gauge(desc *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}
