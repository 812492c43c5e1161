package intake

import (
	"errors"
	"testing"

	"github.com/google/uuid"
)

// TestRoom fills the memory of a tenant, and then that of all: each holds what it may and gives all
// of it back.
func TestRoom(t *testing.T) {
	t.Parallel()
	i := &Intake{rooms: newRooms()}
	fill := func(tenant uuid.UUID) (filled []*Room) {
		for {
			r := i.Room(tenant)
			if err := r.Grow(1 << 20); errors.Is(err, ErrFull) {
				return filled
			} else if err != nil {
				t.Fatal(err)
			}
			filled = append(filled, r)
		}
	}
	var all []*Room
	for range 4 {
		filled := fill(uuid.New())
		if len(filled) != 15 {
			t.Errorf("a tenant holds %d requests of 1 MiB", len(filled))
		}
		all = append(all, filled...)
	}
	last := fill(uuid.New())
	if len(last) != 3 { // 60 MiB and the memory besides the bodies are taken
		t.Errorf("a further tenant holds %d", len(last))
	}
	for _, r := range append(all, last...) {
		r.Release()
		r.Release()
	}
	if i.rooms.held != 0 || len(i.rooms.of) != 0 {
		t.Errorf("after all was given back, %d bytes are held, %v", i.rooms.held, i.rooms.of)
	}
	large := i.Room(uuid.New())
	for range 20 {
		if err := large.Grow(256 << 10); err != nil {
			t.Errorf("the largest body: %v", err)
		}
	}
}
