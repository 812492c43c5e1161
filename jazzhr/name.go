package jazzhr

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FoldName returns the form of a person's full name by which two are compared:
// without accents, case, punctuation or differences of spacing. Two people may
// share it, so it narrows a search and proves nothing.
func FoldName(first, last string) string {
	var folded strings.Builder
	gap := false
	for _, r := range cases.Fold().String(norm.NFKD.String(first + " " + last)) {
		switch {
		case unicode.Is(unicode.M, r):
			// A combining mark, which NFKD has parted from its letter.
		case r == '\'' || r == '’' || r == 'ʼ':
			// Written or left out at will: O'Neil, ONeil.
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
