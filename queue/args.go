package queue

import (
	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// The queues. Kinds that POST to JazzHR have one of their own: pausing it in River UI stops all
// writing.
const (
	QueueTick   = "tick"
	QueueWrites = "writes" // everything that POSTs to JazzHR
	QueueReads  = "reads"  // what reads from JazzHR while a person waits, and what ends disconnected work
	QueuePolls  = "polls"  // many at once, each of which mostly waits for JazzHR
	QueueEvents = "events" // deliveries to Intrvio
	QueueAudits = "audits" // audits take long, so they hold no slot of other kinds
	QueueSyncs  = "syncs"  // full passes over lists: likewise
)

// maxAttempts bounds only what goes wrong outside a job's work (no database, a killed node). What
// JazzHR answers is kept in the row, and a row whose job was discarded gets another job.
const maxAttempts = 25

// uniqueWhileActive makes a job unique by its args while it is not finalized. What must be done
// once and never again is decided by a row of ours.
func uniqueWhileActive() river.UniqueOpts {
	return river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}
}

func unique(queue string) river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts, UniqueOpts: uniqueWhileActive()}
}

// CreateApplicant finds or creates the applicant of a writeback.
type CreateApplicant struct {
	TenantID    uuid.UUID `json:"tenant_id"`
	WritebackID uuid.UUID `json:"writeback_id"`
}

// Kind names the job.
func (CreateApplicant) Kind() string { return "create_applicant" }

// InsertOpts says how it is queued.
func (CreateApplicant) InsertOpts() river.InsertOpts { return unique(QueueWrites) }

// LinkApplicantToJob links the applicant of a writeback to its job.
type LinkApplicantToJob struct {
	TenantID    uuid.UUID `json:"tenant_id"`
	WritebackID uuid.UUID `json:"writeback_id"`
}

// Kind names the job.
func (LinkApplicantToJob) Kind() string { return "link_applicant_to_job" }

// InsertOpts says how it is queued.
func (LinkApplicantToJob) InsertOpts() river.InsertOpts { return unique(QueueWrites) }

// WriteNotes writes one part of the note of a writeback.
type WriteNotes struct {
	TenantID    uuid.UUID `json:"tenant_id"`
	WritebackID uuid.UUID `json:"writeback_id"`
	Part        int       `json:"part"` // from 1
}

// Kind names the job.
func (WriteNotes) Kind() string { return "write_notes" }

// InsertOpts says how it is queued.
func (WriteNotes) InsertOpts() river.InsertOpts { return unique(QueueWrites) }

// ResolveExport finds out which person and job an export is about, and tells Intrvio.
type ResolveExport struct {
	TenantID  uuid.UUID `json:"tenant_id"`
	WebhookID uuid.UUID `json:"webhook_id"`
}

// Kind names the job.
func (ResolveExport) Kind() string { return "resolve_export" }

// InsertOpts says how it is queued.
func (ResolveExport) InsertOpts() river.InsertOpts { return unique(QueueReads) }

// ResolveStageEntry finds out who entered a stage that asks for interviews, and in which job, and
// tells Intrvio.
type ResolveStageEntry struct {
	TenantID   uuid.UUID `json:"tenant_id"`
	ActivityID string    `json:"activity_id"`
}

// Kind names the job.
func (ResolveStageEntry) Kind() string { return "resolve_stage_entry" }

// InsertOpts says how it is queued.
func (ResolveStageEntry) InsertOpts() river.InsertOpts { return unique(QueueReads) }

// PollActivities reads what is new in a tenant's account: activities, applicants and links, which
// share their interval, key and call budget. The tick inserts it; see [Ticker].
type PollActivities struct {
	TenantID uuid.UUID `json:"tenant_id" river:"unique"`
	// Prepaid is how many calls of the tenant's budget the tick took for the job's first attempt.
	Prepaid int `json:"prepaid,omitempty"`
}

// Kind names the job.
func (PollActivities) Kind() string { return "poll_activities" }

// InsertOpts says how it is queued.
func (PollActivities) InsertOpts() river.InsertOpts { return unique(QueuePolls) }

// ReadNoteBack reads a part of a note that was written, to learn what the account does to notes.
type ReadNoteBack struct {
	TenantID    uuid.UUID `json:"tenant_id"`
	WritebackID uuid.UUID `json:"writeback_id"`
	Part        int       `json:"part"` // from 1
}

// Kind names the job.
func (ReadNoteBack) Kind() string { return "read_note_back" }

// InsertOpts says how it is queued.
func (ReadNoteBack) InsertOpts() river.InsertOpts { return unique(QueuePolls) }

// CheckKey tries a tenant's rejected key again.
type CheckKey struct {
	TenantID uuid.UUID `json:"tenant_id"`
}

// Kind names the job.
func (CheckKey) Kind() string { return "check_key" }

// InsertOpts says how it is queued.
func (CheckKey) InsertOpts() river.InsertOpts { return unique(QueueReads) }

// EndWork ends what is left of a tenant's work after it was disconnected.
type EndWork struct {
	TenantID uuid.UUID `json:"tenant_id"`
}

// Kind names the job.
func (EndWork) Kind() string { return "end_work" }

// InsertOpts says how it is queued.
func (EndWork) InsertOpts() river.InsertOpts { return unique(QueueReads) }

// AuditDuplicates looks for what a tenant's account has more than once.
type AuditDuplicates struct {
	TenantID uuid.UUID `json:"tenant_id"`
}

// Kind names the job.
func (AuditDuplicates) Kind() string { return "audit_duplicates" }

// InsertOpts says how it is queued.
func (AuditDuplicates) InsertOpts() river.InsertOpts {
	opts := unique(QueueAudits)
	opts.Priority = 4 // the lowest
	return opts
}

// FullSync reads a tenant's lists of people and links from end to end.
type FullSync struct {
	TenantID uuid.UUID `json:"tenant_id"`
}

// Kind names the job.
func (FullSync) Kind() string { return "full_sync" }

// InsertOpts says how it is queued.
func (FullSync) InsertOpts() river.InsertOpts {
	opts := unique(QueueSyncs)
	opts.Priority = 4 // the lowest
	return opts
}

// DeliverEvent delivers one event to Intrvio.
type DeliverEvent struct {
	TenantID uuid.UUID `json:"tenant_id"`
	Sequence int64     `json:"sequence"`
}

// Kind names the job.
func (DeliverEvent) Kind() string { return "deliver_event" }

// InsertOpts says how it is queued.
func (DeliverEvent) InsertOpts() river.InsertOpts { return unique(QueueEvents) }

// Tick does what is due: see [Ticker]. It runs once a second, on one node.
type Tick struct{}

// Kind names the job.
func (Tick) Kind() string { return "tick" }

// InsertOpts says how it is queued. A tick that failed is not tried again: the next is a second
// away.
func (Tick) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueTick, MaxAttempts: 1, UniqueOpts: uniqueWhileActive()}
}

// Purge deletes what has been kept long enough. It runs once an hour, on one node.
type Purge struct{}

// Kind names the job.
func (Purge) Kind() string { return "purge" }

// InsertOpts says how it is queued.
func (Purge) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueTick, MaxAttempts: 1, UniqueOpts: uniqueWhileActive()}
}

// PollOpenings brings the mirror of a tenant's job openings up to date.
type PollOpenings struct {
	TenantID uuid.UUID `json:"tenant_id"`
}

// Kind names the job.
func (PollOpenings) Kind() string { return "poll_openings" }

// InsertOpts says how it is queued.
func (PollOpenings) InsertOpts() river.InsertOpts { return unique(QueuePolls) }

// The steps of a writeback, in their order. Each is done by the job of the same name.
const (
	StepCreateApplicant    = "create_applicant"
	StepLinkApplicantToJob = "link_applicant_to_job"
	StepWriteNotes         = "write_notes"
)

// StepArgs returns the args of the job that does a step of a writeback.
func StepArgs(tenant, writeback uuid.UUID, step string, part int) river.JobArgs {
	switch step {
	case StepCreateApplicant:
		return CreateApplicant{TenantID: tenant, WritebackID: writeback}
	case StepLinkApplicantToJob:
		return LinkApplicantToJob{TenantID: tenant, WritebackID: writeback}
	default:
		return WriteNotes{TenantID: tenant, WritebackID: writeback, Part: part}
	}
}
