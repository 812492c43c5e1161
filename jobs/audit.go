package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// auditLimit is when a nightly audit ends itself, auditTimeout when River would.
	auditLimit   = 50 * time.Minute
	auditTimeout = 55 * time.Minute
	// auditRetention is how long audits are kept that were superseded.
	auditRetention = 90 * 24 * time.Hour
)

type auditDuplicatesWorker struct {
	river.WorkerDefaults[queue.AuditDuplicates]
	r *Runner
}

// Timeout is longer than that of other jobs: an audit is hundreds of calls, each in its turn.
func (w *auditDuplicatesWorker) Timeout(*river.Job[queue.AuditDuplicates]) time.Duration {
	return auditTimeout
}

// Work audits a tenant's account. What could not be read is not tried again before the next night.
func (w *auditDuplicatesWorker) Work(ctx context.Context, job *river.Job[queue.AuditDuplicates]) error {
	config := w.r.config
	done, err := Auditor{
		Pool: config.Pool, JazzHR: config.JazzHR, Tenants: config.Tenants, Bucket: config.Bucket, Client: w.r.client,
		Limit: auditLimit,
	}.Audit(ctx, job.Args.TenantID)
	if errors.Is(err, tenant.ErrNotConnected) { // since the tick made the job
		setOutcome(ctx, "not_connected")
		return nil
	}
	if err == nil && done.StoppedBy != "" {
		setOutcome(ctx, "stopped_"+done.StoppedBy)
	}
	return err
}

// Auditor looks in JazzHR for what the write ledger promises to exclude: an applicant, a link or a note that stands there
// more than once. It only reads, and leaves the reserve of the call budget to live work.
type Auditor struct {
	Pool    *pgxpool.Pool
	JazzHR  *jazzhr.Client
	Tenants Tenants
	Bucket  *queue.Bucket
	// Client puts in the delivery of the event.
	Client *queue.Client
	// Limit is how long an audit may read; zero is no limit.
	Limit time.Duration
	// AllNotes has all applicants read to whom a note was ever written, not only the latest.
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
	// Unfinished are the kinds that were not read to the end, because of StoppedBy. Their findings hold those of the
	// audit before.
	Unfinished []intrvio.DuplicateKind `json:"unfinished"`
	StoppedBy  string                  `json:"stopped_by,omitempty"`
}

// Finding is a duplicate, and whether it is of something that we wrote.
type Finding struct {
	intrvio.Duplicate
	Ours bool `json:"ours"`
}

// audit is one pass over a tenant's account.
type audit struct {
	patient
	auditor  Auditor
	previous []Finding // of the audit before
	read     map[intrvio.DuplicateKind]int
	done     Audit
}

// Audit looks through a tenant's account and keeps what it found. Intrvio is told if there are more duplicates of ours than
// before. It returns [tenant.ErrNotConnected] for a tenant without a key.
func (a Auditor) Audit(ctx context.Context, tenantID uuid.UUID) (Audit, error) {
	run := &audit{
		patient: patient{Runner: &Runner{config: Config{Pool: a.Pool, JazzHR: a.JazzHR, Tenants: a.Tenants, Bucket: a.Bucket}, client: a.Client}},
		auditor: a, read: map[intrvio.DuplicateKind]int{},
		done: Audit{TenantID: tenantID, Findings: []Finding{}, Unfinished: []intrvio.DuplicateKind{}},
	}
	if a.Limit > 0 {
		run.until = time.Now().Add(a.Limit)
	}
	if err := run.open(ctx, tenantID); err != nil {
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
	return db.InTenant(ctx, a.config.Pool, a.account.tenant, func(tx db.TenantTx) error {
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

// look reads the kinds one after the other, those that need the fewest calls first. What stops one stops all.
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
		var err error = &stoppedError{a.done.StoppedBy}
		if a.done.StoppedBy == "" || a.done.StoppedBy == stoppedUnreadable {
			found, err = of.do(ctx)
		}
		stopped, is := errors.AsType[*stoppedError](err)
		if err != nil && !is {
			return err
		}
		a.done.Findings = append(a.done.Findings, found...)
		if is {
			a.done.Unfinished, a.done.StoppedBy = append(a.done.Unfinished, of.kind), stopped.reason
			a.done.Findings = append(a.done.Findings, carried(a.previous, of.kind, found)...)
		}
	}
	return nil
}

// carried are the findings of a kind that the audit before had and this one, which was stopped, did not get to.
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
