package intrvio

import "time"

// Outage is the data of [JazzHRUnavailable] and [JazzHRAvailable].
type Outage struct {
	// Since is when JazzHR stopped taking writes.
	Since time.Time `json:"since"`
	// EndedAt is when it was found to take them again. Omitted while it does not.
	EndedAt *time.Time `json:"ended_at,omitempty"`
}
