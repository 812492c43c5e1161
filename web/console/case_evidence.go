package console

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// maxMatches is the most matches in JazzHR that are shown.
const maxMatches = 12

// match is something in JazzHR that may be what was to be written, as far as our tables know it.
type match struct {
	ID    string // JazzHR's
	Title string
	Facts []fact
	Gone  bool // merged or deleted
	// Adoptable reports whether its id can be adopted.
	Adoptable bool
}

// evidenceEntry is an entry of the evidence of an effect.
type evidenceEntry struct {
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	RemoteIDs []string  `json:"remote_ids"`
	Detail    string    `json:"detail"`
}

// parseEvidence reads evidence. It returns nil for what it can't read.
func parseEvidence(raw json.RawMessage) []evidenceEntry {
	var entries []evidenceEntry
	if json.Unmarshal(raw, &entries) != nil {
		return nil
	}
	return entries
}

// Words says what an entry means.
func (e evidenceEntry) Words() string {
	words := map[string]string{
		"sent":        "It was sent",
		"confirmed":   "JazzHR confirmed it",
		"refused":     "JazzHR refused it",
		"not_sent":    "It did not reach JazzHR",
		"lost":        "The answer was lost: it may or may not have been written",
		"found":       "It was found in JazzHR",
		"absent":      "It was not found in JazzHR",
		"gone":        "JazzHR did not show the applicant",
		"late_answer": "An answer came late",
		"reopened":    "It is no case any more: a write of its kind was confirmed",
		"replanned":   "It is tried again",
		"attention":   "Left to a person",
		"decided":     "A person decided",
	}
	if text, ok := words[e.What]; ok {
		return text
	}
	return e.What
}

// Tone says how good or bad an entry is.
func (e evidenceEntry) Tone() tone {
	switch e.What {
	case "confirmed", "found":
		return good
	case "lost", "late_answer":
		return warn
	case "refused", "attention":
		return bad
	}
	return off
}

// More returns the detail of an entry. The page itself explains the problem of a case.
func (e evidenceEntry) More() string {
	if e.What == "attention" {
		return ""
	}
	return e.Detail
}

// detailText returns the detail of an entry in words: that of a case is the code of its problem.
func (e evidenceEntry) detailText() string {
	if e.What == "attention" {
		return meaning(outcome.Writeback, e.Detail)
	}
	return e.Detail
}

// remoteIDs returns the ids that evidence names, each once, the latest first.
func remoteIDs(entries []evidenceEntry) (ids []string) {
	for _, p := range slices.Backward(entries) {
		for _, id := range p.RemoteIDs {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// isAboutPerson reports whether the case asks who somebody is.
func isAboutPerson(step gen.StepInAttentionRow) bool {
	return step.Kind == queue.StepCreateApplicant || outcome.Code(step.Problem) == outcome.ApplicantUnresolved ||
		outcome.Code(step.Problem) == outcome.ApplicantGone
}

// findMatches finds what in JazzHR may be what was to be written. In a case about a person these
// are people. In any other case they are what the evidence names, and the person to write to.
func findMatches(ctx context.Context, tx db.TenantTx, w gen.Writeback, step gen.StepInAttentionRow) ([]match, error) {
	ids := remoteIDs(parseEvidence(step.Evidence))
	people := isAboutPerson(step)
	params := gen.ApplicantsAsEvidenceParams{TenantID: tx.Tenant, ApplicantIds: []string{}, MaxRows: maxMatches}
	if w.ApplicantID != nil {
		params.ApplicantIds = append(params.ApplicantIds, *w.ApplicantID)
	}
	if people {
		params.ApplicantIds = append(params.ApplicantIds, ids...)
		params.Email = db.NullText(jazzhr.NormalizeEmail(db.Text(w.Email)))
		params.FoldedName = db.NullText(jazzhr.FoldName(db.Text(w.FirstName), db.Text(w.LastName)))
	}
	rows, err := tx.Q.ApplicantsAsEvidence(ctx, tx, params)
	if err != nil {
		return nil, fmt.Errorf("read applicants: %w", err)
	}
	var found []match
	for _, row := range rows {
		s := newMatch(row, w)
		s.Adoptable = people && row.GoneAt == nil
		found = append(found, s)
	}
	for _, id := range params.ApplicantIds {
		known := slices.ContainsFunc(rows, func(r gen.ApplicantsAsEvidenceRow) bool { return r.ApplicantID == id })
		if !known {
			found = append(found, match{ID: id, Title: "A candidate of whom we know only the id", Adoptable: people})
		}
	}
	if !people {
		for _, id := range ids[:min(len(ids), maxMatches)] {
			found = append(found, match{ID: id, Title: "What was found as " + stepObject(step.Kind), Adoptable: true})
		}
	}
	return found, nil
}

func newMatch(row gen.ApplicantsAsEvidenceRow, w gen.Writeback) match {
	s := match{ID: row.ApplicantID, Title: "A candidate", Gone: row.GoneAt != nil}
	name := jazzhr.FoldName(db.Text(w.FirstName), db.Text(w.LastName))
	if row.FoldedName != "" {
		s.Facts = append(s.Facts, fact{"Name", row.FoldedName, name != "" && row.FoldedName != name})
	}
	email := jazzhr.NormalizeEmail(db.Text(w.Email))
	switch {
	case row.Email != "":
		s.Facts = append(s.Facts, fact{"Email", row.Email, email != "" && row.Email != email})
	default:
		s.Facts = append(s.Facts, fact{"Email", "not known to us", false})
	}
	if len(row.Jobs) > 0 {
		s.Facts = append(s.Facts, fact{"Jobs", strings.Join(row.Jobs, ", "), false})
	}
	return s
}

// intendedFacts returns the facts of what was to be written. It marks those that no match has.
func intendedFacts(
	ctx context.Context, tx db.TenantTx, w gen.Writeback, step gen.StepInAttentionRow, found []match,
) ([]fact, error) {
	inMatch := func(name, value string) bool {
		return slices.ContainsFunc(found, func(s match) bool {
			return slices.ContainsFunc(s.Facts, func(f fact) bool { return f.Name == name && f.Value == value })
		})
	}
	people := isAboutPerson(step) && len(found) > 0
	foldedName := jazzhr.FoldName(db.Text(w.FirstName), db.Text(w.LastName))
	var facts []fact
	add := func(name, value string, mark bool) {
		if value != "" {
			facts = append(facts, fact{name, value, mark})
		}
	}
	add("Name", personName(w.FirstName, w.LastName), people && !inMatch("Name", foldedName))
	add("Email", db.Text(w.Email), people && !inMatch("Email", jazzhr.NormalizeEmail(db.Text(w.Email))))
	add("Phone", db.Text(w.Phone), false)
	if w.ApplicantGiven {
		add("JazzHR’s id", db.Text(w.ApplicantID), false)
	}
	if w.JobID != nil || w.BoardCode != nil {
		titles, err := tx.Q.JobTitle(ctx, tx, tx.Tenant, w.JobID, w.BoardCode)
		if err != nil {
			return nil, fmt.Errorf("read job: %w", err)
		}
		job := db.Text(w.JobID)
		if job == "" {
			job = db.Text(w.BoardCode)
		}
		if len(titles) > 0 {
			job = titles[0].Title + " (" + job + ")"
		}
		add("Job", job, false)
	}
	add("Interview", w.InterviewID, false)
	if w.Revision > 1 {
		add("Revision", strconv.Itoa(int(w.Revision)), false)
	}
	note, err := writeback.StoredNote(w)
	if err != nil {
		return nil, fmt.Errorf("read the note: %w", err)
	}
	add("Note", noteText(note, int(step.Part), step.Kind == queue.StepWriteNotes), false)
	if step.Kind == queue.StepWriteNotes {
		add("Reference", writeback.Reference(tx.Tenant, w.InterviewID, int(w.Revision), int(step.Part)), false)
	}
	return facts, nil
}

// noteText says what a note holds, and which part of it the case is about, if it is about one.
func noteText(note writeback.Note, part int, ofPart bool) string {
	var holds []string
	if note.Score != nil {
		score := strconv.FormatFloat(*note.Score, 'f', -1, 64)
		if note.Scale != nil {
			score += " of " + strconv.FormatFloat(*note.Scale, 'f', -1, 64)
		}
		holds = append(holds, "score "+score)
	}
	if note.Summary != "" {
		holds = append(holds, "a summary")
	}
	if note.Transcript != "" {
		holds = append(holds, "a transcript")
	}
	text := strings.Join(holds, ", ")
	if parts := note.PartCount(); ofPart && parts > 1 {
		text += fmt.Sprintf("; part %d of %d", part, parts)
	}
	return text
}

func personName(first, last *string) string {
	return strings.TrimSpace(db.Text(first) + " " + db.Text(last))
}
