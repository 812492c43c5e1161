package jazzhrtest

import "time"

// Settings are how one account behaves where JazzHR's accounts differ or where
// its behaviour is not known. The zero value is an obliging account.
type Settings struct {
	// Company is the customer's name, as shown on the page and as the
	// subdomain of its public job board.
	Company string `json:"company"`

	NotesRoute   NotesRoute   `json:"notes_route,omitempty"`
	RepeatedLink RepeatedLink `json:"repeated_link,omitempty"`
	Comments     Comments     `json:"comments,omitempty"`

	// CommentLimit cuts the text of comments, when read, to so many
	// characters. Zero leaves them whole.
	CommentLimit int `json:"comment_limit,omitempty"`

	// CommentsHTML shows the text of comments as HTML: special characters
	// escaped, and a <br /> before each line break. The limit counts after that.
	CommentsHTML bool `json:"comments_html,omitempty"`

	// NullLists answers empty nested lists as null instead of [].
	NullLists bool `json:"null_lists,omitempty"`

	// MergeDrops makes the notes and links of an applicant that is merged into
	// another vanish. Otherwise they move to the other.
	MergeDrops bool `json:"merge_drops,omitempty"`

	// ReadLag is how long after a write, by the simulator's clock, reads begin
	// to show it.
	ReadLag time.Duration `json:"read_lag,omitempty"`

	// UsableAfter is how old, by the simulator's clock, an applicant made
	// through the API must be before a note or a link can be written to it.
	UsableAfter time.Duration `json:"usable_after,omitempty"`

	ExportContext ExportContext `json:"export_context,omitempty"`

	// VerifyUUID sends a UUID with VERIFY too, which is not documented.
	VerifyUUID bool `json:"verify_uuid,omitempty"`

	// LoseExports loses every export on its way: JazzHR believes it was sent.
	LoseExports bool `json:"lose_exports,omitempty"`
}

// NotesRoute says by which route an account takes notes.
type NotesRoute string

// The routes. The one by applicant is POST /applicants/{id}/notes, the other
// POST /notes.
const (
	NotesBoth        NotesRoute = ""          // both work
	NotesOnly        NotesRoute = "notes"     // POST /notes; the other answers 404
	NotesByApplicant NotesRoute = "applicant" // the one by applicant; POST /notes answers 404
	NotesSwallowed   NotesRoute = "swallowed" // POST /notes; the other answers 200 and writes nothing
)

// RepeatedLink says what a second link of the same applicant and job gives.
type RepeatedLink string

// The two answers, of which neither is known to be JazzHR's.
const (
	LinksDoubled RepeatedLink = ""        // a second link
	LinksRefused RepeatedLink = "refused" // a business error
)

// Comments says how much of an applicant's notes the API shows.
type Comments string

// What an account shows of notes.
const (
	CommentsShown   Comments = ""
	CommentsOmitted Comments = "omitted" // the field is missing
	CommentsEmpty   Comments = "empty"   // the list is empty
)

// ExportContext says what the header X-JazzHR-Export-Context holds, whose
// format JazzHR does not document.
type ExportContext string

// What the header holds.
const (
	ContextNone      ExportContext = ""
	ContextJobID     ExportContext = "job_id"
	ContextBoardCode ExportContext = "board_code"
)
