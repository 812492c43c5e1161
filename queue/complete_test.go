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
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// contextWorker sends the context that its job is worked with.
type contextWorker struct {
	river.WorkerDefaults[queue.CheckKey]
	contexts chan<- context.Context
}

func (w *contextWorker) Work(ctx context.Context, _ *river.Job[queue.CheckKey]) error {
	w.contexts <- context.WithoutCancel(ctx)
	return nil
}

// workContext returns a context as jobs are worked with, which holds a River client. A client works
// a job to get one.
func workContext(t *testing.T, f *queuetest.Fixture) context.Context {
	t.Helper()
	contexts, workers := make(chan context.Context, 1), river.NewWorkers()
	river.AddWorker(workers, &contextWorker{contexts: contexts})
	client, err := queue.NewClient(f.Pool, queue.ClientConfig{
		NodeID: queue.NewNodeID("host"), Workers: workers, Limits: queue.DefaultLimits(1),
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

// TestComplete checks that only the attempt that owns a job can end it.
func TestComplete(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	ctx := workContext(t, f)
	tests := map[string]struct {
		meanwhile string // assignments to the job since it was taken; empty to delete it
		owned     bool
	}{
		"nothing happened": {"priority = priority", true},
		"given back":       {"state = 'available'", false},
		"taken by another": {
			"attempted_at = now(), attempted_by = array_append(attempted_by, 'other'), attempt = 4", false,
		},
		"taken by another at the same time": {"attempted_by = array_append(attempted_by, 'other')", false},
		// A snooze, for one, takes its attempt back, so that the number repeats.
		"taken again by the same node": {"attempted_at = attempted_at + interval '1 microsecond'", false},
		"cancelled":                    {"state = 'cancelled', finalized_at = now()", false},
		"completed":                    {"state = 'completed', finalized_at = now()", false},
		"deleted":                      {"", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := startJob(t, f, "node")
			if test.meanwhile == "" {
				f.Exec(t, "DELETE FROM jazzhr.river_job WHERE id = $1", job.ID)
			} else {
				f.Exec(t, "UPDATE jazzhr.river_job SET "+test.meanwhile+" WHERE id = $1", job.ID)
			}
			before := queuetest.All[string](t, f, "SELECT state::text FROM jazzhr.river_job WHERE id = $1", job.ID)
			tenant := f.Tenant(t)
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
			if f.Row(t, tenant).Name != "learned" {
				t.Error("what else the transaction did is gone")
			}
			if test.owned {
				before = []string{"completed"}
			}
			after := queuetest.All[string](t, f, "SELECT state::text FROM jazzhr.river_job WHERE id = $1", job.ID)
			if !slices.Equal(after, before) {
				t.Errorf("the job is %q, want %q", after, before)
			}
		})
	}
}

// errRollBack has a transaction rolled back.
var errRollBack = errors.New("roll back")

// TestCompleteIsPartOfItsTransaction checks that a rollback undoes the completion.
func TestCompleteIsPartOfItsTransaction(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	ctx, job := workContext(t, f), startJob(t, f, "node")
	err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
		if completed, err := queue.Complete(ctx, tx, job); err != nil || !completed {
			t.Errorf("completed %v, error %v", completed, err)
		}
		return errRollBack
	})
	if !errors.Is(err, errRollBack) {
		t.Fatal(err)
	}
	if state := jobState(t, f, job.ID); state != "running 3" {
		t.Errorf("the job is %s", state)
	}
}
