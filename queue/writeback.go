package queue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// The steps of a writeback, in their order; each is done by a job of the same name.
const (
	StepCreateApplicant    = "create_applicant"
	StepLinkApplicantToJob = "link_applicant_to_job"
	StepWriteNotes         = "write_notes"
)

// States of a writeback.
const (
	StatePending   = "pending"
	StateDone      = "done"
	StateRejected  = "rejected"
	StateAttention = "attention"
	StateSkipped   = "skipped" // of a step: there was nothing to do
)

// Share is how many rows of one tenant hold a River job at once. The rest wait as rows, which cost nothing.
const Share = 5

// Writeback is what an interview is to leave in JazzHR. InterviewID and Revision are its key.
type Writeback struct {
	InterviewID string `json:"interview_id"`
	// Revision counts from 1; 0 means 1. A higher one is written as a further note after the lower ones.
	Revision int `json:"revision,omitempty"`
	// RequestID, from the event interview.requested, supplies the applicant and the job.
	RequestID *uuid.UUID `json:"request_id,omitempty"`
	Candidate Candidate  `json:"candidate"`
	Job       *Job       `json:"job,omitempty"`
	Note      Note       `json:"note"`
}

// Candidate is whom a writeback is about. With ApplicantID, or with the writeback's RequestID, no candidate is ever
// created, and names and email may be left out.
type Candidate struct {
	ID          string `json:"id"` // Intrvio's
	ApplicantID string `json:"applicant_id,omitempty"`
	FirstName   string `json:"first_name,omitempty"`
	LastName    string `json:"last_name,omitempty"`
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty"`
	Source      string `json:"source,omitempty"`
}

// Job names a job opening by JazzHR's id or by the code in the address of its public page.
type Job struct {
	ID        string `json:"id,omitempty"`
	BoardCode string `json:"board_code,omitempty"`
}

// InvalidError says which field of a request is wrong and how to mend it.
type InvalidError struct{ Field, Message string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }

// ConflictError says that the interview and revision were used for a writeback of other content.
type ConflictError struct{ WritebackID uuid.UUID }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("interview_id and revision were used for writeback %s with other content", e.WritebackID)
}

// Errors of who the tenant is.
var (
	ErrNoTenant     = errors.New("no such tenant")
	ErrNotConnected = errors.New("the tenant is not connected to JazzHR")
)

// EnqueueWriteback validates a writeback as the API does and stores it in the caller's transaction, with the job of its
// first step. The same one again changes nothing: created is false and id that of the first. With other content it
// returns a [*ConflictError]; an invalid one gives an [*InvalidError]. After either the transaction can be used on. It
// takes no lock that others wait for and changes no setting of the session.
func EnqueueWriteback(ctx context.Context, tx pgx.Tx, client *Client, tenantID uuid.UUID, w Writeback) (id uuid.UUID, created bool, err error) {
	if w.Revision == 0 {
		w.Revision = 1
	}
	scope := db.ForTenant(tx, tenantID)
	owner, err := scope.Q.TenantForWork(ctx, tx, tenantID)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, false, ErrNoTenant
	}
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("read tenant: %w", err)
	}
	if owner.Connection == "created" || owner.Connection == "disconnected" {
		return uuid.Nil, false, ErrNotConnected
	}
	if err := w.validate(); err != nil {
		return uuid.Nil, false, err
	}
	content, err := json.Marshal(w)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("hash writeback: %w", err)
	}
	hash := sha256.Sum256(content)
	// What is written is settled now: a note is found again by its text. The hash is of what was sent, so that the same is
	// the same under other settings too.
	w.Note = w.Note.Only(tenant.NoteContentOf(owner))
	row, err := w.row(ctx, scope)
	if err != nil {
		return uuid.Nil, false, err
	}
	row.ContentHash = hash[:]
	if mayWork(owner) {
		busy, err := scope.Q.AdmittedCount(ctx, tx, tenantID)
		if err != nil {
			return uuid.Nil, false, fmt.Errorf("count admitted writebacks: %w", err)
		}
		row.Admitted = busy.Admitted < Share && !busy.Waiting
	}
	inserted, err := scope.Q.InsertWriteback(ctx, tx, row)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("store writeback: %w", err)
	}
	if inserted == 0 {
		return known(ctx, scope, w, hash[:])
	}
	if err := insertSteps(ctx, scope, row, w.Note.PartCount()); err != nil {
		return uuid.Nil, false, err
	}
	if row.Admitted {
		if _, err := client.InsertTx(ctx, tx, StepArgs(tenantID, row.WritebackID, row.Step, 1), nil); err != nil {
			return uuid.Nil, false, fmt.Errorf("enqueue writeback: %w", err)
		}
	}
	return row.WritebackID, true, nil
}

func known(ctx context.Context, tx db.TenantTx, w Writeback, hash []byte) (uuid.UUID, bool, error) {
	first, err := tx.Q.WritebackByInterview(ctx, tx, tx.Tenant, w.InterviewID, int32(w.Revision))
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("read the writeback before: %w", err)
	}
	if !bytes.Equal(first.ContentHash, hash) {
		return uuid.Nil, false, &ConflictError{WritebackID: first.WritebackID}
	}
	return first.WritebackID, false, nil
}

// row is the writeback as it is stored. A request supplies what the writeback leaves out.
func (w Writeback) row(ctx context.Context, tx db.TenantTx) (gen.InsertWritebackParams, error) {
	row := gen.InsertWritebackParams{
		TenantID: tx.Tenant, InterviewID: w.InterviewID, Revision: int32(w.Revision),
		RequestID: w.RequestID, CandidateID: w.Candidate.ID,
		ApplicantID: some(w.Candidate.ApplicantID), ApplicantGiven: w.Candidate.ApplicantID != "" || w.RequestID != nil,
		FirstName: some(w.Candidate.FirstName), LastName: some(w.Candidate.LastName), Email: some(w.Candidate.Email),
		Phone: some(w.Candidate.Phone), Source: some(w.Candidate.Source), Transcript: some(w.Note.Transcript),
	}
	var err error
	if row.WritebackID, err = uuid.NewV7(); err != nil {
		return row, fmt.Errorf("name writeback: %w", err)
	}
	note := w.Note
	note.Transcript = "" // has a column of its own, which is emptied in time
	if row.Note, err = json.Marshal(note); err != nil {
		return row, fmt.Errorf("store note: %w", err)
	}
	if w.Job != nil {
		row.JobID, row.BoardCode = some(w.Job.ID), some(w.Job.BoardCode)
	}
	if w.RequestID != nil {
		request, err := tx.Q.Request(ctx, tx, tx.Tenant, *w.RequestID)
		if errors.Is(err, pgx.ErrNoRows) {
			return row, &InvalidError{"request_id", "no interview was requested under this id: send one from an event interview.requested of this tenant"}
		}
		if err != nil {
			return row, fmt.Errorf("read interview request: %w", err)
		}
		row.ApplicantID = firstOf(row.ApplicantID, request.ApplicantID)
		if row.FirstName == nil && row.LastName == nil {
			row.FirstName, row.LastName = request.FirstName, request.LastName
		}
		row.Email = firstOf(row.Email, request.Email)
		if w.Job == nil {
			row.JobID = request.JobID
		}
	}
	switch {
	case row.ApplicantID == nil:
		row.Step = StepCreateApplicant
	case row.JobID != nil || row.BoardCode != nil:
		row.Step = StepLinkApplicantToJob
	default:
		row.Step = StepWriteNotes
	}
	return row, nil
}

func insertSteps(ctx context.Context, tx db.TenantTx, row gen.InsertWritebackParams, parts int) error {
	step := func(kind string, part int, needed bool) error {
		state := StatePending
		if !needed {
			state = StateSkipped
		}
		if err := tx.Q.InsertStep(ctx, tx, gen.InsertStepParams{
			TenantID: row.TenantID, WritebackID: row.WritebackID,
			Kind: kind, Part: int32(part), State: state,
		}); err != nil {
			return fmt.Errorf("store step: %w", err)
		}
		return nil
	}
	if err := step(StepCreateApplicant, 1, row.ApplicantID == nil); err != nil {
		return err
	}
	if err := step(StepLinkApplicantToJob, 1, row.JobID != nil || row.BoardCode != nil); err != nil {
		return err
	}
	for part := 1; part <= parts; part++ {
		if err := step(StepWriteNotes, part, true); err != nil {
			return err
		}
	}
	return nil
}

// NoteOf returns the note of a stored writeback.
func NoteOf(row gen.Writeback) (Note, error) {
	var note Note
	if err := json.Unmarshal(row.Note, &note); err != nil {
		return note, fmt.Errorf("read stored note: %w", err)
	}
	if row.Transcript != nil {
		note.Transcript = *row.Transcript
	}
	return note, nil
}

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func firstOf(values ...*string) *string {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}
