package writeback

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Writeback is what an interview is to leave in JazzHR. InterviewID and Revision are its key.
type Writeback struct {
	InterviewID string `json:"interview_id"`
	// Revision counts from 1; 0 means 1. A higher revision is written as a further note, after the
	// lower ones.
	Revision int `json:"revision,omitempty"`
	// RequestID, from the event interview.requested, supplies the applicant and the job.
	RequestID *uuid.UUID `json:"request_id,omitempty"`
	Candidate Candidate  `json:"candidate"`
	Job       *Job       `json:"job,omitempty"`
	Note      Note       `json:"note"`
}

// Candidate is whom a writeback is about. If ApplicantID or the writeback's RequestID is given, no
// applicant is ever created, and names and email may be left out.
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

// Enqueue validates a writeback as the API does and stores it in the caller's transaction, together
// with the job of its first step.
//
// The same writeback again changes nothing: created is false, and id is that of the first. The same
// interview and revision with other content give a [*queue.ConflictError]; an invalid writeback
// gives a [*queue.InvalidError]. The transaction can be used on after either. Besides, Enqueue
// returns [queue.ErrNoTenant] and [queue.ErrNotConnected]. It takes no lock that others wait for,
// except whoever disconnects the tenant. The transaction's role is the caller's throughout, and its
// settings are the caller's again afterwards.
func Enqueue(
	ctx context.Context, tx pgx.Tx, client *queue.Client, tenantID uuid.UUID, w Writeback,
) (id uuid.UUID, created bool, err error) {
	if w.Revision == 0 {
		w.Revision = 1
	}
	err = db.ForTenant(ctx, tx, tenantID, func(scope db.TenantTx) error {
		owner, err := queue.ConnectedTenant(ctx, scope)
		if err != nil {
			return err
		}
		if err := w.validate(); err != nil {
			return err
		}
		id, created, err = enqueue(ctx, scope, client, owner, w)
		return err
	})
	return id, created, err
}

// enqueue stores a valid writeback.
func enqueue(
	ctx context.Context, scope db.TenantTx, client *queue.Client, owner gen.Tenant, w Writeback,
) (id uuid.UUID, created bool, err error) {
	content, err := json.Marshal(w)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("hash writeback: %w", err)
	}
	// The hash is of what the caller sent, so that the same writeback stays the same when the
	// tenant's settings change. What is written into JazzHR is decided now, because a note is found
	// again by its text, and one part must go on where the other ended.
	hash := sha256.Sum256(content)
	w.Note = w.Note.Only(NoteContentOf(owner)).Fit(KeptOf(owner))
	row, err := w.row(ctx, scope)
	if err != nil {
		return uuid.Nil, false, err
	}
	row.ContentHash = hash[:]
	if row.Admitted, err = mayStart(ctx, scope, owner); err != nil {
		return uuid.Nil, false, err
	}
	inserted, err := scope.Q.InsertWriteback(ctx, scope, row)
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
		args := queue.StepArgs(scope.Tenant, row.WritebackID, row.Step, 1)
		if _, err := client.InsertTx(ctx, scope.Tx, args, nil); err != nil {
			return uuid.Nil, false, fmt.Errorf("enqueue writeback: %w", err)
		}
	}
	return row.WritebackID, true, nil
}

// mayStart reports whether a new writeback gets its job at once: if its tenant may work, has fewer
// admitted writebacks than its share, and none that waits.
func mayStart(ctx context.Context, tx db.TenantTx, owner gen.Tenant) (bool, error) {
	if !queue.MayWork(owner) {
		return false, nil
	}
	busy, err := tx.Q.AdmittedCount(ctx, tx, tx.Tenant)
	if err != nil {
		return false, fmt.Errorf("count admitted writebacks: %w", err)
	}
	return busy.Admitted < queue.Share && !busy.Waiting, nil
}

// known returns the writeback that has the interview and revision, if its content is the same.
func known(ctx context.Context, tx db.TenantTx, w Writeback, hash []byte) (uuid.UUID, bool, error) {
	first, err := tx.Q.WritebackByInterview(ctx, tx, tx.Tenant, w.InterviewID, int32(w.Revision))
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("read the first writeback: %w", err)
	}
	if !bytes.Equal(first.ContentHash, hash) {
		return uuid.Nil, false, &queue.ConflictError{
			ID: first.WritebackID, Message: "interview_id and revision were used for a writeback with other content",
		}
	}
	return first.WritebackID, false, nil
}

// row returns the writeback as it is stored. A request supplies what the writeback leaves out.
func (w Writeback) row(ctx context.Context, tx db.TenantTx) (gen.InsertWritebackParams, error) {
	c := w.Candidate
	row := gen.InsertWritebackParams{
		TenantID: tx.Tenant, InterviewID: w.InterviewID, Revision: int32(w.Revision),
		RequestID: w.RequestID, CandidateID: c.ID,
		ApplicantID: db.NullText(c.ApplicantID), ApplicantGiven: c.ApplicantID != "" || w.RequestID != nil,
		FirstName: db.NullText(c.FirstName), LastName: db.NullText(c.LastName), Email: db.NullText(c.Email),
		Phone: db.NullText(c.Phone), Source: db.NullText(c.Source), Transcript: db.NullText(w.Note.Transcript),
	}
	var err error
	if row.WritebackID, err = uuid.NewV7(); err != nil {
		return row, fmt.Errorf("name writeback: %w", err)
	}
	if row.Note, err = w.Note.stored(); err != nil {
		return row, err
	}
	if w.Job != nil {
		row.JobID, row.BoardCode = db.NullText(w.Job.ID), db.NullText(w.Job.BoardCode)
	}
	if w.RequestID != nil {
		if err := w.supply(ctx, tx, &row); err != nil {
			return row, err
		}
	}
	switch {
	case row.ApplicantID == nil:
		row.Step = queue.StepCreateApplicant
	case row.JobID != nil || row.BoardCode != nil:
		row.Step = queue.StepLinkApplicantToJob
	default:
		row.Step = queue.StepWriteNotes
	}
	return row, nil
}

// supply adds to a row what the writeback leaves out and its interview request has.
func (w Writeback) supply(ctx context.Context, tx db.TenantTx, row *gen.InsertWritebackParams) error {
	request, err := tx.Q.Request(ctx, tx, tx.Tenant, *w.RequestID)
	if errors.Is(err, pgx.ErrNoRows) {
		return &queue.InvalidError{
			Field: "request_id", Message: "no interview was requested under this id: " +
				"send one from an event interview.requested of this tenant",
		}
	}
	if err != nil {
		return fmt.Errorf("read interview request: %w", err)
	}
	row.ApplicantID = cmp.Or(row.ApplicantID, request.ApplicantID)
	if row.FirstName == nil && row.LastName == nil {
		row.FirstName, row.LastName = request.FirstName, request.LastName
	}
	row.Email = cmp.Or(row.Email, request.Email)
	if w.Job == nil {
		row.JobID = request.JobID
	}
	return nil
}

// insertSteps stores the steps of a new writeback. A step that it does not need is skipped.
func insertSteps(ctx context.Context, tx db.TenantTx, row gen.InsertWritebackParams, parts int) error {
	insert := func(kind string, part int, needed bool) error {
		state := queue.StatePending
		if !needed {
			state = queue.StateSkipped
		}
		if err := tx.Q.InsertStep(ctx, tx, gen.InsertStepParams{
			TenantID: row.TenantID, WritebackID: row.WritebackID,
			Kind: kind, Part: int32(part), State: state,
		}); err != nil {
			return fmt.Errorf("store step: %w", err)
		}
		return nil
	}
	if err := insert(queue.StepCreateApplicant, 1, row.ApplicantID == nil); err != nil {
		return err
	}
	if err := insert(queue.StepLinkApplicantToJob, 1, row.JobID != nil || row.BoardCode != nil); err != nil {
		return err
	}
	for part := 1; part <= parts; part++ {
		if err := insert(queue.StepWriteNotes, part, true); err != nil {
			return err
		}
	}
	return nil
}
