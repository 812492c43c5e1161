package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

func TestEnqueueWriteback(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	w := writeback("interview-1")
	w.Note.Transcript = "Q: What do you know of me?"
	id := f.mustEnqueue(t, tenant, w)

	if state := one[string](t, f, "SELECT state || ' ' || step FROM jazzhr.writebacks WHERE admitted_at IS NOT NULL"); state != "pending create_applicant" {
		t.Errorf("the row is %s", state)
	}
	steps := all[string](t, f, "SELECT kind || ' ' || part || ' ' || state FROM jazzhr.steps WHERE writeback_id = $1 ORDER BY 1", id)
	if want := []string{"create_applicant 1 pending", "link_applicant_to_job 1 skipped", "write_notes 1 pending"}; !slices.Equal(steps, want) {
		t.Errorf("the steps are %q, want %q", steps, want)
	}
	if kind := one[string](t, f, "SELECT kind || ' ' || queue FROM jazzhr.river_job"); kind != "create_applicant writes" {
		t.Errorf("the job is %s", kind)
	}
	// River UI shows args to whoever may see it.
	if args := one[map[string]string](t, f, "SELECT args FROM jazzhr.river_job"); len(args) != 2 ||
		args["tenant_id"] != tenant.String() || args["writeback_id"] != id.String() {
		t.Errorf("the job's args are %v", args)
	}
	row, err := gen.New().Writeback(t.Context(), f.Pool, tenant, id)
	if err != nil {
		t.Fatal(err)
	}
	if note, err := queue.NoteOf(row); err != nil || note != w.Note {
		t.Errorf("the stored note is %+v, error %v", note, err)
	}
}

func TestEnqueueAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	id := f.mustEnqueue(t, tenant, writeback("interview-1"))
	again := writeback("interview-1")
	again.Revision = 1 // which is what 0 means
	if second, created, err := f.enqueue(t, tenant, again); second != id || created || err != nil {
		t.Errorf("the same again: %s, created %v, error %v; the first was %s", second, created, err, id)
	}
	if rows, jobs := one[int](t, f, "SELECT count(*) FROM jazzhr.writebacks"), f.jobs(t, tenant, "create_applicant"); rows != 1 || jobs != 1 {
		t.Errorf("there are %d rows and %d jobs", rows, jobs)
	}
	higher := writeback("interview-1")
	higher.Revision = 2
	f.mustEnqueue(t, tenant, higher)
	f.mustEnqueue(t, f.tenant(t), writeback("interview-1")) // another tenant's interview of the same name
}

func TestEnqueueConflict(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	id := f.mustEnqueue(t, tenant, writeback("interview-1"))
	other := writeback("interview-1")
	other.Note.Summary = "Weak in analysis."
	err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
		_, created, err := queue.EnqueueWriteback(t.Context(), tx, f.client, tenant, other)
		if conflict, ok := errors.AsType[*queue.ConflictError](err); !ok || conflict.WritebackID != id || created {
			t.Errorf("created %v, error %v; the first was %s", created, err, id)
		}
		// The transaction goes on.
		_, created, err = queue.EnqueueWriteback(t.Context(), tx, f.client, tenant, writeback("interview-2"))
		if !created {
			t.Error("the next writeback was not created")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows, jobs := one[int](t, f, "SELECT count(*) FROM jazzhr.writebacks"), f.jobs(t, tenant, "create_applicant"); rows != 2 || jobs != 2 {
		t.Errorf("there are %d rows and %d jobs", rows, jobs)
	}
}

func TestEnqueueRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tests := map[string]struct {
		tenant uuid.UUID
		want   error // nil if it is taken
	}{
		"no such tenant":     {uuid.New(), queue.ErrNoTenant},
		"never connected":    {f.tenant(t, "connection = 'created'", "key_state = 'none'"), queue.ErrNotConnected},
		"disconnected":       {f.tenant(t, "connection = 'disconnected'", "key_state = 'none'"), queue.ErrNotConnected},
		"waiting for VERIFY": {f.tenant(t, "connection = 'awaiting_verify'"), nil},
		"paused":             {f.tenant(t, "paused_at = now()"), nil},
		"key rejected":       {f.tenant(t, "key_state = 'rejected'"), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
				_, created, err := queue.EnqueueWriteback(t.Context(), tx, f.client, test.tenant, writeback(name))
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

// TestEnqueueShare holds that a tenant has only so many jobs, and one that may not work has none.
func TestEnqueueShare(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	busy, paused, rejected := f.tenant(t), f.tenant(t, "paused_at = now()"), f.tenant(t, "key_state = 'rejected'")
	for i := range queue.Share + 2 {
		for _, tenant := range []uuid.UUID{busy, paused, rejected} {
			f.mustEnqueue(t, tenant, writeback(fmt.Sprint("interview-", i)))
		}
	}
	for name, test := range map[string]struct {
		tenant uuid.UUID
		want   int
	}{"busy": {busy, queue.Share}, "paused": {paused, 0}, "rejected": {rejected, 0}} {
		admitted := one[int](t, f, "SELECT count(admitted_at) FROM jazzhr.writebacks WHERE tenant_id = $1", test.tenant)
		if jobs := f.jobs(t, test.tenant, "create_applicant"); admitted != test.want || jobs != test.want {
			t.Errorf("%s: %d rows are admitted and %d jobs exist, want %d", name, admitted, jobs, test.want)
		}
	}
}

// request stores an interview request and returns its id.
func (f *fixture) request(t *testing.T, tenant uuid.UUID, applicant, job *string) *uuid.UUID {
	t.Helper()
	id := uuid.New()
	f.exec(t, `INSERT INTO jazzhr.interview_requests (tenant_id, request_id, trigger, person_id, applicant_id, job_id, job_key,
			email, first_name, last_name)
		VALUES ($1, $2, 'export', '39011522', $3, $4, 'key', 'grace@example.com', 'Grace', 'Hopper')`, tenant, id, applicant, job)
	return &id
}

func TestRequestSupplies(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	applicant, opening := "prospect_1", "job_1"
	tests := map[string]struct {
		applicant, job *string // of the request
		change         func(*queue.Writeback)
		want           string // applicant, job, board code, email, first step
	}{
		"applicant and job":  {&applicant, &opening, nil, "prospect_1 job_1 - grace@example.com link_applicant_to_job"},
		"applicant alone":    {&applicant, nil, nil, "prospect_1 - - grace@example.com write_notes"},
		"nobody":             {nil, &opening, nil, "- job_1 - grace@example.com create_applicant"},
		"another applicant":  {&applicant, &opening, func(w *queue.Writeback) { w.Candidate.ApplicantID = "prospect_2" }, "prospect_2 job_1 - grace@example.com link_applicant_to_job"},
		"another board code": {&applicant, &opening, func(w *queue.Writeback) { w.Job = &queue.Job{BoardCode: "tZq"} }, "prospect_1 - tZq grace@example.com link_applicant_to_job"},
		"another email":      {&applicant, &opening, func(w *queue.Writeback) { w.Candidate.Email = "ada@example.com" }, "prospect_1 job_1 - ada@example.com link_applicant_to_job"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := writeback(name)
			w.Candidate = queue.Candidate{ID: "c-1"}
			w.RequestID = f.request(t, tenant, test.applicant, test.job)
			if test.change != nil {
				test.change(&w)
			}
			id := f.mustEnqueue(t, tenant, w)
			got := one[string](t, f, `SELECT concat_ws(' ', coalesce(applicant_id, '-'), coalesce(job_id, '-'), coalesce(board_code, '-'), email, step)
				FROM jazzhr.writebacks WHERE writeback_id = $1 AND applicant_given AND first_name = 'Grace'`, id)
			if got != test.want {
				t.Errorf("stored as %s, want %s", got, test.want)
			}
		})
	}
}

func TestRequestOfAnotherTenant(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := writeback("interview-1")
	w.RequestID = f.request(t, f.tenant(t), nil, nil)
	_, _, err := f.enqueue(t, f.tenant(t), w)
	if invalid, ok := errors.AsType[*queue.InvalidError](err); !ok || invalid.Field != "request_id" {
		t.Errorf("error %v", err)
	}
}

func TestEnqueueConcurrently(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	const callers = 20
	ids, created, errs := make([]uuid.UUID, callers), make([]bool, callers), make([]error, callers)
	atOnce(callers, func(i int) { ids[i], created[i], errs[i] = f.enqueue(t, tenant, writeback("interview-1")) })
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
	if rows, jobs := one[int](t, f, "SELECT count(*) FROM jazzhr.writebacks"), f.jobs(t, tenant, "create_applicant"); rows != 1 || jobs != 1 {
		t.Errorf("there are %d rows and %d jobs", rows, jobs)
	}
}

// atOnce runs work in so many goroutines, which begin together, and waits for all.
func atOnce(times int, work func(i int)) {
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

// TestEnqueueHoldsNobodyUp keeps a transaction of the backend's open after it enqueued. Nothing else may wait for it: not
// the tenant's other writebacks, its tick, its events, its administration.
func TestEnqueueHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	open, err := f.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Rollback(context.WithoutCancel(t.Context())) }()
	before := settings(t, open)
	if _, _, err := queue.EnqueueWriteback(t.Context(), open, f.client, tenant, writeback("interview-1")); err != nil {
		t.Fatal(err)
	}
	if after := settings(t, open); !slices.Equal(before, after) {
		t.Errorf("the session's settings were %v and are %v", before, after)
	}

	others := map[string]func(tx db.TenantTx) error{
		"another writeback": func(tx db.TenantTx) error {
			_, _, err := queue.EnqueueWriteback(t.Context(), tx.Tx, f.client, tenant, writeback("interview-2"))
			return err
		},
		"event": func(tx db.TenantTx) error { return queue.Announce(t.Context(), tx, f.client, verified()) },
		"pause": func(tx db.TenantTx) error { _, err := tx.Q.PauseTenant(t.Context(), tx, tenant); return err },
		"refused key": func(tx db.TenantTx) error {
			_, err := tx.Exec(t.Context(), "UPDATE jazzhr.tenants SET key_state = 'rejected' WHERE tenant_id = $1", tenant)
			return err
		},
		"tick": func(tx db.TenantTx) error {
			_, err := (&queue.Ticker{Beginner: tx, Client: f.client, PollInterval: pollInterval, Bucket: queue.NewBucket(f.Pool, 80)}).Tick(t.Context())
			return err
		},
		"call": func(tx db.TenantTx) error {
			return queue.NewBucket(f.Pool, 80).TryTake(t.Context(), tx, tenant, queue.Live)
		},
		"webhook": func(tx db.TenantTx) error {
			_, err := queue.AcceptExport(t.Context(), tx, f.client, f.receiver(t, tenant), export("uuid-1", "{}"))
			return err
		},
	}
	for name, other := range others {
		f.inTenant(t, tenant, func(tx db.TenantTx) error {
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
	if rows := one[int](t, f, "SELECT count(*) FROM jazzhr.writebacks"); rows != 2 {
		t.Errorf("there are %d writebacks", rows)
	}
}

// settings are those of the session that were set by a command.
func settings(t *testing.T, tx pgx.Tx) []string {
	t.Helper()
	rows, err := tx.Query(t.Context(), "SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	set, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return set
}
