package queue

import (
	"math"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// validate returns an [*InvalidError] for the first field that is wrong.
func (w Writeback) validate() error {
	for _, check := range []func() error{w.validateKey, w.validateCandidate, w.validateJob, w.Note.validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (w Writeback) validateKey() error {
	if err := line("interview_id", w.InterviewID, 200, true); err != nil {
		return err
	}
	if w.Revision < 1 || w.Revision > math.MaxInt32 {
		return &InvalidError{"revision", "must be a whole number from 1; leave it out for 1"}
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
	// JazzHR asks for these three to create an applicant; one that is known is not created.
	needed := c.ApplicantID == "" && w.RequestID == nil
	for _, name := range []struct{ field, value string }{
		{"candidate.first_name", c.FirstName}, {"candidate.last_name", c.LastName},
	} {
		if err := line(name.field, name.value, 100, needed); err != nil {
			return err
		}
		if name.value != "" && !strings.ContainsFunc(name.value, unicode.IsLetter) {
			return &InvalidError{name.field, "must hold a letter: the person is looked for in JazzHR by it"}
		}
	}
	if err := line("candidate.email", c.Email, 254, needed); err != nil {
		return err
	}
	if c.Email != "" {
		if at, err := mail.ParseAddress(c.Email); err != nil || at.Address != strings.TrimSpace(c.Email) {
			return &InvalidError{"candidate.email", "must be one plain email address, such as jane@example.com"}
		}
	}
	if err := line("candidate.phone", c.Phone, 50, false); err != nil {
		return err
	}
	return line("candidate.source", c.Source, 200, false)
}

func (w Writeback) validateJob() error {
	if w.Job == nil {
		return nil
	}
	if w.Job.ID == "" && w.Job.BoardCode == "" {
		return &InvalidError{"job", "needs id or board_code; leave job out to link the candidate to none"}
	}
	if err := line("job.id", w.Job.ID, 100, false); err != nil {
		return err
	}
	return line("job.board_code", w.Job.BoardCode, 100, false)
}

func (n Note) validate() error {
	if n.Score == nil && n.Summary == "" && n.Transcript == "" && n.URL == "" {
		return &InvalidError{"note", "needs at least one of score, summary, transcript and url"}
	}
	if n.Score != nil && !finite(*n.Score) {
		return &InvalidError{"note.score", "must be a finite number"}
	}
	if n.Scale != nil && n.Score == nil {
		return &InvalidError{"note.scale", "is of no use without note.score: send the score too"}
	}
	if n.Scale != nil && (!finite(*n.Scale) || *n.Scale <= 0) {
		return &InvalidError{"note.scale", "must be a finite number greater than 0"}
	}
	for _, text := range []struct{ field, value string }{{"note.summary", n.Summary}, {"note.transcript", n.Transcript}} {
		if !printable(text.value, "\n\r\t") {
			return &InvalidError{text.field, "must be text in UTF-8 without control characters"}
		}
	}
	if err := line("note.url", n.URL, 2000, false); err != nil {
		return err
	}
	if n.URL != "" {
		if u, err := url.Parse(n.URL); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return &InvalidError{"note.url", "must be a whole address that begins with https://"}
		}
	}
	return nil
}

// finite reports whether f can be written as JSON. Callers in Go can pass what can't.
func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// line checks a field of one line.
func line(field, value string, limit int, needed bool) error {
	switch {
	case needed && strings.TrimSpace(value) == "":
		return &InvalidError{field, "is required"}
	case utf8.RuneCountInString(value) > limit:
		return &InvalidError{field, "is too long"}
	case !printable(value, ""):
		return &InvalidError{field, "must be one line of text in UTF-8 without control characters"}
	}
	return nil
}

func printable(s, allowed string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}
