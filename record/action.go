package record

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Kind is what somebody did. The set is closed: [Kinds] has words for each.
type Kind string

// What people, tokens and commands do.
const (
	SignedIn          Kind = "sign_in"
	BrokeGlass        Kind = "break_glass" // signed in with the admin token, past the identity provider
	SessionEnded      Kind = "end_session"
	TenantCreated     Kind = "create_tenant"
	Paused            Kind = "pause"
	Resumed           Kind = "resume"
	Resynced          Kind = "resync"
	SecretRotated     Kind = "rotate_secret"
	Disconnected      Kind = "disconnect"
	Decided           Kind = "decide"
	Replayed          Kind = "replay"
	Revealed          Kind = "reveal"
	ConnectLinkMade   Kind = "connect_link"
	LinkUsed          Kind = "use_link"
	KeySet            Kind = "set_key"
	KeyTested         Kind = "test_key"
	SettingsChanged   Kind = "change_settings"
	ConsentChanged    Kind = "change_consent"
	SecretSaved       Kind = "save_secret"
	RiverUsed         Kind = "use_river"
	TokenMade         Kind = "make_token"
	TokenRolled       Kind = "roll_token"
	TokenRevoked      Kind = "revoke_token"
	WritebackEnqueued Kind = "enqueue_writeback"
	EventsRedelivered Kind = "redeliver_events"
	KeysResealed      Kind = "reseal"
	LedgerDistrusted  Kind = "distrust_ledger"
	LedgerTrusted     Kind = "trust_ledger"
	DuplicatesSought  Kind = "audit_duplicates"
	// What shows personal data.
	Searched     Kind = "search"
	StoryRead    Kind = "read_story"
	CaseRead     Kind = "read_case"
	EventsRead   Kind = "read_events"
	RecordRead   Kind = "export_record"
	ReadAnything Kind = "read" // a request of the API that was refused, and would have changed nothing
)

// KindInfo is a row of the table of kinds.
type KindInfo struct {
	Kind  Kind
	Words string // they follow the name of who did it
}

// Kinds returns the table of all kinds.
func Kinds() []KindInfo {
	return []KindInfo{
		{SignedIn, "signed in"},
		{BrokeGlass, "signed in with the admin token, past the identity provider"},
		{SessionEnded, "ended a session"},
		{TenantCreated, "created a tenant"},
		{Paused, "paused the tenant"},
		{Resumed, "resumed the tenant"},
		{Resynced, "started a resync"},
		{SecretRotated, "made a new webhook secret"},
		{Disconnected, "disconnected the tenant"},
		{Decided, "decided a case"},
		{Replayed, "replayed a webhook"},
		{Revealed, "looked at a webhook unmasked"},
		{ConnectLinkMade, "made a connect link"},
		{LinkUsed, "opened a connect link"},
		{KeySet, "gave a JazzHR key"},
		{KeyTested, "tested a JazzHR key"},
		{SettingsChanged, "changed the settings"},
		{ConsentChanged, "changed who agreed to transcripts in JazzHR"},
		{SecretSaved, "confirmed that the webhook secret is saved"},
		{RiverUsed, "changed jobs or a queue in River UI"},
		{TokenMade, "made an API token"},
		{TokenRolled, "gave an API token a new secret"},
		{TokenRevoked, "revoked an API token"},
		{WritebackEnqueued, "enqueued a writeback"},
		{EventsRedelivered, "had events pushed again"},
		{KeysResealed, "sealed everything with the current key"},
		{LedgerDistrusted, "distrusted the ledger"},
		{LedgerTrusted, "trusted the ledger again"},
		{DuplicatesSought, "looked for duplicates in JazzHR"},
		{Searched, "searched for candidates"},
		{StoryRead, "read a candidate’s story"},
		{CaseRead, "read a case"},
		{EventsRead, "read events"},
		{RecordRead, "exported the record"},
		{ReadAnything, "asked the API for something"},
	}
}

// Result says what became of an action.
type Result string

// The results.
const (
	Done    Result = "done"
	Refused Result = "refused" // by a rule of ours, or by JazzHR
	Failed  Result = "failed"
)

// Action is something that somebody did, for the record. It holds no secret and nothing of a
// candidate.
type Action struct {
	Who    string    // as the session names the person; if empty, the name of the context's [Origin]
	Tenant uuid.UUID // uuid.Nil if it concerns no tenant
	What   Kind
	Target string // the id of what it was done to; may be empty
	Result Result // Done if empty
	Detail string // how, or why not, in plain words; may be empty
	// Changes are the settings that were changed, as JSON: what each was before and after. May be
	// empty.
	Changes string
	Times   int // how often within a minute; once if 0
}

// nobody is who did what comes without a name. Only tests of this service do so.
const nobody = "unknown"

// Add stores an action. conn is the transaction of what was done, so that neither exists without the
// other.
func Add(ctx context.Context, conn gen.DBTX, a Action) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("record action: %w", err)
	}
	from := OriginOf(ctx)
	row := gen.SystemInsertActionParams{
		ActionID: id, Who: cmp.Or(a.Who, from.Name, nobody), What: string(a.What), Result: string(cmp.Or(a.Result, Done)),
		Target: db.NullText(a.Target), Detail: db.NullText(a.Detail), Changes: db.NullText(a.Changes),
		ActorKind: db.NullText(string(from.Kind)), ActorID: db.NullText(from.ID),
		Address: db.NullText(from.address()), RequestID: db.NullText(from.RequestID), Times: int32(max(a.Times, 1)),
	}
	if a.Tenant != uuid.Nil {
		row.TenantID = &a.Tenant
	}
	if err := gen.New().SystemInsertAction(ctx, conn, row); err != nil {
		return fmt.Errorf("record action: %w", err)
	}
	return nil
}
