package intrvio

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
)

// EventType names what an event tells. The set is closed; within v1 of the contract types are only added.
type EventType string

// The event types, each with the type of its data.
const (
	// ConnectionVerified says that JazzHR's webhook reaches us and its signature is right. Data: [Connection].
	ConnectionVerified EventType = "connection.verified"
	// ConnectionRejected says that JazzHR has refused the stored API key twice. Data: [Connection].
	ConnectionRejected EventType = "connection.rejected"
	// ConnectionRestored says that a refused key works again or was replaced by one that does. Data: [Connection].
	ConnectionRestored EventType = "connection.restored"
	// CandidateExported says that a recruiter exported a candidate. Data: [CandidateExport].
	CandidateExported EventType = "candidate.exported"
	// InterviewRequested asks for an interview to be held. Data: [InterviewRequest].
	InterviewRequested EventType = "interview.requested"
	// CandidateStageChanged says that a candidate was moved in a hiring workflow. Data: [StageChange].
	CandidateStageChanged EventType = "candidate.stage_changed"
	// CandidateApplied says that an applicant is new in JazzHR. Data: [Applied].
	CandidateApplied EventType = "candidate.applied"
	// CandidateLinked says that an applicant is new in a job. Data: [Linked].
	CandidateLinked EventType = "candidate.linked"
	// CandidateGone says that JazzHR knows an applicant no more: merged into another, or deleted. Data: [Gone].
	CandidateGone EventType = "candidate.gone"
	// BackfillCompleted says that what stood in the account before is known. Data: [Backfill].
	BackfillCompleted EventType = "backfill.completed"
	// WritebackCompleted says that everything a writeback asked for stands in JazzHR. Data: [WritebackResult].
	WritebackCompleted EventType = "writeback.completed"
	// WritebackRejected says that JazzHR refused a step for good, or that the tenant disconnected. Data:
	// [WritebackResult].
	WritebackRejected EventType = "writeback.rejected"
	// WritebackAttention says that a person has to decide how a writeback goes on. Data: [WritebackResult].
	WritebackAttention EventType = "writeback.attention"
	// AuditDuplicatesFound says that JazzHR holds more copies of what we wrote than the audit before found. Data:
	// [DuplicatesFound].
	AuditDuplicatesFound EventType = "audit.duplicates_found"
	// JobOpened says that a job opening is open: first seen so, or become so. Data: [Opening].
	JobOpened EventType = "job.opened"
	// JobChanged says that a job opening changed otherwise, or was first seen and is not open. Data: [Opening].
	JobChanged EventType = "job.changed"
	// JobClosed says that a job opening was filled, cancelled or closed, or is gone from JazzHR. Data: [Opening].
	JobClosed EventType = "job.closed"
)

// Envelope is what is POSTed to the backend, and an item of the pull API.
type Envelope struct {
	// ID is the event's identity as [EventID] writes it, sent as the webhook-id header too. Constant over redeliveries.
	ID   string    `json:"id"`
	Type EventType `json:"type"`
	// Timestamp is when the event came about, not when it was sent. Written in UTC.
	Timestamp time.Time `json:"timestamp"`
	TenantID  uuid.UUID `json:"tenant_id"`
	// ExternalID is the backend's own id of the tenant; empty, and then omitted, if it gave none.
	ExternalID string `json:"external_id,omitempty"`
	// Sequence counts a tenant's events in the order they were committed, from 1 and without gaps.
	Sequence int64 `json:"sequence"`
	// Data is one of this package's data types as [Encode] writes it; [Decode] reads it.
	Data json.RawMessage `json:"data"`
}

// MarshalJSON writes the timestamp in UTC, whatever zone the database's driver gave it.
func (e Envelope) MarshalJSON() ([]byte, error) {
	type plain Envelope
	e.Timestamp = e.Timestamp.UTC()
	return json.Marshal(plain(e))
}

// LogValue keeps the data, which holds personal details, out of logs.
func (e Envelope) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", e.ID),
		slog.String("type", string(e.Type)),
		slog.String("tenant_id", e.TenantID.String()),
		slog.Int64("sequence", e.Sequence),
	)
}

const eventIDPrefix = "evt_"

// EventID writes the id of an event's row as the contract shows it.
func EventID(id uuid.UUID) string { return eventIDPrefix + id.String() }

// ParseEventID reads what [EventID] wrote.
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

// Data is what an envelope can carry: one of this package's data types.
type Data interface {
	// belongsTo reports whether events of type t carry this data.
	belongsTo(t EventType) bool
}

// Encode writes the data of an event of type t. It refuses data of another type's.
func Encode(t EventType, data Data) (json.RawMessage, error) {
	if !data.belongsTo(t) {
		return nil, fmt.Errorf("encode event data: %T does not belong to %q", data, t)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encode event data of %q: %w", t, err)
	}
	return raw, nil
}

// Decode reads an envelope's data. It fails if events of the envelope's type carry another type than T; fields that are
// not known are ignored, since the contract may grow.
func Decode[T Data](e Envelope) (T, error) {
	var data T
	if !data.belongsTo(e.Type) {
		return data, fmt.Errorf("decode event data: %T does not belong to %q", data, e.Type)
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return data, fmt.Errorf("decode event data of %q: %w", e.Type, err)
	}
	return data, nil
}
