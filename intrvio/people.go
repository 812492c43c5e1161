package intrvio

// Applied is the data of [CandidateApplied].
type Applied struct {
	ApplicantID string    `json:"applicant_id"`
	Candidate   Candidate `json:"candidate"`
	// AppliedOn is the date, YYYY-MM-DD, by JazzHR's clock. Omitted if JazzHR has none.
	AppliedOn string `json:"applied_on,omitempty"`
	// JobID and JobTitle are the opening that the person applied to first. Omitted if JazzHR names
	// none.
	JobID    string `json:"job_id,omitempty"`
	JobTitle string `json:"job_title,omitempty"`
	// MadeByUs reports whether a writeback created an applicant with this email.
	MadeByUs bool `json:"made_by_us"`
}

// Linked is the data of [CandidateLinked].
type Linked struct {
	// LinkID is JazzHR's id of the application.
	LinkID      string `json:"link_id"`
	ApplicantID string `json:"applicant_id"`
	JobID       string `json:"job_id"`
	// LinkedOn is the date, YYYY-MM-DD, by JazzHR's clock. Omitted if JazzHR has none.
	LinkedOn string `json:"linked_on,omitempty"`
	// MadeByUs reports whether a writeback linked this applicant to this job.
	MadeByUs bool `json:"made_by_us"`
}

// Gone is the data of [CandidateGone].
type Gone struct {
	ApplicantID string `json:"applicant_id"`
}

// Backfill is the data of [BackfillCompleted]: how many records of each kind the mirror holds.
type Backfill struct {
	Applicants int64 `json:"applicants"`
	Links      int64 `json:"links"`
	Jobs       int64 `json:"jobs"`
}
