package jazzhrtest

import "fmt"

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
