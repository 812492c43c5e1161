package intrvio

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// DuplicatesFound is the data of audit.duplicates_found.
type DuplicatesFound struct {
	AuditID    uuid.UUID `json:"audit_id"`
	FinishedAt time.Time `json:"finished_at"`
	// Ours counts duplicates of what this service wrote, Theirs all others: those stood there before, or are the
	// customer's own.
	Ours   DuplicateCounts `json:"ours"`
	Theirs DuplicateCounts `json:"theirs"`
	// Findings are duplicates of ours, at most [MaxFindings] of them.
	Findings []Duplicate `json:"findings"`
}

// MaxFindings is how many duplicates an event lists.
const MaxFindings = 100

// MarshalJSON writes a list of no findings as [] and not as null.
func (d DuplicatesFound) MarshalJSON() ([]byte, error) {
	type plain DuplicatesFound
	d.Findings = append([]Duplicate{}, d.Findings...)
	return json.Marshal(plain(d))
}

// DuplicateCounts counts the copies beyond the first, by kind.
type DuplicateCounts struct {
	Applicants int `json:"applicants"`
	Links      int `json:"links"`
	Notes      int `json:"notes"`
}

// Total is the sum of all kinds.
func (c DuplicateCounts) Total() int { return c.Applicants + c.Links + c.Notes }

// DuplicateKind names what stands in JazzHR more than once.
type DuplicateKind string

// The kinds of duplicates.
const (
	DuplicateApplicant DuplicateKind = "applicant" // applicants with one email
	DuplicateLink      DuplicateKind = "link"      // links of one applicant and job
	DuplicateNote      DuplicateKind = "note"      // notes with one reference
)

// Duplicate is something that stands in JazzHR more than once.
type Duplicate struct {
	Kind DuplicateKind `json:"kind"`
	// IDs are JazzHR's, of all copies.
	IDs []string `json:"ids"`
	// ApplicantIDs are those of the applicants who have the links or notes; omitted for applicants.
	ApplicantIDs []string `json:"applicant_ids,omitempty"`
	// JobID is that of links.
	JobID string `json:"job_id,omitempty"`
	// Reference is the mark that the notes carry.
	Reference string `json:"reference,omitempty"`
}

func (DuplicatesFound) belongsTo(t EventType) bool { return t == AuditDuplicatesFound }
