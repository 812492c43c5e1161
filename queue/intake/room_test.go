package intake

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/uuid"
)

// TestRoom fills the memory of a tenant, and then that of all: each holds what it may and gives all
// of it back.
func TestRoom(t *testing.T) {
	t.Parallel()
	i := &Intake{rooms: newRooms()}
	fill := func(tenant uuid.UUID, client string) (filled []*Room) {
		for {
			r := i.Room(tenant, netip.MustParseAddr(client))
			if err := r.Grow(1 << 20); errors.Is(err, ErrFull) {
				return filled
			} else if err != nil {
				t.Fatal(err)
			}
			filled = append(filled, r)
		}
	}
	var all []*Room
	for n := range 4 {
		filled := fill(uuid.New(), fmt.Sprintf("192.0.2.%d", n))
		if len(filled) != 15 {
			t.Errorf("a tenant holds %d requests of 1 MiB", len(filled))
		}
		all = append(all, filled...)
	}
	last := fill(uuid.New(), "192.0.2.9")
	if len(last) != 3 { // 60 MiB and the memory besides the bodies are taken
		t.Errorf("a further tenant holds %d", len(last))
	}
	for _, r := range append(all, last...) {
		r.Release()
		r.Release()
	}
	if i.rooms.held != 0 || len(i.rooms.byTenant)+len(i.rooms.byClient) != 0 {
		t.Errorf("after all was given back, %d bytes are held, %v, %v", i.rooms.held, i.rooms.byTenant, i.rooms.byClient)
	}
	large := i.Room(uuid.New(), netip.Addr{})
	for range 20 {
		if err := large.Grow(256 << 10); err != nil {
			t.Errorf("the largest body: %v", err)
		}
	}
}

// TestRoomOfAClient has one network address send for many tenants: it holds half, and another one
// the rest.
func TestRoomOfAClient(t *testing.T) {
	t.Parallel()
	i := &Intake{rooms: newRooms()}
	fill := func(client string) (filled int) {
		for i.Room(uuid.New(), netip.MustParseAddr(client)).Grow(1<<20) == nil {
			filled++
		}
		return filled
	}
	for _, test := range []struct {
		client string
		want   int
	}{
		{"192.0.2.1", 31}, // of 1 MiB and the memory besides, in 32 MiB
		{"::ffff:192.0.2.1", 0},
		{"2001:db8:0:1::1", 31},
		{"2001:db8:0:1:ffff::2", 0},
		{"192.0.2.2", 1}, // all of it is taken
	} {
		if got := fill(test.client); got != test.want {
			t.Errorf("%s holds %d requests of 1 MiB, want %d", test.client, got, test.want)
		}
	}
}
