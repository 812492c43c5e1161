package tenant

import (
	"context"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// NoteContent is what of an interview a tenant wants written into its notes. With nothing of it a note says only that the
// interview was held.
type NoteContent struct{ Score, Summary, Link, Transcript bool }

// NoteContentOf is a tenant's.
func NoteContentOf(t gen.Tenant) NoteContent {
	return NoteContent{t.NoteScore, t.NoteSummary, t.NoteLink, t.NoteTranscript}
}

// SetNoteContent sets what is written into notes of writebacks that are accepted from now on. also runs last in the same
// transaction.
func (s *Service) SetNoteContent(ctx context.Context, id uuid.UUID, content NoteContent, also ...func(db.TenantTx) error) (gen.Tenant, error) {
	return s.change(ctx, id, "set note content", func(tx db.TenantTx) error {
		return tx.Q.SetNoteContent(ctx, tx, gen.SetNoteContentParams{
			TenantID: id, Score: content.Score, Summary: content.Summary, Link: content.Link, Transcript: content.Transcript,
		})
	}, also...)
}
