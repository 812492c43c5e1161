package jazzhrtest

import (
	"slices"
	"strconv"
	"time"
)

// The functions of this file store records and maintain the indexes. The caller holds the lock.

func (a *Account) insertJob(j Job) {
	stored := &job{Job: j, sortKey: a.sim.newSortKey(j.Opened)}
	a.jobs.insert(stored)
	a.jobByID[j.ID] = stored
	a.jobByBoard[j.BoardCode] = stored
}

// addApplicant stores an applicant and writes the activity.
func (a *Account) addApplicant(p Applicant, made time.Time, h *hold) *applicant {
	if p.Applied.IsZero() {
		p.Applied = made
	}
	if p.ID == "" {
		p.ID = a.sim.newID("prospect", a.sim.now())
	}
	if p.Number == 0 {
		p.Number = a.sim.newNumber()
	}
	p.Attachments = slices.Clone(p.Attachments)
	for i := range p.Attachments {
		if p.Attachments[i].Number == 0 {
			p.Attachments[i].Number = a.sim.newNumber()
		}
	}
	stored := a.insertApplicant(p, h)
	a.addActivity(Activity{
		Category: CategoryApplied, ObjectID: p.ID, UserID: userAnonymous, At: made,
		Action: "added the resume of " + fullName(p),
	}, h)
	return stored
}

func (a *Account) insertApplicant(p Applicant, h *hold) *applicant {
	stored := &applicant{Applicant: p, hold: h}
	a.applicants = append(a.applicants, stored)
	if p.MergedInto != "" {
		return stored
	}
	a.applicant[p.ID] = stored
	a.byEmail[emailKey(p.Email)] = append(a.byEmail[emailKey(p.Email)], stored)
	for _, doc := range p.Attachments {
		a.attachmentOf[doc.Number] = stored
	}
	a.insertRow(&row{sortKey: a.sim.newSortKey(p.Applied), person: stored, hold: h})
	return stored
}

func (a *Account) insertRow(r *row) {
	a.rows.insert(r)
	r.person.rows = append(r.person.rows, r)
	a.rowsByName.insert(r)
	if r.link != nil {
		insertInto(a.rowsByJob, r.link.JobID, r)
	}
}

func (a *Account) removeRow(r *row) {
	a.rows.remove(r)
	a.rowsByName.remove(r)
	if r.link != nil {
		a.rowsByJob[r.link.JobID].remove(r)
	}
}

// addLink stores a link with the given job, stage and times, and writes the activity.
func (a *Account) addLink(p *applicant, l Link, h *hold) *link {
	s := a.sim
	l.ID, l.Number, l.ApplicantID = s.newID("projob", s.now()), s.newNumber(), p.ID
	stored := &link{Link: l, sortKey: s.newSortKey(l.Date), hold: h}
	a.insertLink(p, stored)
	a.addActivity(Activity{
		Category: CategoryLinked, ObjectID: p.ID, UserID: userAnonymous, At: l.Moved,
		Action: `added to "` + a.jobByID[l.JobID].Title + `"`,
	}, h)
	return stored
}

// insertLink stores a link. An applicant without a job has one row, which becomes the row of the
// first link. Each further link gets its own row.
func (a *Account) insertLink(p *applicant, l *link) {
	a.links.insert(l)
	p.links.insert(l)
	insertInto(a.linksByJob, l.JobID, l)
	if len(p.rows) == 1 && p.rows[0].link == nil {
		p.rows[0].link = l
		insertInto(a.rowsByJob, l.JobID, p.rows[0])
		return
	}
	a.insertRow(&row{sortKey: a.sim.newSortKey(l.Date), person: p, link: l, hold: l.hold})
}

// addNote stores a note and writes the activity.
func (a *Account) addNote(p *applicant, author, text, security string, h *hold) *note {
	s := a.sim
	id := s.newID("comment", s.now())
	if a.settings.NumericIDs {
		id = strconv.FormatInt(s.newNumber(), 10)
	}
	n := &note{hold: h, Note: Note{
		ID: id, ApplicantID: p.ID,
		AuthorID: author, AuthorName: authorName(author),
		Text: text, Security: security, Written: s.now(),
	}}
	p.notes = append(p.notes, n)
	a.addActivity(Activity{
		Category: CategoryNote, ObjectID: p.ID, UserID: author, At: n.Written,
		Action: "added a comment on " + fullName(p.Applicant),
	}, h)
	return n
}

func authorName(id string) string {
	switch id {
	case userAnonymous:
		return "Anonymous"
	case userRecruiter:
		return "Robin Recruiter"
	default:
		return id
	}
}

func (a *Account) addActivity(act Activity, h *hold) {
	act.ID = a.sim.newID("activity", a.sim.now())
	a.insertActivity(act, h)
}

func (a *Account) insertActivity(act Activity, h *hold) {
	a.storeActivity(act, a.sim.newSortKey(act.At), h)
}

func (a *Account) storeActivity(act Activity, at sortKey, h *hold) {
	stored := &activity{Activity: act, sortKey: at, hold: h}
	a.activities.insert(stored)
	insertInto(a.byObject, act.ObjectID, stored)
	insertInto(a.byCategory, act.Category, stored)
}

// insertInto adds a row to an index's table for a key.
func insertInto[T sortable](index map[string]*table[T], key string, row T) {
	t := index[key]
	if t == nil {
		t = new(table[T])
		index[key] = t
	}
	t.insert(row)
}

// lookup returns an index's table for a key.
func lookup[T sortable](index map[string]*table[T], key string) table[T] {
	if t := index[key]; t != nil {
		return *t
	}
	return nil
}
