package intrvio

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Times in event data are instants in UTC. Where JazzHR gives a date or a time of day without a zone it stays text.
// API ids are JazzHR's (prospect_…, job_…); a field for one is empty, and then omitted, if it is not known.

// Connection is the data of connection.verified, connection.rejected and connection.restored.
type Connection struct {
	// State is the tenant's state after the change, as GET /v1/tenants/{id} shows it.
	State string `json:"state"`
	// Reason says why in words fit for an operator, if there is something to say.
	Reason string `json:"reason,omitempty"`
}

// Candidate is a person as JazzHR pushed or showed them. Each field may be empty: JazzHR sends null for any.
type Candidate struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
}

// Job is a job opening as far as it could be told from what JazzHR sent.
type Job struct {
	JobID string `json:"job_id,omitempty"`
	// BoardCode is the code in the address of the job's public page; JobID is found by it first.
	BoardCode string `json:"board_code,omitempty"`
	Title     string `json:"title,omitempty"`
	// Resolved reports whether JobID could be found.
	Resolved bool `json:"resolved"`
}

// Attachment is a file of an exported candidate, which stays at JazzHR.
type Attachment struct {
	// URL answers JSON with the file in base64 ({content, mimeType, fileName}) until ExpiresAt. Whoever holds it can
	// read the file.
	URL      string `json:"url"`
	FileName string `json:"file_name,omitempty"`
	MimeType string `json:"mime_type,omitempty"`
	// ExpiresAt is when JazzHR stops serving the file, as [AttachmentExpiry] tells it.
	ExpiresAt time.Time `json:"expires_at"`
}

// CandidateExport is the data of candidate.exported.
type CandidateExport struct {
	// WebhookID is our record of the webhook that brought the export.
	WebhookID uuid.UUID `json:"webhook_id"`
	// Repeat is true for a further export of the same person and job within three hours while the first has no
	// writeback yet: no second interview is requested for it.
	Repeat bool `json:"repeat"`
	// Resolved reports whether ApplicantID could be found.
	Resolved bool `json:"resolved"`
	// UnresolvedReason says why not, if Resolved is false.
	UnresolvedReason string `json:"unresolved_reason,omitempty"`
	ApplicantID      string `json:"applicant_id,omitempty"`
	// PersonID is JazzHR's internal number of the person. It is no API id; exports of one person share it.
	PersonID  string    `json:"person_id"`
	Candidate Candidate `json:"candidate"`
	// Jobs are the openings the person is associated with.
	Jobs []Job `json:"jobs"`
	// ExportContext is the header X-JazzHR-Export-Context as it came.
	ExportContext string `json:"export_context,omitempty"`
	// Profile is the webhook's JSON as pushed, without gender, ethnicity, disability, veteran status, birth date and
	// citizenship.
	Profile     json.RawMessage `json:"profile"`
	Attachments []Attachment    `json:"attachments"`
	// ReceivedAt is when the webhook arrived.
	ReceivedAt time.Time `json:"received_at"`
}

// MarshalJSON writes lists that hold nothing as [] and not as null, whichever way the caller left them.
func (c CandidateExport) MarshalJSON() ([]byte, error) {
	type plain CandidateExport
	c.Jobs = append([]Job{}, c.Jobs...)
	c.Attachments = append([]Attachment{}, c.Attachments...)
	return json.Marshal(plain(c))
}

// Trigger says what caused an interview to be requested.
type Trigger string

// The triggers.
const (
	// TriggerExport is a recruiter's export of the candidate.
	TriggerExport Trigger = "export"
	// TriggerStage is the candidate's move to a stage that the tenant chose for interviews.
	TriggerStage Trigger = "stage"
)

// InterviewRequest is the data of interview.requested.
type InterviewRequest struct {
	// RequestID, sent back with a writeback, supplies the writeback's applicant and job.
	RequestID   uuid.UUID `json:"request_id"`
	Trigger     Trigger   `json:"trigger"`
	ApplicantID string    `json:"applicant_id,omitempty"`
	// JobID repeats Job.JobID for receivers that need nothing else of the job.
	JobID     string    `json:"job_id,omitempty"`
	Job       Job       `json:"job"`
	Candidate Candidate `json:"candidate"`
	// Resolved reports whether ApplicantID could be found. The interview can be held either way.
	Resolved bool `json:"resolved"`
	// UnresolvedReason says why not, if Resolved is false.
	UnresolvedReason string `json:"unresolved_reason,omitempty"`
	// WebhookID is our record of the webhook that caused the request; omitted if none did.
	WebhookID uuid.UUID `json:"webhook_id,omitzero"`
	// ActivityID is JazzHR's id of the move to a stage that caused the request, and Stage the stage; omitted if none did.
	ActivityID string `json:"activity_id,omitempty"`
	Stage      string `json:"stage,omitempty"`
	// Profile is as in [CandidateExport]; omitted if no webhook caused the request.
	Profile json.RawMessage `json:"profile,omitempty"`
}

// StageChange is the data of candidate.stage_changed, read from JazzHR's activities feed.
type StageChange struct {
	// ActivityID is JazzHR's id of the activity.
	ActivityID  string `json:"activity_id"`
	ApplicantID string `json:"applicant_id"`
	// From, To and JobTitle are read out of RawAction and empty unless Parsed.
	From     string `json:"from"`
	To       string `json:"to"`
	JobTitle string `json:"job_title"`
	JobID    string `json:"job_id,omitempty"`
	// RawAction is JazzHR's sentence about the change.
	RawAction string `json:"raw_action"`
	// Parsed reports whether RawAction had the form that stage changes are known to have.
	Parsed bool `json:"parsed"`
	// OccurredOn is the date, YYYY-MM-DD, by JazzHR's clock.
	OccurredOn string `json:"occurred_on"`
	// OccurredAtTime is the time of day, HH:MM:SS. JazzHR names no zone.
	OccurredAtTime string `json:"occurred_at_time"`
}

// WritebackResult is the data of writeback.completed, writeback.rejected and writeback.attention.
type WritebackResult struct {
	WritebackID uuid.UUID `json:"writeback_id"`
	// InterviewID and Revision are those the writeback was sent with.
	InterviewID string `json:"interview_id"`
	Revision    int    `json:"revision"`
	ApplicantID string `json:"applicant_id,omitempty"`
	JobID       string `json:"job_id,omitempty"`
	Steps       []Step `json:"steps"`
	// Reason says why the writeback was rejected or needs attention; empty if it completed.
	Reason string `json:"reason,omitempty"`
}

// MarshalJSON writes a list of no steps as [] and not as null.
func (w WritebackResult) MarshalJSON() ([]byte, error) {
	type plain WritebackResult
	w.Steps = append([]Step{}, w.Steps...)
	return json.Marshal(plain(w))
}

// StepKind names one of the three things a writeback does in JazzHR.
type StepKind string

// The steps of a writeback, in their order.
const (
	StepCreateApplicant    StepKind = "create_applicant"
	StepLinkApplicantToJob StepKind = "link_applicant_to_job"
	StepWriteNotes         StepKind = "write_notes"
)

// Step tells how one step of a writeback ended.
type Step struct {
	Kind StepKind `json:"kind"`
	// Part numbers the notes of a writeback from 1; omitted for the other kinds.
	Part int `json:"part,omitempty"`
	// State is the step's state as GET /v1/tenants/{id}/writebacks/{wid} shows it.
	State string `json:"state"`
	// RemoteID is JazzHR's id of what was written or found there.
	RemoteID string `json:"remote_id,omitempty"`
	// Error is the last error, free of secrets and personal data.
	Error string `json:"error,omitempty"`
}

func (Connection) belongsTo(t EventType) bool {
	return t == ConnectionVerified || t == ConnectionRejected || t == ConnectionRestored
}

func (CandidateExport) belongsTo(t EventType) bool { return t == CandidateExported }

func (InterviewRequest) belongsTo(t EventType) bool { return t == InterviewRequested }

func (StageChange) belongsTo(t EventType) bool { return t == CandidateStageChanged }

func (WritebackResult) belongsTo(t EventType) bool {
	return t == WritebackCompleted || t == WritebackRejected || t == WritebackAttention
}
