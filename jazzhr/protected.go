package jazzhr

import (
	"slices"
	"strings"
	"unicode"
)

// withoutProtected returns a copy of a decoded JSON value without the members whose keys name
// protected attributes, and without NUL, which JSON can write and PostgreSQL can't store.
func withoutProtected(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := make(map[string]any, len(v))
		for key, item := range v {
			if !isProtected(key) {
				kept[withoutNUL(key)] = withoutProtected(item)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, item := range v {
			kept[i] = withoutProtected(item)
		}
		return kept
	case string:
		return withoutNUL(v)
	default:
		return value
	}
}

func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// isProtected reports whether a key names gender, race and ethnicity, disability, veteran status,
// birth date or citizenship. JazzHR documents gender, citizenShip, eeoRace, eeoDisability and
// eeoVeteran, and has sent citizenship. Keys come and go, so isProtected looks for words in the
// key. It rather drops one key too many.
func isProtected(key string) bool {
	folded := foldKey(key)
	contains := func(word string) bool { return strings.Contains(folded, word) }
	if strings.HasPrefix(folded, "eeo") ||
		slices.ContainsFunc([]string{
			"gender", "ethnic", "disab", "handicap", "veteran", "birth", "citizen", "nationality",
		}, contains) {
		return true
	}
	// Other words contain these ("trace", "sextant"), so only a whole word counts.
	return slices.ContainsFunc(keyWords(key), func(word string) bool {
		return slices.Contains([]string{"race", "races", "sex", "dob"}, word)
	})
}

// foldKey returns a JSON key in lower case with letters and digits only. So birthDate, birth_date
// and BIRTH-DATE are equal.
func foldKey(key string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, key)
}

// keyWords splits a JSON key at its separators and capitals, and returns the words in lower case.
func keyWords(key string) []string {
	var spaced strings.Builder
	previous := ' '
	for _, r := range key {
		if unicode.IsUpper(r) && !unicode.IsUpper(previous) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
		previous = r
	}
	return strings.FieldsFunc(spaced.String(), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}
