package writeback

import (
	"cmp"
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
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// View is a writeback as the API shows it.
type View struct {
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

	written *intrvio.Written // nil unless it is done
}

// StepView is a step of a writeback as the API shows it. The step write_notes has parts instead of
// an effect of its own.
type StepView struct {
	Kind          string          `json:"kind,omitempty"`
	Part          int             `json:"part,omitempty"`
	State         string          `json:"state"`
	WaitingFor    outcome.Code    `json:"waiting_for,omitempty"`
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

// Get returns one writeback of a tenant, or [ErrNoWriteback].
func Get(ctx context.Context, tx db.TenantTx, id uuid.UUID) (View, error) {
	row, err := tx.Q.Writeback(ctx, tx, tx.Tenant, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return View{}, ErrNoWriteback
	}
	if err != nil {
		return View{}, fmt.Errorf("read writeback: %w", err)
	}
	tenant, err := tx.Q.Tenant(ctx, tx, tx.Tenant)
	if err != nil {
		return View{}, fmt.Errorf("read tenant: %w", err)
	}
	return ViewOf(ctx, tx, tenant, row)
}

// ViewOf returns the view of a writeback. The caller has read its row and that of its tenant.
func ViewOf(ctx context.Context, tx db.TenantTx, tenant gen.Tenant, row gen.Writeback) (View, error) {
	views, err := viewAll(ctx, tx, tenant, []gen.Writeback{row})
	if err != nil {
		return View{}, err
	}
	if row.State == queue.StateDone {
		views[0].written, err = written(row)
	}
	return views[0], err
}

// Filter narrows a list of writebacks. An empty field narrows nothing. After is the last id of the
// page before.
type Filter struct {
	State       string
	InterviewID string
	After       uuid.UUID
	Limit       int
}

// List returns a tenant's writebacks in the order in which they were accepted.
func List(ctx context.Context, tx db.TenantTx, filter Filter) ([]View, error) {
	rows, err := tx.Q.ListWritebacks(ctx, customPlan{tx}, gen.ListWritebacksParams{
		TenantID: tx.Tenant, After: filter.After,
		State: db.NullText(filter.State), InterviewID: db.NullText(filter.InterviewID), MaxRows: int32(filter.Limit),
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

// customPlan has Postgres plan each query for its own values. By default it uses one plan for all
// values from the sixth time on, and then reads all writebacks of a tenant to find the few in a
// state.
type customPlan struct{ gen.DBTX }

// Query implements [gen.DBTX].
func (p customPlan) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return p.DBTX.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

func viewAll(ctx context.Context, tx db.TenantTx, tenant gen.Tenant, rows []gen.Writeback) ([]View, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.WritebackID
	}
	steps, err := tx.Q.Steps(ctx, tx, tx.Tenant, ids)
	if err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	views := make([]View, len(rows))
	for i, row := range rows {
		views[i] = View{
			ID: row.WritebackID, InterviewID: row.InterviewID, Revision: int(row.Revision),
			RequestID: row.RequestID, State: row.State,
			ApplicantID: db.Text(row.ApplicantID), JobID: db.Text(row.JobID),
			CreatedAt: row.CreatedAt.UTC(), DoneAt: db.UTC(row.DoneAt),
		}
		var notes StepView
		for _, step := range steps {
			if step.WritebackID != row.WritebackID {
				continue
			}
			view := viewStep(tenant, row, step)
			if step.Kind != queue.StepWriteNotes {
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

// sumUp returns the step write_notes with the state of the first part that is not done, or else of
// the last part.
func sumUp(notes StepView) StepView {
	current := notes.Parts[len(notes.Parts)-1]
	for _, part := range notes.Parts {
		if part.State != queue.StateDone {
			current = part
			break
		}
	}
	attempts := 0
	for _, part := range notes.Parts {
		attempts += part.Attempts
	}
	current.Kind, current.Part, current.Parts, current.Evidence = queue.StepWriteNotes, 0, notes.Parts, nil
	current.StartedAt, current.Attempts = notes.Parts[0].StartedAt, attempts
	return current
}

func viewStep(tenant gen.Tenant, writeback gen.Writeback, step gen.StepsRow) StepView {
	view := StepView{
		State: step.State, Attempts: int(step.Attempts), RemoteID: db.Text(step.RemoteID),
		StartedAt: db.UTC(step.StartedAt), DoneAt: db.UTC(step.DoneAt), LastError: db.Text(step.LastError),
	}
	if len(step.Evidence) > 2 { // more than []
		view.Evidence = step.Evidence
	}
	switch {
	case step.State == queue.StateAttention:
		view.WaitingFor = outcome.WaitsPerson
		if view.LastError == "" {
			view.LastError = db.Text(step.Problem)
		}
	case step.State != queue.StatePending || writeback.State != queue.StatePending:
	case step.Kind != writeback.Step || (step.Kind == queue.StepWriteNotes && step.Part != writeback.Part):
		view.WaitingFor = outcome.WaitsEarlierStep
	default:
		if step.EffectState != nil && (*step.EffectState == "sending" || *step.EffectState == "unknown") {
			view.State = *step.EffectState
		}
		view.WaitingFor = waitingFor(tenant, writeback)
		if writeback.AdmittedAt == nil {
			view.NextAttemptAt = db.UTC(&writeback.NextAttemptAt)
		}
	}
	return view
}

func waitingFor(tenant gen.Tenant, writeback gen.Writeback) outcome.Code {
	return cmp.Or(
		queue.Hold(tenant.PausedAt, tenant.KeyState),
		outcome.Code(db.Text(writeback.WaitingFor)),
		outcome.WaitsQueue,
	)
}

// Result returns what Intrvio is told when a writeback ends or needs a person.
func (w View) Result(reason outcome.Code) intrvio.WritebackResult {
	result := intrvio.WritebackResult{
		WritebackID: w.ID, InterviewID: w.InterviewID, Revision: w.Revision,
		ApplicantID: w.ApplicantID, JobID: w.JobID, Reason: string(reason), Written: w.written,
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
