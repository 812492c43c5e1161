package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Thresholds of the page Health. docs/operations.md gives the same ones for alerts.
const (
	slowAnswer      = 0.25  // seconds that the database takes to answer a ping
	longTransaction = 60.0  // seconds
	lateDelivery    = 300.0 // seconds
	silentNode      = 6.0   // seconds: after that another process gives its jobs back
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
	Writes   []gen.SystemWritesRow
	Checks   []checkHealth
	Failing  []failingJob
}

// finding is something that is wrong, and what to do about it.
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

// Share returns the share of the connections that are used.
func (d databaseHealth) Share() float64 { return float64(d.Connections) / float64(max(d.Limit, 1)) }

type deliveryHealth struct{ gen.SystemDeliveryRow }

// Oldest returns the time of the oldest event that waits, or nil if none waits.
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
	if h.Writes, err = q.SystemWrites(ctx, k.config.Pool); err != nil {
		return nil, fmt.Errorf("read which writes are stopped: %w", err)
	}
	if h.Failing, err = k.readFailing(ctx, nil); err != nil {
		return nil, err
	}
	for _, check := range k.config.Checks(ctx) {
		shown := checkHealth{Name: check.Name}
		if check.Err != nil {
			shown.Problem = db.LogText(check.Err)
		}
		h.Checks = append(h.Checks, shown)
	}
	h.assess()
	return h, nil
}

// databaseHealth reads Postgres's own views, which sqlc does not know. Postgres shows transactions
// of other roles only to members of pg_read_all_stats.
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
	if err := k.config.Pool.QueryRow(ctx, question).Scan(
		&d.OldestTx, &d.Connections, &d.Limit, &d.Version,
	); err != nil {
		return d, fmt.Errorf("read the database's activity: %w", err)
	}
	d.Version, _, _ = strings.Cut(d.Version, " ") // the rest names who packaged it
	return d, nil
}

// stopped names the kinds of write that are stopped for all tenants, and says for how many seconds
// the longest has been.
func (h *health) stopped() (names string, seconds float64) {
	var kinds []string
	for _, write := range h.Writes {
		if write.OpenedAt != nil {
			kinds = append(kinds, map[string]string{
				"create_applicant": "new applicants", "link_applicant_to_job": "links to jobs", "write_note": "notes",
			}[write.Kind])
			seconds = max(seconds, write.StoppedSeconds)
		}
	}
	return strings.Join(kinds, ", "), seconds
}

// assess finds what is wrong.
func (h *health) assess() {
	add := func(wrong bool, t tone, title, todo string) {
		if wrong {
			h.Findings = append(h.Findings, finding{t, title, todo})
		}
	}
	for _, check := range h.Checks {
		add(check.Problem != "", bad, "The check “"+check.Name+"” fails: "+check.Problem,
			"This process takes no new requests until the check holds. If it is “schema”, migrate the "+
				"database, or run the release that fits it.")
	}
	stopped, since := h.stopped()
	add(stopped != "", warn, "JazzHR takes no writes of any customer for "+duration(since)+": "+stopped,
		"Nothing is sent but a probe now and then, and nobody is asked. When JazzHR answers again, writebacks go on "+
			"by themselves, slowly at first. Look at JazzHR’s status page.")
	add(len(h.Failing) > 0, bad, "The work on some customers’ accounts keeps failing",
		"It is tried again, but each time the database or this service refuses something in it. Below is what fails, of "+
			"whom. Report the error.")
	add(h.Found.Ours > 0, bad, "An audit found duplicates that this service wrote",
		"JazzHR’s API can’t delete: merge or remove the copies there by hand. The next audit no longer finds them. "+
			"Then look in the ledger how they came about.")
	add(len(h.Nodes) == 0, bad, "No process works the queue",
		"Start jazzhr-worker with “serve” or “work”. Until then everything is accepted and waits.")
	add(len(h.Nodes) > 0 && h.Leader == nil, warn, "No process leads",
		"One is elected within seconds. If this persists, look at the workers’ logs and at the write load of "+
			"the database.")
	for _, node := range h.Nodes {
		add(node.Silent, warn, "A process has stopped answering: "+node.NodeID,
			"Other processes take over its jobs. Look at the machine that it ran on.")
	}
	add(h.Delivery.OldestSeconds > lateDelivery, bad, "Events wait to be delivered to Intrvio",
		"Check that Intrvio’s receiver is up and that the queue “events” is not paused. "+
			"Delivery is tried for five days. After that the events can be delivered again by hand.")
	add(h.Delivery.FailedToday > 0, warn, "Intrvio did not take some events of the last day",
		"Repair the receiver, then deliver them again with POST /v1/events/redeliver.")
	add(h.Database.OldestTx > longTransaction, bad, "A transaction has been open for a long time",
		"It slows down the whole queue. Find it in pg_stat_activity and end it.")
	add(h.Database.Answer > slowAnswer, warn, "The database answers slowly",
		"Look at its load, its disk and the network.")
	add(h.Database.Share() > 0.9, warn, "The connections of the database are nearly used up",
		"Raise max_connections, or run fewer processes or fewer WORKERS.")

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
		h.Verdict.Title = "Something is wrong"
	}
}
