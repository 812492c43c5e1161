// Package queuetest gives a test a database with connected tenants, and puts work into its queue:
// [New] is where to start. The tests of package queue and of the packages below it share it.
//
// It imports all of them, so a test that uses it is of an external package (queue_test, not queue).
package queuetest

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Fixture is a database of a test's own, and a client that inserts jobs into it.
type Fixture struct {
	*dbtest.Database
	Client *queue.Client
}

// New returns a fixture without tenants.
func New(t testing.TB) *Fixture {
	t.Helper()
	client, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &Fixture{Database: dbtest.New(t), Client: client}
}

// Tenant adds a tenant that is connected and verified, and returns its id. Its next audit is a year
// away. Each change is an assignment in SQL to a column of its row.
func (f *Fixture) Tenant(t testing.TB, changes ...string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	f.Exec(t, `
		INSERT INTO jazzhr.tenants (
			tenant_id, name, region, connection, key_state, verified_at, next_audit_at
		) VALUES (
			$1, 'Acme', 'us', 'verified', 'ok', jazzhr.now(), jazzhr.now() + interval '1 year'
		)`, id)
	if err := gen.New().CreateTenantCounters(t.Context(), db.Of(f.Pool, id), id); err != nil {
		t.Fatal(err)
	}
	f.Change(t, id, changes...)
	return id
}

// Change makes assignments in SQL to columns of a tenant's row.
func (f *Fixture) Change(t testing.TB, tenant uuid.UUID, changes ...string) {
	t.Helper()
	if len(changes) > 0 {
		f.Exec(t, "UPDATE jazzhr.tenants SET "+strings.Join(changes, ", ")+" WHERE tenant_id = $1", tenant)
	}
}

// Row returns a tenant's row.
func (f *Fixture) Row(t testing.TB, tenant uuid.UUID) gen.Tenant {
	t.Helper()
	row, err := gen.New().Tenant(t.Context(), db.Of(f.Pool, tenant), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// Exec runs a statement.
func (f *Fixture) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := f.Pool.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// InTenant runs work in a transaction for a tenant, and commits it.
func (f *Fixture) InTenant(t testing.TB, tenant uuid.UUID, work func(db.TenantTx) error) {
	t.Helper()
	if err := db.InTenant(t.Context(), f.Pool, tenant, work); err != nil {
		t.Fatal(err)
	}
}

// One returns the only value that a query has.
func One[T any](t testing.TB, f *Fixture, query string, args ...any) T {
	t.Helper()
	values := All[T](t, f, query, args...)
	if len(values) != 1 {
		t.Fatalf("%d rows instead of one: %s", len(values), query)
	}
	return values[0]
}

// All returns the values of a query of one column.
func All[T any](t testing.TB, f *Fixture, query string, args ...any) []T {
	t.Helper()
	rows, err := f.Pool.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// AtOnce runs work in goroutines that begin together, and waits for all of them.
func AtOnce(times int, work func(i int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range times {
		all.Go(func() {
			<-begin
			work(i)
		})
	}
	close(begin)
	all.Wait()
}
