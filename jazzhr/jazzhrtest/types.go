package jazzhrtest

import "time"

// Job is an opening. AddJob fills in empty fields that are needed.
type Job struct {
	ID           string    `json:"id"`
	Number       int64     `json:"number"` // internal id: the webhook has it, the API does not
	Title        string    `json:"title"`
	Status       string    `json:"status"` // "Open" if empty; jazzhr.Job lists the others
	BoardCode    string    `json:"board_code"`
	InternalCode string    `json:"internal_code,omitempty"`
	Department   string    `json:"department,omitempty"`
	Type         string    `json:"type,omitempty"` // "Full Time" if empty
	City         string    `json:"city,omitempty"`
	State        string    `json:"state,omitempty"`
	Zip          string    `json:"zip,omitempty"`
	Description  string    `json:"description,omitempty"`
	HiringLead   string    `json:"hiring_lead,omitempty"`
	Opened       time.Time `json:"opened"`
}

// Applicant is a person. AddApplicant fills in ID, Number and Applied if empty.
type Applicant struct {
	ID          string       `json:"id"`
	Number      int64        `json:"number"` // internal id: the webhook has it, the API does not
	FirstName   string       `json:"first_name"`
	LastName    string       `json:"last_name"`
	Email       string       `json:"email"`
	Phone       string       `json:"phone,omitempty"`
	Address     string       `json:"address,omitempty"`
	City        string       `json:"city,omitempty"`
	State       string       `json:"state,omitempty"`
	Postal      string       `json:"postal,omitempty"`
	Source      string       `json:"source,omitempty"`
	LinkedIn    string       `json:"linkedin,omitempty"`
	Website     string       `json:"website,omitempty"`
	CoverLetter string       `json:"cover_letter,omitempty"`
	Applied     time.Time    `json:"applied"`
	Protected   Protected    `json:"protected,omitzero"`
	Attachments []Attachment `json:"attachments,omitempty"`
	MergedInto  string       `json:"merged_into,omitempty"` // id of the applicant it was merged into
}

// Protected are the answers to the questions of equal opportunity law. JazzHR puts them into every
// export. A receiver must not keep them.
type Protected struct {
	Gender      string `json:"gender,omitempty"`
	Citizenship string `json:"citizenship,omitempty"`
	Race        string `json:"race,omitempty"`
	Disability  string `json:"disability,omitempty"`
	Veteran     string `json:"veteran,omitempty"`
}

// Attachment is a document of an applicant. An export holds an address for it that works for two
// and a half hours.
type Attachment struct {
	Number   int64  `json:"number"`
	FileName string `json:"file_name"`
	MIMEType string `json:"mime_type"`
	Content  []byte `json:"content"`
}

// Link is an application: an applicant in a stage of a job's workflow.
type Link struct {
	ID          string    `json:"id"`
	Number      int64     `json:"number"`
	ApplicantID string    `json:"applicant_id"`
	JobID       string    `json:"job_id"`
	Stage       string    `json:"stage"` // the name of one of Stages
	Moved       time.Time `json:"moved"` // when the applicant entered the stage
	Date        time.Time `json:"date"`
}

// Note is a comment on an applicant.
type Note struct {
	ID          string    `json:"id"`
	ApplicantID string    `json:"applicant_id"`
	AuthorID    string    `json:"author_id"`
	AuthorName  string    `json:"author_name"`
	Text        string    `json:"text"`
	Security    string    `json:"security"`
	Written     time.Time `json:"written"`
}

// Activity is an entry of the activity feed.
type Activity struct {
	ID       string    `json:"id"`
	Category string    `json:"category"`
	UserID   string    `json:"user_id"`
	ObjectID string    `json:"object_id"`
	Action   string    `json:"action"`
	At       time.Time `json:"at"`
}

// Categories of activities. The first three are from recorded traffic. The others are guesses in
// the same style.
const (
	CategoryStatus = "resume_status" // an applicant changed stage; Action quotes both stages and the job title
	CategoryDelete = "resume_delete" // an applicant was merged or erased
	CategoryLogins = "logins"

	CategoryApplied = "resume_add"     // an applicant was created
	CategoryLinked  = "resume_job"     // an applicant was linked to a job
	CategoryNote    = "resume_comment" // a note was written
)

// Stage is a step of the hiring workflow.
type Stage struct {
	ID   string // workflow_step_id, only digits
	Name string
}

// Stages returns the workflow that every job of the simulator has, in order.
func Stages() []Stage {
	return []Stage{
		{"2910341", "New"},
		{"2910342", "Reviewed"},
		{"2910343", "Phone Screen"},
		{"2910344", "Interview"},
		{"2910345", "Offer"},
		{"2910346", "Hired"},
		{"2910347", "Not Hired"},
	}
}

// stageByName returns the stage with a name.
func stageByName(name string) (Stage, bool) {
	for _, s := range Stages() {
		if s.Name == name {
			return s, true
		}
	}
	return Stage{}, false
}

// stageByID returns the stage with a workflow_step_id.
func stageByID(id string) (Stage, bool) {
	for _, s := range Stages() {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}

// firstStage returns the stage where an application begins.
func firstStage() Stage { return Stages()[0] }
