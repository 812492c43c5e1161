package queue_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// fixture is a database of a test's own and a client that puts jobs into it.
type fixture struct {
	*dbtest.Database
	client *queue.Client
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	client, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{Database: dbtest.New(t), client: client}
}

// tenant adds a connected tenant, whose audits are far off. Changes are assignments in SQL of what is different about it.
func (f *fixture) tenant(t testing.TB, changes ...string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	f.exec(t, `INSERT INTO jazzhr.tenants (tenant_id, name, region, connection, key_state, verified_at, next_audit_at)
		VALUES ($1, 'Acme', 'us', 'verified', 'ok', jazzhr.now(), jazzhr.now() + interval '1 year')`, id)
	if err := gen.New().CreateTenantCounters(t.Context(), f.Pool, id); err != nil {
		t.Fatal(err)
	}
	f.change(t, id, changes...)
	return id
}

// change makes assignments in SQL to a tenant.
func (f *fixture) change(t testing.TB, tenant uuid.UUID, changes ...string) {
	t.Helper()
	if len(changes) > 0 {
		f.exec(t, "UPDATE jazzhr.tenants SET "+strings.Join(changes, ", ")+" WHERE tenant_id = $1", tenant)
	}
}

func (f *fixture) row(t testing.TB, tenant uuid.UUID) gen.Tenant {
	t.Helper()
	row, err := gen.New().Tenant(t.Context(), f.Pool, tenant)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func (f *fixture) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := f.Pool.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// inTenant runs work in a transaction of a tenant, which is committed.
func (f *fixture) inTenant(t testing.TB, tenant uuid.UUID, work func(db.TenantTx) error) {
	t.Helper()
	if err := db.InTenant(t.Context(), f.Pool, tenant, work); err != nil {
		t.Fatal(err)
	}
}

// enqueue stores a writeback in a transaction of its own.
func (f *fixture) enqueue(t testing.TB, tenant uuid.UUID, w queue.Writeback) (id uuid.UUID, created bool, err error) {
	t.Helper()
	err = db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) (err error) {
		id, created, err = queue.EnqueueWriteback(t.Context(), tx, f.client, tenant, w)
		return err
	})
	return id, created, err
}

// mustEnqueue is enqueue of a writeback that is new.
func (f *fixture) mustEnqueue(t testing.TB, tenant uuid.UUID, w queue.Writeback) uuid.UUID {
	t.Helper()
	id, created, err := f.enqueue(t, tenant, w)
	if err != nil || !created {
		t.Fatalf("EnqueueWriteback of %s: created %v, error %v", w.InterviewID, created, err)
	}
	return id
}

// jobs counts the jobs of a kind that are about a tenant.
func (f *fixture) jobs(t testing.TB, tenant uuid.UUID, kind string) int {
	t.Helper()
	return one[int](t, f, "SELECT count(*) FROM jazzhr.river_job WHERE kind = $1 AND args ->> 'tenant_id' = $2::text",
		kind, tenant.String())
}

// ticker returns a new ticker, whose first tick sweeps.
func (f *fixture) ticker() *queue.Ticker {
	return &queue.Ticker{Beginner: f.Pool, Client: f.client, PollInterval: pollInterval, Bucket: queue.NewBucket(f.Pool, 80)}
}

// tick runs one tick.
func (f *fixture) tick(t testing.TB, ticker *queue.Ticker) (inserted int) {
	t.Helper()
	inserted, err := ticker.Tick(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return inserted
}

// one reads a single value.
func one[T any](t testing.TB, f *fixture, query string, args ...any) T {
	t.Helper()
	values := all[T](t, f, query, args...)
	if len(values) != 1 {
		t.Fatalf("%d rows instead of one: %s", len(values), query)
	}
	return values[0]
}

// all reads the values of one column.
func all[T any](t testing.TB, f *fixture, query string, args ...any) []T {
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

// writeback is a valid one of an interview.
func writeback(interview string) queue.Writeback {
	return queue.Writeback{
		InterviewID: interview,
		Candidate:   queue.Candidate{ID: "c-1", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
		Note:        queue.Note{Summary: "Strong in analysis."},
	}
}
