package writeback

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// NotePartLimit is how many characters one note in JazzHR may have. JazzHR documents no limit. A
// longer note is split into numbered parts.
const NotePartLimit = 10_000

// partOverhead is an upper bound of what the first and the last line of a part take of the limit.
const partOverhead = 160

// Note is what is written into JazzHR about an interview. At least one field is given.
type Note struct {
	Score      *float64 `json:"score,omitempty"`
	Scale      *float64 `json:"scale,omitempty"` // the highest score there is; needs a score
	Summary    string   `json:"summary,omitempty"`
	Transcript string   `json:"transcript,omitempty"`
	URL        string   `json:"url,omitempty"` // where the whole interview can be seen

	limit     int  // how many characters a part may have; 0 is NotePartLimit
	continues bool // the transcript is the rest of a note that the account has cut
}

// noContent is the text of a note if its tenant wants none of its content written.
const noContent = "The interview was held. Its result is in Intrvio."

// Only returns the part of the note that a tenant wants written.
func (n Note) Only(content NoteContent) Note {
	if !content.Score {
		n.Score, n.Scale = nil, nil
	}
	if !content.Summary {
		n.Summary = ""
	}
	if !content.Link {
		n.URL = ""
	}
	if !content.Transcript {
		n.Transcript = ""
	}
	return n
}

// PartCount returns how many notes in JazzHR the note becomes.
func (n Note) PartCount() int { return len(n.chunks()) }

// Part returns the text of one part of the note, counted from 1. Its first and its last line hold
// the reference.
func (n Note) Part(part int, reference string) string {
	chunks := n.chunks()
	title := "Intrvio interview"
	if n.continues {
		title += ", continued"
	}
	if len(chunks) > 1 {
		title += fmt.Sprintf(", part %d of %d", part, len(chunks))
	}
	return fmt.Sprintf("%s [%s]\n\n%s\n\n[%s]", title, reference, chunks[part-1], reference)
}

// Reference returns the mark by which a part of an interview's note is found again among an
// applicant's notes. It never changes, and no other note carries it.
func Reference(tenant uuid.UUID, interviewID string, revision, part int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "jazzhr note\x00%s\x00%s\x00%d\x00%d", tenant, interviewID, revision, part))
	return "IV-" + base32.StdEncoding.EncodeToString(sum[:])[:16]
}

// chunks returns the note's text, the result before the transcript, cut so that each part keeps to
// the limit.
func (n Note) chunks() []string {
	limit := cmp.Or(n.limit, NotePartLimit) - partOverhead
	if n.continues {
		return cut(n.Transcript, limit)
	}
	var lines []string
	if n.Score != nil {
		score := "Score: " + number(*n.Score)
		if n.Scale != nil {
			score += " of " + number(*n.Scale)
		}
		lines = append(lines, score)
	}
	if n.Summary != "" {
		lines = append(lines, "Summary: "+n.Summary)
	}
	if n.URL != "" {
		lines = append(lines, "Full interview: "+n.URL)
	}
	text := strings.Join(lines, "\n\n")
	if n.Transcript != "" {
		if text != "" {
			text += "\n\n"
		}
		text += "Transcript\n\n" + n.Transcript
	}
	if text == "" {
		text = noContent
	}
	return cut(text, limit)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// cut splits text into pieces of at most limit characters: after a line if possible, else after a
// word, else anywhere. Joined again the pieces are the text.
func cut(text string, limit int) []string {
	var pieces []string
	for utf8.RuneCountInString(text) > limit {
		end := runeOffset(text, limit)
		window := text[:end]
		// A cut in the first half would make many short parts.
		if at := strings.LastIndexByte(window, '\n'); at > end/2 {
			end = at + 1
		} else if at := strings.LastIndexByte(window, ' '); at > end/2 {
			end = at + 1
		}
		pieces = append(pieces, text[:end])
		text = text[end:]
	}
	return append(pieces, text)
}

// runeOffset returns how many bytes the first n characters of s take.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
