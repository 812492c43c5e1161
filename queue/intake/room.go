package intake

import (
	"errors"
	"sync"

	"github.com/google/uuid"
)

const (
	// memory bounds what all requests that are under way hold, in bytes. memoryOfTenant bounds those
	// of one tenant: whoever knows its address can stop its webhooks, and those of nobody else.
	memory         = 64 << 20
	memoryOfTenant = memory / 4
	// requestMemory is what a request holds besides its body, in bytes.
	requestMemory = 16 << 10
)

// ErrFull says that no more requests can be taken at this moment, of anybody or of one tenant.
var ErrFull = errors.New("too many webhooks are being taken at once")

// rooms counts what the requests that are under way hold.
type rooms struct {
	mu   sync.Mutex
	held int64
	of   map[uuid.UUID]int64 // by tenant; none is 0
}

func newRooms() *rooms { return &rooms{of: map[uuid.UUID]int64{}} }

// Room is the memory that one request to a tenant's address holds. One goroutine uses it.
type Room struct {
	rooms  *rooms
	tenant uuid.UUID
	held   int64
}

// Room returns the room of a request to a tenant's address. It holds nothing before [Room.Grow]. The
// caller calls [Room.Release] once it has answered.
func (i *Intake) Room(tenantID uuid.UUID) *Room { return &Room{rooms: i.rooms, tenant: tenantID} }

// Grow reserves memory for so many further bytes of the body, or returns [ErrFull].
func (r *Room) Grow(bytes int64) error {
	if r.held == 0 {
		bytes += requestMemory
	}
	r.rooms.mu.Lock()
	defer r.rooms.mu.Unlock()
	if r.rooms.held+bytes > memory || r.rooms.of[r.tenant]+bytes > memoryOfTenant {
		return ErrFull
	}
	r.add(bytes)
	return nil
}

// Release gives back what the request holds.
func (r *Room) Release() {
	r.rooms.mu.Lock()
	defer r.rooms.mu.Unlock()
	r.add(-r.held)
}

func (r *Room) add(bytes int64) {
	r.held += bytes
	r.rooms.held += bytes
	if r.rooms.of[r.tenant] += bytes; r.rooms.of[r.tenant] == 0 {
		delete(r.rooms.of, r.tenant)
	}
}
