package work

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// Item is how one kind of row is worked on.
type Item struct {
	// Load reads the row and its tenant. It returns [pgx.ErrNoRows] if there is no such row.
	Load func(context.Context) (Row, error)
	// Run does the work. After an error that says that JazzHR could not be asked, the row waits.
	Run func(context.Context) error
	// GiveUp ends the row, for which JazzHR could not be read for [ReadsMayFail], or whose work has
	// failed [SameErrors] times.
	GiveUp func(ctx context.Context, why outcome.Code) error
	// HandBack makes the row wait until a time. The job is completed in the same transaction.
	HandBack func(ctx context.Context, tx db.TenantTx, until time.Time, w Wait) error
}

// Row is what [Attempt.Do] needs to know of a row.
type Row struct {
	Tenant     gen.Tenant
	Superseded bool // the row does not need this job
	// Wait says why the row may not go on yet, although its tenant may work.
	Wait     *Wait
	Attempts int
	// GiveUpFrom is from when [ReadsMayFail] counts. A writeback has it from the first read that
	// failed, and zero if none did. An export or a stage entry has it from when its work began.
	GiveUpFrom time.Time
}

// Attempt is one run of a job that works on a row.
type Attempt struct {
	Accounts Accounts
	// Account is the tenant's account, open while [Item.Run] runs.
	Account Account

	tenant   uuid.UUID
	complete func(context.Context, pgx.Tx) (bool, error)
	failures []string // the errors of the job's attempts before, the oldest first
	item     Item
}

// New returns the attempt of a job on a row of a tenant.
func New[T river.JobArgs](accounts Accounts, tenant uuid.UUID, job *river.Job[T]) *Attempt {
	a := &Attempt{Accounts: accounts, tenant: tenant, complete: func(ctx context.Context, tx pgx.Tx) (bool, error) {
		return queue.Complete(ctx, tx, job)
	}}
	for _, failed := range job.Errors {
		a.failures = append(a.failures, failed.Error)
	}
	return a
}

// Do is the whole of a job that works on a row: it loads the row, runs its work if the row may go
// on, and hands the row back if it has to wait. A job whose row does not need it ends without an
// error.
func (a *Attempt) Do(ctx context.Context, item Item) error {
	a.item = item
	row, err := item.Load(ctx)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("load: %w", err)
	case row.Superseded:
		SetOutcome(ctx, Superseded)
		return nil
	}
	if why := queue.Hold(row.Tenant.PausedAt, row.Tenant.KeyState); why != "" {
		return a.HandBack(ctx, Wait{Why: why})
	}
	if row.Wait != nil {
		return a.HandBack(ctx, *row.Wait)
	}
	if a.Account, err = a.Accounts.Of(row.Tenant, a.take); err != nil {
		return err
	}
	err = a.run(ctx, row)
	if err == nil || ctx.Err() != nil || !a.keepsFailing(err) {
		return err
	}
	SetOutcome(ctx, string(outcome.KeepsFailing))
	return item.GiveUp(ctx, outcome.KeepsFailing)
}

// work does the work. If JazzHR could not be asked, it hands the row back, or gives it up after
// [ReadsMayFail]. It returns any other error, be it of these.
func (a *Attempt) work(ctx context.Context, row Row) error {
	err := a.item.Run(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	wait, known := WaitAfter(err, row.Attempts)
	if !known {
		return err
	}
	if wait.Failing && !row.GiveUpFrom.IsZero() {
		now, err := db.Now(ctx, a.Accounts.Pool)
		if err != nil {
			return err
		}
		if now.Sub(row.GiveUpFrom) > ReadsMayFail {
			return a.item.GiveUp(ctx, outcome.JazzHRUnreadable)
		}
	}
	return a.HandBack(ctx, wait)
}

// take takes each call that reads from the tenant's budget, in the lane of live work.
func (a *Attempt) take(ctx context.Context) error {
	return a.Accounts.Bucket.Take(ctx, a.tenant, queue.Live)
}

// Complete ends the job within a transaction if it is still this attempt's. An attempt that has
// lost its job leaves the row to the owner, and may only keep what it has learned.
func (a *Attempt) Complete(ctx context.Context, tx db.TenantTx) (owned bool, err error) {
	owned, err = a.complete(ctx, tx.Tx)
	if err == nil && !owned {
		SetOutcome(ctx, LostJob)
	}
	return owned, err
}

// Finish does the last work on the row and completes the job, in one transaction, if the job is
// still this attempt's.
func (a *Attempt) Finish(ctx context.Context, work func(db.TenantTx) error) error {
	return db.InTenant(ctx, a.Accounts.Pool, a.tenant, func(tx db.TenantTx) error {
		owned, err := a.Complete(ctx, tx)
		if err != nil || !owned {
			return err
		}
		return work(tx)
	})
}

// HandBack makes the row wait and ends the job. A refused key or a 429 also holds the tenant.
func (a *Attempt) HandBack(ctx context.Context, w Wait) error {
	if err := a.Accounts.Hold(ctx, a.tenant, a.Account.KeyVersion, w); err != nil {
		return err
	}
	return db.InTenant(ctx, a.Accounts.Pool, a.tenant, func(tx db.TenantTx) error {
		return a.HandBackIn(ctx, tx, w)
	})
}

// HandBackIn is HandBack within a transaction, for a wait that does not concern the whole tenant.
func (a *Attempt) HandBackIn(ctx context.Context, tx db.TenantTx, w Wait) error {
	owned, err := a.Complete(ctx, tx)
	if err != nil || !owned {
		return err
	}
	SetOutcome(ctx, "waits_"+string(w.Why))
	until := w.Until
	if until.IsZero() {
		now, err := db.Now(ctx, tx)
		if err != nil {
			return err
		}
		until = now.Add(w.In)
	}
	return a.item.HandBack(ctx, tx, until, w)
}
