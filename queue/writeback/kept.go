package writeback

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// NoteForm is what became of a note between its writing and its reading.
type NoteForm string

// The forms.
const (
	NoteWhole     NoteForm = "whole"     // as it was sent
	NoteHTML      NoteForm = "html"      // whole, with special characters escaped or breaks as tags
	NoteRespaced  NoteForm = "respaced"  // whole, with other spaces or line breaks
	NoteRequoted  NoteForm = "requoted"  // whole, with other quotes or punctuation
	NoteCut       NoteForm = "cut"       // the end is missing
	NoteShortened NoteForm = "shortened" // so little is shown that it is taken to be shortened
	NoteChanged   NoteForm = "changed"   // something else is missing or different
	NoteHidden    NoteForm = "hidden"    // it is not shown, or its applicant is gone
)

// Text says it for people.
func (f NoteForm) Text() string {
	text := map[NoteForm]string{
		"":            "Not read back yet",
		NoteWhole:     "Whole, as they were sent",
		NoteHTML:      "Whole, as HTML",
		NoteRespaced:  "Whole, with other spaces or line breaks",
		NoteRequoted:  "Whole, with other quotes or punctuation",
		NoteCut:       "Cut: the rest was written as a further note",
		NoteShortened: "Shortened: JazzHR shows the beginning only",
		NoteChanged:   "Changed: compare one with the interview",
		NoteHidden:    "Not at all: JazzHR did not show the last one that was looked for",
	}[f]
	return cmp.Or(text, string(f))
}

// MinNoteLimit is the least that an account is taken to keep of a note. One that shows less is taken
// to shorten what it shows.
const MinNoteLimit = 1000

// Kept is what is known of the notes that a tenant's account keeps whole.
type Kept struct {
	Limit    int  // how many characters; 0 is [NotePartLimit]
	FourByte bool // with characters that take four bytes in UTF-8, as emoji do
}

// KeptOf returns what is known of the tenant's account. Nothing is known at first.
func KeptOf(t gen.Tenant) Kept {
	k := Kept{FourByte: t.NoteFourByte}
	if t.NoteLimit != nil {
		k.Limit = max(int(*t.NoteLimit), MinNoteLimit)
	}
	return k
}

// An account's first notes are read back, and one in readBackSample of those that follow.
const (
	readBackFirst  = 3
	readBackSample = 100
)

// ReadBackDue reports whether a note of a writeback that was just written is to be read back.
func ReadBackDue(t gen.Tenant, writeback uuid.UUID) bool {
	return t.NotesChecked < readBackFirst || binary.BigEndian.Uint32(writeback[12:])%readBackSample == 0
}

// Fit returns the note as the account keeps it whole, as far as is known. Databases that know no
// characters of four bytes cut a text at the first, so it is written by its number: [U+1F600]. A
// space after each "<" keeps what follows from being taken for a tag.
func (n Note) Fit(k Kept) Note {
	fit := func(text string) string {
		var b strings.Builder
		var last rune
		for _, r := range text {
			if last == '<' && !strings.ContainsRune(" \t\r\n", r) {
				b.WriteByte(' ')
			}
			if last = r; r > 0xFFFF && !k.FourByte {
				fmt.Fprintf(&b, "[U+%X]", r)
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
	n.Summary, n.Transcript, n.URL, n.limit = fit(n.Summary), fit(n.Transcript), fit(n.URL), k.Limit
	return n
}

// storedNote is a note in its row. The transcript has a column of its own, which is emptied in time.
type storedNote struct {
	Note
	Limit     int  `json:"limit,omitempty"`
	Continues bool `json:"continues,omitempty"`
}

func (n Note) stored() (json.RawMessage, error) {
	n.Transcript = ""
	raw, err := json.Marshal(storedNote{Note: n, Limit: n.limit, Continues: n.continues})
	if err != nil {
		return nil, fmt.Errorf("store note: %w", err)
	}
	return raw, nil
}

// StoredNote returns the note of a stored writeback.
func StoredNote(row gen.Writeback) (Note, error) {
	var stored storedNote
	if err := json.Unmarshal(row.Note, &stored); err != nil {
		return Note{}, fmt.Errorf("read stored note: %w", err)
	}
	note := stored.Note
	note.limit, note.continues = stored.Limit, stored.Continues
	if row.Transcript != nil {
		note.Transcript = *row.Transcript
	}
	return note, nil
}
