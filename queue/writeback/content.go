package writeback

import (
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
)

// NoteContent says what of an interview is written into a tenant's notes. If nothing is, a note
// only says that the interview was held.
type NoteContent struct{ Score, Summary, Link, Transcript bool }

// JazzHRRegion is where JazzHR stores what is written into it, whatever the customer's region.
const JazzHRRegion = "us"

// written says what the note of a stored writeback holds.
func written(row gen.Writeback) (*intrvio.Written, error) {
	note, err := StoredNote(row)
	if err != nil {
		return nil, err
	}
	w := &intrvio.Written{Note: []string{}, StoredIn: JazzHRRegion}
	for _, part := range []struct {
		name string
		is   bool
	}{
		{"score", note.Score != nil},
		{"summary", note.Summary != ""},
		{"link", note.URL != ""},
		{"transcript", note.Transcript != ""},
	} {
		if part.is {
			w.Note = append(w.Note, part.name)
		}
	}
	return w, nil
}

// NoteContentOf returns what is written into the tenant's notes.
func NoteContentOf(t gen.Tenant) NoteContent {
	return NoteContent{t.NoteScore, t.NoteSummary, t.NoteLink, t.NoteTranscript}
}
