package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Entry is a row of the record, as the API and exports show it. The hash is over its JSON, so a
// field that is added must be left out of the JSON while it is empty.
type Entry struct {
	Position  int64      `json:"position,omitempty"` // 0 until it is chained
	ID        uuid.UUID  `json:"id"`
	At        time.Time  `json:"at"`
	ActorKind ActorKind  `json:"actor_kind,omitempty"`
	Actor     string     `json:"actor"`
	ActorID   string     `json:"actor_id,omitempty"`
	Address   string     `json:"address,omitempty"`
	RequestID string     `json:"request_id,omitempty"`
	TenantID  *uuid.UUID `json:"tenant_id,omitempty"`
	Action    Kind       `json:"action"`
	Target    string     `json:"target,omitempty"`
	Outcome   Result     `json:"outcome"`
	Detail    string     `json:"detail,omitempty"`
	Changes   string     `json:"changes,omitempty"` // JSON of its own
	Times     int32      `json:"times"`
	Hash      string     `json:"hash,omitempty"` // in hex
}

// EntryOf returns a row as it is shown.
func EntryOf(row gen.Action) Entry {
	e := Entry{
		ID: row.ActionID, At: row.At.UTC(), ActorKind: ActorKind(db.Text(row.ActorKind)), Actor: row.Who,
		ActorID: db.Text(row.ActorID), Address: db.Text(row.Address), RequestID: db.Text(row.RequestID),
		TenantID: row.TenantID, Action: Kind(row.What), Target: db.Text(row.Target), Outcome: Result(row.Result),
		Detail: db.Text(row.Detail), Changes: db.Text(row.Changes), Times: row.Times, Hash: hex.EncodeToString(row.Hash),
	}
	if row.Position != nil {
		e.Position = *row.Position
	}
	return e
}

// line returns the entry as one line of JSON, with a line end.
func (e Entry) line() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("write entry of the record: %w", err)
	}
	return text.Bytes(), nil
}

// hashAfter returns the hash of the entry in a chain whose last hash is before: SHA-256 over that
// hash in hex, a line end, and the entry's line without its hash.
func (e Entry) hashAfter(before []byte) ([]byte, error) {
	e.Hash = ""
	line, err := e.line()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte(hex.EncodeToString(before)+"\n"), line...))
	return sum[:], nil
}

// Filter says which entries are asked for. What is empty takes all.
type Filter struct {
	Tenants     []uuid.UUID // nil for all
	Actor       string      // the actor's name or id, as entries have it
	Action      Kind
	Since, Till *time.Time
}

// Named is an entry with the name of its tenant.
type Named struct {
	Entry
	TenantName string
}

// Newest returns at most limit entries from the one before a given one, the newest first. uuid.Nil
// stands for the beginning.
func Newest(ctx context.Context, conn gen.DBTX, f Filter, before uuid.UUID, limit int) ([]Named, error) {
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := gen.New().SystemActions(ctx, conn, gen.SystemActionsParams{
		Before: before, Since: f.Since, Until: f.Till, Tenants: f.Tenants,
		Actor: db.NullText(f.Actor), What: db.NullText(string(f.Action)), MaxRows: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	entries := make([]Named, len(rows))
	for i, row := range rows {
		entries[i] = Named{EntryOf(row.Action), db.Text(row.TenantName)}
	}
	return entries, nil
}
