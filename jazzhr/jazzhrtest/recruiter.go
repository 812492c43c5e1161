package jazzhrtest

import (
	"errors"
	"fmt"
	"slices"
)

// The authors of records. Public clients document the first. The second stands for all of the
// customer's people.
const (
	userAnonymous = "usr_anonymous"
	userRecruiter = "usr_20180917171830_RECRUITERRECRUIT"
	teamID        = "team_20180917171830_TEAMTEAMTEAMTEAM"
)

// MoveStage moves an applicant to another stage of a job and writes the activity.
func (a *Account) MoveStage(applicantID, jobID, stage string) error {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	if _, known := stageByName(stage); !known {
		return fmt.Errorf("move stage: %w", ErrUnknownStage)
	}
	p := a.applicant[applicantID]
	if p == nil {
		return fmt.Errorf("move stage: %w", ErrUnknownApplicant)
	}
	found := false
	for _, l := range p.links {
		if l.JobID != jobID || l.Stage == stage {
			found = found || l.JobID == jobID
			continue
		}
		found = true
		action := fmt.Sprintf(`changed the status from "%s" to "%s" for "%s"`, l.Stage, stage, a.jobByID[jobID].Title)
		l.Stage, l.Moved = stage, s.now()
		a.addActivity(Activity{
			Category: CategoryStatus, ObjectID: applicantID, UserID: userRecruiter, Action: action, At: l.Moved,
		}, nil)
	}
	if !found {
		return fmt.Errorf("move stage: %w", ErrUnknownLink)
	}
	return nil
}

// Merge merges one applicant into another, as a recruiter does with duplicates. From then on JazzHR
// does not know the merged id.
func (a *Account) Merge(from, into string) error {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	merged, target := a.applicant[from], a.applicant[into]
	if merged == nil || target == nil || merged == target {
		return fmt.Errorf("merge: %w", ErrUnknownApplicant)
	}
	for _, r := range merged.rows {
		a.removeRow(r)
	}
	delete(a.applicant, from)
	merged.MergedInto = into
	for _, l := range merged.links {
		a.links.remove(l)
		a.linksByJob[l.JobID].remove(l)
	}
	if !a.settings.MergeDrops {
		for _, l := range merged.links {
			l.ApplicantID = into
			a.insertLink(target, l)
		}
		for _, n := range merged.notes {
			n.ApplicantID = into
		}
		target.notes = append(target.notes, merged.notes...)
	}
	merged.links, merged.notes, merged.rows = nil, nil, nil
	a.addActivity(Activity{
		Category: CategoryDelete, ObjectID: from, UserID: userRecruiter, At: s.now(),
		Action: "deleted the resume of " + fullName(merged.Applicant),
	}, nil)
	return nil
}

// Login writes the activity of a person who signs in.
func (a *Account) Login() {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	a.addActivity(Activity{
		Category: CategoryLogins, ObjectID: userRecruiter, UserID: userRecruiter, Action: "logged in", At: a.sim.now(),
	}, nil)
}

// Erase removes an applicant and their activities, as a recruiter does when the person asks for it.
// Later rows of a list move up.
func (a *Account) Erase(applicantID string) error {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	erased := a.applicant[applicantID]
	if erased == nil {
		return fmt.Errorf("erase: %w", ErrUnknownApplicant)
	}
	for _, r := range erased.rows {
		a.removeRow(r)
	}
	for _, l := range erased.links {
		a.links.remove(l)
		a.linksByJob[l.JobID].remove(l)
	}
	for _, act := range lookup(a.byObject, applicantID) {
		a.activities.remove(act)
		a.byCategory[act.Category].remove(act)
	}
	delete(a.byObject, applicantID)
	delete(a.applicant, applicantID)
	for _, doc := range erased.Attachments {
		delete(a.attachmentOf, doc.Number)
	}
	mailbox := emailKey(erased.Email)
	a.byEmail[mailbox] = slices.DeleteFunc(a.byEmail[mailbox], func(p *applicant) bool { return p == erased })
	a.applicants = slices.DeleteFunc(a.applicants, func(p *applicant) bool { return p == erased })
	a.addActivity(Activity{
		Category: CategoryDelete, ObjectID: applicantID, UserID: userRecruiter, Action: "deleted a resume", At: s.now(),
	}, nil)
	return nil
}

// AddActivity writes an activity as given, for example one of a new category, and returns it with
// its id. A zero At means now. An activity of an earlier day takes a random position among that
// day's.
func (a *Account) AddActivity(act Activity) Activity {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	now := s.now()
	if act.At.IsZero() {
		act.At = now
	}
	act.ID = s.newID("activity", now)
	at := s.newSortKey(act.At)
	if at.day < day(now) {
		at.within = s.idRand.Uint64() % s.sequence
	}
	a.storeActivity(act, at, nil)
	return act
}

// EditApplicant changes an applicant's name and contact data. The id and the day of application stay.
func (a *Account) EditApplicant(applicantID string, change func(*Applicant)) error {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	p := a.applicant[applicantID]
	if p == nil {
		return fmt.Errorf("edit applicant: %w", ErrUnknownApplicant)
	}
	for _, r := range p.rows {
		a.rowsByName.remove(r)
	}
	mailbox := emailKey(p.Email)
	a.byEmail[mailbox] = slices.DeleteFunc(a.byEmail[mailbox], func(other *applicant) bool { return other == p })
	edited := p.Applicant
	change(&edited)
	edited.ID, edited.Number, edited.Applied = p.ID, p.Number, p.Applied
	p.Applicant = edited
	a.byEmail[emailKey(p.Email)] = append(a.byEmail[emailKey(p.Email)], p)
	for _, r := range p.rows {
		a.rowsByName.insert(r)
	}
	return nil
}

// EditJob changes an opening. Its id, number and opening date stay.
func (a *Account) EditJob(jobID string, change func(*Job)) error {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	j := a.jobByID[jobID]
	if j == nil {
		return fmt.Errorf("edit job: %w", ErrUnknownJob)
	}
	edited := j.Job
	change(&edited)
	edited.ID, edited.Number, edited.Opened = j.ID, j.Number, j.Opened
	delete(a.jobByBoard, j.BoardCode)
	j.Job = edited
	a.jobByBoard[j.BoardCode] = j
	return nil
}

// DeleteJob removes an opening that has no applicants.
func (a *Account) DeleteJob(jobID string) error {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	j := a.jobByID[jobID]
	if j == nil {
		return fmt.Errorf("delete job: %w", ErrUnknownJob)
	}
	if links := a.linksByJob[jobID]; links != nil && len(*links) > 0 {
		return errors.New("delete job: there are people in it")
	}
	a.jobs.remove(j)
	delete(a.jobByID, jobID)
	delete(a.jobByBoard, j.BoardCode)
	return nil
}
