package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// PollOpenings brings the mirror of a tenant's job openings up to date.
type PollOpenings struct {
	TenantID uuid.UUID `json:"tenant_id"`
}

// Kind names the job.
func (PollOpenings) Kind() string { return "poll_openings" }

// InsertOpts says how it is queued.
func (PollOpenings) InsertOpts() river.InsertOpts { return unique(QueuePolls) }

// startOpenings is as startPolls, once an hour.
func (t *Ticker) startOpenings(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	tenants, err := gen.New().SystemDueOpenings(ctx, tx, tickRows)
	jobs := make([]river.InsertManyParams, len(tenants))
	for i, tenant := range tenants {
		jobs[i].Args = PollOpenings{TenantID: tenant}
	}
	return jobs, err
}

// OpeningView is a job opening in JazzHR as the API shows it.
type OpeningView struct {
	JobID      string `json:"job_id"`
	BoardCode  string `json:"board_code"`
	Title      string `json:"title"`
	Status     string `json:"status"`
	Department string `json:"department"`
	City       string `json:"city"`
	State      string `json:"state"`
	CountryID  string `json:"country_id"`
}

// OpeningFilter narrows a list of openings. An empty Status narrows nothing; After is the last id of the page before.
type OpeningFilter struct {
	Status string // in any case
	After  string
	Limit  int
}

// ListOpenings returns what the mirror holds of a tenant's openings, in the order in which they were made, and when a
// pass over JazzHR's list was last complete; nil if none was yet.
func ListOpenings(ctx context.Context, tx db.TenantTx, filter OpeningFilter) ([]OpeningView, *time.Time, error) {
	complete, _, err := orMissing(tx.Q.OpeningsCompleteAt(ctx, tx, tx.Tenant))
	if err != nil {
		return nil, nil, fmt.Errorf("read when the mirror of openings was complete: %w", err)
	}
	rows, err := tx.Q.ListOpenings(ctx, tx, gen.ListOpeningsParams{
		TenantID: tx.Tenant, After: filter.After, Status: some(filter.Status), MaxRows: int32(filter.Limit),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list openings: %w", err)
	}
	views := make([]OpeningView, len(rows))
	for i, row := range rows {
		views[i] = OpeningView{
			JobID: row.JobID, BoardCode: deref(row.BoardCode), Title: row.Title, Status: row.Status,
			Department: row.Department, City: row.City, State: row.State, CountryID: row.CountryID,
		}
	}
	return views, utc(complete), nil
}

// UnknownJob returns the job that a writeback names if the writeback is new and the mirror does not know that job; else
// nil. It returns nil too where JazzHR is not to be asked: for no tenant, or one whose work waits. A writeback that is
// invalid gives an [*InvalidError].
func UnknownJob(ctx context.Context, tx db.TenantTx, w Writeback) (*Job, error) {
	if w.Revision == 0 {
		w.Revision = 1
	}
	if w.Job == nil {
		return nil, nil
	}
	tenant, missing, err := orMissing(tx.Q.Tenant(ctx, tx, tx.Tenant))
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	if missing || !mayWork(tenant) {
		return nil, nil
	}
	if err := w.validate(); err != nil {
		return nil, err
	}
	// One of this key is the same again, or a conflict.
	_, missing, err = orMissing(tx.Q.WritebackByInterview(ctx, tx, tx.Tenant, w.InterviewID, int32(w.Revision)))
	if err != nil {
		return nil, fmt.Errorf("look for the writeback: %w", err)
	}
	if !missing {
		return nil, nil
	}
	if w.Job.ID != "" {
		_, missing, err = orMissing(tx.Q.Opening(ctx, tx, tx.Tenant, w.Job.ID))
	} else {
		_, missing, err = orMissing(tx.Q.OpeningByBoardCode(ctx, tx, tx.Tenant, &w.Job.BoardCode))
	}
	if err != nil {
		return nil, fmt.Errorf("look for the job: %w", err)
	}
	if !missing {
		return nil, nil
	}
	return w.Job, nil
}

// orMissing tells that there is no such row from what else went wrong.
func orMissing[T any](row T, err error) (_ T, missing bool, _ error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return row, true, nil
	}
	return row, false, err
}
