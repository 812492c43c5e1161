package jazzhr

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// pageRows is the number of rows of a full page.
const pageRows = 100

// Page is one page of a list. Rows shift while a list is being read, so a row can appear on two
// pages. An applicant appears once per application.
type Page[T any] struct {
	Items []T
	Last  bool // reports that the page is not full, so no further page exists
}

// body is the decoded body of an answer.
type body struct {
	value any  // see decodeJSON
	json  bool // the body is one JSON value
	empty bool // the body holds only white space
}

func parseBody(raw []byte) body {
	value, ok := decodeJSON(raw)
	return body{value: value, json: ok, empty: len(bytes.TrimSpace(raw)) == 0}
}

// decodeJSON reads exactly one JSON value, with numbers as json.Number. It ignores the
// Content-Type, because JazzHR labels JSON as HTML.
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

// decodeList reads a page of a list. JazzHR sends an array, a bare object for a single row, or null
// for no rows. One invalid row makes the whole page unreadable: a caller who searches the list must
// not miss a row.
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

// decodeOne reads the record with the given id. For an unknown id JazzHR answers with nothing, or
// with an object or list without that id. Then the error is [ErrNotFound].
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

// parseAll reads a nested list. ok is false if the value is not a list of rows.
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
