package jazzhr

import "context"

// Link is an application. It links an applicant to a job.
type Link struct {
	ID             string
	ApplicantID    string
	JobID          string
	WorkflowStepID string
	Date           string // YYYY-MM-DD, or empty
}

// LinkFilter narrows a list of links. Empty fields are ignored.
type LinkFilter struct {
	ApplicantID string
	JobID       string
}

// Links reads one page of the links (applicants2jobs). Pages count from 1.
func (a *Account) Links(ctx context.Context, f LinkFilter, page int) (Page[Link], error) {
	return readPage(ctx, a, listLinks, page, parseLink,
		filter{"applicant_id", f.ApplicantID}, filter{"job_id", f.JobID})
}

func parseLink(row map[string]any) Link {
	return Link{
		ID:             scalar(row["id"]),
		ApplicantID:    scalar(row["applicant_id"]),
		JobID:          scalar(row["job_id"]),
		WorkflowStepID: scalar(row["workflow_step_id"]),
		Date:           dateText(scalar(row["date"])),
	}
}
