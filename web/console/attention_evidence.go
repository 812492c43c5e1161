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
)

// maxStanding bounds how many of what stands in JazzHR are shown.
const maxStanding = 12

// standing is something in JazzHR that may be what was to be written, as far as our tables know it.
type standing struct {
	ID    string // JazzHR's; empty for what we know no id of
	Title string
	Facts []fact
	Gone  bool // merged or deleted
	// Adoptable tells that its id can be adopted.
	Adoptable bool
}

// proof is an entry of a ledger row's evidence.
type proof struct {
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	RemoteIDs []string  `json:"remote_ids"`
	Detail    string    `json:"detail"`
}

// proofsOf reads evidence; what can't be read is left out.
func proofsOf(evidence json.RawMessage) []proof {
	var proofs []proof
	if json.Unmarshal(evidence, &proofs) != nil {
		return nil
	}
	return proofs
}

// Words says what an entry tells.
func (p proof) Words() string {
	words := map[string]string{
		"sent": "It was sent", "confirmed": "JazzHR confirmed it", "refused": "JazzHR said no", "not_sent": "It certainly never arrived",
		"lost": "The answer was lost: it may or may not have been written", "found": "It was found in JazzHR",
		"absent": "It was looked for and not found", "late_answer": "An answer came late", "reopened": "Taken back from a person",
		"replanned": "A refusal no longer counts", "attention": "Left to a person", "decided": "A person decided",
	}
	if text, ok := words[p.What]; ok {
		return text
	}
	return p.What
}

// Tone is how an entry shows.
func (p proof) Tone() tone {
	switch p.What {
	case "confirmed", "found":
		return good
	case "lost", "late_answer":
		return warn
	case "refused", "attention":
		return bad
	}
	return off
}

// More is the detail of an entry in words. That of what was left to a person is its problem, which the page explains.
func (p proof) More() string {
	if p.What == "attention" {
		return ""
	}
	return p.Detail
}

// remoteIDs are the ids that evidence names, each once, the latest first.
func remoteIDs(proofs []proof) (ids []string) {
	for _, p := range slices.Backward(proofs) {
		for _, id := range p.RemoteIDs {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// aboutPeople reports whether what a person is asked is who somebody is.
func aboutPeople(step gen.StepInAttentionRow) bool {
	return step.Kind == queue.StepCreateApplicant || step.Problem == queue.ProblemApplicantUnresolved || step.Problem == queue.ProblemApplicantGone
}

// standings finds what stands in JazzHR: the people who may be meant, or what evidence names, on whom it was to be written.
func standings(ctx context.Context, tx db.TenantTx, w gen.Writeback, step gen.StepInAttentionRow) ([]standing, error) {
	ids := remoteIDs(proofsOf(step.Evidence))
	people := aboutPeople(step)
	params := gen.ApplicantsAsEvidenceParams{TenantID: tx.Tenant, ApplicantIds: []string{}, MaxRows: maxStanding}
	if w.ApplicantID != nil {
		params.ApplicantIds = append(params.ApplicantIds, *w.ApplicantID)
	}
	if people {
		params.ApplicantIds = append(params.ApplicantIds, ids...)
		params.Email = nullable(jazzhr.NormalizeEmail(orEmpty(w.Email)))
		params.FoldedName = nullable(jazzhr.FoldName(orEmpty(w.FirstName), orEmpty(w.LastName)))
	}
	rows, err := tx.Q.ApplicantsAsEvidence(ctx, tx, params)
	if err != nil {
		return nil, fmt.Errorf("read applicants: %w", err)
	}
	var found []standing
	for _, row := range rows {
		s := newStanding(row, w)
		s.Adoptable = people && row.GoneAt == nil
		found = append(found, s)
	}
	for _, id := range params.ApplicantIds {
		if !slices.ContainsFunc(rows, func(r gen.ApplicantsAsEvidenceRow) bool { return r.ApplicantID == id }) {
			found = append(found, standing{ID: id, Title: "A candidate that we know by id only", Adoptable: people})
		}
	}
	if !people {
		for _, id := range ids[:min(len(ids), maxStanding)] {
			found = append(found, standing{ID: id, Title: "What was found as " + stepObject(step.Kind), Adoptable: true})
		}
	}
	return found, nil
}

func newStanding(row gen.ApplicantsAsEvidenceRow, w gen.Writeback) standing {
	s := standing{ID: row.ApplicantID, Title: "A candidate", Gone: row.GoneAt != nil}
	name := jazzhr.FoldName(orEmpty(w.FirstName), orEmpty(w.LastName))
	if row.FoldedName != "" {
		s.Facts = append(s.Facts, fact{"Name", row.FoldedName, name != "" && row.FoldedName != name})
	}
	email := jazzhr.NormalizeEmail(orEmpty(w.Email))
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

// ours is what was to be written. What nothing in JazzHR is like is marked.
func ours(ctx context.Context, tx db.TenantTx, w gen.Writeback, step gen.StepInAttentionRow, found []standing) ([]fact, error) {
	like := func(name, value string) bool {
		return slices.ContainsFunc(found, func(s standing) bool {
			return slices.ContainsFunc(s.Facts, func(f fact) bool { return f.Name == name && f.Value == value })
		})
	}
	people := aboutPeople(step) && len(found) > 0
	var facts []fact
	add := func(name, value string, mark bool) {
		if value != "" {
			facts = append(facts, fact{name, value, mark})
		}
	}
	add("Name", personName(w.FirstName, w.LastName), people && !like("Name", jazzhr.FoldName(orEmpty(w.FirstName), orEmpty(w.LastName))))
	add("Email", orEmpty(w.Email), people && !like("Email", jazzhr.NormalizeEmail(orEmpty(w.Email))))
	add("Phone", orEmpty(w.Phone), false)
	if w.ApplicantGiven {
		add("JazzHR’s id", orEmpty(w.ApplicantID), false)
	}
	if w.JobID != nil || w.BoardCode != nil {
		titles, err := tx.Q.JobTitle(ctx, tx, tx.Tenant, w.JobID, w.BoardCode)
		if err != nil {
			return nil, fmt.Errorf("read job: %w", err)
		}
		job := orEmpty(w.JobID)
		if job == "" {
			job = orEmpty(w.BoardCode)
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
	note, err := queue.NoteOf(w)
	if err != nil {
		return nil, fmt.Errorf("read the note: %w", err)
	}
	add("Note", noteText(note, int(step.Part), step.Kind == queue.StepWriteNotes), false)
	if step.Kind == queue.StepWriteNotes {
		add("Reference", queue.Reference(tx.Tenant, w.InterviewID, int(w.Revision), int(step.Part)), false)
	}
	return facts, nil
}

// noteText says what a note holds, and of which part of it the matter is.
func noteText(note queue.Note, part int, isIt bool) string {
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
	if parts := note.PartCount(); isIt && parts > 1 {
		text += fmt.Sprintf("; part %d of %d", part, parts)
	}
	return text
}

func personName(first, last *string) string {
	return strings.TrimSpace(orEmpty(first) + " " + orEmpty(last))
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
