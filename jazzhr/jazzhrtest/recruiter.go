package jazzhrtest

import (
	"errors"
	"fmt"
	"slices"
)

// The authors of what is written. The first is documented by clients, the
// second stands for all of the customer's people.
const (
	userAnonymous = "usr_anonymous"
	userRecruiter = "usr_20180917171830_RECRUITERRECRUIT"
	teamID        = "team_20180917171830_TEAMTEAMTEAMTEAM"
)

// MoveStage moves an applicant within a job to the stage of that name, and
// writes the activity of it.
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

// Merge lets one applicant be absorbed by another, as a recruiter does with
// duplicates. Reads of the absorbed id find nothing from then on.
func (a *Account) Merge(from, into string) error {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	gone, stays := a.applicant[from], a.applicant[into]
	if gone == nil || stays == nil || gone == stays {
		return fmt.Errorf("merge: %w", ErrUnknownApplicant)
	}
	for _, r := range gone.rows {
		a.removeRow(r)
	}
	delete(a.applicant, from)
	gone.MergedInto = into
	for _, l := range gone.links {
		a.links.remove(l)
		a.linksByJob[l.JobID].remove(l)
	}
	if !a.settings.MergeDrops {
		for _, l := range gone.links {
			l.ApplicantID = into
			a.insertLink(stays, l)
		}
		for _, n := range gone.notes {
			n.ApplicantID = into
		}
		stays.notes = append(stays.notes, gone.notes...)
	}
	gone.links, gone.notes, gone.rows = nil, nil, nil
	a.addActivity(Activity{
		Category: CategoryDelete, ObjectID: from, UserID: userRecruiter, At: s.now(),
		Action: "deleted the resume of " + fullName(gone.Applicant),
	}, nil)
	return nil
}

// Login writes the activity of somebody's signing in.
func (a *Account) Login() {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	a.addActivity(Activity{
		Category: CategoryLogins, ObjectID: userRecruiter, UserID: userRecruiter, Action: "logged in", At: a.sim.now(),
	}, nil)
}

// Erase takes an applicant out of the account, with all that the feed tells of
// them, as a recruiter does whom the person asked to. Rows that follow in a list
// move up.
func (a *Account) Erase(applicantID string) error {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	gone := a.applicant[applicantID]
	if gone == nil {
		return fmt.Errorf("erase: %w", ErrUnknownApplicant)
	}
	for _, r := range gone.rows {
		a.removeRow(r)
	}
	for _, l := range gone.links {
		a.links.remove(l)
		a.linksByJob[l.JobID].remove(l)
	}
	for _, act := range lookup(a.byObject, applicantID) {
		a.activities.remove(act)
		a.byCategory[act.Category].remove(act)
	}
	delete(a.byObject, applicantID)
	delete(a.applicant, applicantID)
	for _, doc := range gone.Attachments {
		delete(a.attachmentOf, doc.Number)
	}
	mailbox := emailKey(gone.Email)
	a.byEmail[mailbox] = slices.DeleteFunc(a.byEmail[mailbox], func(p *applicant) bool { return p == gone })
	a.applicants = slices.DeleteFunc(a.applicants, func(p *applicant) bool { return p == gone })
	a.addActivity(Activity{
		Category: CategoryDelete, ObjectID: applicantID, UserID: userRecruiter, Action: "deleted a resume", At: s.now(),
	}, nil)
	return nil
}

// AddActivity writes a line of the feed as it is given, such as one of a
// category that nobody has met yet, and returns it with its id. If At is zero it
// is now; a line of an earlier day goes anywhere among that day's lines.
func (a *Account) AddActivity(act Activity) Activity {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	now := s.now()
	if act.At.IsZero() {
		act.At = now
	}
	act.ID = s.newID("activity", now)
	at := s.newPlace(act.At)
	if at.day < day(now) {
		at.key = s.ids.Uint64() % s.sequence
	}
	a.placeActivity(act, at, nil)
	return act
}

// EditJob changes an opening: all of it but its id and number.
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

// DeleteJob removes an opening that nobody is in.
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
