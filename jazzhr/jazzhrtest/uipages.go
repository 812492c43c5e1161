package jazzhrtest

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// shownRows is how many rows of a long list the page shows.
const shownRows = 200

func (u *ui) showAccounts(w http.ResponseWriter, _ *http.Request) {
	type line struct {
		accountView
		Jobs, Candidates int
		Connected        bool
	}
	var lines []line
	for _, a := range u.sim.Accounts() {
		_, verification := a.Integration()
		lines = append(lines, line{*viewOf(a), len(a.Jobs()), len(a.Applicants()), verification.Verified})
	}
	u.render(w, http.StatusOK, "accounts", view{Title: "Accounts", Data: lines})
}

func (u *ui) showAccount(w http.ResponseWriter, r *http.Request, a *Account) {
	u.renderAccount(w, http.StatusOK, a, r.FormValue("job"), nil, "")
}

// renderAccount shows an account's jobs and candidates, with the form as it was filled in. A jobID
// limits the candidates to one job.
func (u *ui) renderAccount(
	w http.ResponseWriter, status int, a *Account, jobID string, form url.Values, problem string,
) {
	type jobLine struct {
		Job
		Candidates int
	}
	type candidateLine struct {
		Applicant
		Jobs []string
	}
	in := make(map[string][]string) // titles by applicant
	inJob := make(map[string]bool)
	count := make(map[string]int)
	title := make(map[string]string)
	for _, j := range a.Jobs() {
		title[j.ID] = j.Title
	}
	for _, l := range a.Links("") {
		in[l.ApplicantID] = append(in[l.ApplicantID], title[l.JobID]+" · "+l.Stage)
		count[l.JobID]++
		inJob[l.ApplicantID] = inJob[l.ApplicantID] || l.JobID == jobID
	}
	var data struct {
		Jobs       []jobLine
		Job        string // job whose candidates are shown, "" for all
		Candidates []candidateLine
		More       int
		Form       url.Values
	}
	data.Job, data.Form = title[jobID], form
	for _, j := range a.Jobs() {
		data.Jobs = append(data.Jobs, jobLine{j, count[j.ID]})
	}
	for _, p := range slices.Backward(a.Applicants()) {
		if data.Job != "" && !inJob[p.ID] {
			continue
		}
		if len(data.Candidates) == shownRows {
			data.More++
			continue
		}
		data.Candidates = append(data.Candidates, candidateLine{p, in[p.ID]})
	}
	v := view{Title: a.Settings().Company, Account: viewOf(a), Here: "candidates", Problem: problem, Data: data}
	u.render(w, status, "account", v)
}

func (u *ui) addCandidate(w http.ResponseWriter, r *http.Request, a *Account) {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	p := Applicant{
		FirstName: field("first_name"), LastName: field("last_name"), Email: field("email"), Phone: field("phone"),
		Source: "Added manually",
	}
	if p.FirstName == "" || p.LastName == "" || p.Email == "" {
		u.renderAccount(w, http.StatusUnprocessableEntity, a, "", r.PostForm,
			"A candidate needs a first name, a last name and an email address.")
		return
	}
	var jobs []string
	if id := field("job"); id != "" {
		if _, known := a.Job(id); !known {
			u.renderAccount(w, http.StatusUnprocessableEntity, a, "", r.PostForm, "That job is not known.")
			return
		}
		jobs = append(jobs, id)
	}
	p = a.AddApplicant(p, jobs...)
	http.Redirect(w, r, candidatePath(a, p.ID), http.StatusSeeOther)
}

func candidatePath(a *Account, id string) string { return "/accounts/" + a.ID() + "/candidates/" + id }

func (u *ui) showCandidate(w http.ResponseWriter, _ *http.Request, a *Account, p Applicant) {
	u.renderCandidate(w, http.StatusOK, a, p, "")
}

func (u *ui) renderCandidate(w http.ResponseWriter, status int, a *Account, p Applicant, problem string) {
	type application struct {
		Link
		Title string
	}
	var data struct {
		Applicant
		Applications []application
		Stages       []Stage
		Notes        []Note
		Activities   []Activity
		Exports      []Delivery
		Integration  string // its name, "" if none is verified
	}
	data.Applicant, data.Stages = p, Stages()
	for _, l := range a.Links(p.ID) {
		j, _ := a.Job(l.JobID)
		data.Applications = append(data.Applications, application{l, j.Title})
	}
	data.Notes = a.Notes(p.ID)
	slices.Reverse(data.Notes)
	data.Activities = a.Activities(p.ID)
	slices.Reverse(data.Activities)
	for _, d := range slices.Backward(a.Deliveries()) {
		if d.Event == jazzhr.EventCandidateExport && d.ApplicantID == p.ID {
			data.Exports = append(data.Exports, d)
		}
	}
	if in, verification := a.Integration(); verification.Verified {
		data.Integration = in.Name
	}
	v := view{Title: fullName(p), Account: viewOf(a), Here: "candidates", Problem: problem, Data: data}
	u.render(w, status, "candidate", v)
}

func (u *ui) exportCandidate(w http.ResponseWriter, r *http.Request, a *Account, p Applicant) {
	_, err := a.Export(r.Context(), p.ID, r.PostFormValue("job"))
	u.afterExport(w, r, a, p, err)
}

func (u *ui) resendExport(w http.ResponseWriter, r *http.Request, a *Account, p Applicant) {
	_, err := a.Redeliver(r.Context(), r.PostFormValue("uuid"))
	u.afterExport(w, r, a, p, err)
}

func (u *ui) afterExport(w http.ResponseWriter, r *http.Request, a *Account, p Applicant, err error) {
	switch {
	case err == nil || errors.Is(err, ErrNotReceived): // the list of exports shows the result
		http.Redirect(w, r, candidatePath(a, p.ID), http.StatusSeeOther)
	case errors.Is(err, ErrNotVerified):
		u.renderCandidate(w, http.StatusUnprocessableEntity, a, p,
			"There is no verified integration to export to. Add one under Settings.")
	default:
		u.renderCandidate(w, http.StatusUnprocessableEntity, a, p, "The candidate can't be exported: "+err.Error()+".")
	}
}

func (u *ui) moveCandidate(w http.ResponseWriter, r *http.Request, a *Account, p Applicant) {
	if err := a.MoveStage(p.ID, r.PostFormValue("job"), r.PostFormValue("stage")); err != nil {
		u.renderCandidate(w, http.StatusUnprocessableEntity, a, p, "The candidate can't be moved: "+err.Error()+".")
		return
	}
	http.Redirect(w, r, candidatePath(a, p.ID), http.StatusSeeOther)
}

func (u *ui) showActivity(w http.ResponseWriter, _ *http.Request, a *Account) {
	activities := a.Activities("")
	slices.Reverse(activities)
	activities = activities[:min(len(activities), shownRows)]
	u.render(w, http.StatusOK, "activity", view{Title: "Activity", Account: viewOf(a), Here: "activity", Data: activities})
}

func (u *ui) showSettings(w http.ResponseWriter, _ *http.Request, a *Account) {
	in, _ := a.Integration()
	u.renderSettings(w, http.StatusOK, a, in, "")
}

func (u *ui) renderSettings(w http.ResponseWriter, status int, a *Account, form Integration, problem string) {
	var data struct {
		Key          string
		Form         Integration
		Saved        Integration
		Verification Verification
	}
	data.Key, data.Form = a.Key(), form
	data.Saved, data.Verification = a.Integration()
	v := view{Title: "Settings", Account: viewOf(a), Here: "settings", Problem: problem, Data: data}
	u.render(w, status, "settings", v)
}

func (u *ui) saveSettings(w http.ResponseWriter, r *http.Request, a *Account) {
	in := Integration{
		Name:   strings.TrimSpace(r.PostFormValue("name")),
		URL:    strings.TrimSpace(r.PostFormValue("url")),
		Secret: strings.TrimSpace(r.PostFormValue("secret")),
	}
	address, err := url.Parse(in.URL)
	switch {
	case in.Name == "" || in.URL == "" || in.Secret == "":
		u.renderSettings(w, http.StatusUnprocessableEntity, a, in, "An integration needs a name, a URL and a secret key.")
		return
	case err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "":
		u.renderSettings(w, http.StatusUnprocessableEntity, a, in, "The URL must begin with http:// or https://.")
		return
	}
	if err := a.SaveIntegration(r.Context(), in); err != nil && !errors.Is(err, ErrNotVerified) {
		u.renderSettings(w, http.StatusUnprocessableEntity, a, in, "The integration can't be saved: "+err.Error()+".")
		return
	}
	http.Redirect(w, r, "/accounts/"+a.ID()+"/settings", http.StatusSeeOther) // that page shows the result
}
