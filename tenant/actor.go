package tenant

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/record"
)

// Actor is who changes a tenant. What is done is recorded in the transaction of the change.
type Actor struct {
	Name   string // if empty, the name of the context's [record.Origin]
	Detail string // how it is done, in plain words; may be empty
}

// record stores what the actor did.
func (a Actor) record(ctx context.Context, tx db.TenantTx, what record.Kind) error {
	return record.Add(ctx, tx, record.Action{Who: a.Name, Tenant: tx.Tenant, What: what, Detail: a.Detail})
}

// recordChanges stores that the actor changed settings.
func (a Actor) recordChanges(ctx context.Context, tx db.TenantTx, changed map[string]settingChange) error {
	text := ""
	if len(changed) > 0 {
		raw, err := json.Marshal(changed)
		if err != nil {
			return fmt.Errorf("record changes: %w", err)
		}
		text = string(raw)
	}
	return record.Add(ctx, tx, record.Action{
		Who: a.Name, Tenant: tx.Tenant, What: record.SettingsChanged, Detail: a.Detail, Changes: text,
	})
}

// settingChange is what a setting was and is. A setting whose value may hold anything, as a name does,
// has neither.
type settingChange struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// changedSettings returns the settings that differ, by the names that the API has for them.
func changedSettings(before, after gen.Tenant, triggersBefore, triggersAfter []gen.AutoTriggersRow) map[string]settingChange {
	changed := map[string]settingChange{}
	compare := func(name string, was, is any) {
		if fmt.Sprint(was) != fmt.Sprint(is) {
			changed[name] = settingChange{was, is}
		}
	}
	if before.Name != after.Name {
		changed["name"] = settingChange{}
	}
	interval := func(t gen.Tenant) string {
		if t.PollInterval == nil {
			return "default"
		}
		return t.PollInterval.String()
	}
	compare("poll_interval", interval(before), interval(after))
	compare("note_content.score", before.NoteScore, after.NoteScore)
	compare("note_content.summary", before.NoteSummary, after.NoteSummary)
	compare("note_content.link", before.NoteLink, after.NoteLink)
	compare("note_content.transcript", before.NoteTranscript, after.NoteTranscript)
	stages := func(rows []gen.AutoTriggersRow) []AutoTrigger {
		list := make([]AutoTrigger, len(rows))
		for i, row := range rows {
			list[i] = AutoTrigger{Stage: row.Stage, JobID: row.JobID}
		}
		return list
	}
	compare("auto_trigger_stages", stages(triggersBefore), stages(triggersAfter))
	return changed
}

// recordConsent stores who has agreed that transcripts leave the customer's region, or that this has
// ended.
func (a Actor) recordConsent(ctx context.Context, tx db.TenantTx, before, after gen.Tenant) error {
	was, is := db.Text(before.TranscriptConsentBy), db.Text(after.TranscriptConsentBy)
	if was == is {
		return nil
	}
	detail := is + " agreed that transcripts are written into JazzHR, which stores them in the United States"
	if is == "" {
		detail = "transcripts are no longer written into JazzHR, to which " + was + " had agreed"
	}
	return record.Add(ctx, tx, record.Action{Who: a.Name, Tenant: tx.Tenant, What: record.ConsentChanged, Detail: detail})
}
