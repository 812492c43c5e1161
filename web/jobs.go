package web

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// JobFinder asks JazzHR for jobs.
type JobFinder interface {
	// FindJob reports whether a tenant's account has the job of an id or, without an id, of a board
	// code. Its error means that JazzHR could not be asked.
	FindJob(ctx context.Context, tenant uuid.UUID, id, boardCode string) (found bool, err error)
}

// findJobTimeout is how long JazzHR may take to say whether it has a job. After that the writeback
// is accepted without an answer, because its caller waits.
const findJobTimeout = 10 * time.Second

// refuseUnknownJob returns an error if JazzHR does not have the job of a new writeback. It asks
// only for a job that the mirror does not know. A writeback whose job can't be asked for is
// accepted: the step that links to the job finds out.
func (s *Server) refuseUnknownJob(ctx context.Context, tenant uuid.UUID, w writeback.Writeback) error {
	var job *writeback.Job
	err := db.InTenant(ctx, s.config.Pool, tenant, func(tx db.TenantTx) (err error) {
		job, err = writeback.UnknownJob(ctx, tx, w)
		return err
	})
	if err != nil || job == nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, findJobTimeout)
	defer cancel()
	found, err := s.config.Jobs.FindJob(asking, tenant, job.ID, job.BoardCode)
	switch {
	case err != nil:
		s.config.Logger.WarnContext(ctx, "a writeback's job could not be looked for",
			slog.String("tenant_id", tenant.String()), slog.String("error", db.LogText(err)))
		return nil
	case found:
		return nil
	case job.ID != "":
		return &apiError{Code: CodeJobNotFound, Message: "JazzHR has no job with this id", Field: "job.id"}
	default:
		return &apiError{Code: CodeJobNotFound, Message: "JazzHR has no job with this board code", Field: "job.board_code"}
	}
}

func (s *Server) listJobs(r *request) (int, any, error) {
	tenant, err := r.tenantID()
	if err != nil {
		return 0, nil, err
	}
	query, err := r.query("status", "limit", "cursor")
	if err != nil {
		return 0, nil, err
	}
	if !isPlain(query.Get("status")) {
		return 0, nil, invalid("status", "must be a status of JazzHR's, such as Open")
	}
	limit, err := limitOf(query, maxLimit)
	if err != nil {
		return 0, nil, err
	}
	after, err := jobCursorOf(query)
	if err != nil {
		return 0, nil, err
	}
	if _, err := s.config.Tenants.Get(r.context(), tenant); err != nil {
		return 0, nil, err
	}
	var jobs []gen.Opening
	var complete *time.Time
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		complete, err = tx.Q.OpeningsCompleteAt(r.context(), tx, tx.Tenant)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read when the mirror of openings was complete: %w", err)
		}
		jobs, err = tx.Q.ListOpenings(r.context(), tx, gen.ListOpeningsParams{
			TenantID: tx.Tenant, After: after, Status: db.NullText(query.Get("status")), MaxRows: int32(limit + 1),
		})
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("list jobs: %w", err)
	}
	views := make([]openingView, len(jobs))
	for i, job := range jobs {
		views[i] = openingView{
			JobID: job.JobID, BoardCode: db.Text(job.BoardCode), Title: job.Title, Status: job.Status,
			Department: job.Department, City: job.City, State: job.State, CountryID: job.CountryID,
		}
	}
	return http.StatusOK, struct {
		page[openingView]
		// CompleteAt is when JazzHR's whole list was last read to its end, or null.
		CompleteAt *time.Time `json:"complete_at"`
	}{newTextPage(views, limit, func(job openingView) string { return job.JobID }), db.UTC(complete)}, nil
}

// openingView is a job opening in JazzHR as the API shows it.
type openingView struct {
	JobID      string `json:"job_id"`
	BoardCode  string `json:"board_code"`
	Title      string `json:"title"`
	Status     string `json:"status"`
	Department string `json:"department"`
	City       string `json:"city"`
	State      string `json:"state"`
	CountryID  string `json:"country_id"`
}

// jobCursorOf returns the id of the job after which a page begins.
func jobCursorOf(query url.Values) (string, error) {
	id, err := base64.RawURLEncoding.Strict().DecodeString(query.Get("cursor"))
	if err != nil || !isPlain(string(id)) {
		return "", invalid("cursor", "must be a next_cursor as it was given out")
	}
	return string(id), nil
}

// isPlain reports whether a text is short and can be stored in the database.
func isPlain(text string) bool {
	return len(text) <= maxField && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
