package web

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// JobFinder asks JazzHR for jobs.
type JobFinder interface {
	// FindJob reports whether a tenant's account has a job of an id or, where that is empty, of a board code. Its error
	// means that JazzHR could not be asked.
	FindJob(ctx context.Context, tenant uuid.UUID, id, boardCode string) (found bool, err error)
}

// askTimeout is how long JazzHR may take to say whether it has a job. After it a writeback is accepted unasked: its caller
// waits.
const askTimeout = 10 * time.Second

// refuseUnknownJob asks JazzHR for the job of a new writeback that the mirror does not know. Where it can't be asked the
// writeback is accepted: the step that links to the job finds out.
func (s *Server) refuseUnknownJob(ctx context.Context, tenant uuid.UUID, w queue.Writeback) error {
	var job *queue.Job
	err := db.InTenant(ctx, s.config.Pool, tenant, func(tx db.TenantTx) (err error) {
		job, err = queue.UnknownJob(ctx, tx, w)
		return err
	})
	if err != nil || job == nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := s.config.Jobs.FindJob(asking, tenant, job.ID, job.BoardCode)
	switch {
	case err != nil:
		s.config.Logger.WarnContext(ctx, "a writeback's job could not be looked for", slog.String("tenant_id", tenant.String()), slog.String("error", db.LogText(err)))
		return nil
	case found:
		return nil
	case job.ID != "":
		return &failure{Code: CodeJobNotFound, Message: "JazzHR has no job with this id", Field: "job.id"}
	default:
		return &failure{Code: CodeJobNotFound, Message: "JazzHR has no job with this board code", Field: "job.board_code"}
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
	if !plain(query.Get("status")) {
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
	var jobs []queue.OpeningView
	var complete *time.Time
	err = db.InTenant(r.context(), s.config.Pool, tenant, func(tx db.TenantTx) error {
		jobs, complete, err = queue.ListOpenings(r.context(), tx, queue.OpeningFilter{
			Status: query.Get("status"), After: after, Limit: limit + 1,
		})
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		page[queue.OpeningView]
		// CompleteAt is when a pass over JazzHR's whole list last ended; null until one has.
		CompleteAt *time.Time `json:"complete_at"`
	}{newTextPage(jobs, limit, func(job queue.OpeningView) string { return job.JobID }), complete}, nil
}

// jobCursorOf is the job's id after which a page begins.
func jobCursorOf(query url.Values) (string, error) {
	id, err := base64.RawURLEncoding.Strict().DecodeString(query.Get("cursor"))
	if err != nil || !plain(string(id)) {
		return "", invalid("cursor", "must be a next_cursor as it was given out")
	}
	return string(id), nil
}

// plain reports whether a text is short, and such as the database can take.
func plain(text string) bool {
	return len(text) <= maxField && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
