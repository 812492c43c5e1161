package dbtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Trips counts how often a pool's connections waited for the server's answer to a statement. The
// preparation of a statement is not counted.
//
// It keeps statements by lease. A lease lasts from the acquisition of a connection to its release,
// and holds one transaction, or one statement outside any. So all of it belongs to one job or
// request.
type Trips struct {
	tenant uuid.UUID // whose leases are counted; uuid.Nil counts all

	mu     sync.Mutex
	leases []*lease
	open   map[*pgx.Conn]*lease
}

// lease is what one user of a connection ran on it.
type lease struct {
	statements []string
	counted    bool
}

// CountTrips returns another pool on the database, whose trips are counted.
func (d *Database) CountTrips(t testing.TB) (*pgxpool.Pool, *Trips) {
	t.Helper()
	return d.CountTripsOf(t, uuid.Nil)
}

// CountTripsOf is CountTrips for one tenant. It counts only the leases in which an argument of a
// statement is the tenant's ID. The tick and the heartbeat, which run each second and name no
// tenant, are not counted: a full tick alone makes 27 trips.
func (d *Database) CountTripsOf(t testing.TB, tenant uuid.UUID) (*pgxpool.Pool, *Trips) {
	t.Helper()
	config, err := pgxpool.ParseConfig(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	trips := &Trips{tenant: tenant, open: map[*pgx.Conn]*lease{}}
	config.ConnConfig.Tracer = trips
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, trips
}

// of returns the statements that the trips of work were for.
func (trips *Trips) of(work func()) (statements []string) {
	trips.mu.Lock()
	trips.leases = nil
	trips.mu.Unlock()
	work()
	trips.mu.Lock()
	defer trips.mu.Unlock()
	for _, l := range trips.leases {
		if l.counted {
			statements = append(statements, l.statements...)
		}
	}
	return statements
}

// Hold fails a test if work makes more than most trips. It runs work up to five times and takes the
// best count: on a slow machine a job can run out of time and try again.
func (trips *Trips) Hold(t testing.TB, most int, work func()) {
	t.Helper()
	const tries = 5
	for try := 1; ; try++ {
		statements := trips.of(work)
		if len(statements) <= most {
			return
		}
		if try == tries {
			t.Errorf("%d trips, at most %d: %q", len(statements), most, statements)
			return
		}
	}
}

// record adds a trip to the connection's lease.
func (trips *Trips) record(conn *pgx.Conn, statement string, args []any) {
	trips.mu.Lock()
	defer trips.mu.Unlock()
	l := trips.open[conn]
	if l == nil {
		l = &lease{}
		trips.open[conn], trips.leases = l, append(trips.leases, l)
	}
	l.statements = append(l.statements, fmt.Sprintf("%.60q", statement))
	l.counted = l.counted || trips.tenant == uuid.Nil || slices.Contains(args, any(trips.tenant))
}

// TraceRelease ends the connection's lease.
func (trips *Trips) TraceRelease(_ *pgxpool.Pool, data pgxpool.TraceReleaseData) {
	trips.mu.Lock()
	defer trips.mu.Unlock()
	delete(trips.open, data.Conn)
}

// TraceQueryStart counts a statement.
func (trips *Trips) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	trips.record(conn, data.SQL, data.Args)
	return ctx
}

// TraceQueryEnd does nothing.
func (*Trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart counts a batch, which is answered at once.
func (trips *Trips) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	var args []any
	for _, query := range data.Batch.QueuedQueries {
		args = append(args, query.Arguments...)
	}
	trips.record(conn, "batch", args)
	return ctx
}

// TraceBatchQuery does nothing.
func (*Trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd does nothing.
func (*Trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TraceCopyFromStart counts a copy.
func (trips *Trips) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceCopyFromStartData) context.Context {
	trips.record(conn, "copy", nil)
	return ctx
}

// TraceCopyFromEnd does nothing.
func (*Trips) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}
