package web

import (
	"encoding/base64"
	"net/url"

	"github.com/google/uuid"
)

// page is an answer that lists.
type page[T any] struct {
	Items []T `json:"items"`
	// NextCursor leads to what follows; null if nothing does.
	NextCursor *string `json:"next_cursor"`
}

// newPage makes a page of at most limit items, of which one more was asked for to see whether any follow.
func newPage[T any](items []T, limit int, id func(T) uuid.UUID) page[T] {
	return newTextPage(items, limit, func(item T) string { return string(idBytes(id(item))) })
}

func idBytes(id uuid.UUID) []byte { return id[:] }

// newTextPage is newPage for items whose ids are not ours.
func newTextPage[T any](items []T, limit int, id func(T) string) page[T] {
	if len(items) <= limit {
		return page[T]{Items: append([]T{}, items...)}
	}
	items = items[:limit]
	cursor := base64.RawURLEncoding.EncodeToString([]byte(id(items[limit-1])))
	return page[T]{Items: items, NextCursor: &cursor}
}

// cursorOf is the id after which a page begins.
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
