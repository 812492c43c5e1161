package jazzhr

import (
	"context"
	"fmt"
)

// NewApplicant is an applicant to create. JazzHR requires the name and the email. It does not check
// for duplicates: a second call makes a second applicant of the same person.
type NewApplicant struct {
	FirstName string
	LastName  string
	Email     string
	Phone     string // optional
	Source    string // optional
}

// CreateApplicant creates an applicant and returns its id.
func (a *Account) CreateApplicant(ctx context.Context, send Send, applicant NewApplicant) (id string, err error) {
	return a.post(ctx, send, target{postApplicant, postApplicant.path}, map[string]string{
		"first_name": applicant.FirstName,
		"last_name":  applicant.LastName,
		"email":      applicant.Email,
		"phone":      applicant.Phone,
		"source":     applicant.Source,
	})
}

// LinkApplicant links an applicant to a job and returns the link's id. It is not known what JazzHR
// does with a repeated pair.
func (a *Account) LinkApplicant(ctx context.Context, send Send, applicantID, jobID string) (id string, err error) {
	return a.post(ctx, send, target{postLink, postLink.path}, map[string]string{
		"applicant_id": applicantID,
		"job_id":       jobID,
	})
}

// NoteRoute is one of the two routes that write a note. The kind [UnknownRoute] says that an
// account does not answer a route; then use the other.
type NoteRoute int

const (
	// NoteRouteApplicant is POST /applicants/{id}/notes.
	NoteRouteApplicant NoteRoute = iota + 1
	// NoteRouteNotes is POST /notes. Every public client uses it.
	NoteRouteNotes
)

// A note on [NoteRouteNotes] is visible to everyone in the account and has no particular author.
const (
	noteSecurity = "1"
	noteUser     = "usr_anonymous"
)

// WriteNote writes a note on an applicant and returns the note's id.
func (a *Account) WriteNote(
	ctx context.Context, send Send, route NoteRoute, applicantID, contents string,
) (id string, err error) {
	switch route {
	case NoteRouteApplicant:
		t, err := postApplicantNote.at(applicantID)
		if err != nil {
			return "", &Error{Op: postApplicantNote.name(), Kind: NotSent, cause: err}
		}
		return a.post(ctx, send, t, map[string]string{"contents": contents})
	case NoteRouteNotes:
		return a.post(ctx, send, target{postNote, postNote.path}, map[string]string{
			"applicant_id": applicantID,
			"contents":     contents,
			"security":     noteSecurity,
			"user_id":      noteUser,
		})
	default:
		return "", &Error{Op: "WriteNote", Kind: NotSent, cause: fmt.Errorf("no note route %d", route)}
	}
}
