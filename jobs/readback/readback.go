// Package readback reads some of the notes back that were written, and learns from them what an
// account does to its notes. [ReadNoteBackWorker] reads one. The notes that follow are composed so
// that the account keeps them whole, and the rest of one that was cut is written as a further note.
package readback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// What an attempt comes to, besides a [writeback.NoteForm].
const (
	notAsked  = "not_asked" // JazzHR could not be read now: a later note will tell
	forgotten = "forgotten" // the writeback or its text has been purged
)

// ReadNoteBackWorker reads a part of a note that was written and compares it with what was sent.
type ReadNoteBackWorker struct {
	river.WorkerDefaults[queue.ReadNoteBack]
	Pool     *pgxpool.Pool
	Client   *queue.Client // inserts the job of the writeback that continues a note
	Accounts work.Accounts
}

// sent is a part of a note as it was sent.
type sent struct {
	row       gen.Writeback
	part      int
	reference string
	text      string
}

// Work reads the note back. Nothing depends on it, so that what fails now is not tried again.
func (w *ReadNoteBackWorker) Work(ctx context.Context, job *river.Job[queue.ReadNoteBack]) error {
	args := job.Args
	note, err := w.load(ctx, args.TenantID, args.WritebackID, args.Part)
	if note == nil || err != nil {
		work.SetOutcome(ctx, forgotten)
		return err
	}
	comments, err := w.comments(ctx, args.TenantID, db.Text(note.row.ApplicantID))
	if err != nil {
		return unread(ctx, err)
	}
	seen := note.seenIn(comments)
	work.SetOutcome(ctx, string(seen.form))
	return w.learn(ctx, *note, seen)
}

// seen is what a note came back as.
type seen struct {
	form     writeback.NoteForm
	kept     int  // how many characters are left of one that was cut
	fourByte bool // some note of the applicant's has a character of four bytes
	lost     bool // this one had, and has not come back with one
}

// seenIn looks for the note among an applicant's.
func (s sent) seenIn(comments []jazzhr.Comment) (found seen) {
	found.fourByte = slices.ContainsFunc(comments, func(c jazzhr.Comment) bool { return hasFourByte(c.Text) })
	at := slices.IndexFunc(comments, func(c jazzhr.Comment) bool { return work.Carries(c.Text, s.reference) })
	if at < 0 {
		found.form = writeback.NoteHidden
		return found
	}
	found.form, found.kept = compare(s.text, comments[at].Text)
	found.lost = hasFourByte(s.text) && !hasFourByte(comments[at].Text)
	return found
}

// unread ends an attempt that could not read the note.
func unread(ctx context.Context, err error) error {
	if errors.Is(err, queue.ErrNotConnected) {
		work.SetOutcome(ctx, work.NotConnected)
		return nil
	}
	if _, known := work.WaitAfter(err, 0); known {
		work.SetOutcome(ctx, notAsked)
		return nil
	}
	return err
}

// load composes the part again. It returns nil if the text is gone by now.
func (w *ReadNoteBackWorker) load(ctx context.Context, tenant, id uuid.UUID, part int) (*sent, error) {
	row, err := gen.New().Writeback(ctx, db.Of(w.Pool, tenant), tenant, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is nothing to read back
	}
	if err != nil {
		return nil, fmt.Errorf("read writeback: %w", err)
	}
	note, err := writeback.StoredNote(row)
	if err != nil {
		return nil, err
	}
	if part > note.PartCount() { // its transcript is emptied
		return nil, nil //nolint:nilnil // likewise
	}
	reference := writeback.Reference(tenant, row.InterviewID, int(row.Revision), part)
	return &sent{row: row, part: part, reference: reference, text: note.Part(part, reference)}, nil
}

func (w *ReadNoteBackWorker) comments(ctx context.Context, tenant uuid.UUID, applicantID string) ([]jazzhr.Comment, error) {
	account, err := w.Accounts.Open(ctx, tenant, queue.Bulk)
	if err != nil {
		return nil, err
	}
	detail, err := account.Read.Applicant(ctx, applicantID)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return nil, nil
	}
	return detail.Comments, work.Wrap("read the applicant's notes", err)
}

// learn keeps what the note has taught, and has the rest of one that was cut written.
func (w *ReadNoteBackWorker) learn(ctx context.Context, note sent, seen seen) error {
	learnt := gen.LearnNoteFormParams{Form: db.NullText(string(seen.form)), FourByteShown: seen.fourByte, FourByteLost: seen.lost}
	cut := seen.form == writeback.NoteCut
	if cut && !seen.lost { // else it may have been cut at that character
		limit := int32(seen.kept)
		learnt.NoteLimit = &limit
	}
	return db.InTenant(ctx, w.Pool, note.row.TenantID, func(tx db.TenantTx) error {
		learnt.TenantID = tx.Tenant
		if err := tx.Q.LearnNoteForm(ctx, tx, learnt); err != nil {
			return fmt.Errorf("keep what the account does to notes: %w", err)
		}
		rest := strings.TrimSpace(strings.TrimSuffix(string([]rune(note.text)[seen.kept:]), "["+note.reference+"]"))
		if !cut || rest == "" {
			return nil
		}
		return writeback.Continue(ctx, tx, w.Client, note.row, note.part, rest)
	})
}
