package jazzhr

import (
	"encoding/json"
	"html"
	"strings"
	"time"
)

// JazzHR changes the type of a value from one reply to the next. The functions below read a decoded
// JSON value (with numbers as json.Number) leniently. They return the zero value for what they
// can't read.

// member returns the value of the first key that matches one of the names and is not null. Case and
// punctuation of keys do not matter, but an exact match comes first.
func member(object map[string]any, names ...string) any {
	for _, name := range names {
		if value := object[name]; value != nil {
			return value
		}
	}
	for _, name := range names {
		for key, value := range object {
			if value != nil && foldKey(key) == foldKey(name) {
				return value
			}
		}
	}
	return nil
}

// object reads a value as an object. Lookups in the nil map that it returns otherwise are safe.
func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

// list reads a value as a list. A bare value is a list of one, null is the empty list.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// scalar reads a string or a number as trimmed text. It drops NUL, which JSON can write and
// PostgreSQL can't store.
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(withoutNUL(v))
	case json.Number:
		return v.String()
	default:
		return ""
	}
}

// personal reads a name or an email, which may come as it stands in HTML.
func personal(value any) string { return html.UnescapeString(scalar(value)) }

// identifier reads an id. The id is bare, or it is the value of an HR Open identifier object.
func identifier(value any) string {
	if id := scalar(value); id != "" {
		return id
	}
	return scalar(member(object(value), "value"))
}

// values reads a list of texts. Each is bare or stands under one of the given names of an object.
// Empty and repeated texts are dropped.
func values(value any, names ...string) []string {
	var texts []string
	seen := make(map[string]bool)
	for _, item := range list(value) {
		text := scalar(item)
		if text == "" {
			text = scalar(member(object(item), names...))
		}
		if text != "" && !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	return texts
}

// dateText returns the day of a date, as YYYY-MM-DD. It returns "" for what is no day of the
// calendar, such as 0000-00-00, -0001-11-30 and 2026-02-30.
func dateText(date string) string {
	day, rest, _ := strings.Cut(strings.TrimSpace(date), " ")
	if at := strings.IndexByte(day, 'T'); rest == "" && at > 0 {
		day = day[:at]
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}
