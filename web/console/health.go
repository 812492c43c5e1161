package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// When something on the page Health is amber or red. docs/operations.md gives the same thresholds for alerts.
const (
	slowAnswer      = 0.25  // seconds that the database takes for a trivial question
	longTransaction = 60.0  // seconds
	lateDelivery    = 300.0 // seconds
	silentNode      = 6.0   // seconds: then another gives its jobs back
)

func (k *Console) healthPage() page {
	return page{route: "/health", file: "health", section: "/health", load: k.loadHealth, every: 2 * time.Second}
}

// health is what the page shows.
type health struct {
	Verdict  finding
	Findings []finding // what is amber or red, the worst first
	Database databaseHealth
	Leader   *gen.SystemLeaderRow // nil if there is none
	Nodes    []nodeHealth
	Delivery deliveryHealth
	Found    gen.SystemDuplicatesFoundRow
	Checks   []checkHealth
}

// finding is something that is not as it should be, and what to do about it.
type finding struct {
	Tone        tone
	Title, Todo string
}

type databaseHealth struct {
	Answer      float64 // seconds
	OldestTx    float64 // seconds
	Connections int64
	Limit       int64
	Version     string
}

// Share is the part of the connections that are used.
func (d databaseHealth) Share() float64 { return float64(d.Connections) / float64(max(d.Limit, 1)) }

type deliveryHealth struct{ gen.SystemDeliveryRow }

// Oldest is the time of the oldest event that waits, nil if none does.
func (d deliveryHealth) Oldest() *time.Time {
	if d.Waiting == 0 {
		return nil
	}
	return &d.OldestAt
}

type nodeHealth struct {
	gen.SystemNodesRow
	Silent bool
}

type checkHealth struct{ Name, Problem string }

func (k *Console) loadHealth(ctx context.Context, _ place) (any, error) {
	var h health
	var err error
	if h.Database, err = k.databaseHealth(ctx); err != nil {
		return nil, err
	}
	q := gen.New()
	leaders, err := q.SystemLeader(ctx, k.config.Pool)
	if err != nil {
		return nil, fmt.Errorf("read the leader: %w", err)
	}
	if len(leaders) > 0 && leaders[0].Holds {
		h.Leader = &leaders[0]
	}
	nodes, err := q.SystemNodes(ctx, k.config.Pool)
	if err != nil {
		return nil, fmt.Errorf("read the nodes: %w", err)
	}
	for _, node := range nodes {
		h.Nodes = append(h.Nodes, nodeHealth{node, node.SilentSeconds > silentNode})
	}
	if h.Delivery.SystemDeliveryRow, err = q.SystemDelivery(ctx, k.config.Pool); err != nil {
		return nil, fmt.Errorf("read the delivery of events: %w", err)
	}
	if h.Found, err = q.SystemDuplicatesFound(ctx, k.config.Pool); err != nil {
		return nil, fmt.Errorf("read what audits found: %w", err)
	}
	for _, check := range k.config.Checks(ctx) {
		shown := checkHealth{Name: check.Name}
		if check.Err != nil {
			shown.Problem = db.LogText(check.Err)
		}
		h.Checks = append(h.Checks, shown)
	}
	h.judge()
	return h, nil
}

// databaseHealth asks in words that sqlc does not know: Postgres's own views. Other roles' transactions are shown only to
// a member of pg_read_all_stats.
func (k *Console) databaseHealth(ctx context.Context) (databaseHealth, error) {
	const question = `
		SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start))
				FILTER (WHERE datname = current_database() AND pid <> pg_backend_pid()), 0)::float8,
			count(*), current_setting('max_connections')::bigint, current_setting('server_version')
		FROM pg_stat_activity WHERE backend_type = 'client backend'`
	var d databaseHealth
	started := time.Now()
	if err := k.config.Pool.Ping(ctx); err != nil {
		return d, fmt.Errorf("ask the database: %w", err)
	}
	d.Answer = time.Since(started).Seconds()
	if err := k.config.Pool.QueryRow(ctx, question).Scan(&d.OldestTx, &d.Connections, &d.Limit, &d.Version); err != nil {
		return d, fmt.Errorf("read the database's activity: %w", err)
	}
	d.Version, _, _ = strings.Cut(d.Version, " ") // and who packaged it
	return d, nil
}

// judge finds what is not as it should be.
func (h *health) judge() {
	find := func(is bool, t tone, title, todo string) {
		if is {
			h.Findings = append(h.Findings, finding{t, title, todo})
		}
	}
	for _, check := range h.Checks {
		find(check.Problem != "", bad, "The check “"+check.Name+"” fails: "+check.Problem,
			"This process takes no new requests until it holds. If it is “schema”, migrate the database or run the release that fits it.")
	}
	find(h.Found.Ours > 0, bad, "An audit found duplicates that this service wrote",
		"JazzHR can’t delete: merge or remove the copies there by hand. The next audit no longer finds them. Then look in the ledger at how they came about.")
	find(len(h.Nodes) == 0, bad, "No process works the queue",
		"Start jazzhr-worker with “serve” or “work”. Until then everything is accepted, and waits.")
	find(len(h.Nodes) > 0 && h.Leader == nil, warn, "No process leads",
		"One is elected within seconds. If this stays, look at the workers’ logs and at the database’s write load.")
	for _, node := range h.Nodes {
		find(node.Silent, warn, "A process has stopped answering: "+node.NodeID,
			"Its jobs are given to others by themselves. Look at the machine that it ran on.")
	}
	find(h.Delivery.OldestSeconds > lateDelivery, bad, "Events wait to be delivered to Intrvio",
		"Look whether Intrvio’s receiver is up and whether the queue “events” is paused. They are tried for five days, and nothing is lost before; afterwards they can be sent anew.")
	find(h.Delivery.FailedToday > 0, warn, "Intrvio did not take some events of the last day",
		"Mend the receiver, then send them anew with POST /v1/events/redeliver.")
	find(h.Database.OldestTx > longTransaction, bad, "A transaction has been open for long",
		"It slows the whole queue down. Find it in pg_stat_activity and end it.")
	find(h.Database.Answer > slowAnswer, warn, "The database answers slowly",
		"Look at its load, its disk and the network to it.")
	find(h.Database.Share() > 0.9, warn, "The database’s connections are nearly used up",
		"Raise max_connections, or run fewer processes or WORKERS.")

	h.Verdict = finding{Tone: good, Title: "Everything is well"}
	for _, f := range h.Findings {
		if h.Verdict.Tone == good || f.Tone == bad {
			h.Verdict.Tone = f.Tone
		}
	}
	switch h.Verdict.Tone { //nolint:exhaustive // findings are of two tones
	case bad:
		h.Verdict.Title = "Something needs you now"
	case warn:
		h.Verdict.Title = "Something is not as it should be"
	}
}
