package jazzhrtest

import (
	"html"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// NoteForm is what becomes of a note's text between its writing and its reading. What JazzHR does
// is not known.
type NoteForm string

// The values of NoteForm.
const (
	NoteAsSent    NoteForm = ""
	NoteHTML      NoteForm = "html"       // special characters escaped, <br /> before each line break
	NoteStripped  NoteForm = "stripped"   // without what looks like a tag, as PHP's strip_tags
	NoteOneLine   NoteForm = "one_line"   // line breaks and spaces collapsed
	NoteBytes     NoteForm = "bytes"      // cut at 65,535 bytes, as MySQL's TEXT
	NoteThreeByte NoteForm = "three_byte" // cut at the first four-byte character, as MySQL's utf8
	NoteTrimmed   NoteForm = "trimmed"    // without spaces at both ends and at the end of lines
	NoteCurly     NoteForm = "curly"      // with typographic quotes
)

// textBytes is how many bytes MySQL's TEXT holds.
const textBytes = 65_535

// tag is what strip_tags takes for a tag: a "<" before anything but a space, and all up to the ">",
// or up to the end.
var tag = regexp.MustCompile(`(?s)<[^\s].*?(>|$)`)

var endOfLine = regexp.MustCompile(`[ \t]+(\n|$)`)

// Of returns a text as it is read.
func (f NoteForm) Of(text string) string {
	switch f {
	case NoteHTML:
		return strings.ReplaceAll(html.EscapeString(text), "\n", "<br />\n")
	case NoteStripped:
		return tag.ReplaceAllString(text, "")
	case NoteOneLine:
		return strings.Join(strings.Fields(text), " ")
	case NoteBytes:
		for len(text) > textBytes {
			_, size := utf8.DecodeLastRuneInString(text)
			text = text[:len(text)-size]
		}
	case NoteThreeByte:
		if at := strings.IndexFunc(text, func(r rune) bool { return r > 0xFFFF }); at >= 0 {
			text = text[:at]
		}
	case NoteTrimmed:
		return strings.TrimSpace(endOfLine.ReplaceAllString(text, "$1"))
	case NoteCurly:
		return strings.NewReplacer(`"`, "”", "'", "’").Replace(text)
	case NoteAsSent:
	}
	return text
}

// shownText returns a note's text as the account shows it.
func (s Settings) shownText(text string) string {
	text = s.NoteForm.Of(text)
	if runes := []rune(text); s.CommentLimit > 0 && len(runes) > s.CommentLimit {
		text = string(runes[:s.CommentLimit])
	}
	return text
}

// NameFilter is how the filter of applicants by name compares. The zero value ignores case and
// accents, and looks for a part of the first or of the last name.
type NameFilter struct {
	Collation Collation `json:"collation,omitempty"`
	// Whole looks for a part of “first last” too.
	Whole bool `json:"whole,omitempty"`
	// Spaces takes several spaces for one.
	Spaces bool `json:"spaces,omitempty"`
}

// Collation says what a comparison ignores.
type Collation string

// The values of Collation.
const (
	CollationAccents     Collation = ""            // case and accents
	CollationBytes       Collation = "bytes"       // nothing
	CollationCase        Collation = "case"        // case
	CollationPunctuation Collation = "punctuation" // case, accents and punctuation
)

// matches reports whether the filter finds a person by a part of the name.
func (f NameFilter) matches(part string, p Applicant) bool {
	names := []string{p.FirstName, p.LastName}
	if f.Whole {
		names = append(names, p.FirstName+" "+p.LastName)
	}
	for _, name := range names {
		if strings.Contains(f.form(name), f.form(part)) {
			return true
		}
	}
	return false
}

func (f NameFilter) form(name string) string {
	if f.Spaces {
		name = strings.Join(strings.Fields(name), " ")
	}
	switch f.Collation {
	case CollationBytes:
		return name
	case CollationCase:
		return strings.ToLower(name)
	case CollationPunctuation:
		name = strings.Map(func(r rune) rune {
			if unicode.IsPunct(r) {
				return -1
			}
			return r
		}, name)
	case CollationAccents:
	}
	return fold(name)
}

// Dates says which dates of application an account shows for a third of its people.
type Dates string

// The values of Dates.
const (
	DatesPlain      Dates = ""
	DatesNone       Dates = noDate
	DatesBefore     Dates = "-0001-11-30"
	DatesImpossible Dates = "2026-02-30"
	DatesFuture     Dates = "future"
)

// applied returns a person's date of application as the account shows it.
func (s Settings) applied(p *applicant, on time.Time) string {
	switch {
	case s.Dates == DatesPlain || p.Number%3 > 0:
		return date(on)
	case s.Dates == DatesFuture:
		return date(on.AddDate(1, 0, 0))
	default:
		return string(s.Dates)
	}
}
