package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// contextWorker passes on the context that a job is worked with.
type contextWorker struct {
	river.WorkerDefaults[queue.CheckKey]
	contexts chan<- context.Context
}

func (w *contextWorker) Work(ctx context.Context, _ *river.Job[queue.CheckKey]) error {
	w.contexts <- context.WithoutCancel(ctx)
	return nil
}

// workContext is a context that holds a River client, as jobs are worked with. It has a client work a job to get one.
func (f *fixture) workContext(t *testing.T) context.Context {
	t.Helper()
	contexts, workers := make(chan context.Context, 1), river.NewWorkers()
	river.AddWorker(workers, &contextWorker{contexts: contexts})
	client, err := queue.NewClient(f.Pool, queue.ClientConfig{
		NodeID: queue.NewNodeID("host"), Workers: workers, Concurrency: 1,
		SoftStop: time.Minute, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Insert(t.Context(), queue.CheckKey{TenantID: uuid.New()}, nil); err != nil {
		t.Fatal(err)
	}
	ctx := <-contexts
	if err := client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// TestComplete holds that only the attempt that owns a job ends it.
func TestComplete(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := f.workContext(t)
	tests := map[string]struct {
		meanwhile string // happened to the job since it was taken
		owned     bool
	}{
		"nothing happened":                  {"SELECT $1::bigint", true},
		"given back":                        {"UPDATE jazzhr.river_job SET state = 'available' WHERE id = $1", false},
		"taken by another":                  {"UPDATE jazzhr.river_job SET attempted_at = now(), attempted_by = array_append(attempted_by, 'other'), attempt = 4 WHERE id = $1", false},
		"taken by another at the same time": {"UPDATE jazzhr.river_job SET attempted_by = array_append(attempted_by, 'other') WHERE id = $1", false},
		// A snooze, for one, takes its attempt back, so that the number repeats.
		"taken again by the same node": {"UPDATE jazzhr.river_job SET attempted_at = attempted_at + interval '1 microsecond' WHERE id = $1", false},
		"cancelled":                    {"UPDATE jazzhr.river_job SET state = 'cancelled', finalized_at = now() WHERE id = $1", false},
		"completed":                    {"UPDATE jazzhr.river_job SET state = 'completed', finalized_at = now() WHERE id = $1", false},
		"deleted":                      {"DELETE FROM jazzhr.river_job WHERE id = $1", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := f.run(t, "node")
			f.exec(t, test.meanwhile, job.ID)
			before := all[string](t, f, "SELECT state::text FROM jazzhr.river_job WHERE id = $1", job.ID)
			tenant := f.tenant(t)
			err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
				completed, err := queue.Complete(ctx, tx, job)
				if err != nil || completed != test.owned {
					t.Errorf("completed %v, error %v", completed, err)
				}
				// What was learned is kept either way.
				_, err = tx.Exec(t.Context(), "UPDATE jazzhr.tenants SET name = 'learned' WHERE tenant_id = $1", tenant)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if f.row(t, tenant).Name != "learned" {
				t.Error("what else the transaction did is gone")
			}
			if test.owned {
				before = []string{"completed"}
			}
			if after := all[string](t, f, "SELECT state::text FROM jazzhr.river_job WHERE id = $1", job.ID); !slices.Equal(after, before) {
				t.Errorf("the job is %q, want %q", after, before)
			}
		})
	}
}

// TestCompleteIsPartOfItsTransaction holds that a rollback takes the completion back too.
func TestCompleteIsPartOfItsTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, job := f.workContext(t), f.run(t, "node")
	err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
		if completed, err := queue.Complete(ctx, tx, job); err != nil || !completed {
			t.Errorf("completed %v, error %v", completed, err)
		}
		return errRolledBack
	})
	if !errors.Is(err, errRolledBack) {
		t.Fatal(err)
	}
	if state := f.state(t, job.ID); state != "running 3" {
		t.Errorf("the job is %s", state)
	}
}
