package jazzhr

import (
	"encoding/json"
	"strings"
)

// JazzHR's values change their form from one reply to the next. The functions
// here read a decoded JSON value (numbers as json.Number) as what is wanted of
// it, and give the zero value for what can't be read so.

// member returns the first non-null value among an object's keys that folds to
// one of the names.
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

// object reads a value as an object; a nil map can be looked into as well.
func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

// list reads a value as a list: of one for a value that stands bare, of none
// for null.
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

// scalar reads a value as trimmed text: a string, or a number's digits. NUL,
// which JSON can write and PostgreSQL can't keep, is left out.
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(strings.ReplaceAll(v, "\x00", ""))
	case json.Number:
		return v.String()
	default:
		return ""
	}
}

// identifier reads an id, which is bare or the value of an HR Open identifier
// object.
func identifier(value any) string {
	if id := scalar(value); id != "" {
		return id
	}
	return scalar(member(object(value), "value"))
}

// values reads a list of texts, each bare or under one of the given names of an
// object, without the empty and the repeated ones.
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

// dateText returns a date as JazzHR wrote it, or "" for the one that means none.
func dateText(date string) string {
	if strings.HasPrefix(date, "0000-00-00") {
		return ""
	}
	return date
}
