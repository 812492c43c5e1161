package writeback

import (
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/intrvio/jazzhr-worker/queue"
)

// maxInterviewID is how many characters the id of an interview may have.
const maxInterviewID = 200

// validate returns a [*queue.InvalidError] for the first field that is wrong.
func (w Writeback) validate() error {
	for _, check := range []func() error{w.validateKey, w.validateCandidate, w.validateJob, w.Note.validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (w Writeback) validateKey() error {
	if err := line("interview_id", w.InterviewID, maxInterviewID, true); err != nil {
		return err
	}
	if strings.HasSuffix(w.InterviewID, continuedSuffix) {
		return &queue.InvalidError{
			Field: "interview_id", Message: "must not end in " + continuedSuffix + ": the rest of a note that JazzHR cut has such an id",
		}
	}
	if w.Revision < 1 || w.Revision > math.MaxInt32 {
		return &queue.InvalidError{Field: "revision", Message: "must be a whole number from 1; leave it out for 1"}
	}
	return nil
}

func (w Writeback) validateCandidate() error {
	c := w.Candidate
	if err := line("candidate.id", c.ID, 200, true); err != nil {
		return err
	}
	if err := line("candidate.applicant_id", c.ApplicantID, 100, false); err != nil {
		return err
	}
	if err := w.validatePerson(); err != nil {
		return err
	}
	if err := line("candidate.phone", c.Phone, 50, false); err != nil {
		return err
	}
	return line("candidate.source", c.Source, 200, false)
}

// validatePerson checks the two names and the email. JazzHR asks for these three to create an
// applicant; they may be left out where the applicant is known and not created.
func (w Writeback) validatePerson() error {
	c := w.Candidate
	needed := c.ApplicantID == "" && w.RequestID == nil
	for _, name := range []struct{ field, value string }{
		{"candidate.first_name", c.FirstName}, {"candidate.last_name", c.LastName},
	} {
		if err := line(name.field, name.value, 100, needed); err != nil {
			return err
		}
		if name.value != "" && !strings.ContainsFunc(name.value, unicode.IsLetter) {
			return &queue.InvalidError{
				Field: name.field, Message: "must hold a letter: the person is looked for in JazzHR by it",
			}
		}
	}
	if err := line("candidate.email", c.Email, 254, needed); err != nil || c.Email == "" {
		return err
	}
	if at, err := mail.ParseAddress(c.Email); err != nil || at.Address != strings.TrimSpace(c.Email) {
		return &queue.InvalidError{
			Field: "candidate.email", Message: "must be one plain email address, such as jane@example.com",
		}
	}
	return nil
}

func (w Writeback) validateJob() error {
	if w.Job == nil {
		return nil
	}
	if w.Job.ID == "" && w.Job.BoardCode == "" {
		return &queue.InvalidError{
			Field: "job", Message: "needs id or board_code; leave job out to link the candidate to none",
		}
	}
	if err := line("job.id", w.Job.ID, 100, false); err != nil {
		return err
	}
	return line("job.board_code", w.Job.BoardCode, 100, false)
}

func (n Note) validate() error {
	if n.Score == nil && n.Summary == "" && n.Transcript == "" && n.URL == "" {
		return &queue.InvalidError{
			Field: "note", Message: "needs at least one of score, summary, transcript and url",
		}
	}
	if err := n.validateScore(); err != nil {
		return err
	}
	for _, text := range []struct{ field, value string }{
		{"note.summary", n.Summary}, {"note.transcript", n.Transcript},
	} {
		if !printable(text.value, "\n\r\t") {
			return &queue.InvalidError{Field: text.field, Message: "must be text in UTF-8 without control characters but line breaks and tabs"}
		}
	}
	return n.validateURL()
}

func (n Note) validateScore() error {
	switch {
	case n.Score != nil && !finite(*n.Score):
		return &queue.InvalidError{Field: "note.score", Message: "must be a finite number"}
	case n.Scale != nil && n.Score == nil:
		return &queue.InvalidError{Field: "note.scale", Message: "is of no use without note.score: send the score too"}
	case n.Scale != nil && (!finite(*n.Scale) || *n.Scale <= 0):
		return &queue.InvalidError{Field: "note.scale", Message: "must be a finite number greater than 0"}
	}
	return nil
}

func (n Note) validateURL() error {
	if err := line("note.url", n.URL, 2000, false); err != nil || n.URL == "" {
		return err
	}
	u, err := url.Parse(n.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return &queue.InvalidError{Field: "note.url", Message: "must be a whole address that begins with https:// or http://"}
	}
	return nil
}

// finite reports whether f can be written as JSON. A caller in Go can pass a number that can't.
func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// line returns a [*queue.InvalidError] if a field is not one line of text within its limit of
// characters, or is empty where it is needed.
func line(field, value string, limit int, needed bool) error {
	switch {
	case needed && strings.TrimSpace(value) == "":
		return &queue.InvalidError{Field: field, Message: "is required"}
	case utf8.RuneCountInString(value) > limit:
		return &queue.InvalidError{Field: field, Message: fmt.Sprintf("is too long: at most %d characters", limit)}
	case !printable(value, ""):
		return &queue.InvalidError{
			Field: field, Message: "must be one line of text in UTF-8 without control characters",
		}
	}
	return nil
}

// printable reports whether s is UTF-8 without control characters but the allowed ones.
func printable(s, allowed string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}
