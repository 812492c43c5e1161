package jazzhrtest

import (
	"strconv"
	"time"
)

// The shapes of the API's rows. Almost all values are strings.

type jobRow struct {
	ID            string `json:"id"`
	TeamID        string `json:"team_id"`
	Title         string `json:"title"`
	CountryID     string `json:"country_id"`
	City          string `json:"city"`
	State         string `json:"state"`
	Zip           string `json:"zip"`
	Department    string `json:"department"`
	Description   string `json:"description"`
	MinimumSalary string `json:"minimum_salary"`
	MaximumSalary string `json:"maximum_salary"`
	Notes         string `json:"notes"`
	OpenDate      string `json:"original_open_date"`
	Type          string `json:"type"`
	Status        string `json:"status"`
	SendToBoards  string `json:"send_to_job_boards"`
	HiringLead    string `json:"hiring_lead"`
	BoardCode     string `json:"board_code"`
	InternalCode  string `json:"internal_code"`
	Questionnaire string `json:"questionnaire"`
}

func newJobRow(j Job) jobRow {
	return jobRow{
		ID: j.ID, TeamID: teamID, Title: j.Title, CountryID: "usa", City: j.City, State: j.State, Zip: j.Zip,
		Department: j.Department, Description: j.Description, MinimumSalary: "0", MaximumSalary: "0",
		OpenDate: date(j.Opened), Type: j.Type, Status: j.Status, SendToBoards: "Yes",
		HiringLead: j.HiringLead, BoardCode: j.BoardCode, InternalCode: j.InternalCode, Questionnaire: "0",
	}
}

type jobDetail struct {
	jobRow
	Applicants any `json:"job_applicants"`
}

type jobApplicant struct {
	ProspectID string `json:"prospect_id"`
	ApplyDate  string `json:"apply_date"`
}

type applicantRow struct {
	ID        string `json:"id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Phone     string `json:"prospect_phone"`
	ApplyDate string `json:"apply_date"`
	JobID     string `json:"job_id"`
	JobTitle  string `json:"job_title"`
}

// applicantDetail has the fields that clients use, and some of the forty others.
type applicantDetail struct {
	ID                string `json:"id"`
	FirstName         string `json:"first_name"`
	LastName          string `json:"last_name"`
	Email             string `json:"email"`
	Address           string `json:"address"`
	Location          string `json:"location"`
	Phone             string `json:"phone"`
	LinkedIn          string `json:"linkedin_url"`
	Website           string `json:"website"`
	Source            string `json:"source"`
	ApplyDate         string `json:"apply_date"`
	DesiredSalary     string `json:"desired_salary"`
	DesiredStart      string `json:"desired_start_date"`
	CoverLetter       string `json:"coverletter"`
	EEOGender         string `json:"eeo_gender"`
	EEORace           string `json:"eeo_race"`
	EEODisability     string `json:"eeo_disability"`
	EEOCVeteran       string `json:"eeoc_veteran"`
	CitizenshipStatus string `json:"citizenship_status"`
	Rating            any    `json:"rating"`
	Jobs              any    `json:"jobs"`
	Comments          any    `json:"comments,omitempty"`
	Activities        any    `json:"activities"`
	Messages          any    `json:"messages"`
	Questionnaire     any    `json:"questionnaire"`
	Evaluation        any    `json:"evaluation"`
	Categories        any    `json:"categories"`
}

type applicantJob struct {
	JobID          string `json:"job_id"`
	JobTitle       string `json:"job_title"`
	WorkflowStepID any    `json:"workflow_step_id"`
	Progress       string `json:"applicant_progress"`
}

type commentRow struct {
	ID         any    `json:"id"`
	AuthorID   string `json:"author_id"`
	AuthorName string `json:"author_name"`
	Text       string `json:"text"`
	Date       string `json:"date"`
	Time       string `json:"time"`
}

type applicantActivity struct {
	ID       string `json:"id"`
	Activity string `json:"activity"`
	Date     string `json:"date"`
	Time     string `json:"time"`
}

type linkRow struct {
	ID             string `json:"id"`
	ApplicantID    string `json:"applicant_id"`
	JobID          string `json:"job_id"`
	Rating         string `json:"rating"`
	WorkflowStepID string `json:"workflow_step_id"`
	Date           string `json:"date"`
}

type activityRow struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	TeamID   string `json:"team_id"`
	UserID   string `json:"user_id"`
	ObjectID string `json:"object_id"`
	Action   string `json:"action"`
	Date     string `json:"date"`
	Time     string `json:"time"`
}

const (
	noDate   = "0000-00-00"
	noRating = "0"
)

func date(t time.Time) string {
	if t.IsZero() {
		return noDate
	}
	return t.Format(time.DateOnly)
}

func clock(t time.Time) string { return t.Format(time.TimeOnly) }

// varyingRating returns a value whose type differs from reply to reply.
func varyingRating(n int) any {
	switch n % 3 {
	case 0:
		return false
	case 1:
		return "0"
	default:
		return []string{}
	}
}

// varyingID returns an id of digits, as a string in one reply and as a number in the next.
func varyingID(id string, n int) any {
	if number, err := strconv.Atoi(id); err == nil && n%2 == 1 {
		return number
	}
	return id
}

// nested returns a nested list. Some accounts answer an empty one as null.
func nested[T any](rows []T, null bool) any {
	if len(rows) == 0 && null {
		return nil
	}
	return list(rows)
}
