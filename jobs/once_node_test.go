package jobs_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/queue"
)

// errCut is what a cut connection answers with.
var errCut = errors.New("the connection was cut")

// node is one worker process of a run. All that it does in Postgres goes over wires that the run can cut, and is traced by the
// names of its queries, so that the run can strike before and after each commit without a hook in the code under test.
type node struct {
	run    *trial
	id     string
	runner *jobs.Runner
	pool   *pgxpool.Pool // the workers'; River has its own

	dead  atomic.Bool
	mu    sync.Mutex
	wires map[*wire]bool
}

// startNode starts one more.
func (tr *trial) startNode() {
	tr.t.Helper()
	n := &node{run: tr, id: queue.NewNodeID("node"), wires: map[*wire]bool{}}
	config := tr.config
	n.pool = n.open(8, n)
	config.Pool, config.RiverPool = n.pool, n.open(6, nil)
	config.Bucket = queue.NewBucket(n.pool, 1_000_000)
	config.NodeID, config.Metrics = n.id, prometheus.NewRegistry()
	n.runner = tr.start(config)
	// Runs before the runner's own stop: what was killed has to be able to end.
	tr.t.Cleanup(n.revive)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.nodes = append(tr.nodes, n)
}

func (tr *trial) allNodes() []*node {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.nodes)
}

func (n *node) open(size int32, tracer pgx.QueryTracer) *pgxpool.Pool {
	t := n.run.t
	t.Helper()
	config, err := pgxpool.ParseConfig(n.run.db.URL)
	check(t, err)
	config.MaxConns = size
	config.ConnConfig.Tracer = tracer
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if n.dead.Load() {
			return nil, errCut
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return n.wrap(conn), nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	check(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// kill is kill -9 as the database sees it: nothing of the process's can be committed any more, nor its heartbeat. What a worker
// of it is doing ends at the next thing it wants of the database (see TraceAcquireStart).
func (n *node) kill() {
	n.dead.Store(true)
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.wires {
		_ = w.Conn.Close()
	}
}

// revive lets a killed node's goroutines come to an end.
func (n *node) revive() {
	if n.dead.Swap(false) {
		n.pool.Reset() // of the connections that were cut
	}
}

func (n *node) wrap(conn net.Conn) *wire {
	w := &wire{Conn: conn, node: n}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wires[w] = true
	return w
}

// wire is one connection to Postgres.
type wire struct {
	net.Conn
	node *node
	deaf atomic.Bool // the server's next answer is not delivered: the connection is lost instead
	// Of the open transaction. A connection is used by one goroutine at a time.
	queries []string
	ids     []uuid.UUID // that its queries were about
	stall   bool        // after its commit
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.deaf.Load() || w.node.dead.Load() {
		_ = w.Conn.Close()
		return 0, errCut
	}
	return n, err
}

func (w *wire) Write(b []byte) (int, error) {
	if w.node.dead.Load() {
		_ = w.Conn.Close()
		return 0, errCut
	}
	return w.Conn.Write(b)
}

func (w *wire) Close() error {
	w.node.mu.Lock()
	delete(w.node.wires, w)
	w.node.mu.Unlock()
	return w.Conn.Close()
}

// TraceAcquireStart ends the work of a killed process's job as its death would. Other goroutines get an error.
func (n *node) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	if n.dead.Load() {
		if _, err := river.ClientFromContextSafely[pgx.Tx](ctx); err == nil {
			panic(errCut)
		}
	}
	return ctx
}

// TraceAcquireEnd is of no interest.
func (n *node) TraceAcquireEnd(context.Context, *pgxpool.Pool, pgxpool.TraceAcquireEndData) {}

// TraceQueryStart strikes before a query.
func (n *node) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	w, ok := conn.PgConn().Conn().(*wire)
	if !ok || n.dead.Load() {
		return ctx
	}
	name, named := queryName(data.SQL)
	switch {
	case data.SQL == "begin":
		w.queries, w.ids, w.stall = nil, nil, false
	case data.SQL == "commit":
		n.strikeCommit(w)
	case named:
		w.queries = append(w.queries, name)
		for _, arg := range data.Args {
			if id, is := arg.(uuid.UUID); is {
				w.ids = append(w.ids, id)
			}
		}
		if name == "EffectByIDForUpdate" && n.run.mayStall() && n.run.strikesNext(stallStore) {
			n.run.stallHere(stallStore, w.ids)
		}
	}
	return ctx
}

// TraceQueryEnd strikes after a commit.
func (n *node) TraceQueryEnd(_ context.Context, conn *pgx.Conn, _ pgx.TraceQueryEndData) {
	if w, ok := conn.PgConn().Conn().(*wire); ok && w.stall {
		w.stall = false
		n.run.stallHere(stallSend, w.ids)
	}
}

// strikeCommit strikes at the commit of a transaction that holds an intent or what confirms one.
func (n *node) strikeCommit(w *wire) {
	tr := n.run
	switch {
	case slices.Contains(w.queries, "BeginSend"):
		switch {
		case tr.strikesNext(beforeIntent):
			_ = w.Conn.Close()
		case tr.strikesNext(afterIntent):
			w.deaf.Store(true)
		case tr.mayStall() && tr.strikesNext(stallSend):
			w.stall = true
		}
	case slices.Contains(w.queries, "SettleEffect"):
		switch {
		case tr.strikesNext(beforeConfirm):
			_ = w.Conn.Close()
		case tr.strikesNext(afterConfirm):
			w.deaf.Store(true)
		}
	}
}

// queryName is the name that sqlc gave a query.
func queryName(sql string) (string, bool) {
	rest, named := strings.CutPrefix(sql, "-- name: ")
	name, _, _ := strings.Cut(rest, " ")
	return name, named
}
