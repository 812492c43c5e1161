package intrvio

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// DuplicatesFound is the data of [AuditDuplicatesFound].
type DuplicatesFound struct {
	AuditID    uuid.UUID `json:"audit_id"`
	FinishedAt time.Time `json:"finished_at"`
	// Ours counts duplicates of what this service wrote. Theirs counts all others: they stood there
	// before, or the customer made them.
	Ours   DuplicateCounts `json:"ours"`
	Theirs DuplicateCounts `json:"theirs"`
	// Findings lists the duplicates counted in Ours, at most [MaxFindings].
	Findings []Duplicate `json:"findings"`
}

// MaxFindings is how many duplicates one event lists.
const MaxFindings = 100

// MarshalJSON writes empty Findings as [] instead of null.
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

// Total returns the sum of all kinds.
func (c DuplicateCounts) Total() int { return c.Applicants + c.Links + c.Notes }

// DuplicateKind says what JazzHR holds more than once.
type DuplicateKind string

// The kinds of duplicates.
const (
	DuplicateApplicant DuplicateKind = "applicant" // applicants with one email
	DuplicateLink      DuplicateKind = "link"      // links of one applicant and job
	DuplicateNote      DuplicateKind = "note"      // notes with one reference
)

// Duplicate is something that JazzHR holds more than once.
type Duplicate struct {
	Kind DuplicateKind `json:"kind"`
	// IDs are JazzHR's ids of all copies.
	IDs []string `json:"ids"`
	// ApplicantIDs are the applicants that hold the links or notes. Omitted for applicants.
	ApplicantIDs []string `json:"applicant_ids,omitempty"`
	// JobID is the job of duplicate links.
	JobID string `json:"job_id,omitempty"`
	// Reference is the reference text that the notes share.
	Reference string `json:"reference,omitempty"`
}
