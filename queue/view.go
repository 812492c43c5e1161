package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
)

// Why a step waits.
const (
	WaitingForQueue       = "queue"
	WaitingForRateLimit   = "rate_limit"
	WaitingForPaused      = "paused"
	WaitingForCredentials = "credentials"
	WaitingForSettling    = "settling"     // a lost answer: JazzHR is read once the quiet period is over
	WaitingForRetry       = "retry"        // JazzHR could not be asked
	WaitingForEarlierStep = "earlier_step" // or an earlier revision of the interview
	WaitingForPerson      = "person"
)

// WritebackView is a writeback as the API shows it.
type WritebackView struct {
	ID          uuid.UUID  `json:"id"`
	InterviewID string     `json:"interview_id"`
	Revision    int        `json:"revision"`
	RequestID   *uuid.UUID `json:"request_id,omitempty"`
	State       string     `json:"state"`
	ApplicantID string     `json:"applicant_id,omitempty"`
	JobID       string     `json:"job_id,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
	DoneAt      *time.Time `json:"done_at,omitempty"`
	Steps       []StepView `json:"steps"`
}

// StepView is a step of a writeback as the API shows it. The step write_notes has its parts instead of an effect of
// its own.
type StepView struct {
	Kind          string          `json:"kind,omitempty"`
	Part          int             `json:"part,omitempty"`
	State         string          `json:"state"`
	WaitingFor    string          `json:"waiting_for,omitempty"`
	NextAttemptAt *time.Time      `json:"next_attempt_at,omitempty"`
	Attempts      int             `json:"attempts"`
	RemoteID      string          `json:"remote_id,omitempty"`
	StartedAt     *time.Time      `json:"started_at,omitempty"`
	DoneAt        *time.Time      `json:"done_at,omitempty"`
	LastError     string          `json:"last_error,omitempty"`
	Evidence      json.RawMessage `json:"evidence,omitempty"`
	Parts         []StepView      `json:"parts,omitempty"`
}

// ErrNoWriteback says that the tenant has no such writeback.
var ErrNoWriteback = errors.New("no such writeback")

// ViewWriteback returns one writeback of a tenant.
func ViewWriteback(ctx context.Context, tx db.TenantTx, id uuid.UUID) (WritebackView, error) {
	row, err := tx.Q.Writeback(ctx, tx, tx.Tenant, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return WritebackView{}, ErrNoWriteback
	}
	if err != nil {
		return WritebackView{}, fmt.Errorf("read writeback: %w", err)
	}
	tenant, err := tx.Q.Tenant(ctx, tx, tx.Tenant)
	if err != nil {
		return WritebackView{}, fmt.Errorf("read tenant: %w", err)
	}
	return ViewRow(ctx, tx, tenant, row)
}

// ViewRow is ViewWriteback for a writeback and a tenant whose rows were read.
func ViewRow(ctx context.Context, tx db.TenantTx, tenant gen.Tenant, row gen.Writeback) (WritebackView, error) {
	views, err := viewAll(ctx, tx, tenant, []gen.Writeback{row})
	if err != nil {
		return WritebackView{}, err
	}
	return views[0], nil
}

// WritebackFilter narrows a list of writebacks. Empty fields narrow nothing; After is the last id of the page before.
type WritebackFilter struct {
	State       string
	InterviewID string
	After       uuid.UUID
	Limit       int
}

// ListWritebacks returns a tenant's writebacks in the order in which they were accepted.
func ListWritebacks(ctx context.Context, tx db.TenantTx, filter WritebackFilter) ([]WritebackView, error) {
	rows, err := tx.Q.ListWritebacks(ctx, planned{tx}, gen.ListWritebacksParams{
		TenantID: tx.Tenant, After: filter.After,
		State: some(filter.State), InterviewID: some(filter.InterviewID), MaxRows: int32(filter.Limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list writebacks: %w", err)
	}
	tenant, err := tx.Q.Tenant(ctx, tx, tx.Tenant)
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	return viewAll(ctx, tx, tenant, rows)
}

// planned has a query planned for the values that it is given. By default the server plans for any from the sixth time on, and then
// looks through all writebacks of a tenant for the few in a state.
type planned struct{ gen.DBTX }

// Query is of [gen.DBTX].
func (p planned) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return p.DBTX.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

func viewAll(ctx context.Context, tx db.TenantTx, tenant gen.Tenant, rows []gen.Writeback) ([]WritebackView, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.WritebackID
	}
	steps, err := tx.Q.Steps(ctx, tx, tx.Tenant, ids)
	if err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	views := make([]WritebackView, len(rows))
	for i, row := range rows {
		views[i] = WritebackView{
			ID: row.WritebackID, InterviewID: row.InterviewID, Revision: int(row.Revision),
			RequestID: row.RequestID, State: row.State, ApplicantID: deref(row.ApplicantID), JobID: deref(row.JobID),
			CreatedAt: row.CreatedAt.UTC(), DoneAt: utc(row.DoneAt),
		}
		var notes StepView
		for _, step := range steps {
			if step.WritebackID != row.WritebackID {
				continue
			}
			view := viewStep(tenant, row, step)
			if step.Kind != StepWriteNotes {
				view.Kind = step.Kind
				views[i].Steps = append(views[i].Steps, view)
				continue
			}
			view.Part = int(step.Part)
			notes.Parts = append(notes.Parts, view)
		}
		if len(notes.Parts) > 0 {
			views[i].Steps = append(views[i].Steps, sumUp(notes))
		}
	}
	return views, nil
}

// sumUp shows the step write_notes by the first of its parts that has not ended, or by the last.
func sumUp(notes StepView) StepView {
	current := notes.Parts[len(notes.Parts)-1]
	for _, part := range notes.Parts {
		if part.State != StateDone {
			current = part
			break
		}
	}
	attempts := 0
	for _, part := range notes.Parts {
		attempts += part.Attempts
	}
	current.Kind, current.Part, current.Parts, current.Evidence = StepWriteNotes, 0, notes.Parts, nil
	current.StartedAt, current.Attempts = notes.Parts[0].StartedAt, attempts
	return current
}

func viewStep(tenant gen.Tenant, writeback gen.Writeback, step gen.StepsRow) StepView {
	view := StepView{
		State: step.State, Attempts: int(step.Attempts), RemoteID: deref(step.RemoteID),
		StartedAt: utc(step.StartedAt), DoneAt: utc(step.DoneAt), LastError: deref(step.LastError),
	}
	if len(step.Evidence) > 2 { // more than []
		view.Evidence = step.Evidence
	}
	switch {
	case step.State == StateAttention:
		view.WaitingFor = WaitingForPerson
		if view.LastError == "" {
			view.LastError = deref(step.Problem)
		}
	case step.State != StatePending || writeback.State != StatePending:
	case step.Kind != writeback.Step || (step.Kind == StepWriteNotes && step.Part != writeback.Part):
		view.WaitingFor = WaitingForEarlierStep
	default:
		if step.EffectState != nil && (*step.EffectState == "sending" || *step.EffectState == "unknown") {
			view.State = *step.EffectState
		}
		view.WaitingFor = waitingFor(tenant, writeback)
		if writeback.AdmittedAt == nil {
			view.NextAttemptAt = utc(&writeback.NextAttemptAt)
		}
	}
	return view
}

func waitingFor(tenant gen.Tenant, writeback gen.Writeback) string {
	switch {
	case tenant.PausedAt != nil:
		return WaitingForPaused
	case tenant.KeyState != "ok":
		return WaitingForCredentials
	case writeback.WaitingFor != nil:
		return *writeback.WaitingFor
	default:
		return WaitingForQueue
	}
}

// Result is what Intrvio is told when a writeback ends or needs a person.
func (w WritebackView) Result(reason string) intrvio.WritebackResult {
	result := intrvio.WritebackResult{
		WritebackID: w.ID, InterviewID: w.InterviewID, Revision: w.Revision,
		ApplicantID: w.ApplicantID, JobID: w.JobID, Reason: reason,
	}
	add := func(kind string, step StepView) {
		result.Steps = append(result.Steps, intrvio.Step{
			Kind: intrvio.StepKind(kind), Part: step.Part, State: step.State,
			RemoteID: step.RemoteID, Error: step.LastError,
		})
	}
	for _, step := range w.Steps {
		if step.Parts == nil {
			add(step.Kind, step)
		}
		for _, part := range step.Parts {
			add(step.Kind, part)
		}
	}
	return result
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	in := t.UTC()
	return &in
}
