package jobs_test

import (
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// verdict is what the checker found.
type verdict struct {
	doubled, lost, wrong []string
}

func (v *verdict) double(format string, args ...any) {
	v.doubled = append(v.doubled, fmt.Sprintf(format, args...))
}

func (v *verdict) lose(format string, args ...any) {
	v.lost = append(v.lost, fmt.Sprintf(format, args...))
}

func (v *verdict) fault(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

func (v *verdict) all() []string { return slices.Concat(v.doubled, v.lost, v.wrong) }

// examine compares what JazzHR holds with what was acknowledged, and the ledger with both.
func (tr *trial) examine() *verdict {
	v := &verdict{}
	writes := map[string][]jazzhrtest.Write{}
	for _, w := range tr.sim.Writes() {
		writes[w.Account] = append(writes[w.Account], w)
	}
	for _, s := range tr.customers {
		mine := writes[s.account.ID()]
		tr.examineCreates(v, s, mine)
		tr.examineLinks(v, s, mine)
		tr.examineNotes(v, s, mine)
		tr.examineLedger(v, s, mine)
		s.examineEvents(v, tr.restored)
		s.examineExports(v)
		s.examineStages(v)
	}
	return v
}

// examineCreates holds that nobody was made twice, nor anybody who was there, nor anybody who was
// not asked for.
func (tr *trial) examineCreates(v *verdict, s *subject, writes []jazzhrtest.Write) {
	var made []jazzhrtest.Applicant
	for _, w := range writes {
		if w.Endpoint != jazzhrtest.EndpointCreateApplicant {
			continue
		}
		person, _ := s.account.Applicant(w.ID)
		if tr.merged[w.ID] != "" {
			continue // who it was is gone with it; the ledger's row is looked at below
		}
		email := jazzhr.NormalizeEmail(person.Email)
		is := func(p jazzhrtest.Applicant) bool {
			return isSame(writeback.Candidate{FirstName: person.FirstName, LastName: person.LastName, Email: person.Email}, p)
		}
		if slices.ContainsFunc(made, is) {
			v.double("%s: %s %s %s was made again", s.account.ID(), person.FirstName, person.LastName, email)
		}
		made = append(made, person)
		wished := func(x *wish) bool {
			return isSame(x.writeback.Candidate, person) && x.writeback.Candidate.ApplicantID == "" && x.writeback.Revision < 2
		}
		if !slices.ContainsFunc(s.wishes, wished) {
			v.fault("%s: an applicant %s that nobody asked for", s.account.ID(), email)
		}
		if slices.ContainsFunc(s.people, is) && len(tr.merged) == 0 {
			v.double("%s: %s was there before", s.account.ID(), email)
		}
	}
}

func (tr *trial) examineLinks(v *verdict, s *subject, writes []jazzhrtest.Write) {
	made := map[string]int{}
	for _, w := range writes {
		if w.Endpoint == jazzhrtest.EndpointLinkApplicant {
			if made[w.ApplicantID+w.JobID]++; made[w.ApplicantID+w.JobID] > 1 {
				v.double("%s: %s linked to %s again", s.account.ID(), w.ApplicantID, w.JobID)
			}
		}
	}
}

// examineNotes holds that each wish stands in JazzHR whole: its applicant, its link, each part of
// its note once and in order.
func (tr *trial) examineNotes(v *verdict, s *subject, writes []jazzhrtest.Write) {
	notes, known := s.account.Notes(""), 0
	for _, x := range s.wishes {
		view := x.view(x.id)
		name := fmt.Sprintf("%s %s/%d", s.account.ID(), x.writeback.InterviewID, max(1, x.writeback.Revision))
		if view.State != queue.StateDone {
			v.lose("%s ended %s", name, view.State)
			continue
		}
		person, there := s.account.Applicant(tr.merged.root(view.ApplicantID))
		if !there {
			v.lose("%s: its applicant %q is not there", name, view.ApplicantID)
			continue
		}
		tr.examinePerson(v, x, name, view.ApplicantID, person)
		refs, texts := x.references()
		last := -1
		for i, ref := range refs {
			var at []int
			for n, w := range writes {
				if strings.Contains(w.Text, ref) {
					at = append(at, n)
				}
			}
			known += len(at)
			switch {
			case len(at) == 0:
				v.lose("%s: part %d is not there", name, i+1)
				continue
			case len(at) > 1:
				v.double("%s: part %d is there %d times", name, i+1, len(at))
			}
			w := writes[at[0]]
			if w.Text != texts[i] {
				v.fault("%s: part %d has another text", name, i+1)
			}
			if shown := s.account.Settings().NoteForm.Of(w.Text); content(shown) != content(w.Text) {
				v.lose("%s: of part %d only %q is shown", name, i+1, shown)
			}
			if at[0] < last {
				v.fault("%s: part %d stands before the one before", name, i+1)
			}
			if tr.merged.root(w.ApplicantID) != person.ID {
				v.fault("%s: part %d was written on %s, not %s", name, i+1, w.ApplicantID, person.ID)
			}
			last = at[0]
		}
	}
	if known != len(notes) {
		v.fault("%s holds %d notes, %d were asked for", s.account.ID(), len(notes), known)
	}
}

// content is what of a note must not be lost, however an account shows it.
func content(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, strings.ReplaceAll(html.UnescapeString(text), "<br />", ""))
}

func (tr *trial) examinePerson(v *verdict, x *wish, name, id string, person jazzhrtest.Applicant) {
	first := slices.IndexFunc(x.wishes, func(other *wish) bool { return other.writeback.InterviewID == x.writeback.InterviewID })
	candidate := x.wishes[first].writeback.Candidate // a revision is about the same person
	if root := tr.merged.root(candidate.ApplicantID); candidate.ApplicantID != "" && candidate.Email == "" && root != person.ID {
		v.fault("%s: written on %s, not on the applicant given", name, person.ID)
	}
	if candidate.Email != "" && tr.merged[id] == "" && len(tr.merged) == 0 && !isSame(candidate, person) {
		v.fault("%s: written on %s, who is somebody else", name, person.ID)
	}
	if x.writeback.Job == nil {
		return
	}
	linked := func(l jazzhrtest.Link) bool {
		job, _ := x.account.Job(l.JobID)
		return l.JobID == x.writeback.Job.ID || job.BoardCode == x.writeback.Job.BoardCode
	}
	if !slices.ContainsFunc(x.account.Links(person.ID), linked) {
		v.lose("%s: its link is not there", name)
	}
}

// examineLedger holds that every row has ended, by evidence that names what stands in JazzHR.
func (tr *trial) examineLedger(v *verdict, s *subject, writes []jazzhrtest.Write) {
	rows, err := tr.db.Pool.Query(tr.t.Context(), `SELECT kind, key, state, sends, coalesce(remote_id, ''), adopted, evidence FROM jazzhr.effects WHERE tenant_id = $1`, s.customer.id)
	check(tr.t, err)
	defer rows.Close()
	for rows.Next() {
		var kind, key, state, remote string
		var sends int
		var adopted bool
		var raw json.RawMessage
		check(tr.t, rows.Scan(&kind, &key, &state, &sends, &remote, &adopted, &raw))
		applicant, _, _ := strings.Cut(key, "/")
		if state != "done" {
			// What was planned and not sent, or sent in vain as reads have shown, is no debt:
			// nobody needs it any more. A link to one who was merged away is made to whom they
			// became.
			if (state != "planned" || sends > 0 && !absentSinceLost(raw)) && (kind != "link_applicant_to_job" || tr.merged[applicant] == "") {
				v.fault("%s: %s %s is left %s", s.account.ID(), kind, key, state)
			}
			continue
		}
		if !proven(raw, remote, adopted) {
			v.fault("%s: %s %s is %s by no evidence: %s", s.account.ID(), kind, key, remote, raw)
		}
		if !adopted && !slices.ContainsFunc(writes, func(w jazzhrtest.Write) bool { return w.ID == remote }) {
			v.lose("%s: %s %s is confirmed as %s, which was never written", s.account.ID(), kind, key, remote)
		}
	}
	check(tr.t, rows.Err())
}

// absentSinceLost reports whether reads have shown that no send whose answer was lost was applied.
func absentSinceLost(raw json.RawMessage) (absent bool) {
	var proofs []struct {
		What string `json:"what"`
	}
	if json.Unmarshal(raw, &proofs) != nil {
		return false
	}
	for _, p := range proofs {
		switch p.What {
		case "absent":
			absent = true
		case "lost":
			absent = false
		}
	}
	return absent
}

// proven reports whether evidence names the remote id, by a word that fits how the row was settled.
func proven(raw json.RawMessage, remote string, adopted bool) bool {
	var proofs []struct {
		What      string   `json:"what"`
		RemoteIDs []string `json:"remote_ids"`
	}
	if json.Unmarshal(raw, &proofs) != nil {
		return false
	}
	words := []string{"confirmed", "late_answer"}
	if adopted {
		words = []string{"found", "decided"}
	}
	for _, p := range proofs {
		if slices.Contains(words, p.What) && slices.Contains(p.RemoteIDs, remote) {
			return true
		}
	}
	return false
}

// examineEvents holds that Intrvio is told of each end once, in numbers without gaps but those that
// a restore leaves.
func (s *subject) examineEvents(v *verdict, restored bool) {
	var events, last, ends, distinct int
	s.scan(`SELECT count(*), coalesce(max(sequence), 0), count(*) FILTER (WHERE type = 'writeback.completed'),
			count(DISTINCT data ->> 'writeback_id') FILTER (WHERE type = 'writeback.completed')
		FROM jazzhr.events WHERE tenant_id = $1`, []any{s.customer.id}, &events, &last, &ends, &distinct)
	if events != last && !restored {
		v.fault("%s: %d events up to number %d", s.account.ID(), events, last)
	}
	if ends != distinct || ends != len(s.wishes) {
		v.fault("%s: %d ends told of %d writebacks, of %d", s.account.ID(), ends, distinct, len(s.wishes))
	}
}
