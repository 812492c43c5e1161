// Package audit looks in JazzHR for what the write ledger promises to exclude: an applicant, a link
// or a note that stands there more than once. It only reads. [Auditor.Audit] is one audit,
// [DuplicatesWorker] runs one for each tenant each night.
package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

const (
	// A nightly audit ends itself after auditLimit. River would end it after auditTimeout.
	auditLimit   = 50 * time.Minute
	auditTimeout = 55 * time.Minute
	// auditRetention is how long an audit is kept after a later one has replaced it.
	auditRetention = 90 * 24 * time.Hour
)

// DuplicatesWorker audits a tenant's account each night.
type DuplicatesWorker struct {
	river.WorkerDefaults[queue.AuditDuplicates]
	Accounts work.Accounts
	Client   *queue.Client
}

// Timeout is longer than that of other jobs: an audit makes hundreds of calls, one after the other.
func (w *DuplicatesWorker) Timeout(*river.Job[queue.AuditDuplicates]) time.Duration {
	return auditTimeout
}

// Work audits a tenant's account. What could not be read is not tried again before the next night.
func (w *DuplicatesWorker) Work(ctx context.Context, job *river.Job[queue.AuditDuplicates]) error {
	done, err := Auditor{Accounts: w.Accounts, Client: w.Client, Limit: auditLimit}.Audit(ctx, job.Args.TenantID)
	if errors.Is(err, queue.ErrNotConnected) { // since the tick made the job
		work.SetOutcome(ctx, work.NotConnected)
		return nil
	}
	if err == nil && done.StoppedBy != "" {
		work.SetOutcome(ctx, "stopped_"+string(done.StoppedBy))
	}
	return err
}

// Auditor looks in JazzHR for what the write ledger promises to exclude: an applicant, a link or a
// note that stands there more than once. It only reads, and leaves the reserve of the call budget
// to live work.
type Auditor struct {
	Accounts work.Accounts
	// Client inserts the delivery of the event.
	Client *queue.Client
	// Limit is how long an audit may read; zero is no limit.
	Limit time.Duration
	// AllNotes reads every applicant to whom a note was ever written. Without it, only those of the
	// latest notes are read.
	AllNotes bool
	// Progress, if set, is told how much has been read for a kind.
	Progress func(kind intrvio.DuplicateKind, read int)
}

// Audit is what an audit came to.
type Audit struct {
	TenantID   uuid.UUID `json:"tenant_id"`
	AuditID    uuid.UUID `json:"audit_id"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	// Ours and Theirs count the copies beyond the first.
	Ours   intrvio.DuplicateCounts `json:"ours"`
	Theirs intrvio.DuplicateCounts `json:"theirs"`
	// Findings are ours first; of the others at most maxTheirs.
	Findings []Finding `json:"findings"`
	// Unfinished are the kinds that were not read to the end, because of StoppedBy. Their findings
	// hold those of the audit before.
	Unfinished []intrvio.DuplicateKind `json:"unfinished"`
	StoppedBy  outcome.Code            `json:"stopped_by,omitempty"`
}

// Finding is a duplicate, and whether it is of something that we wrote.
type Finding struct {
	intrvio.Duplicate
	Ours bool `json:"ours"`
}

// audit is one pass over a tenant's account.
type audit struct {
	reader   work.Reader
	auditor  Auditor
	previous []Finding // of the audit before
	read     map[intrvio.DuplicateKind]int
	done     Audit
}

// Audit looks through a tenant's account and keeps what it found. Intrvio is told if there are more
// duplicates of ours than before. It returns [queue.ErrNotConnected] for a tenant without a key.
func (a Auditor) Audit(ctx context.Context, tenantID uuid.UUID) (Audit, error) {
	run := &audit{
		reader:  work.Reader{Accounts: a.Accounts},
		auditor: a, read: map[intrvio.DuplicateKind]int{},
		done: Audit{TenantID: tenantID, Findings: []Finding{}, Unfinished: []intrvio.DuplicateKind{}},
	}
	if a.Limit > 0 {
		run.reader.Until = time.Now().Add(a.Limit)
	}
	if err := run.reader.Open(ctx, tenantID); err != nil {
		return Audit{}, err
	}
	if err := run.begin(ctx); err != nil {
		return Audit{}, err
	}
	if err := run.look(ctx); err != nil {
		return Audit{}, err
	}
	return run.done, run.finish(ctx)
}

// begin makes the audit's row.
func (a *audit) begin(ctx context.Context) (err error) {
	if a.done.AuditID, err = uuid.NewV7(); err != nil {
		return fmt.Errorf("name the audit: %w", err)
	}
	return db.InTenant(ctx, a.auditor.Accounts.Pool, a.reader.Account.Tenant, func(tx db.TenantTx) error {
		if err := tx.Q.DeleteOldAudits(ctx, tx, tx.Tenant, auditRetention); err != nil {
			return fmt.Errorf("delete old audits: %w", err)
		}
		started, err := tx.Q.BeginAudit(ctx, tx, tx.Tenant, a.done.AuditID)
		if err != nil {
			return fmt.Errorf("begin the audit: %w", err)
		}
		a.done.StartedAt = started.UTC()
		_, a.previous, err = latestAudit(ctx, tx)
		return err
	})
}

// look reads the kinds one after the other, those that need the fewest calls first. What stops one
// stops all.
func (a *audit) look(ctx context.Context) error {
	for _, of := range []struct {
		kind intrvio.DuplicateKind
		do   func(context.Context) ([]Finding, error)
	}{
		{intrvio.DuplicateNote, a.notes},
		{intrvio.DuplicateLink, a.links},
		{intrvio.DuplicateApplicant, a.applicants},
	} {
		var found []Finding
		var err error = &work.StoppedError{Why: a.done.StoppedBy}
		if a.done.StoppedBy == "" || a.done.StoppedBy == outcome.NotesHidden {
			found, err = of.do(ctx)
		}
		stopped, is := errors.AsType[*work.StoppedError](err)
		if err != nil && !is {
			return err
		}
		a.done.Findings = append(a.done.Findings, found...)
		if is {
			a.done.Unfinished, a.done.StoppedBy = append(a.done.Unfinished, of.kind), stopped.Why
			a.done.Findings = append(a.done.Findings, carried(a.previous, of.kind, found)...)
		}
	}
	return nil
}

// carried returns the findings of a kind that the audit before this one had and that this one, which
// was stopped, did not come to.
func carried(previous []Finding, kind intrvio.DuplicateKind, found []Finding) (kept []Finding) {
	for _, before := range previous {
		again := slices.ContainsFunc(found, func(f Finding) bool {
			return slices.ContainsFunc(f.IDs, func(id string) bool { return slices.Contains(before.IDs, id) })
		})
		if before.Kind == kind && !again {
			kept = append(kept, before)
		}
	}
	return kept
}
