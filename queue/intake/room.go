package intake

import (
	"errors"
	"net/netip"
	"sync"

	"github.com/google/uuid"
)

const (
	// memory bounds what all requests that are under way hold, in bytes. memoryOfTenant bounds those
	// of one tenant: whoever knows its webhook address can stop its webhooks, and those of nobody
	// else. memoryOfClient bounds those of one network address, from which JazzHR may send for all
	// tenants.
	memory         = 64 << 20
	memoryOfTenant = memory / 4
	memoryOfClient = memory / 2
	// requestMemory is what a request holds besides its body, in bytes.
	requestMemory = 16 << 10
)

// ErrFull says that no more requests can be taken at this moment: of anybody, of one tenant, or from
// one network address.
var ErrFull = errors.New("too many webhooks are being taken at once")

// rooms counts what the requests that are under way hold.
type rooms struct {
	mu       sync.Mutex
	held     int64
	byTenant map[uuid.UUID]int64 // who holds nothing is in neither map
	byClient map[netip.Prefix]int64
}

func newRooms() *rooms {
	return &rooms{byTenant: map[uuid.UUID]int64{}, byClient: map[netip.Prefix]int64{}}
}

// Room is the memory that one request to a tenant's webhook address holds. One goroutine uses it.
type Room struct {
	rooms  *rooms
	tenant uuid.UUID
	client netip.Prefix
	held   int64
}

// Room returns the room of a request from a client to a tenant's webhook address. It holds nothing
// before [Room.Grow]. The caller calls [Room.Release] once it has answered.
func (i *Intake) Room(tenantID uuid.UUID, client netip.Addr) *Room {
	return &Room{rooms: i.rooms, tenant: tenantID, client: network(client)}
}

// network returns what one client can send from: an address of IPv4, and of IPv6 the 64 bits that a
// subscriber gets at least.
func network(client netip.Addr) netip.Prefix {
	client = client.Unmap()
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	prefix, _ := client.Prefix(bits) // of no address it is the zero Prefix
	return prefix
}

// Grow reserves memory for so many further bytes of the body, or returns [ErrFull].
func (r *Room) Grow(bytes int64) error {
	if r.held == 0 {
		bytes += requestMemory
	}
	r.rooms.mu.Lock()
	defer r.rooms.mu.Unlock()
	if r.rooms.held+bytes > memory ||
		r.rooms.byTenant[r.tenant]+bytes > memoryOfTenant ||
		r.rooms.byClient[r.client]+bytes > memoryOfClient {
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
	if r.rooms.byTenant[r.tenant] += bytes; r.rooms.byTenant[r.tenant] == 0 {
		delete(r.rooms.byTenant, r.tenant)
	}
	if r.rooms.byClient[r.client] += bytes; r.rooms.byClient[r.client] == 0 {
		delete(r.rooms.byClient, r.client)
	}
}
