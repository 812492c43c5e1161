package intrvio

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Times in event data are instants in UTC. A date or a time of day that JazzHR gives without a zone
// stays text. Ids of applicants and jobs are JazzHR's API ids (prospect_…, job_…). An unknown id is
// empty, and its field is then omitted.

// Connection is the data of [ConnectionVerified], [ConnectionRejected] and [ConnectionRestored].
type Connection struct {
	// State is the tenant's state after the change, as GET /v1/tenants/{id} shows it.
	State string `json:"state"`
	// Reason explains the state to an operator. It may be empty.
	Reason string `json:"reason,omitempty"`
}

// Candidate is a person as JazzHR described them. Any field may be empty, because JazzHR sends null
// for any of them.
type Candidate struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
}

// Job is a job opening, as far as JazzHR's data identify it.
type Job struct {
	JobID string `json:"job_id,omitempty"`
	// BoardCode is the code in the address of the job's public page. JobID is looked up by it
	// first.
	BoardCode string `json:"board_code,omitempty"`
	Title     string `json:"title,omitempty"`
	// Resolved reports whether JobID was found.
	Resolved bool `json:"resolved"`
}

// Attachment is a file of an exported candidate. The file stays at JazzHR.
type Attachment struct {
	// URL returns JSON with the file in base64 ({content, mimeType, fileName}) until ExpiresAt.
	// Anyone who has the URL can read the file.
	URL      string `json:"url"`
	FileName string `json:"file_name,omitempty"`
	MimeType string `json:"mime_type,omitempty"`
	// ExpiresAt is when JazzHR stops serving the file. See [AttachmentExpiry].
	ExpiresAt time.Time `json:"expires_at"`
}

// CandidateExport is the data of [CandidateExported].
type CandidateExport struct {
	// WebhookID is this service's id of the webhook that carried the export.
	WebhookID uuid.UUID `json:"webhook_id"`
	// Repeat reports a further export of the same person and job within three hours, while the
	// first has no writeback yet. It requests no second interview.
	Repeat bool `json:"repeat"`
	// Resolved reports whether ApplicantID was found.
	Resolved bool `json:"resolved"`
	// UnresolvedReason says why ApplicantID was not found.
	UnresolvedReason string `json:"unresolved_reason,omitempty"`
	ApplicantID      string `json:"applicant_id,omitempty"`
	// PersonID is JazzHR's internal number of the person. It is no API id. All exports of one
	// person have the same.
	PersonID  string    `json:"person_id"`
	Candidate Candidate `json:"candidate"`
	// Jobs are the openings that the person applied to.
	Jobs []Job `json:"jobs"`
	// ExportContext is the header X-JazzHR-Export-Context as received.
	ExportContext string `json:"export_context,omitempty"`
	// Profile is the webhook's JSON without gender, ethnicity, disability, veteran status, birth
	// date and citizenship.
	Profile     json.RawMessage `json:"profile"`
	Attachments []Attachment    `json:"attachments"`
	// AttachmentsDropped is how many files the export names whose address is not one of JazzHR's.
	AttachmentsDropped int `json:"attachments_dropped,omitempty"`
	// ReceivedAt is when the webhook arrived.
	ReceivedAt time.Time `json:"received_at"`
}

// MarshalJSON writes empty lists as [] instead of null.
func (c CandidateExport) MarshalJSON() ([]byte, error) {
	type plain CandidateExport
	c.Jobs = append([]Job{}, c.Jobs...)
	c.Attachments = append([]Attachment{}, c.Attachments...)
	return json.Marshal(plain(c))
}

// Trigger says what asked for an interview.
type Trigger string

// The triggers.
const (
	// TriggerExport means that a recruiter exported the candidate.
	TriggerExport Trigger = "export"
	// TriggerStage means that the candidate moved to a stage that the tenant chose for interviews.
	TriggerStage Trigger = "stage"
)

// InterviewRequest is the data of [InterviewRequested].
type InterviewRequest struct {
	// RequestID identifies the request. Send it back with the writeback: it supplies the
	// writeback's applicant and job.
	RequestID   uuid.UUID `json:"request_id"`
	Trigger     Trigger   `json:"trigger"`
	ApplicantID string    `json:"applicant_id,omitempty"`
	// JobID repeats Job.JobID, for receivers that need nothing else about the job.
	JobID     string    `json:"job_id,omitempty"`
	Job       Job       `json:"job"`
	Candidate Candidate `json:"candidate"`
	// Resolved reports whether ApplicantID was found. The interview can be held either way.
	Resolved bool `json:"resolved"`
	// UnresolvedReason says why ApplicantID was not found.
	UnresolvedReason string `json:"unresolved_reason,omitempty"`
	// WebhookID is this service's id of the webhook that triggered the request. Omitted if no
	// webhook did.
	WebhookID uuid.UUID `json:"webhook_id,omitzero"`
	// ActivityID is JazzHR's id of the stage move that triggered the request, and Stage is the new
	// stage. Both are omitted if no move did.
	ActivityID string `json:"activity_id,omitempty"`
	Stage      string `json:"stage,omitempty"`
	// Profile is as in [CandidateExport]. Omitted if no webhook triggered the request.
	Profile json.RawMessage `json:"profile,omitempty"`
}

// StageChange is the data of [CandidateStageChanged]. It comes from JazzHR's activity feed.
type StageChange struct {
	// ActivityID is JazzHR's id of the activity.
	ActivityID  string `json:"activity_id"`
	ApplicantID string `json:"applicant_id"`
	// From, To and JobTitle are read from RawAction. They are empty unless Parsed is true.
	From     string `json:"from"`
	To       string `json:"to"`
	JobTitle string `json:"job_title"`
	JobID    string `json:"job_id,omitempty"`
	// RawAction is JazzHR's sentence about the change.
	RawAction string `json:"raw_action"`
	// Parsed reports whether RawAction had the known form of a stage change.
	Parsed bool `json:"parsed"`
	// OccurredOn is the date, YYYY-MM-DD, by JazzHR's clock.
	OccurredOn string `json:"occurred_on"`
	// OccurredAtTime is the time of day, HH:MM:SS. JazzHR names no zone.
	OccurredAtTime string `json:"occurred_at_time"`
}

// WritebackResult is the data of [WritebackCompleted], [WritebackRejected] and
// [WritebackAttention].
type WritebackResult struct {
	WritebackID uuid.UUID `json:"writeback_id"`
	// InterviewID and Revision are those of the request that made the writeback.
	InterviewID string `json:"interview_id"`
	Revision    int    `json:"revision"`
	ApplicantID string `json:"applicant_id,omitempty"`
	JobID       string `json:"job_id,omitempty"`
	Steps       []Step `json:"steps"`
	// Reason says why the writeback was rejected or why a person must decide. Empty if it
	// completed.
	Reason string `json:"reason,omitempty"`
	// Written says what the note in JazzHR holds, and where that is stored. Only in
	// [WritebackCompleted].
	Written *Written `json:"written,omitempty"`
}

// Written says what was written about an interview.
type Written struct {
	// Note lists what the note holds, of "score", "summary", "link" and "transcript". If it is
	// empty, the note only says that the interview was held.
	Note []string `json:"note"`
	// StoredIn is the region in which JazzHR stores it: "us".
	StoredIn string `json:"stored_in"`
}

// MarshalJSON writes empty Steps as [] instead of null.
func (w WritebackResult) MarshalJSON() ([]byte, error) {
	type plain WritebackResult
	w.Steps = append([]Step{}, w.Steps...)
	return json.Marshal(plain(w))
}

// StepKind names one of the three kinds of steps of a writeback.
type StepKind string

// The kinds of steps, in their order.
const (
	StepCreateApplicant    StepKind = "create_applicant"
	StepLinkApplicantToJob StepKind = "link_applicant_to_job"
	StepWriteNotes         StepKind = "write_notes"
)

// Step says how one step of a writeback ended.
type Step struct {
	Kind StepKind `json:"kind"`
	// Part is the number of the note, counted from 1. Omitted for the other kinds.
	Part int `json:"part,omitempty"`
	// State is the step's state as GET /v1/tenants/{id}/writebacks/{wid} shows it.
	State string `json:"state"`
	// RemoteID is JazzHR's id of the record that was written or found.
	RemoteID string `json:"remote_id,omitempty"`
	// Error is the last error, without secrets and personal data.
	Error string `json:"error,omitempty"`
}
