package jazzhr

import "context"

// Job is a job opening.
type Job struct {
	ID           string
	Title        string
	Status       string // Open, On Hold, Approved, Needs Approval, Drafting, Filled, Cancelled or Closed
	BoardCode    string // code in the address of the job's public page
	InternalCode string
	Department   string
	City         string
	State        string
	CountryID    string // such as usa
	Type         string
	HiringLead   string // a user id
	Description  string // HTML
	OpenDate     string // YYYY-MM-DD, or empty
}

// JobFilter narrows a list of jobs. Empty fields are ignored.
type JobFilter struct {
	Title     string
	BoardCode string
	Status    string
}

// Jobs reads one page of the jobs, the newest first. Pages count from 1.
func (a *Account) Jobs(ctx context.Context, f JobFilter, page int) (Page[Job], error) {
	return readPage(ctx, a, listJobs, page, parseJob,
		filter{"title", f.Title}, filter{"board_code", f.BoardCode}, filter{"status", f.Status})
}

// Job reads one job. The error wraps [ErrNotFound] if the account has no job with this id.
func (a *Account) Job(ctx context.Context, id string) (Job, error) {
	return readOne(ctx, a, getJob, id, parseJob)
}

func parseJob(row map[string]any) Job {
	return Job{
		ID:           scalar(row["id"]),
		Title:        scalar(row["title"]),
		Status:       scalar(row["status"]),
		BoardCode:    scalar(row["board_code"]),
		InternalCode: scalar(row["internal_code"]),
		Department:   scalar(row["department"]),
		City:         scalar(row["city"]),
		State:        scalar(row["state"]),
		CountryID:    scalar(row["country_id"]),
		Type:         scalar(row["type"]),
		HiringLead:   scalar(row["hiring_lead"]),
		Description:  scalar(row["description"]),
		OpenDate:     dateText(scalar(row["original_open_date"])),
	}
}

// readPage reads one page of a list.
func readPage[T any](
	ctx context.Context, a *Account, e endpoint, number int, parse func(map[string]any) T, filters ...filter,
) (page Page[T], err error) {
	t, err := e.page(number, filters...)
	if err != nil {
		return page, &Error{Op: e.name(), Kind: NotSent, cause: err}
	}
	err = a.get(ctx, t, func(b body) (err error) {
		page, err = decodeList(b, parse)
		return err
	})
	return page, err
}

// readOne reads the record with an id.
func readOne[T any](
	ctx context.Context, a *Account, e endpoint, id string, parse func(map[string]any) T,
) (one T, err error) {
	t, err := e.at(id)
	if err != nil {
		return one, &Error{Op: e.name(), Kind: NotSent, cause: err}
	}
	err = a.get(ctx, t, func(b body) (err error) {
		one, err = decodeOne(b, id, parse)
		return err
	})
	return one, err
}
