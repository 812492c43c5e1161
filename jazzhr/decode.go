package jazzhr

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// pageRows is the number of rows on a full page.
const pageRows = 100

// Page is one page of a list. Rows shift between pages while a list is read, so
// a row can come twice; an applicant comes once per application.
type Page[T any] struct {
	Items []T
	Last  bool // fewer rows than a full page: there is no further one
}

// body is what an answer holds.
type body struct {
	value any  // see decodeJSON
	json  bool // whether it is JSON
	empty bool // whether it is nothing but space
}

func parseBody(raw []byte) body {
	value, ok := decodeJSON(raw)
	return body{value: value, json: ok, empty: len(bytes.TrimSpace(raw)) == 0}
}

// decodeJSON reads exactly one JSON value, numbers as json.Number. What the
// Content-Type says is not asked, since JazzHR labels JSON as HTML.
func decodeJSON(raw []byte) (value any, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		return nil, false
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return value, true
}

// decodeList reads a page: an array, a bare object for one row, null for none.
// One row that is no row makes the page unreadable, because whoever looks for
// something must not miss it.
func decodeList[T any](b body, parse func(map[string]any) T) (Page[T], error) {
	if !b.json {
		return Page[T]{}, errUnreadable
	}
	rows := list(b.value)
	page := Page[T]{Items: make([]T, 0, len(rows)), Last: len(rows) < pageRows}
	for _, item := range rows {
		row := object(item)
		if scalar(row["id"]) == "" {
			return Page[T]{}, errUnreadable
		}
		page.Items = append(page.Items, parse(row))
	}
	return page, nil
}

// decodeOne reads the thing with an id. An object or list without it, or
// nothing at all, is how JazzHR answers for an id it does not know: ErrNotFound.
func decodeOne[T any](b body, id string, parse func(map[string]any) T) (T, error) {
	var none T
	if !b.json && !b.empty {
		return none, errUnreadable
	}
	for _, item := range list(b.value) {
		row, ok := item.(map[string]any)
		if !ok {
			return none, errUnreadable
		}
		if scalar(row["id"]) == id {
			return parse(row), nil
		}
	}
	return none, ErrNotFound
}

// parseAll reads a nested list. ok is false if it is of another form than
// JazzHR gives lists, or holds something that is no row.
func parseAll[T any](value any, parse func(map[string]any) T) (items []T, ok bool) {
	for _, item := range list(value) {
		row, isRow := item.(map[string]any)
		if !isRow {
			return nil, false
		}
		items = append(items, parse(row))
	}
	return items, true
}
