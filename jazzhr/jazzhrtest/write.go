package jazzhrtest

import (
	"cmp"
	"time"
)

// The POST endpoints. The caller holds the lock. One error text is known, "applicant_id was not
// set". The others follow its style and are guesses.

func (a *Account) createApplicant(c *Call, h *hit) any {
	for _, field := range []string{"first_name", "last_name", "email"} {
		if c.Field(field) == "" {
			return notSet(field)
		}
	}
	jobID := c.Field("job")
	if jobID != "" && a.jobByID[jobID] == nil {
		return "error: job not found"
	}
	now := a.sim.now()
	applied := now
	if on, err := time.ParseInLocation(time.DateOnly, c.Field("apply_date"), a.sim.opts.Location); err == nil {
		applied = on
	}
	hold := a.holdFor(h)
	p := a.addApplicant(Applicant{
		FirstName: c.Field("first_name"), LastName: c.Field("last_name"), Email: c.Field("email"),
		Phone: c.Field("phone"), Address: c.Field("address"), City: c.Field("city"), State: c.Field("state"),
		Postal: c.Field("postal"), Source: c.Field("source"), LinkedIn: c.Field("linkedin"),
		Website: c.Field("website"), CoverLetter: c.Field("coverletter"), Applied: applied,
	}, now, hold)
	p.made = now
	if jobID != "" {
		a.addLink(p, Link{JobID: jobID, Stage: stageOf(c).Name, Moved: now, Date: applied}, hold)
	}
	a.recordWrite(Write{Endpoint: c.Endpoint, ID: p.ID, ApplicantID: p.ID, JobID: jobID}, h)
	return written{"prospect_id", cmp.Or(h.answerID(), p.ID)}
}

func (a *Account) linkApplicant(c *Call, h *hit) any {
	for _, field := range []string{"applicant_id", "job_id"} {
		if c.Field(field) == "" {
			return notSet(field)
		}
	}
	p, refusal := a.writable(c.Field("applicant_id"))
	if refusal != nil {
		return refusal
	}
	jobID := c.Field("job_id")
	if a.jobByID[jobID] == nil {
		return "error: job not found"
	}
	for _, l := range p.links {
		switch {
		case l.JobID != jobID || a.settings.RepeatedLink == LinksDoubled:
		case a.settings.RepeatedLink == LinksSame:
			return written{"appjob_id", cmp.Or(h.answerID(), l.ID)}
		default:
			return underscoreErrorObject{"applicant is already attached to this job"}
		}
	}
	now := a.sim.now()
	l := a.addLink(p, Link{JobID: jobID, Stage: stageOf(c).Name, Moved: now, Date: now}, a.holdFor(h))
	a.recordWrite(Write{Endpoint: c.Endpoint, ID: l.ID, ApplicantID: p.ID, JobID: jobID}, h)
	return written{"appjob_id", cmp.Or(h.answerID(), l.ID)}
}

// writeNote writes a note by either route. A route that the account does not have answers as
// [Settings.UnknownRoute] says.
func (a *Account) writeNote(c *Call, h *hit) (any, *reply) {
	applicantID := c.Field("applicant_id")
	routeClosed := a.settings.NotesRoute == NotesByApplicant
	if c.Endpoint == EndpointApplicantNotes {
		applicantID = c.ID
		routeClosed = a.settings.NotesRoute == NotesOnly
		if a.settings.NotesRoute == NotesSwallowed {
			return []string{}, nil
		}
	}
	if routeClosed {
		r := a.settings.UnknownRoute.reply()
		return nil, &r
	}
	if applicantID == "" {
		return notSet("applicant_id"), nil
	}
	if c.Field("contents") == "" {
		return notSet("contents"), nil
	}
	p, refusal := a.writable(applicantID)
	if refusal != nil {
		return refusal, nil
	}
	author := c.Field("user_id")
	if author == "" {
		author = userAnonymous
	}
	n := a.addNote(p, author, c.Field("contents"), c.Field("security"), a.holdFor(h))
	a.recordWrite(Write{Endpoint: c.Endpoint, ID: n.ID, ApplicantID: p.ID, Text: n.Text}, h)
	return written{"comment_id", cmp.Or(h.answerID(), n.ID)}, nil
}

// writable returns the applicant to write to, or a business error. A write sees applicants that
// readers do not see yet.
func (a *Account) writable(id string) (*applicant, any) {
	p := a.applicant[id]
	if p == nil {
		return nil, underscoreErrorObject{"applicant not found"}
	}
	if !p.made.IsZero() && a.sim.now().Sub(p.made) < a.settings.UsableAfter {
		return nil, underscoreErrorObject{"applicant is not available yet"}
	}
	return p, nil
}

// holdFor returns the hold for the records of a call: that of its fault, else that of the account's
// read lag, else nil.
func (a *Account) holdFor(h *hit) *hold {
	if h != nil && h.hold != nil {
		return h.hold
	}
	s := a.settings
	if s.ReadLag+s.ListLag+s.DetailLag == 0 {
		return nil
	}
	now := a.sim.now()
	return &hold{until: now.Add(s.ReadLag + s.ListLag), detail: now.Add(s.ReadLag + s.DetailLag)}
}

func notSet(field string) underscoreErrorObject { return underscoreErrorObject{field + " was not set"} }

// stageOf returns the stage that a call asks for, or else the first.
func stageOf(c *Call) Stage {
	if stage, known := stageByID(c.Field("workflow_step_id")); known {
		return stage
	}
	return firstStage()
}
