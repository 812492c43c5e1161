package jazzhrtest

import "time"

// Settings choose how an account behaves where JazzHR's accounts differ or JazzHR's behaviour is
// not known. The zero value is the easiest account for a client.
type Settings struct {
	// Company is the customer's name. The page shows it, and it is the subdomain of the public job
	// board.
	Company string `json:"company"`

	NotesRoute NotesRoute `json:"notes_route,omitempty"`
	// UnknownRoute is how the route that takes no notes answers.
	UnknownRoute UnknownRoute `json:"unknown_route,omitzero"`
	RepeatedLink RepeatedLink `json:"repeated_link,omitempty"`
	Comments     Comments     `json:"comments,omitempty"`

	// CommentLimit cuts the text of comments to this many characters when they are read. Zero shows
	// them whole.
	CommentLimit int `json:"comment_limit,omitempty"`

	// NoteForm is what becomes of a note's text. CommentLimit applies after that.
	NoteForm NoteForm `json:"note_form,omitempty"`

	Refusal    Refusal    `json:"refusal,omitzero"`
	NameFilter NameFilter `json:"name_filter,omitzero"`
	Answers    Answers    `json:"answers,omitempty"`
	Dates      Dates      `json:"dates,omitempty"`
	Outage     Outage     `json:"outage,omitzero"`

	// NumericIDs gives notes ids of digits, and shows them as numbers.
	NumericIDs bool `json:"numeric_ids,omitempty"`

	// CallsPerMinute is the account's own limit. Zero takes the simulator's.
	CallsPerMinute int `json:"calls_per_minute,omitempty"`
	// RetryAfter adds the header Retry-After to the account's answers beyond the limit.
	RetryAfter bool `json:"retry_after,omitempty"`

	// NullLists shows empty nested lists as null instead of [].
	NullLists bool `json:"null_lists,omitempty"`

	// MergeDrops drops the notes and links of a merged applicant. Otherwise they move to the other
	// applicant.
	MergeDrops bool `json:"merge_drops,omitempty"`

	// ReadLag is how long readers do not see a write, by the simulator's clock.
	ReadLag time.Duration `json:"read_lag,omitempty"`

	// ListLag and DetailLag are how long lists, and an applicant's detail with all in it, do not
	// show a write of the API's, beyond ReadLag.
	ListLag   time.Duration `json:"list_lag,omitempty"`
	DetailLag time.Duration `json:"detail_lag,omitempty"`

	// DetailGaps answers every fourth request for the same applicant as if the id were unknown.
	DetailGaps bool `json:"detail_gaps,omitempty"`

	// DetailAfter is how long an applicant created through the API has no detail, by the simulator's
	// clock.
	DetailAfter time.Duration `json:"detail_after,omitempty"`

	// UsableAfter is how long an applicant created through the API can't take a note or a link, by
	// the simulator's clock.
	UsableAfter time.Duration `json:"usable_after,omitempty"`

	ExportContext ExportContext `json:"export_context,omitempty"`

	// VerifyUUID sends a UUID with VERIFY. JazzHR does not document one.
	VerifyUUID bool `json:"verify_uuid,omitempty"`

	// LoseExports loses every export on the way, while JazzHR takes it as sent.
	LoseExports bool `json:"lose_exports,omitempty"`
}

// NotesRoute says which routes of an account take notes.
type NotesRoute string

// The routes are POST /notes and POST /applicants/{id}/notes.
const (
	NotesBoth        NotesRoute = ""          // both take notes
	NotesOnly        NotesRoute = "notes"     // POST /notes; the other is unknown
	NotesByApplicant NotesRoute = "applicant" // POST /applicants/{id}/notes; the other is unknown
	NotesSwallowed   NotesRoute = "swallowed" // POST /notes; the other answers 200 and writes nothing
)

// RepeatedLink says what a second link of the same applicant and job does.
type RepeatedLink string

// The behaviours. Which one JazzHR has is not known.
const (
	LinksDoubled RepeatedLink = ""        // a second link
	LinksRefused RepeatedLink = "refused" // a business error
	LinksSame    RepeatedLink = "same"    // the id of the first link again, and no second
)

// Comments says what the API shows of an applicant's notes.
type Comments string

// The values of Comments.
const (
	CommentsShown   Comments = ""
	CommentsOmitted Comments = "omitted" // the field is missing
	CommentsEmpty   Comments = "empty"   // the list is empty
)

// ExportContext says what the header X-JazzHR-Export-Context holds. JazzHR does not document its
// format.
type ExportContext string

// The values of ExportContext.
const (
	ContextNone      ExportContext = ""
	ContextJobID     ExportContext = "job_id"
	ContextBoardCode ExportContext = "board_code"
)
