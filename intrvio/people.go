package intrvio

// Applied is the data of candidate.applied.
type Applied struct {
	ApplicantID string    `json:"applicant_id"`
	Candidate   Candidate `json:"candidate"`
	// AppliedOn is the date, YYYY-MM-DD, by JazzHR's clock; empty, and then omitted, if JazzHR has none.
	AppliedOn string `json:"applied_on,omitempty"`
	// JobID and JobTitle are of the opening that the person applied for first, if JazzHR names one.
	JobID    string `json:"job_id,omitempty"`
	JobTitle string `json:"job_title,omitempty"`
	// MadeByUs reports whether a writeback made an applicant of this email.
	MadeByUs bool `json:"made_by_us"`
}

// Linked is the data of candidate.linked.
type Linked struct {
	// LinkID is JazzHR's id of the application.
	LinkID      string `json:"link_id"`
	ApplicantID string `json:"applicant_id"`
	JobID       string `json:"job_id"`
	// LinkedOn is the date, YYYY-MM-DD, by JazzHR's clock; empty, and then omitted, if JazzHR has none.
	LinkedOn string `json:"linked_on,omitempty"`
	// MadeByUs reports whether a writeback linked this applicant to this job.
	MadeByUs bool `json:"made_by_us"`
}

// Gone is the data of candidate.gone.
type Gone struct {
	ApplicantID string `json:"applicant_id"`
}

// Backfill is the data of backfill.completed: how much of each kind is known by then.
type Backfill struct {
	Applicants int64 `json:"applicants"`
	Links      int64 `json:"links"`
	Jobs       int64 `json:"jobs"`
}

func (Applied) belongsTo(t EventType) bool { return t == CandidateApplied }

func (Linked) belongsTo(t EventType) bool { return t == CandidateLinked }

func (Gone) belongsTo(t EventType) bool { return t == CandidateGone }

func (Backfill) belongsTo(t EventType) bool { return t == BackfillCompleted }
