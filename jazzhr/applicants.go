package jazzhr

import (
	"context"
	"slices"
)

// ApplicantRow is an applicant as lists show it. There is one row per application. A row has
// neither email nor stage.
type ApplicantRow struct {
	ID        string
	FirstName string
	LastName  string
	Phone     string
	ApplyDate string // YYYY-MM-DD, or empty
	JobID     string
	JobTitle  string
}

// ApplicantFilter narrows a list of applicants. Empty fields are ignored. JazzHR has no filter by
// email.
type ApplicantFilter struct {
	Name          string // matches a part of the first or last name
	FromApplyDate string // YYYY-MM-DD
	JobID         string
}

// Applicant is one applicant with all details.
type Applicant struct {
	ID        string
	FirstName string
	LastName  string
	Email     string
	Phone     string
	Source    string
	ApplyDate string // YYYY-MM-DD, or empty
	Jobs      []ApplicantJob
	// Comments are the applicant's notes. JazzHR shows them only here.
	Comments []Comment
	// CommentsKnown is false if the answer held no readable list of comments. The applicant may
	// have notes all the same.
	CommentsKnown bool
}

// ApplicantJob is a job that an applicant is linked to.
type ApplicantJob struct {
	JobID          string
	JobTitle       string
	WorkflowStepID string
	Stage          string // name of the workflow step
}

// Comment is a note on an applicant. JazzHR may have turned its text into HTML.
type Comment struct {
	ID   string
	Text string
	Date string // YYYY-MM-DD, or empty
	Time string // HH:MM:SS; JazzHR names no time zone
}

// Applicants reads one page of the applicants, the newest first. Pages count from 1.
func (a *Account) Applicants(ctx context.Context, f ApplicantFilter, page int) (Page[ApplicantRow], error) {
	return readPage(ctx, a, listApplicants, page, parseApplicantRow,
		filter{"name", f.Name}, filter{"from_apply_date", f.FromApplyDate},
		filter{"job_id", f.JobID})
}

// Applicant reads one applicant. The error wraps [ErrNotFound] if the account has no applicant with
// this id, as after a merge.
func (a *Account) Applicant(ctx context.Context, id string) (Applicant, error) {
	return readOne(ctx, a, getApplicant, id, parseApplicant)
}

func parseApplicantRow(row map[string]any) ApplicantRow {
	return ApplicantRow{
		ID:        scalar(row["id"]),
		FirstName: personal(row["first_name"]),
		LastName:  personal(row["last_name"]),
		Phone:     scalar(row["prospect_phone"]),
		ApplyDate: dateText(scalar(row["apply_date"])),
		JobID:     scalar(row["job_id"]),
		JobTitle:  scalar(row["job_title"]),
	}
}

func parseApplicant(row map[string]any) Applicant {
	applicant := Applicant{
		ID:        scalar(row["id"]),
		FirstName: personal(row["first_name"]),
		LastName:  personal(row["last_name"]),
		Email:     personal(row["email"]),
		Phone:     scalar(member(row, "phone", "prospect_phone")),
		Source:    scalar(row["source"]),
		ApplyDate: dateText(scalar(row["apply_date"])),
	}
	// Unreadable jobs are left out. Callers read links from their own list.
	applicant.Jobs, _ = parseAll(row["jobs"], parseApplicantJob)
	if comments, present := row["comments"]; present {
		applicant.Comments, applicant.CommentsKnown = parseAll(comments, parseComment)
		// One without a text may be any of them.
		noText := func(comment any) bool { _, has := object(comment)["text"].(string); return !has }
		if slices.ContainsFunc(list(comments), noText) {
			applicant.Comments, applicant.CommentsKnown = nil, false
		}
	}
	return applicant
}

func parseApplicantJob(row map[string]any) ApplicantJob {
	return ApplicantJob{
		JobID:          scalar(row["job_id"]),
		JobTitle:       scalar(row["job_title"]),
		WorkflowStepID: scalar(row["workflow_step_id"]),
		Stage:          scalar(row["applicant_progress"]),
	}
}

func parseComment(row map[string]any) Comment {
	return Comment{
		ID:   scalar(row["id"]),
		Text: scalar(row["text"]),
		Date: dateText(scalar(row["date"])),
		Time: scalar(row["time"]),
	}
}
