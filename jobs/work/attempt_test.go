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

// oneKey opens every tenant with the same key, or fails to.
type oneKey struct {
	work.Keys
	err error
}

func (k oneKey) KeyOf(gen.Tenant) (string, error) { return "key", k.err }

// seen is what the frame made of an item.
type seen struct {
	ran, gaveUp bool
	wait        *work.Wait
	until       time.Time
	outcome     string
	err         error
}

// item is what the frame meets.
type item struct {
	row            work.Row
	load, key, run error
	lost           bool // another node has the job
}

// attempt returns a run of a job of the row's tenant.
func attempt(t *testing.T, f *queuetest.Fixture, i item, failures ...string) *work.Attempt {
	t.Helper()
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: "http://127.0.0.1:1/v1", Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	accounts := work.Accounts{Pool: f.Pool, JazzHR: client, Keys: oneKey{err: i.key}, Bucket: queue.NewBucket(f.Pool, 80)}
	id := i.row.Tenant.TenantID
	job := runningJob(t, f, id, !i.lost)
	job.Errors = failed(failures)
	return work.New(accounts, id, job)
}

// try runs a job of a tenant on a row.
func try(t *testing.T, f *queuetest.Fixture, i item) (s seen) {
	t.Helper()
	s.err = attempt(t, f, i).Do(work.WithOutcome(t.Context(), &s.outcome), work.Item{
		Load:   func(context.Context) (work.Row, error) { return i.row, i.load },
		Run:    func(context.Context) error { s.ran = true; return i.run },
		GiveUp: func(context.Context, outcome.Code) error { s.gaveUp = true; return nil },
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
		item           // its tenant is added
		tenant  string // how it differs from one that works
		ran     bool
		waits   outcome.Code
		gaveUp  bool
		outcome string
		err     error
	}{
		"does the work":           {ran: true},
		"there is no such row":    {item: item{load: pgx.ErrNoRows}},
		"the row can't be loaded": {item: item{load: ours}, err: ours},
		"the row needs no job":    {item: item{row: work.Row{Superseded: true}}, outcome: work.Superseded},
		"the row needs no job, and its tenant has no key that opens": {
			item: item{row: work.Row{Superseded: true}, key: ours}, outcome: work.Superseded,
		},
		"the key can't be opened": {item: item{key: ours}, err: ours},
		"its tenant is paused": {
			tenant: "paused_at = jazzhr.now()", waits: outcome.WaitsPaused, outcome: "waits_paused",
		},
		"its tenant's key is refused": {
			tenant: "key_state = 'rejected'", waits: outcome.WaitsCredentials, outcome: "waits_credentials",
		},
		"an earlier one goes first": {
			item:  item{row: work.Row{Wait: &work.Wait{Why: outcome.WaitsEarlierStep, In: time.Minute}}},
			waits: outcome.WaitsEarlierStep, outcome: "waits_earlier_step",
		},
		"JazzHR is away": {item: item{run: away}, ran: true, waits: outcome.WaitsRetry, outcome: "waits_retry"},
		"JazzHR is away for a day": {
			item: item{row: work.Row{GiveUpFrom: now.Add(-24 * time.Hour)}, run: away},
			ran:  true, waits: outcome.WaitsRetry, outcome: "waits_retry",
		},
		"JazzHR is away for four days": {
			item: item{row: work.Row{GiveUpFrom: now.Add(-96 * time.Hour)}, run: away}, ran: true, gaveUp: true,
		},
		"the call budget is used up": {
			item: item{run: &queue.PacedError{Wait: time.Minute}},
			ran:  true, waits: outcome.WaitsRateLimit, outcome: "waits_rate_limit",
		},
		"it is our fault":              {item: item{run: ours}, ran: true, err: ours},
		"it waits and the job is lost": {item: item{run: away, lost: true}, ran: true, outcome: work.LostJob},
	} {
		t.Run(name, func(t *testing.T) {
			id := f.Tenant(t)
			if test.tenant != "" {
				f.Change(t, id, test.tenant)
			}
			test.row.Tenant = f.Row(t, id)
			got := try(t, f, test.item)
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

// TestFinish holds that only the attempt that has the job ends the row.
func TestFinish(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	for name, test := range map[string]struct {
		lost, done bool
		outcome    string
	}{
		"its own job":               {done: true},
		"another node's job by now": {lost: true, outcome: work.LostJob},
	} {
		row := work.Row{Tenant: f.Row(t, f.Tenant(t))}
		var done bool
		var got string
		err := attempt(t, f, item{row: row, lost: test.lost}).Finish(work.WithOutcome(t.Context(), &got),
			func(db.TenantTx) error { done = true; return nil })
		if err != nil || done != test.done || got != test.outcome {
			t.Errorf("%s: done %v, outcome %q, %v", name, done, got, err)
		}
	}
}
