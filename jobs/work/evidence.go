package work

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// The kinds of proof that decisions look for: of a case, and of a read that found no applicant.
const (
	ProofAttention = "attention"
	ProofGone      = "gone"
)

// Proof is an entry of an effect's evidence.
type Proof struct {
	At time.Time `json:"at"`
	// What is one of sent, confirmed, refused, not_sent, lost, found, absent, gone, replanned, reopened,
	// attention and late_answer.
	What      string   `json:"what"`
	RemoteIDs []string `json:"remote_ids,omitempty"`
	Detail    string   `json:"detail,omitempty"`
}

// Evidence encodes entries as they are stored.
func Evidence(entries ...Proof) json.RawMessage {
	raw, err := json.Marshal(entries)
	if err != nil { // times and texts always marshal
		return json.RawMessage(`[]`)
	}
	return raw
}

// LastDetail is the detail of the last answer to a send in an effect's evidence; empty if that has
// none.
func LastDetail(raw json.RawMessage) string {
	var entries []Proof
	if json.Unmarshal(raw, &entries) != nil {
		return ""
	}
	for _, p := range slices.Backward(entries) {
		if p.What != "sent" {
			return p.Detail
		}
	}
	return ""
}

// LastGone is when a read found the applicant gone, if that is the last of an effect's evidence.
func LastGone(raw json.RawMessage) (at time.Time) {
	var entries []Proof
	if json.Unmarshal(raw, &entries) == nil && len(entries) > 0 && entries[len(entries)-1].What == ProofGone {
		at = entries[len(entries)-1].At
	}
	return at
}

// DecidedNames reports whether a person has decided about an effect that somebody has the email under
// another name, as its evidence says.
func DecidedNames(raw json.RawMessage) bool {
	var entries []Proof
	return json.Unmarshal(raw, &entries) == nil && slices.ContainsFunc(entries, func(p Proof) bool {
		return p.What == ProofAttention && p.Detail == string(outcome.OtherName)
	})
}
