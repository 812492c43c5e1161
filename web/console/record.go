package console

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// pageRows is how many rows a list shows at a time.
const pageRows = 50

// words says what was done, after the name of who did it.
func (w What) words() string {
	words := map[What]string{ //nolint:gosec // words, and no credentials
		SignedIn: "signed in", Paused: "paused the tenant", Resumed: "resumed the tenant", Resynced: "started a resync",
		SecretRotated: "made a new webhook secret", Disconnected: "disconnected the tenant", Decided: "decided an open case",
		Replayed: "replayed a webhook", Revealed: "looked at a webhook unmasked", ConnectLinkMade: "made a connect link",
		KeySet: "gave a JazzHR key", KeyTested: "tested a JazzHR key", SettingsChanged: "changed the settings",
		SecretSaved: "said that the webhook secret is saved", RiverUsed: "changed jobs or a queue in River UI",
	}
	if text, ok := words[w]; ok {
		return text
	}
	return string(w)
}

func (k *Console) recordPage() page {
	return page{route: "/actions", file: "actions", section: "/actions", load: k.loadRecord, every: 2 * time.Second}
}

// record is what the page shows.
type record struct {
	Actions []recordRow
	Pager   pager
}

type recordRow struct {
	gen.SystemActionsRow
	Words string
	Tone  tone
}

func newRecordRow(row gen.SystemActionsRow) recordRow {
	shown := recordRow{row, What(row.What).words(), good}
	switch Result(row.Result) {
	case Done:
	case Refused:
		shown.Tone = warn
	case Failed:
		shown.Tone = bad
	}
	return shown
}

func (k *Console) loadRecord(ctx context.Context, at place) (any, error) {
	before := uuid.Max
	after, err := at.after()
	if err != nil {
		return nil, err
	}
	if after != "" {
		if before, err = uuid.Parse(after); err != nil {
			return nil, errNotFound
		}
	}
	rows, err := gen.New().SystemActions(ctx, k.config.Pool, before, pageRows+1)
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	var shown record
	next := ""
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		next = rows[pageRows-1].ActionID.String()
	}
	for _, row := range rows {
		shown.Actions = append(shown.Actions, newRecordRow(row))
	}
	shown.Pager = at.pages(next)
	return shown, nil
}
