package jobs_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/queue"
)

// errCut is what a cut connection answers with.
var errCut = errors.New("the connection was cut")

// stage is what runs go on upon, one after the other: a database, and berths for nodes. To open the
// connections anew takes longer than most of a run.
type stage struct {
	t      *testing.T
	db     *dbtest.Database
	berths []*berth
}

// clear makes the stage ready for a run.
func (s *stage) clear(t *testing.T) {
	t.Helper()
	_, err := s.db.Pool.Exec(t.Context(), `DROP SCHEMA IF EXISTS backup CASCADE`)
	check(t, err)
	check(t, s.db.Empty(t.Context(), s.pools()...))
}

func (s *stage) pools() (pools []*pgxpool.Pool) {
	for _, b := range s.berths {
		pools = append(pools, b.workers, b.river)
	}
	return pools
}

// reopen gives up the connections that a run has left, of which it may have cut any.
func (s *stage) reopen() {
	for _, pool := range append(s.pools(), s.db.Pool) {
		pool.Reset()
	}
}

// berth returns the nth place, for a node.
func (s *stage) berth(nth int, n *node) *berth {
	if nth == len(s.berths) {
		b := &berth{wires: map[*wire]bool{}}
		b.workers, b.river = b.open(s, 8, b), b.open(s, 6, nil)
		s.berths = append(s.berths, b)
	}
	s.berths[nth].node.Store(n)
	return s.berths[nth]
}

// berth is the place of a node: its pools, the workers' and River's. All that the node does in
// Postgres goes over wires that the run can cut, and is traced by the names of its queries, so that
// the run can strike before and after each commit without a hook in the code under test.
type berth struct {
	workers, river *pgxpool.Pool
	node           atomic.Pointer[node]
	mu             sync.Mutex
	wires          map[*wire]bool
}

func (b *berth) open(s *stage, size int32, tracer pgx.QueryTracer) *pgxpool.Pool {
	config, err := pgxpool.ParseConfig(s.db.URL)
	check(s.t, err)
	config.MaxConns = size
	config.ConnConfig.Tracer = tracer
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if b.node.Load().dead.Load() {
			return nil, errCut
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return b.wrap(conn), nil
	}
	pool, err := pgxpool.NewWithConfig(s.t.Context(), config)
	check(s.t, err)
	s.t.Cleanup(pool.Close)
	return pool
}

func (b *berth) wrap(conn net.Conn) *wire {
	w := &wire{Conn: conn, berth: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wires[w] = true
	return w
}

// node is one worker process of a run.
type node struct {
	*berth
	run    *trial
	id     string
	runner *jobs.Runner
	dead   atomic.Bool
}

// startNode starts one more.
func (tr *trial) startNode() {
	tr.t.Helper()
	n := &node{run: tr, id: queue.NewNodeID("node")}
	n.berth = tr.stage.berth(len(tr.allNodes()), n)
	config := tr.config
	config.Pool, config.RiverPool = n.workers, n.river
	config.Bucket = queue.NewBucket(n.workers, 1_000_000)
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

// kill is kill -9 as the database sees it: nothing of the process's can be committed any more, nor
// its heartbeat. What a worker of it is doing ends at the next thing it wants of the database (see
// TraceAcquireStart).
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
	if n.dead.Swap(false) { // the connections were cut
		n.workers.Reset()
		n.river.Reset()
	}
}

// wire is one connection to Postgres.
type wire struct {
	net.Conn
	berth *berth
	deaf  atomic.Bool // the server's next answer is not delivered: the connection is lost instead
	// Of the open transaction. A connection is used by one goroutine at a time.
	queries []string
	ids     []uuid.UUID // that its queries were about
	stall   bool        // after its commit
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.deaf.Load() || w.berth.node.Load().dead.Load() {
		_ = w.Conn.Close()
		return 0, errCut
	}
	return n, err
}

func (w *wire) Write(b []byte) (int, error) {
	if w.berth.node.Load().dead.Load() {
		_ = w.Conn.Close()
		return 0, errCut
	}
	return w.Conn.Write(b)
}

func (w *wire) Close() error {
	w.berth.mu.Lock()
	delete(w.berth.wires, w)
	w.berth.mu.Unlock()
	return w.Conn.Close()
}

// TraceAcquireStart ends the work of a killed process's job as its death would. Other goroutines
// get an error.
func (b *berth) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	if b.node.Load().dead.Load() {
		if _, err := river.ClientFromContextSafely[pgx.Tx](ctx); err == nil {
			panic(errCut)
		}
	}
	return ctx
}

// TraceAcquireEnd is of no interest.
func (b *berth) TraceAcquireEnd(context.Context, *pgxpool.Pool, pgxpool.TraceAcquireEndData) {}

// TraceQueryStart strikes before a query.
func (b *berth) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	n := b.node.Load()
	w, ok := conn.PgConn().Conn().(*wire)
	if !ok || n.dead.Load() {
		return ctx
	}
	name, named := queryName(data.SQL)
	switch {
	case strings.HasPrefix(data.SQL, "begin"): // with the role and tenant that the transaction works for
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

// TraceQueryEnd strikes after a commit, if it came about: without an intent there is nothing to
// stall.
func (b *berth) TraceQueryEnd(_ context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	w, ok := conn.PgConn().Conn().(*wire)
	if !ok || !w.stall {
		return
	}
	w.stall = false
	if data.Err == nil {
		b.node.Load().run.stallHere(stallSend, w.ids)
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
	case slices.Contains(w.queries, "SettleEffect"), slices.Contains(w.queries, "ConfirmEffect"):
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
