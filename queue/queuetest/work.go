package queuetest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// Writeback returns a valid writeback of an interview.
func Writeback(interview string) writeback.Writeback {
	return writeback.Writeback{
		InterviewID: interview,
		Candidate:   writeback.Candidate{ID: "c-1", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
		Note:        writeback.Note{Summary: "Strong in analysis."},
	}
}

// Enqueue enqueues a writeback in a transaction of its own.
func (f *Fixture) Enqueue(
	t testing.TB, tenant uuid.UUID, w writeback.Writeback,
) (id uuid.UUID, created bool, err error) {
	t.Helper()
	err = db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) (err error) {
		id, created, err = writeback.Enqueue(t.Context(), tx, f.Client, tenant, w)
		return err
	})
	return id, created, err
}

// MustEnqueue enqueues a writeback that is new, and returns its id.
func (f *Fixture) MustEnqueue(t testing.TB, tenant uuid.UUID, w writeback.Writeback) uuid.UUID {
	t.Helper()
	id, created, err := f.Enqueue(t, tenant, w)
	if err != nil || !created {
		t.Fatalf("enqueue the writeback of %s: created %v, error %v", w.InterviewID, created, err)
	}
	return id
}

// Export returns an export under an X-JazzHR-UUID, which may be empty. Its body is of a candidate,
// a JSON object.
func Export(id, candidate string) intake.Received {
	return intake.Received{
		Event: jazzhr.EventCandidateExport, UUID: id, Body: []byte(`{"candidate":` + candidate + `}`),
		SecretVersion: 1, SecretUsed: true,
		Headers: map[string]string{"X-JazzHR-Event": jazzhr.EventCandidateExport}, ExportContext: "job_1",
	}
}

// Intake returns an intake that groups what comes at the same moment. It knows no webhook tokens.
func (f *Fixture) Intake() *intake.Intake { return intake.New(f.Pool, f.Client, nil, true) }

// Receiver returns a tenant, as it is now, as the receiver of webhooks.
func (f *Fixture) Receiver(t testing.TB, id uuid.UUID) tenant.Receiver {
	t.Helper()
	row := f.Row(t, id)
	return tenant.Receiver{
		TenantID: id, Verified: row.Connection == db.ConnectionVerified, MayWork: queue.MayWork(row),
	}
}

// Accept has a tenant's webhook accepted.
func (f *Fixture) Accept(t testing.TB, tenant uuid.UUID, received intake.Received) intake.Accepted {
	t.Helper()
	accepted, err := f.Intake().Accept(t.Context(), f.Receiver(t, tenant), received)
	if err != nil {
		t.Fatal(err)
	}
	return accepted
}

// Webhooks describes a tenant's webhooks, the oldest first: the state, the problem if there is one,
// and "admitted" if it has a job.
func (f *Fixture) Webhooks(t testing.TB, tenant uuid.UUID) []string {
	t.Helper()
	return All[string](t, f, `
		SELECT concat_ws(' ', state, problem, CASE WHEN admitted_at IS NOT NULL THEN 'admitted' END)
		FROM jazzhr.webhooks WHERE tenant_id = $1 ORDER BY webhook_id`, tenant)
}

// Verified returns an event that says that a connection was verified.
func Verified() outbox.Event {
	return outbox.Event{Type: intrvio.ConnectionVerified, Data: intrvio.Connection{State: "active"}}
}

// Announce announces so many events of a tenant, in one transaction.
func (f *Fixture) Announce(t testing.TB, tenant uuid.UUID, count int) {
	t.Helper()
	events := make([]outbox.Event, count)
	for i := range events {
		events[i] = Verified()
	}
	f.InTenant(t, tenant, func(tx db.TenantTx) error {
		return outbox.Announce(t.Context(), tx, f.Client, events...)
	})
}

// Events returns the types of a tenant's events in their order.
func (f *Fixture) Events(t testing.TB, tenant uuid.UUID) []string {
	t.Helper()
	return All[string](t, f, "SELECT type FROM jazzhr.events WHERE tenant_id = $1 ORDER BY sequence", tenant)
}

// Jobs counts a tenant's jobs of a kind.
func (f *Fixture) Jobs(t testing.TB, tenant uuid.UUID, kind string) int {
	t.Helper()
	return One[int](t, f,
		"SELECT count(*) FROM jazzhr.river_job WHERE kind = $1 AND args ->> 'tenant_id' = $2::text",
		kind, tenant.String())
}

const (
	// PollInterval is the interval of polls of tenants that have none of their own.
	PollInterval = 5 * time.Minute
	// CallsPerMinute is every tenant's budget of calls.
	CallsPerMinute = 80
)

// Ticker returns a new ticker, whose first tick sweeps.
func (f *Fixture) Ticker() *queue.Ticker { return f.TickerIn(f.Pool) }

// TickerIn is [Fixture.Ticker] for a ticker that begins its transactions in another one.
func (f *Fixture) TickerIn(from db.Beginner) *queue.Ticker {
	return &queue.Ticker{
		Beginner: from, Client: f.Client, PollInterval: PollInterval,
		Bucket: queue.NewBucket(f.Pool, CallsPerMinute), Limits: queue.DefaultLimits(4), WebhookJob: intake.JobOf,
	}
}

// Tick runs one tick, and returns how many jobs it inserted.
func (f *Fixture) Tick(t testing.TB, ticker *queue.Ticker) (inserted int) {
	t.Helper()
	inserted, err := ticker.Tick(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return inserted
}
