package jazzhr

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FoldName returns a person's full name in the form used for comparison: without accents, case,
// punctuation and differences in spacing. Two people may share it, so equal names narrow a search
// and prove nothing.
func FoldName(first, last string) string {
	var folded strings.Builder
	gap := false
	for _, r := range cases.Fold().String(norm.NFKD.String(first + " " + last)) {
		switch {
		case unicode.Is(unicode.M, r):
			// NFKD has separated this combining mark from its letter.
		case r == '\'' || r == '’' || r == 'ʼ':
			// Some people omit the apostrophe: O'Neil, ONeil.
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && folded.Len() > 0 {
				folded.WriteByte(' ')
			}
			gap = false
			folded.WriteRune(r)
		default:
			gap = true
		}
	}
	return folded.String()
}
