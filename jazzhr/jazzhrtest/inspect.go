package jazzhrtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// countKey is the key of the call counts. A bad key has no account.
type countKey struct{ account, endpoint string }

// Count returns the number of requests to an endpoint, from all accounts and with bad keys. ""
// counts all endpoints. Requests with faults count too.
func (s *Sim) Count(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for t, count := range s.counts {
		if endpoint == "" || endpoint == t.endpoint {
			n += count
		}
	}
	return n
}

// Count returns the number of requests to an endpoint with the account's key. "" counts all
// endpoints.
func (a *Account) Count(endpoint string) int {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	if endpoint != "" {
		return a.sim.counts[countKey{a.id, endpoint}]
	}
	n := 0
	for t, count := range a.sim.counts {
		if t.account == a.id {
			n += count
		}
	}
	return n
}

// Write is one record that the API wrote.
type Write struct {
	At          time.Time
	Account     string // the account's ID
	Endpoint    string
	ID          string // id of the new record
	ApplicantID string
	JobID       string
	Text        string // text of a note
	Lost        bool   // the caller did not get the true answer
	Late        bool   // applied after the answer, or after the caller left
}

func (a *Account) recordWrite(w Write, h *hit) {
	w.At, w.Account = a.sim.now(), a.id
	if h != nil {
		w.Lost, w.Late = h.fault.lost(), h.fault.Apply == ApplyLater
	}
	a.sim.writes = append(a.sim.writes, w)
}

// Writes returns everything that was written through the API, in the order it was applied.
func (s *Sim) Writes() []Write {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

// Jobs returns the account's jobs, in the order they were added.
func (a *Account) Jobs() []Job {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	jobs := make([]Job, len(a.jobs))
	for i, j := range a.jobs.inCreationOrder() {
		jobs[i] = j.Job
	}
	return jobs
}

// Job returns the job with an id.
func (a *Account) Job(id string) (Job, bool) {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	if j := a.jobByID[id]; j != nil {
		return j.Job, true
	}
	return Job{}, false
}

// Applicants returns the account's applicants, in the order they were created. Merged applicants
// are left out.
func (a *Account) Applicants() []Applicant {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	var out []Applicant
	for _, p := range a.applicants {
		if p.MergedInto == "" {
			out = append(out, p.Applicant)
		}
	}
	return out
}

// Applicant returns the applicant with an id, even if hidden from readers.
func (a *Account) Applicant(id string) (Applicant, bool) {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	if p := a.applicant[id]; p != nil {
		return p.Applicant, true
	}
	return Applicant{}, false
}

// ApplicantsByEmail returns the applicants with an email address, ignoring case.
func (a *Account) ApplicantsByEmail(email string) []Applicant {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	var out []Applicant
	for _, p := range a.byEmail[emailKey(email)] {
		if p.MergedInto == "" {
			out = append(out, p.Applicant)
		}
	}
	return out
}

// Links returns the links of an applicant, in the order they were created. "" returns all links.
func (a *Account) Links(applicantID string) []Link {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	t := a.links
	if applicantID != "" {
		t = nil
		if p := a.applicant[applicantID]; p != nil {
			t = p.links
		}
	}
	links := make([]Link, len(t))
	for i, l := range t.inCreationOrder() {
		links[i] = l.Link
	}
	return links
}

// Notes returns an applicant's notes as stored, the oldest first, even those that the API hides. ""
// returns all notes.
func (a *Account) Notes(applicantID string) []Note {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	var notes []Note
	for _, p := range a.applicants {
		if applicantID == "" || applicantID == p.ID {
			for _, n := range p.notes {
				notes = append(notes, n.Note)
			}
		}
	}
	return notes
}

// Activities returns the activities about an object, in the order they were written. "" returns all
// activities.
func (a *Account) Activities(objectID string) []Activity {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	t := a.activities
	if objectID != "" {
		t = lookup(a.byObject, objectID)
	}
	out := make([]Activity, len(t))
	for i, act := range t.inCreationOrder() {
		out[i] = act.Activity
	}
	return out
}

// Duplicate is something that an account holds more than once and should hold once.
type Duplicate struct {
	Account string   // the account's ID
	Kind    string   // "applicant", "link" or "note"
	Key     string   // the email; the applicant's and the job's id; the note's first line
	IDs     []string // ids of the copies
}

// Duplicates returns the applicants with the same email and a like name, the links of the same
// applicant and job, and the notes with the same first line. Names are alike if the last names are
// equal and one first name begins the other: other people may share an address. A careful client
// puts its reference into the first line.
func (s *Sim) Duplicates() []Duplicate {
	var all []Duplicate
	for _, a := range s.Accounts() {
		var applicants, links, notes groups
		people := a.Applicants()
		for _, p := range people {
			if slices.ContainsFunc(people, p.isLike) {
				applicants.add(emailKey(p.Email), p.ID)
			}
		}
		for _, l := range a.Links("") {
			links.add(l.ApplicantID+" "+l.JobID, l.ID)
		}
		for _, n := range a.Notes("") {
			notes.add(firstLine(n.Text), n.ID)
		}
		all = append(all, applicants.repeated(a.id, "applicant")...)
		all = append(all, links.repeated(a.id, "link")...)
		all = append(all, notes.repeated(a.id, "note")...)
	}
	return all
}

// isLike reports whether two applicants are likely one person.
func (p Applicant) isLike(other Applicant) bool {
	first, otherFirst := fold(p.FirstName), fold(other.FirstName)
	return p.ID != other.ID && emailKey(p.Email) == emailKey(other.Email) && fold(p.LastName) == fold(other.LastName) &&
		(strings.HasPrefix(first, otherFirst) || strings.HasPrefix(otherFirst, first))
}

// String describes the duplicate for a test's message.
func (d Duplicate) String() string {
	return fmt.Sprintf("%s: %d times %s %q: %s", d.Account, len(d.IDs), d.Kind, d.Key, strings.Join(d.IDs, ", "))
}

// groups collects ids by what they have in common, in the order of first appearance.
type groups struct {
	keys []string
	ids  map[string][]string
}

func (g *groups) add(key, id string) {
	if key == "" {
		return
	}
	if g.ids == nil {
		g.ids = make(map[string][]string)
	}
	if g.ids[key] == nil {
		g.keys = append(g.keys, key)
	}
	g.ids[key] = append(g.ids[key], id)
}

func (g *groups) repeated(account, kind string) []Duplicate {
	var out []Duplicate
	for _, key := range g.keys {
		if ids := g.ids[key]; len(ids) > 1 {
			out = append(out, Duplicate{Account: account, Kind: kind, Key: key, IDs: ids})
		}
	}
	return out
}

// firstLine returns the first line of a note that is not blank, with even spacing.
func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 {
			return strings.Join(words, " ")
		}
	}
	return ""
}
