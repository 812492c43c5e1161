package writeback_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

func TestEnqueueWriteback(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	w := queuetest.Writeback("interview-1")
	w.Note.Transcript = "Q: What do you know of me?"
	id := f.MustEnqueue(t, tenant, w)

	state := queuetest.One[string](t, f,
		"SELECT state || ' ' || step FROM jazzhr.writebacks WHERE admitted_at IS NOT NULL")
	if state != "pending create_applicant" {
		t.Errorf("the row is %s", state)
	}
	steps := queuetest.All[string](t, f,
		"SELECT kind || ' ' || part || ' ' || state FROM jazzhr.steps WHERE writeback_id = $1 ORDER BY 1", id)
	want := []string{"create_applicant 1 pending", "link_applicant_to_job 1 skipped", "write_notes 1 pending"}
	if !slices.Equal(steps, want) {
		t.Errorf("the steps are %q, want %q", steps, want)
	}
	kind := queuetest.One[string](t, f, "SELECT kind || ' ' || queue FROM jazzhr.river_job")
	if kind != "create_applicant writes" {
		t.Errorf("the job is %s", kind)
	}
	// River UI shows args to whoever may see it.
	if args := queuetest.One[map[string]string](t, f, "SELECT args FROM jazzhr.river_job"); len(args) != 2 ||
		args["tenant_id"] != tenant.String() || args["writeback_id"] != id.String() {
		t.Errorf("the job's args are %v", args)
	}
	row, err := gen.New().Writeback(t.Context(), f.Pool, tenant, id)
	if err != nil {
		t.Fatal(err)
	}
	if note, err := writeback.StoredNote(row); err != nil || note != w.Note {
		t.Errorf("the stored note is %+v, error %v", note, err)
	}
}

func TestEnqueueAgain(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	id := f.MustEnqueue(t, tenant, queuetest.Writeback("interview-1"))
	again := queuetest.Writeback("interview-1")
	again.Revision = 1 // which is what 0 means
	if second, created, err := f.Enqueue(t, tenant, again); second != id || created || err != nil {
		t.Errorf("the same again: %s, created %v, error %v; the first was %s", second, created, err, id)
	}
	rows := queuetest.One[int](t, f, "SELECT count(*) FROM jazzhr.writebacks")
	jobs := f.Jobs(t, tenant, "create_applicant")
	if rows != 1 || jobs != 1 {
		t.Errorf("there are %d rows and %d jobs", rows, jobs)
	}
	higher := queuetest.Writeback("interview-1")
	higher.Revision = 2
	f.MustEnqueue(t, tenant, higher)
	f.MustEnqueue(t, f.Tenant(t), queuetest.Writeback("interview-1")) // another tenant's interview of the same name
}

func TestEnqueueConflict(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	id := f.MustEnqueue(t, tenant, queuetest.Writeback("interview-1"))
	other := queuetest.Writeback("interview-1")
	other.Note.Summary = "Weak in analysis."
	err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
		_, created, err := writeback.Enqueue(t.Context(), tx, f.Client, tenant, other)
		if conflict, ok := errors.AsType[*queue.ConflictError](err); !ok || conflict.ID != id || created {
			t.Errorf("created %v, error %v; the first was %s", created, err, id)
		}
		// The transaction goes on.
		_, created, err = writeback.Enqueue(t.Context(), tx, f.Client, tenant, queuetest.Writeback("interview-2"))
		if !created {
			t.Error("the next writeback was not created")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := queuetest.One[int](t, f, "SELECT count(*) FROM jazzhr.writebacks")
	jobs := f.Jobs(t, tenant, "create_applicant")
	if rows != 2 || jobs != 2 {
		t.Errorf("there are %d rows and %d jobs", rows, jobs)
	}
}

func TestEnqueueRefused(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tests := map[string]struct {
		tenant uuid.UUID
		want   error // nil if it is taken
	}{
		"no such tenant":     {uuid.New(), queue.ErrNoTenant},
		"never connected":    {f.Tenant(t, "connection = 'created'", "key_state = 'none'"), queue.ErrNotConnected},
		"disconnected":       {f.Tenant(t, "connection = 'disconnected'", "key_state = 'none'"), queue.ErrNotConnected},
		"waiting for VERIFY": {f.Tenant(t, "connection = 'awaiting_verify'"), nil},
		"paused":             {f.Tenant(t, "paused_at = now()"), nil},
		"key rejected":       {f.Tenant(t, "key_state = 'rejected'"), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
				_, created, err := writeback.Enqueue(t.Context(), tx, f.Client, test.tenant, queuetest.Writeback(name))
				if !errors.Is(err, test.want) || created != (test.want == nil) {
					t.Errorf("created %v, error %v, want %v", created, err, test.want)
				}
				_, err = tx.Exec(t.Context(), "SELECT 1")
				return err
			})
			if err != nil {
				t.Errorf("the transaction can't be used on: %v", err)
			}
		})
	}
}

// TestEnqueueShare checks that a tenant has no more jobs than its share, and none if it may not
// work.
func TestEnqueueShare(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	busy, paused, rejected := f.Tenant(t), f.Tenant(t, "paused_at = now()"), f.Tenant(t, "key_state = 'rejected'")
	for i := range queue.Share + 2 {
		for _, tenant := range []uuid.UUID{busy, paused, rejected} {
			f.MustEnqueue(t, tenant, queuetest.Writeback(fmt.Sprint("interview-", i)))
		}
	}
	for name, test := range map[string]struct {
		tenant uuid.UUID
		want   int
	}{"busy": {busy, queue.Share}, "paused": {paused, 0}, "rejected": {rejected, 0}} {
		admitted := queuetest.One[int](t, f,
			"SELECT count(admitted_at) FROM jazzhr.writebacks WHERE tenant_id = $1", test.tenant)
		if jobs := f.Jobs(t, test.tenant, "create_applicant"); admitted != test.want || jobs != test.want {
			t.Errorf("%s: %d rows are admitted and %d jobs exist, want %d", name, admitted, jobs, test.want)
		}
	}
}

// addRequest stores an interview request and returns its id.
func addRequest(t *testing.T, f *queuetest.Fixture, tenant uuid.UUID, applicant, job *string) *uuid.UUID {
	t.Helper()
	id := uuid.New()
	f.Exec(t, `
		INSERT INTO jazzhr.interview_requests (
			tenant_id, request_id, trigger, person_id, applicant_id, job_id, job_key, email, first_name, last_name
		) VALUES (
			$1, $2, 'export', '39011522', $3, $4, 'key', 'grace@example.com', 'Grace', 'Hopper'
		)`, tenant, id, applicant, job)
	return &id
}

func TestRequestSupplies(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	applicant, opening := "prospect_1", "job_1"
	tests := map[string]struct {
		applicant, job *string // of the request
		change         func(*writeback.Writeback)
		want           string // applicant, job, board code, email, first step
	}{
		"applicant and job": {&applicant, &opening, nil, "prospect_1 job_1 - grace@example.com link_applicant_to_job"},
		"applicant alone":   {&applicant, nil, nil, "prospect_1 - - grace@example.com write_notes"},
		"nobody":            {nil, &opening, nil, "- job_1 - grace@example.com create_applicant"},
		"another applicant": {
			&applicant, &opening, func(w *writeback.Writeback) { w.Candidate.ApplicantID = "prospect_2" },
			"prospect_2 job_1 - grace@example.com link_applicant_to_job",
		},
		"another board code": {
			&applicant, &opening, func(w *writeback.Writeback) { w.Job = &writeback.Job{BoardCode: "tZq"} },
			"prospect_1 - tZq grace@example.com link_applicant_to_job",
		},
		"another email": {
			&applicant, &opening, func(w *writeback.Writeback) { w.Candidate.Email = "ada@example.com" },
			"prospect_1 job_1 - ada@example.com link_applicant_to_job",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := queuetest.Writeback(name)
			w.Candidate = writeback.Candidate{ID: "c-1"}
			w.RequestID = addRequest(t, f, tenant, test.applicant, test.job)
			if test.change != nil {
				test.change(&w)
			}
			id := f.MustEnqueue(t, tenant, w)
			got := queuetest.One[string](t, f, `
				SELECT concat_ws(' ',
					coalesce(applicant_id, '-'), coalesce(job_id, '-'), coalesce(board_code, '-'), email, step)
				FROM jazzhr.writebacks WHERE writeback_id = $1 AND applicant_given AND first_name = 'Grace'`, id)
			if got != test.want {
				t.Errorf("stored as %s, want %s", got, test.want)
			}
		})
	}
}

func TestRequestOfAnotherTenant(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	w := queuetest.Writeback("interview-1")
	w.RequestID = addRequest(t, f, f.Tenant(t), nil, nil)
	_, _, err := f.Enqueue(t, f.Tenant(t), w)
	if invalid, ok := errors.AsType[*queue.InvalidError](err); !ok || invalid.Field != "request_id" {
		t.Errorf("error %v", err)
	}
}

func TestEnqueueConcurrently(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	const callers = 20
	ids, created, errs := make([]uuid.UUID, callers), make([]bool, callers), make([]error, callers)
	queuetest.AtOnce(callers, func(i int) {
		ids[i], created[i], errs[i] = f.Enqueue(t, tenant, queuetest.Writeback("interview-1"))
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	first := slices.Index(created, true)
	if first < 0 || slices.Contains(created[first+1:], true) {
		t.Errorf("created by %v", created)
	}
	if ids = slices.Compact(ids); len(ids) != 1 {
		t.Errorf("the callers were given the ids %v", ids)
	}
	rows := queuetest.One[int](t, f, "SELECT count(*) FROM jazzhr.writebacks")
	jobs := f.Jobs(t, tenant, "create_applicant")
	if rows != 1 || jobs != 1 {
		t.Errorf("there are %d rows and %d jobs", rows, jobs)
	}
}

// TestEnqueueHoldsNobodyUp keeps a transaction of the backend's open after it enqueued. Nothing
// else may wait for it: other writebacks and webhooks of the tenant, its events, its
// administration, or the tick.
func TestEnqueueHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	open, err := f.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Rollback(context.WithoutCancel(t.Context())) }()
	before := settings(t, open)
	_, _, err = writeback.Enqueue(t.Context(), open, f.Client, tenant, queuetest.Writeback("interview-1"))
	if err != nil {
		t.Fatal(err)
	}
	if after := settings(t, open); !slices.Equal(before, after) {
		t.Errorf("the session's settings were %v and are %v", before, after)
	}

	for name, other := range otherWork(t, f, tenant) {
		f.InTenant(t, tenant, func(tx db.TenantTx) error {
			if _, err := tx.Exec(t.Context(), "SET LOCAL lock_timeout = '2s'"); err != nil {
				return err
			}
			if err := other(tx); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	if err := open.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := queuetest.One[int](t, f, "SELECT count(*) FROM jazzhr.writebacks"); rows != 2 {
		t.Errorf("there are %d writebacks", rows)
	}
}

// otherWork returns what else is done for a tenant, each in a transaction of its own.
func otherWork(
	t *testing.T, f *queuetest.Fixture, tenant uuid.UUID,
) map[string]func(tx db.TenantTx) error {
	t.Helper()
	return map[string]func(tx db.TenantTx) error{
		"another writeback": func(tx db.TenantTx) error {
			_, _, err := writeback.Enqueue(t.Context(), tx.Tx, f.Client, tenant, queuetest.Writeback("interview-2"))
			return err
		},
		"event": func(tx db.TenantTx) error { return outbox.Announce(t.Context(), tx, f.Client, queuetest.Verified()) },
		"pause": func(tx db.TenantTx) error { _, err := tx.Q.PauseTenant(t.Context(), tx, tenant); return err },
		"refused key": func(tx db.TenantTx) error {
			_, err := tx.Exec(t.Context(),
				"UPDATE jazzhr.tenants SET key_state = 'rejected' WHERE tenant_id = $1", tenant)
			return err
		},
		"tick": func(tx db.TenantTx) error {
			_, err := f.TickerIn(tx).Tick(t.Context())
			return err
		},
		"call": func(tx db.TenantTx) error {
			return queue.NewBucket(f.Pool, 80).TryTake(t.Context(), tx, tenant, queue.Live)
		},
		"webhook": func(db.TenantTx) error { // in a transaction of the intake's
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := f.Intake().Accept(ctx, f.Receiver(t, tenant), queuetest.Export("uuid-1", "{}"))
			return err
		},
		"webhook of a new secret": func(db.TenantTx) error {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			received := queuetest.Export("uuid-2", "{}")
			received.SecretUsed = false // a transaction of its own
			_, err := f.Intake().Accept(ctx, f.Receiver(t, tenant), received)
			return err
		},
	}
}

// settings returns the settings of the session that a command has set.
func settings(t *testing.T, tx pgx.Tx) []string {
	t.Helper()
	rows, err := tx.Query(t.Context(),
		"SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	set, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return set
}
