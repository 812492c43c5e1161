package jazzhr

import "context"

// Link is an application: it joins an applicant and a job.
type Link struct {
	ID             string
	ApplicantID    string
	JobID          string
	WorkflowStepID string
	Date           string // YYYY-MM-DD, or empty
}

// LinkFilter narrows a list of links; empty fields do not count.
type LinkFilter struct {
	ApplicantID string
	JobID       string
}

// Links reads one page of the links (applicants2jobs), counted from 1.
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
