package jazzhrtest

import (
	"cmp"
	"net/http"
	"time"
)

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

	// CommentsHTML shows the text of comments as HTML: it escapes special characters and puts <br
	// /> before each line break. CommentLimit applies after that.
	CommentsHTML bool `json:"comments_html,omitempty"`

	// NullLists shows empty nested lists as null instead of [].
	NullLists bool `json:"null_lists,omitempty"`

	// MergeDrops drops the notes and links of a merged applicant. Otherwise they move to the other
	// applicant.
	MergeDrops bool `json:"merge_drops,omitempty"`

	// ReadLag is how long readers do not see a write, by the simulator's clock.
	ReadLag time.Duration `json:"read_lag,omitempty"`

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

// UnknownRoute is the answer to a request of a route that the account does not know. Which one
// JazzHR gives is not known.
type UnknownRoute struct {
	Status int         `json:"status,omitempty"` // 404 if zero
	Body   UnknownBody `json:"body,omitempty"`
}

// UnknownBody is the body of an answer to an unknown route.
type UnknownBody string

// The values of UnknownBody.
const (
	BodyPage      UnknownBody = ""
	BodyError     UnknownBody = "error" // {"error":"not found"}
	BodyOtherJSON UnknownBody = "json"  // JSON without an error
	BodyEmpty     UnknownBody = "empty"
)

// UnknownRoutes lists every answer to an unknown route that has to be borne.
func UnknownRoutes() (all []UnknownRoute) {
	for _, status := range []int{http.StatusNotFound, http.StatusMethodNotAllowed} {
		for _, body := range []UnknownBody{BodyPage, BodyError, BodyOtherJSON, BodyEmpty} {
			all = append(all, UnknownRoute{status, body})
		}
	}
	return all
}

// reply is the answer.
func (u UnknownRoute) reply() reply {
	status := cmp.Or(u.Status, http.StatusNotFound)
	r := reply{status: status, contentType: typeHTML}
	switch u.Body {
	case BodyError:
		r.body = phpJSON(errorObject{"not found"})
	case BodyOtherJSON:
		r.body = phpJSON(struct {
			Message string `json:"message"`
		}{"no route"})
	case BodyEmpty:
	default:
		return htmlReply(status)
	}
	return r
}

// RepeatedLink says what a second link of the same applicant and job does.
type RepeatedLink string

// The two behaviours. Which one JazzHR has is not known.
const (
	LinksDoubled RepeatedLink = ""        // a second link
	LinksRefused RepeatedLink = "refused" // a business error
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
