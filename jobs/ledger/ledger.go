package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/jobs/mirror"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Ledger writes to JazzHR, each effect once.
type Ledger struct {
	Pool     *pgxpool.Pool
	Client   *queue.Client // inserts the next step's job and the deliveries of events
	Accounts work.Accounts
	Mirror   *mirror.Mirror
	// NodeID is the node that sends: one whose heartbeat has lapsed starts no send.
	NodeID string
	Clock  *queue.Clock // of the database, as the node sees it
	// SendTimeout is how long after its intent a POST may still be on its way. SettleDelay is the
	// quiet period: from there until absence is looked for.
	SendTimeout, SettleDelay time.Duration
}

// pace is how long the ledger waits. The second of the two reads that find nothing adds to the
// first one only if some time lies between them.
func (l *Ledger) pace() pace {
	return pace{quiet: l.SettleDelay, reread: l.SettleDelay / 4}
}

// CreateApplicantWorker finds or creates a writeback's applicant.
type CreateApplicantWorker struct {
	river.WorkerDefaults[queue.CreateApplicant]
	*Ledger
}

// Work does the step.
func (w *CreateApplicantWorker) Work(ctx context.Context, job *river.Job[queue.CreateApplicant]) error {
	return workStep(ctx, w.Ledger, job, stepID{job.Args.TenantID, job.Args.WritebackID, queue.StepCreateApplicant, 1})
}

// LinkApplicantToJobWorker links a writeback's applicant to its job.
type LinkApplicantToJobWorker struct {
	river.WorkerDefaults[queue.LinkApplicantToJob]
	*Ledger
}

// Work does the step.
func (w *LinkApplicantToJobWorker) Work(ctx context.Context, job *river.Job[queue.LinkApplicantToJob]) error {
	return workStep(ctx, w.Ledger, job, stepID{job.Args.TenantID, job.Args.WritebackID, queue.StepLinkApplicantToJob, 1})
}

// WriteNotesWorker writes one part of a writeback's note.
type WriteNotesWorker struct {
	river.WorkerDefaults[queue.WriteNotes]
	*Ledger
}

// Work does the step.
func (w *WriteNotesWorker) Work(ctx context.Context, job *river.Job[queue.WriteNotes]) error {
	return workStep(ctx, w.Ledger, job, stepID{job.Args.TenantID, job.Args.WritebackID, queue.StepWriteNotes, job.Args.Part})
}
