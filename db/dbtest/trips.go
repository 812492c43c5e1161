package dbtest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Trips counts how often a pool's connections waited for the server's answer to a statement, preparations left out.
type Trips struct {
	mu         sync.Mutex
	statements []string
}

// Counted returns another pool on the database, whose trips are counted.
func (d *Database) Counted(t testing.TB) (*pgxpool.Pool, *Trips) {
	t.Helper()
	config, err := pgxpool.ParseConfig(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	trips := &Trips{}
	config.ConnConfig.Tracer = trips
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, trips
}

// of returns the statements that the trips of work were for.
func (trips *Trips) of(work func()) []string {
	trips.mu.Lock()
	trips.statements = nil
	trips.mu.Unlock()
	work()
	trips.mu.Lock()
	defer trips.mu.Unlock()
	return trips.statements
}

// Hold fails a test if work, which is done a few times, never makes as few trips as most: a slow machine can have it try something
// again.
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

func (trips *Trips) trip(statement string) {
	trips.mu.Lock()
	defer trips.mu.Unlock()
	trips.statements = append(trips.statements, fmt.Sprintf("%.60q", statement))
}

// TraceQueryStart counts a statement.
func (trips *Trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	trips.trip(data.SQL)
	return ctx
}

// TraceQueryEnd does nothing.
func (*Trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart counts a batch, which is answered at once.
func (trips *Trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	trips.trip("batch")
	return ctx
}

// TraceBatchQuery does nothing.
func (*Trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd does nothing.
func (*Trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TraceCopyFromStart counts a copy.
func (trips *Trips) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceCopyFromStartData) context.Context {
	trips.trip("copy")
	return ctx
}

// TraceCopyFromEnd does nothing.
func (*Trips) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}
