package work

import (
	"html"
	"regexp"
	"strings"
)

var tags = regexp.MustCompile(`<[^>]*>`)

// NoteForms returns a note's text in the two forms in which a reference is looked for. JazzHR may
// have added HTML and spacing: one form is without tags, entities and spaces, the other without
// spaces only.
func NoteForms(text string) [2]string {
	withoutSpaces := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return [2]string{
		withoutSpaces(html.UnescapeString(tags.ReplaceAllString(text, ""))),
		withoutSpaces(text),
	}
}

// Carries reports whether a note's text holds a reference.
func Carries(text, reference string) bool {
	forms := NoteForms(text)
	return strings.Contains(forms[0], reference) || strings.Contains(forms[1], reference)
}
