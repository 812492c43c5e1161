package jazzhrtest

import (
	"math"
	"slices"
	"strings"
	"time"
)

// The GET endpoints. Each copies the records it returns. The caller holds the lock and encodes
// after releasing it.

func (a *Account) listJobs(c *Call) any {
	f := c.Filters
	from, to := dayRange(f["from_open_date"], f["to_open_date"])
	t := a.jobs.between(from, to)
	if code, given := f["board_code"]; given {
		t = nil
		if j := a.jobByBoard[code]; j != nil {
			t = table[*job]{j}.between(from, to)
		}
	}
	rows := t.page(c.page, matchAll(f, func(name, want string, j *job) bool {
		switch name {
		case "title":
			return containsFolded(want, j.Title)
		case "status":
			return strings.EqualFold(want, j.Status)
		case "department":
			return strings.EqualFold(want, j.Department)
		case "hiring_lead", "recruiter":
			return want == j.HiringLead
		case "team_id":
			return want == teamID
		case "state":
			return strings.EqualFold(want, j.State)
		case "city":
			return strings.EqualFold(want, j.City)
		case "confidential", "private":
			return want == "0" // no simulated job is confidential or private
		}
		return true
	}))
	out := make([]jobRow, len(rows))
	for i, j := range rows {
		out[i] = newJobRow(j.Job)
	}
	return list(out)
}

func (a *Account) getJob(c *Call) any {
	j := a.jobByID[c.ID]
	if j == nil {
		return struct {
			Applicants []jobApplicant `json:"job_applicants"`
		}{[]jobApplicant{}}
	}
	now := a.sim.now()
	var applicants []jobApplicant
	for _, l := range lookup(a.linksByJob, j.ID) {
		if l.hold.visible(now) {
			applicants = append(applicants, jobApplicant{l.ApplicantID, date(l.Date)})
		}
	}
	return jobDetail{newJobRow(j.Job), nested(applicants, a.settings.NullLists)}
}

func (a *Account) listApplicants(c *Call) any {
	f := c.Filters
	now := a.sim.now()
	from, to := dayRange(f["from_apply_date"], f["to_apply_date"])
	if on, given := f["apply_date"]; given {
		from, to = dayRange(on, on)
	}
	t := a.rows
	if name, given := f["name"]; given {
		t = a.named(name)
	} else if id, given := f["job_id"]; given {
		t = lookup(a.rowsByJob, id)
	}
	matches := matchAll(f, func(name, want string, r *row) bool { return a.matchRow(name, want, r, now) })
	rows := t.between(from, to).page(c.page, func(r *row) bool { return r.hold.visible(now) && matches(r) })
	out := make([]applicantRow, len(rows))
	for i, r := range rows {
		p, applied := r.person, r.person.Applied
		jobID, title, _, _ := a.jobOf(r, now)
		if jobID != "" {
			applied = r.link.Date
		}
		out[i] = applicantRow{p.ID, p.FirstName, p.LastName, p.Phone, a.settings.applied(p, applied), jobID, title}
	}
	return list(out)
}

// named returns the rows that the filter by name finds.
func (a *Account) named(part string) (rows table[*row]) {
	if a.settings.NameFilter == (NameFilter{}) {
		return a.rowsByName.search(part)
	}
	for _, r := range a.rows {
		if a.settings.NameFilter.matches(part, r.person.Applicant) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (a *Account) matchRow(name, want string, r *row, now time.Time) bool {
	jobID, title, stage, lead := a.jobOf(r, now)
	switch name {
	case "job_id":
		return want == jobID
	case "job_title":
		return containsFolded(want, title)
	case "city":
		return strings.EqualFold(want, r.person.City)
	case "status":
		return strings.EqualFold(want, stage)
	case "recruiter_id":
		return want == lead
	case "rating":
		return want == noRating
	}
	return true
}

// jobOf returns the job of a row of applicants, as readers see it now.
func (a *Account) jobOf(r *row, now time.Time) (id, title, stage, lead string) {
	if r.link == nil || !r.link.hold.visible(now) {
		return "", "", "", ""
	}
	j := a.jobByID[r.link.JobID]
	return j.ID, j.Title, r.link.Stage, j.HiringLead
}

func (a *Account) getApplicant(c *Call) any {
	p := a.applicant[c.ID]
	if p == nil || !p.hold.detailed(a.sim.now()) || a.skips(p) {
		return nil
	}
	null := a.settings.NullLists
	return applicantDetail{
		ID: p.ID, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Phone: p.Phone,
		Address: p.Address, Location: strings.Trim(p.City+", "+p.State, ", "), LinkedIn: p.LinkedIn, Website: p.Website,
		Source: p.Source, ApplyDate: a.settings.applied(p, p.Applied), DesiredStart: noDate, CoverLetter: p.CoverLetter,
		EEOGender: p.Protected.Gender, EEORace: p.Protected.Race, EEODisability: p.Protected.Disability,
		EEOCVeteran: p.Protected.Veteran, CitizenshipStatus: p.Protected.Citizenship,
		Rating:     varyingRating(c.count),
		Jobs:       nested(a.jobsOf(p, c.count), null),
		Comments:   a.commentsOf(p),
		Activities: nested(a.activitiesOf(p), null),
		Messages:   nested[string](nil, null), Questionnaire: nested[string](nil, null),
		Evaluation: nested[string](nil, null), Categories: nested[string](nil, null),
	}
}

// skips reports whether a request for an applicant comes too early, or falls into a gap.
func (a *Account) skips(p *applicant) bool {
	p.reads++
	early := !p.made.IsZero() && a.sim.now().Sub(p.made) < a.settings.DetailAfter
	return early || a.settings.DetailGaps && p.reads%4 == 0
}

func (a *Account) jobsOf(p *applicant, count int) []applicantJob {
	now := a.sim.now()
	var jobs []applicantJob
	for _, l := range p.links {
		if l.hold.detailed(now) {
			stage, _ := stageByName(l.Stage)
			jobs = append(jobs, applicantJob{l.JobID, a.jobByID[l.JobID].Title, varyingID(stage.ID, count), l.Stage})
		}
	}
	return jobs
}

// commentsOf returns the list of notes as the account shows it. nil omits the field.
func (a *Account) commentsOf(p *applicant) any {
	if a.settings.Comments == CommentsOmitted {
		return nil
	}
	now := a.sim.now()
	var comments []commentRow
	for _, n := range p.notes {
		if a.settings.Comments == CommentsShown && n.hold.detailed(now) {
			var id any = n.ID
			if a.settings.NumericIDs {
				id = varyingID(n.ID, 1)
			}
			comments = append(comments, commentRow{
				id, n.AuthorID, n.AuthorName, a.settings.shownText(n.Text), date(n.Written), clock(n.Written),
			})
		}
	}
	if len(comments) == 0 && a.settings.NullLists {
		return (*commentRow)(nil) // null, which differs from a missing field
	}
	return list(comments)
}

func (a *Account) activitiesOf(p *applicant) []applicantActivity {
	now := a.sim.now()
	var out []applicantActivity
	for _, act := range slices.Backward(lookup(a.byObject, p.ID)) {
		if act.hold.detailed(now) {
			out = append(out, applicantActivity{act.ID, act.Action, date(act.At), clock(act.At)})
		}
	}
	return out
}

func (a *Account) listLinks(c *Call) any {
	f := c.Filters
	now := a.sim.now()
	t := a.links
	if id, given := f["applicant_id"]; given {
		t = nil
		if p := a.applicant[id]; p != nil {
			t = p.links
		}
	} else if id, given := f["job_id"]; given {
		t = lookup(a.linksByJob, id)
	}
	matches := matchAll(f, matchLink)
	rows := t.page(c.page, func(l *link) bool { return l.hold.visible(now) && matches(l) })
	out := make([]linkRow, len(rows))
	for i, l := range rows {
		stage, _ := stageByName(l.Stage)
		out[i] = linkRow{l.ID, l.ApplicantID, l.JobID, noRating, stage.ID, date(l.Date)}
	}
	return list(out)
}

func matchLink(name, want string, l *link) bool {
	switch name {
	case "job_id":
		return want == l.JobID
	case "workflow_step_id":
		stage, _ := stageByName(l.Stage)
		return want == stage.ID
	case "rating":
		return want == noRating
	}
	return true
}

func (a *Account) listActivities(c *Call) any {
	f := c.Filters
	now := a.sim.now()
	t := a.activities
	if id, given := f["object_id"]; given {
		t = lookup(a.byObject, id)
	} else if category, given := f["category"]; given {
		t = lookup(a.byCategory, category)
	}
	matches := matchAll(f, matchActivity)
	rows := t.page(c.page, func(act *activity) bool { return act.hold.visible(now) && matches(act) })
	out := make([]activityRow, len(rows))
	for i, act := range rows {
		out[i] = activityRow{act.ID, act.Category, teamID, act.UserID, act.ObjectID, act.Action, date(act.At), clock(act.At)}
	}
	return list(out)
}

func matchActivity(name, want string, act *activity) bool {
	switch name {
	case "category":
		return want == act.Category
	case "user_id":
		return want == act.UserID
	case "team_id":
		return want == teamID
	}
	return true
}

// matchAll returns a function that reports whether a row passes all filters. A filter that the
// resource does not know passes every row.
func matchAll[T any](filters map[string]string, match func(name, want string, row T) bool) func(T) bool {
	return func(row T) bool {
		for name, want := range filters {
			if !match(name, want, row) {
				return false
			}
		}
		return true
	}
}

// dayRange reads a range of dates. A missing or invalid end is open.
func dayRange(from, to string) (first, last int) {
	first, last = 0, math.MaxInt
	if t, err := time.Parse(time.DateOnly, from); err == nil {
		first = day(t)
	}
	if t, err := time.Parse(time.DateOnly, to); err == nil {
		last = day(t)
	}
	return first, last
}
