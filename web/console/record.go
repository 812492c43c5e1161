package console

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// pageRows is how many rows a page of a list shows.
const pageRows = 50

// actionText says what was done. It follows the name of who did it.
func actionText(kind tenant.ActionKind) string {
	words := map[tenant.ActionKind]string{
		tenant.ActionSignedIn:        "signed in",
		tenant.ActionBrokeGlass:      "signed in with the admin token, past the identity provider",
		tenant.ActionSessionEnded:    "ended a session",
		tenant.ActionPaused:          "paused the tenant",
		tenant.ActionResumed:         "resumed the tenant",
		tenant.ActionResynced:        "started a resync",
		tenant.ActionSecretRotated:   "made a new webhook secret",
		tenant.ActionDisconnected:    "disconnected the tenant",
		tenant.ActionDecided:         "decided a case",
		tenant.ActionReplayed:        "replayed a webhook",
		tenant.ActionRevealed:        "looked at a webhook unmasked",
		tenant.ActionConnectLinkMade: "made a connect link",
		tenant.ActionKeySet:          "gave a JazzHR key",
		tenant.ActionKeyTested:       "tested a JazzHR key",
		tenant.ActionSettingsChanged: "changed the settings",
		tenant.ActionConsentChanged:  "changed who agreed to transcripts in JazzHR",
		tenant.ActionSecretSaved:     "confirmed that the webhook secret is saved",
		tenant.ActionRiverUsed:       "changed jobs or a queue in River UI",
		tenant.ActionTokenMade:       "made an API token",
		tenant.ActionTokenRolled:     "gave an API token a new secret",
		tenant.ActionTokenRevoked:    "revoked an API token",
	}
	if text, ok := words[kind]; ok {
		return text
	}
	return string(kind)
}

func (k *Console) recordPage() page {
	return page{
		route: "/actions", file: "actions", section: "/actions", load: k.loadRecord, query: []string{"after"}, every: 2 * time.Second,
	}
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
	shown := recordRow{row, actionText(tenant.ActionKind(row.What)), good}
	switch tenant.ActionResult(row.Result) {
	case tenant.ActionDone:
	case tenant.ActionRefused:
		shown.Tone = warn
	case tenant.ActionFailed:
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
