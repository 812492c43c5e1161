package jazzhr

import (
	"cmp"
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

// NameFits reports whether somebody with a folded full name (see [FoldName]) may be the person with
// a first and a last name: the names are equal, or the last names are and one first name begins the
// other, as J. and Rob begin John and Robert.
func NameFits(folded, first, last string) bool {
	if folded == FoldName(first, last) {
		return folded != ""
	}
	lastFolded := FoldName("", last)
	other, ends := strings.CutSuffix(folded, " "+lastFolded)
	mine := FoldName(first, "")
	if !ends || lastFolded == "" || other == "" || mine == "" {
		return false
	}
	return strings.HasPrefix(other, mine) || strings.HasPrefix(mine, other)
}

// SearchName returns what JazzHR is asked for to find a person by name. Its filter matches a part of
// a name, but nobody knows whether it minds case, accents, punctuation and spacing. So it is asked
// for a run of plain letters that every spelling has: the longest of the last name, or else of the
// first name, without what may be written as a capital or apart (O'Neil, ONeil, Oneil). A name
// without two plain letters in a row is asked for as it is.
func SearchName(first, last string) string {
	for _, name := range []string{last, first} {
		if run := plainRun(name); len(run) > 1 {
			return withoutPrefix(run)
		}
	}
	return strings.TrimSpace(cmp.Or(strings.TrimSpace(last), first))
}

// plainRun returns the longest run of unaccented Latin letters in a name.
func plainRun(name string) (longest string) {
	plain := func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
	for _, run := range strings.FieldsFunc(norm.NFC.String(name), func(r rune) bool { return !plain(r) }) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	return longest
}

// withoutPrefix drops the first letter of a run of letters, and of one that may begin with O', D' or
// L' the second too, unless too little is left to search for.
func withoutPrefix(run string) string {
	switch {
	case strings.ContainsRune("ODLodl", rune(run[0])) && len(run) > 4:
		return run[2:]
	case len(run) > 3:
		return run[1:]
	default:
		return run
	}
}
