package console

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

// What is what a person did. The set is closed: pages put each into words.
type What string

// What people do.
const (
	SignedIn        What = "sign_in"
	Paused          What = "pause"
	Resumed         What = "resume"
	Resynced        What = "resync"
	SecretRotated   What = "rotate_secret"
	Disconnected    What = "disconnect"
	Decided         What = "decide"
	Replayed        What = "replay"
	Revealed        What = "reveal"
	ConnectLinkMade What = "connect_link"
	KeySet          What = "set_key"
	KeyTested       What = "test_key"
	SettingsChanged What = "change_settings"
	SecretSaved     What = "save_secret"
	RiverUsed       What = "use_river"
)

// Result is what became of an action.
type Result string

// The results.
const (
	Done    Result = "done"
	Refused Result = "refused" // by a rule of ours, or by JazzHR
	Failed  Result = "failed"
)

// Action is something that a person did, for the record. It holds no secret and no personal data.
type Action struct {
	Who    string    // as the session or the token names them
	Tenant uuid.UUID // uuid.Nil where it concerns none
	What   What
	Target string // on what, by its id; may be empty
	Result Result // Done if empty
	Detail string // how, or why not, in plain words; may be empty
}

// Record writes an action down. Pass the transaction of what was done, so that neither stands without the other.
func Record(ctx context.Context, conn gen.DBTX, a Action) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("record action: %w", err)
	}
	row := gen.SystemInsertActionParams{
		ActionID: id, Who: a.Who, What: string(a.What), Result: string(cmp.Or(a.Result, Done)),
		Target: nullable(a.Target), Detail: nullable(a.Detail),
	}
	if a.Tenant != uuid.Nil {
		row.TenantID = &a.Tenant
	}
	if err := gen.New().SystemInsertAction(ctx, conn, row); err != nil {
		return fmt.Errorf("record action: %w", err)
	}
	return nil
}

func nullable(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
