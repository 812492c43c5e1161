package intrvio

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
)

// EventType names what happened. The set is closed. Version 1 of the contract only adds types.
type EventType string

// The event types. Each names the type of its data.
const (
	// ConnectionVerified says that JazzHR's webhook arrives with a valid signature. Data:
	// [Connection].
	ConnectionVerified EventType = "connection.verified"
	// ConnectionRejected says that JazzHR has refused the stored API key twice. Data: [Connection].
	ConnectionRejected EventType = "connection.rejected"
	// ConnectionRestored says that a refused key works again or was replaced by one that works.
	// Data: [Connection].
	ConnectionRestored EventType = "connection.restored"
	// CandidateExported says that a recruiter exported a candidate. Data: [CandidateExport].
	CandidateExported EventType = "candidate.exported"
	// InterviewRequested asks for an interview. Data: [InterviewRequest].
	InterviewRequested EventType = "interview.requested"
	// CandidateStageChanged says that a candidate moved to another stage. Data: [StageChange].
	CandidateStageChanged EventType = "candidate.stage_changed"
	// CandidateApplied says that JazzHR has a new applicant. Data: [Applied].
	CandidateApplied EventType = "candidate.applied"
	// CandidateLinked says that an applicant was linked to a job. Data: [Linked].
	CandidateLinked EventType = "candidate.linked"
	// CandidateGone says that JazzHR no longer has an applicant: merged into another, or deleted.
	// Data: [Gone].
	CandidateGone EventType = "candidate.gone"
	// BackfillCompleted says that the mirror now holds everything the account held before. Data:
	// [Backfill].
	BackfillCompleted EventType = "backfill.completed"
	// WritebackCompleted says that JazzHR holds everything the writeback asked for. Data:
	// [WritebackResult].
	WritebackCompleted EventType = "writeback.completed"
	// WritebackRejected says that JazzHR refused a step for good, or that the tenant disconnected.
	// Data: [WritebackResult].
	WritebackRejected EventType = "writeback.rejected"
	// WritebackAttention says that a person must decide how a writeback goes on. Data:
	// [WritebackResult].
	WritebackAttention EventType = "writeback.attention"
	// AuditDuplicatesFound says that JazzHR holds more copies of what this service wrote than at
	// the last audit. Data: [DuplicatesFound].
	AuditDuplicatesFound EventType = "audit.duplicates_found"
	// JobOpened says that a job opening is open: it was first seen open, or it became open. Data:
	// [Opening].
	JobOpened EventType = "job.opened"
	// JobChanged says that a job opening changed in another way, or was first seen and is not open.
	// Data: [Opening].
	JobChanged EventType = "job.changed"
	// JobClosed says that a job opening was filled, cancelled or closed, or that JazzHR no longer
	// has it. Data: [Opening].
	JobClosed EventType = "job.closed"
	// JazzHRUnavailable says that JazzHR takes no writes of any customer, and that a writeback of
	// this tenant waits for that to end. It is sent once an outage. Data: [Outage].
	JazzHRUnavailable EventType = "jazzhr.unavailable"
	// JazzHRAvailable says that an outage that the tenant was told of is over. Data: [Outage].
	JazzHRAvailable EventType = "jazzhr.available"
)

// Envelope is one event: the body of a delivery, and an item of the pull API.
type Envelope struct {
	// ID identifies the event, in the form of [EventID]. It is also the webhook-id header. All
	// deliveries of the event have the same.
	ID   string    `json:"id"`
	Type EventType `json:"type"`
	// Timestamp is when the event happened, in UTC. It is not the time of sending.
	Timestamp time.Time `json:"timestamp"`
	TenantID  uuid.UUID `json:"tenant_id"`
	// ExternalID is the backend's own id of the tenant. Omitted if the backend gave none.
	ExternalID string `json:"external_id,omitempty"`
	// Sequence counts a tenant's events in the order they were committed. It starts at 1 and has no
	// gaps.
	Sequence int64 `json:"sequence"`
	// Data is one of this package's data types. [Encode] writes it, [Decode] reads it.
	Data json.RawMessage `json:"data"`
}

// MarshalJSON writes the timestamp in UTC, whatever zone the database driver returned.
func (e Envelope) MarshalJSON() ([]byte, error) {
	type plain Envelope
	e.Timestamp = e.Timestamp.UTC()
	return json.Marshal(plain(e))
}

// LogValue leaves out Data, which holds personal details.
func (e Envelope) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", e.ID),
		slog.String("type", string(e.Type)),
		slog.String("tenant_id", e.TenantID.String()),
		slog.Int64("sequence", e.Sequence),
	)
}

const eventIDPrefix = "evt_"

// EventID returns the public id of an event's database row.
func EventID(id uuid.UUID) string { return eventIDPrefix + id.String() }

// ParseEventID returns the row id from the result of [EventID].
func ParseEventID(s string) (uuid.UUID, error) {
	rest, ok := strings.CutPrefix(s, eventIDPrefix)
	if !ok || len(rest) != len(uuid.Nil.String()) {
		return uuid.Nil, errors.New("event id: not of the form evt_<uuid>")
	}
	id, err := uuid.Parse(rest)
	if err != nil {
		return uuid.Nil, errors.New("event id: not of the form evt_<uuid>")
	}
	return id, nil
}

// Data is the data of an event: a value of one of the types that [Types] lists.
type Data any

// Types returns every type of event with a zero value of its data.
func Types() map[EventType]Data {
	return map[EventType]Data{
		ConnectionVerified:    Connection{},
		ConnectionRejected:    Connection{},
		ConnectionRestored:    Connection{},
		CandidateExported:     CandidateExport{},
		InterviewRequested:    InterviewRequest{},
		CandidateStageChanged: StageChange{},
		CandidateApplied:      Applied{},
		CandidateLinked:       Linked{},
		CandidateGone:         Gone{},
		BackfillCompleted:     Backfill{},
		WritebackCompleted:    WritebackResult{},
		WritebackRejected:     WritebackResult{},
		WritebackAttention:    WritebackResult{},
		AuditDuplicatesFound:  DuplicatesFound{},
		JobOpened:             Opening{},
		JobChanged:            Opening{},
		JobClosed:             Opening{},
		JazzHRUnavailable:     Outage{},
		JazzHRAvailable:       Outage{},
	}
}

// carries reports whether events of type t carry data of this type.
func (t EventType) carries(data Data) bool {
	of, known := Types()[t]
	return known && reflect.TypeOf(of) == reflect.TypeOf(data)
}

// Encode returns the data of an event of type t as JSON. It fails if events of type t carry another
// type.
func Encode(t EventType, data Data) (json.RawMessage, error) {
	if !t.carries(data) {
		return nil, fmt.Errorf("encode event data: %T does not belong to %q", data, t)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encode event data of %q: %w", t, err)
	}
	return raw, nil
}

// Decode reads the data of e. It fails if events of e's type carry another type than T. It ignores
// unknown fields, because the contract may add fields.
func Decode[T Data](e Envelope) (T, error) {
	var data T
	if !e.Type.carries(data) {
		return data, fmt.Errorf("decode event data: %T does not belong to %q", data, e.Type)
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return data, fmt.Errorf("decode event data of %q: %w", e.Type, err)
	}
	return data, nil
}
