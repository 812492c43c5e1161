package web

import (
	"encoding/base64"
	"net/url"

	"github.com/google/uuid"
)

// page is an answer that lists.
type page[T any] struct {
	Items []T `json:"items"`
	// NextCursor is the cursor of the next page, or null if this is the last.
	NextCursor *string `json:"next_cursor"`
}

// newPage returns a page of at most limit items. The caller reads limit+1 of them, so that the page
// knows whether another follows.
func newPage[T any](items []T, limit int, id func(T) uuid.UUID) page[T] {
	return newTextPage(items, limit, func(item T) string {
		bytes := id(item)
		return string(bytes[:])
	})
}

// newTextPage is newPage for items whose ids are JazzHR's, which are texts.
func newTextPage[T any](items []T, limit int, id func(T) string) page[T] {
	if len(items) <= limit {
		return page[T]{Items: append([]T{}, items...)}
	}
	items = items[:limit]
	cursor := base64.RawURLEncoding.EncodeToString([]byte(id(items[limit-1])))
	return page[T]{Items: items, NextCursor: &cursor}
}

// cursorOf returns the id after which a page begins.
func cursorOf(query url.Values) (uuid.UUID, error) {
	text := query.Get("cursor")
	if text == "" {
		return uuid.Nil, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return uuid.Nil, invalid("cursor", "must be a next_cursor as it was given out")
	}
	id, err := uuid.FromBytes(raw)
	if err != nil {
		return uuid.Nil, invalid("cursor", "must be a next_cursor as it was given out")
	}
	return id, nil
}
