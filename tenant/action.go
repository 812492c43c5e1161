package tenant

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// ActionKind is what a person did. The set is closed: the console has words for each.
type ActionKind string

// What people do.
const (
	ActionSignedIn        ActionKind = "sign_in"
	ActionBrokeGlass      ActionKind = "break_glass" // signed in with the admin token, past the identity provider
	ActionSessionEnded    ActionKind = "end_session"
	ActionPaused          ActionKind = "pause"
	ActionResumed         ActionKind = "resume"
	ActionResynced        ActionKind = "resync"
	ActionSecretRotated   ActionKind = "rotate_secret"
	ActionDisconnected    ActionKind = "disconnect"
	ActionDecided         ActionKind = "decide"
	ActionReplayed        ActionKind = "replay"
	ActionRevealed        ActionKind = "reveal"
	ActionConnectLinkMade ActionKind = "connect_link"
	ActionKeySet          ActionKind = "set_key"
	ActionKeyTested       ActionKind = "test_key"
	ActionSettingsChanged ActionKind = "change_settings"
	ActionConsentChanged  ActionKind = "change_consent"
	ActionSecretSaved     ActionKind = "save_secret"
	ActionRiverUsed       ActionKind = "use_river"
	ActionTokenMade       ActionKind = "make_token"
	ActionTokenRolled     ActionKind = "roll_token"
	ActionTokenRevoked    ActionKind = "revoke_token"
)

// ActionResult says what became of an action.
type ActionResult string

// The results.
const (
	ActionDone    ActionResult = "done"
	ActionRefused ActionResult = "refused" // by a rule of ours, or by JazzHR
	ActionFailed  ActionResult = "failed"
)

// Action is something that a person did, for the record. It holds no secret and nothing of a
// candidate.
type Action struct {
	Who    string    // as the session or the token names the person
	Tenant uuid.UUID // uuid.Nil if it concerns no tenant
	What   ActionKind
	Target string       // the id of what it was done to; may be empty
	Result ActionResult // ActionDone if empty
	Detail string       // how, or why not, in plain words; may be empty
}

// Record stores an action. conn is the transaction of what was done, so that neither exists without
// the other.
func Record(ctx context.Context, conn gen.DBTX, a Action) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("record action: %w", err)
	}
	row := gen.SystemInsertActionParams{
		ActionID: id, Who: a.Who, What: string(a.What), Result: string(cmp.Or(a.Result, ActionDone)),
		Target: db.NullText(a.Target), Detail: db.NullText(a.Detail),
	}
	if a.Tenant != uuid.Nil {
		row.TenantID = &a.Tenant
	}
	if err := gen.New().SystemInsertAction(ctx, conn, row); err != nil {
		return fmt.Errorf("record action: %w", err)
	}
	return nil
}

// Actor is who changes a tenant. What an actor with a name does is recorded in the transaction of
// the change.
type Actor struct {
	Name   string // empty for the API and the command line
	Detail string // how it is done, in plain words; may be empty
}

// record stores what the actor did, if the actor has a name.
func (a Actor) record(ctx context.Context, tx db.TenantTx, what ActionKind) error {
	if a.Name == "" {
		return nil
	}
	return Record(ctx, tx, Action{Who: a.Name, Tenant: tx.Tenant, What: what, Detail: a.Detail})
}

// recordConsent stores who has agreed that transcripts leave the customer's region, or that this has
// ended, whether the actor has a name or not.
func (a Actor) recordConsent(ctx context.Context, tx db.TenantTx, before, after gen.Tenant) error {
	was, is := db.Text(before.TranscriptConsentBy), db.Text(after.TranscriptConsentBy)
	if was == is {
		return nil
	}
	detail := is + " agreed that transcripts are written into JazzHR, which stores them in the United States"
	if is == "" {
		detail = "transcripts are no longer written into JazzHR, to which " + was + " had agreed"
	}
	return Record(ctx, tx, Action{
		Who: cmp.Or(a.Name, "API or command line"), Tenant: tx.Tenant, What: ActionConsentChanged, Detail: detail,
	})
}
