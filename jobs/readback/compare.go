package readback

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

var (
	// lineBreak is a break as HTML has it.
	lineBreak = regexp.MustCompile(`(?i)<br ?/?>`)
	// torn is an entity or a break that was cut.
	torn = regexp.MustCompile(`(&#?\w*|<[br /]*)$`)
)

// compare says what became of a text. kept is how many of its characters are left of one that was
// cut.
func compare(sent, shown string) (form writeback.NoteForm, kept int) {
	spaces := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	plain := html.UnescapeString(lineBreak.ReplaceAllString(shown, ""))
	switch {
	case shown == sent:
		return writeback.NoteWhole, 0
	case plain == sent:
		return writeback.NoteHTML, 0
	case spaces(plain) == spaces(sent) || spaces(shown) == spaces(sent):
		return writeback.NoteRespaced, 0
	case letters(plain) == letters(sent) || letters(shown) == letters(sent):
		return writeback.NoteRequoted, 0
	}
	kept, left := common(sent, html.UnescapeString(torn.ReplaceAllString(lineBreak.ReplaceAllString(shown, ""), "")))
	switch {
	case left:
		return writeback.NoteChanged, 0
	case kept < writeback.MinNoteLimit:
		return writeback.NoteShortened, kept
	default:
		return writeback.NoteCut, kept
	}
}

func counts(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// letters is a text's letters and digits.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if counts(r) {
			return r
		}
		return -1
	}, s)
}

// common returns up to which character of what was sent the letters of what is shown are the same,
// and whether what is shown has more after that.
func common(sent, shown string) (kept int, left bool) {
	rest := []rune(letters(shown))
	for i, r := range []rune(sent) {
		if len(rest) == 0 {
			return kept, false
		}
		if !counts(r) {
			continue
		}
		if r != rest[0] {
			return kept, true
		}
		rest, kept = rest[1:], i+1
	}
	return kept, len(rest) > 0
}

// hasFourByte reports whether a text has a character that takes four bytes in UTF-8.
func hasFourByte(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r > 0xFFFF })
}
