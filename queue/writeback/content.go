package writeback

import "github.com/intrvio/jazzhr-worker/db/gen"

// NoteContent says what of an interview is written into a tenant's notes. If nothing is, a note
// only says that the interview was held.
type NoteContent struct{ Score, Summary, Link, Transcript bool }

// NoteContentOf returns what is written into the tenant's notes.
func NoteContentOf(t gen.Tenant) NoteContent {
	return NoteContent{t.NoteScore, t.NoteSummary, t.NoteLink, t.NoteTranscript}
}
