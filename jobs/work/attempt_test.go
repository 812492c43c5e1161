package work_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// noKeys opens every tenant with the same key.
type noKeys struct{ work.Keys }

func (noKeys) KeyOf(gen.Tenant) (string, error) { return "key", nil }

// seen is what the frame made of an item.
type seen struct {
	ran, gaveUp bool
	wait        *work.Wait
	until       time.Time
	outcome     string
	err         error
}

// try runs a job of a tenant on a row.
func try(t *testing.T, f *queuetest.Fixture, owned bool, row work.Row, loadErr, runErr error) (s seen) {
	t.Helper()
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: "http://127.0.0.1:1/v1", Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	accounts := work.Accounts{Pool: f.Pool, JazzHR: client, Keys: noKeys{}, Bucket: queue.NewBucket(f.Pool, 80)}
	job := runningJob(t, f, row.Tenant.TenantID, owned)
	s.err = work.New(accounts, row.Tenant.TenantID, job).Do(work.WithOutcome(t.Context(), &s.outcome), work.Item{
		Load:   func(context.Context) (work.Row, error) { return row, loadErr },
		Run:    func(context.Context) error { s.ran = true; return runErr },
		GiveUp: func(context.Context) error { s.gaveUp = true; return nil },
		HandBack: func(_ context.Context, _ db.TenantTx, until time.Time, w work.Wait) error {
			s.wait, s.until = &w, until
			return nil
		},
	})
	return s
}

// runningJob inserts a job and has it run. Without owned, another node has taken it meanwhile.
func runningJob(t *testing.T, f *queuetest.Fixture, tenant uuid.UUID, owned bool) *river.Job[queue.CheckKey] {
	t.Helper()
	node, at := "node-1", time.Now().Truncate(time.Microsecond)
	var inserted *rivertype.JobInsertResult
	f.InTenant(t, tenant, func(tx db.TenantTx) (err error) {
		inserted, err = f.Client.InsertTx(t.Context(), tx.Tx, queue.CheckKey{TenantID: tenant}, nil)
		return err
	})
	runs := node
	if !owned {
		runs = "node-2"
	}
	f.Exec(t, `UPDATE jazzhr.river_job SET state = 'running', attempted_at = $2, attempted_by = ARRAY[$3::text] WHERE id = $1`,
		inserted.Job.ID, at, runs)
	return &river.Job[queue.CheckKey]{
		JobRow: &rivertype.JobRow{ID: inserted.Job.ID, AttemptedAt: &at, AttemptedBy: []string{node}},
		Args:   queue.CheckKey{TenantID: tenant},
	}
}

// TestAttempt holds what the frame of a work item does.
func TestAttempt(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	now := time.Now()
	away := &jazzhr.Error{Kind: jazzhr.Unavailable}
	ours := errors.New("the database is away")
	for name, test := range map[string]struct {
		row     work.Row // its tenant is added
		paused  bool
		lost    bool // another node has the job
		load    error
		run     error
		ran     bool
		waits   outcome.Code
		gaveUp  bool
		outcome string
		err     error
	}{
		"does the work":           {ran: true},
		"there is no such row":    {load: pgx.ErrNoRows},
		"the row can't be loaded": {load: ours, err: ours},
		"the row needs no job":    {row: work.Row{Superseded: true}, outcome: work.Superseded},
		"its tenant is paused":    {paused: true, waits: outcome.WaitsPaused, outcome: "waits_paused"},
		"an earlier one goes first": {
			row: work.Row{Wait: &work.Wait{Why: outcome.WaitsEarlierStep, In: time.Minute}}, waits: outcome.WaitsEarlierStep,
			outcome: "waits_earlier_step",
		},
		"JazzHR is away": {ran: true, run: away, waits: outcome.WaitsRetry, outcome: "waits_retry"},
		"JazzHR is away for a day": {
			row: work.Row{FailingSince: now.Add(-24 * time.Hour)}, ran: true, run: away, waits: outcome.WaitsRetry, outcome: "waits_retry",
		},
		"JazzHR is away for four days": {
			row: work.Row{FailingSince: now.Add(-96 * time.Hour)}, ran: true, run: away, gaveUp: true,
		},
		"the call budget is used up": {
			ran: true, run: &queue.PacedError{Wait: time.Minute}, waits: outcome.WaitsRateLimit, outcome: "waits_rate_limit",
		},
		"it is our fault":              {ran: true, run: ours, err: ours},
		"it waits and the job is lost": {ran: true, run: away, lost: true, outcome: work.LostJob},
	} {
		t.Run(name, func(t *testing.T) {
			row := test.row
			id := f.Tenant(t)
			if test.paused {
				f.Change(t, id, "paused_at = jazzhr.now()")
			}
			row.Tenant = f.Row(t, id)
			got := try(t, f, !test.lost, row, test.load, test.run)
			waits := outcome.Code("")
			if got.wait != nil {
				waits = got.wait.Why
			}
			if got.ran != test.ran || waits != test.waits || got.gaveUp != test.gaveUp || got.outcome != test.outcome {
				t.Errorf("ran %v, waits for %q, gave up %v, outcome %q", got.ran, waits, got.gaveUp, got.outcome)
			}
			if !errors.Is(got.err, test.err) {
				t.Errorf("the error is %v, want %v", got.err, test.err)
			}
			if got.wait != nil && got.wait.In > 0 && !got.until.After(now) {
				t.Errorf("waits until %v", got.until)
			}
			completed := queuetest.One[int](t, f, `SELECT count(*) FROM jazzhr.river_job
				WHERE state = 'completed' AND args ->> 'tenant_id' = $1`, id.String())
			if want := waits != ""; (completed == 1) != want {
				t.Errorf("%d jobs are completed", completed)
			}
		})
	}
}
