package jobs_test

import (
	"fmt"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// act is one thing that the account's people do. The caller holds the lock of the life, as of
// everything here.
func (h *life) act() {
	switch n := h.r.IntN(100); {
	case n < 22:
		h.apply(time.Time{})
	case n < 29:
		h.link()
	case n < 55:
		h.move()
	case n < 79 && !h.awake: // an export under way while the clock is moved on would be of no certain time
		h.logins(1)
	case n < 69:
		h.invite()
	case n < 79:
		h.exportByHand()
	case n < 84:
		h.merge()
	case n < 86:
		h.erase()
	case n < 90:
		h.late()
	case n < 93:
		_, err := h.account.AddNote(h.somebody().ID, "Fine.")
		h.must(err)
	case n < 98:
		h.logins(1 + h.r.IntN(20))
	default:
		h.logins(60 + h.r.IntN(60)) // about a page
	}
}

func (h *life) logins(n int) {
	for range n {
		h.account.Login()
	}
}

func (h *life) present() (all []*soul) {
	for _, p := range h.people {
		if p.gone == 0 {
			all = append(all, p)
		}
	}
	return all
}

func (h *life) somebody() *soul {
	all := h.present()
	return all[h.r.IntN(len(all))]
}

// apply lets somebody apply, for one job or two. A time in the past is of what stood there before.
func (h *life) apply(at time.Time) {
	h.happened++
	h.counts.applicants++
	name := fmt.Sprintf("Person-%d-%d", h.n, len(h.people))
	first := h.r.IntN(len(h.jobs))
	into := []string{h.jobs[first].ID}
	if h.r.IntN(5) == 0 {
		into = append(into, h.jobs[(first+1)%len(h.jobs)].ID)
	}
	p := &soul{at: h.happened, Applicant: h.account.AddApplicant(jazzhrtest.Applicant{
		FirstName: "Ada", LastName: name, Email: name + "@Example.com", Phone: "555", Applied: at,
	}, into...)}
	h.people = append(h.people, p)
	for _, l := range h.account.Links(p.ID) {
		h.linked(l)
	}
}

func (h *life) linked(l jazzhrtest.Link) {
	h.counts.links++
	h.links[l.ID] = &place{Link: l, at: h.happened, owners: []string{l.ApplicantID}}
}

// link puts somebody into a further job.
func (h *life) link() {
	p, job := h.somebody(), h.jobs[h.r.IntN(len(h.jobs))].ID
	for _, l := range h.account.Links(p.ID) {
		if l.JobID == job {
			return
		}
	}
	h.happened++
	l, err := h.account.AddLink(p.ID, job)
	h.must(err)
	h.linked(l)
}

// somewhere is a person in a job that they are in once: after a merge there can be two, of which
// each would move.
func (h *life) somewhere() (*soul, *place) {
	for range 10 {
		p := h.somebody()
		links := h.account.Links(p.ID)
		if len(links) == 0 {
			continue
		}
		l, times := links[h.r.IntN(len(links))], 0
		for _, other := range links {
			if other.JobID == l.JobID {
				times++
			}
		}
		if times == 1 {
			return p, &place{Link: l}
		}
	}
	return nil, nil
}

// move moves somebody to a stage that asks for nothing.
func (h *life) move() {
	p, l := h.somewhere()
	if p == nil {
		return
	}
	stages := []string{"New", "Reviewed", "Phone Screen", "Offer", "Not Hired"}
	if to := stages[h.r.IntN(len(stages))]; to != l.Stage {
		h.moveTo(p, l, to)
	}
}

// moveTo moves somebody, and keeps the activity of it.
func (h *life) moveTo(p *soul, l *place, to string) jazzhrtest.Activity {
	h.happened++
	h.counts.moves++
	h.must(h.account.MoveStage(p.ID, l.JobID, to))
	acts := h.account.Activities(p.ID)
	act := acts[len(acts)-1]
	job, _ := h.account.Job(l.JobID)
	h.changes[act.ID] = &moved{Activity: act, from: l.Stage, to: to, title: job.Title, at: h.happened}
	return act
}

// invite moves somebody to the stage of interviews, at which JazzHR exports by itself.
func (h *life) invite() {
	p, l := h.somewhere()
	if p == nil || l.Stage == interviewStage {
		return
	}
	act := h.moveTo(p, l, interviewStage)
	p.asked = true
	if h.trigger == "" || h.trigger == l.JobID {
		key := pairOf(p, l.JobID)
		h.triggers[key] = append(h.triggers[key], triggered{activity: act.ID})
	}
	h.export(p, l)
}

// exportByHand is a recruiter's pressing of the button. Lost, it leaves no trace in JazzHR.
func (h *life) exportByHand() {
	p, l := h.somewhere()
	if p == nil {
		return
	}
	h.happened++
	h.export(p, l)
}

// merge lets somebody be absorbed by another.
func (h *life) merge() {
	all := h.present()
	from, into := all[h.r.IntN(len(all))], all[h.r.IntN(len(all))]
	if from.asked || into.asked || from == into {
		return
	}
	h.happened++
	h.counts.gone++
	links, drops := h.account.Links(from.ID), h.account.Settings().MergeDrops
	h.must(h.account.Merge(from.ID, into.ID))
	from.gone = h.happened
	for _, l := range links {
		if drops {
			h.links[l.ID].gone = h.happened
		} else {
			h.links[l.ID].owners = append(h.links[l.ID].owners, into.ID)
		}
	}
}

// erase takes somebody out, with all that the feed tells of them.
func (h *life) erase() {
	all := h.present()
	p := all[h.r.IntN(len(all))]
	if p.asked || len(all) < 3 {
		return
	}
	h.happened++
	h.counts.gone++
	for _, l := range h.account.Links(p.ID) {
		h.links[l.ID].gone = h.happened
	}
	for _, act := range h.account.Activities(p.ID) {
		if c := h.changes[act.ID]; c != nil {
			c.gone = h.happened
		}
	}
	h.must(h.account.Erase(p.ID))
	p.gone = h.happened
}

// late is a change that JazzHR dates the day before.
func (h *life) late() {
	h.happened++
	h.counts.moves++
	p := h.somebody()
	act := h.account.AddActivity(jazzhrtest.Activity{
		ObjectID: p.ID, Category: jazzhrtest.CategoryStatus, At: h.clock.now().In(h.zone).AddDate(0, 0, -1),
		Action: `changed the status from "New" to "Offer" for "Late"`,
	})
	h.changes[act.ID] = &moved{Activity: act, from: "New", to: "Offer", title: "Late", at: h.happened}
}

// edit opens an opening, changes one or closes it. Those that people are in keep title and board
// code.
func (h *life) edit() {
	h.happened++
	h.counts.openings++
	all := h.account.Jobs()
	job := all[h.r.IntN(len(all))]
	main := len(h.account.Links("")) > 0 && h.isMain(job.ID)
	statuses := []string{"Open", "On Hold", "Filled", "Closed", "Cancelled", "Drafting"}
	switch n := h.r.IntN(10); {
	case n < 3:
		h.account.AddJob(jazzhrtest.Job{Title: fmt.Sprint("Job ", h.happened), Status: statuses[h.r.IntN(2)]})
	case n < 5 && !main:
		h.must(h.account.DeleteJob(job.ID))
	case n < 8:
		h.must(h.account.SetJobStatus(job.ID, statuses[h.r.IntN(len(statuses))]))
	default:
		h.must(h.account.EditJob(job.ID, func(j *jazzhrtest.Job) {
			j.Department, j.City = fmt.Sprint("Department ", h.r.IntN(3)), []string{"Bergen", "Oslo"}[h.r.IntN(2)]
			if !main {
				j.Title, j.BoardCode = fmt.Sprint("Job ", h.happened), fmt.Sprint("code", h.happened)
			}
		}))
	}
}

func (h *life) isMain(id string) bool {
	for _, job := range h.jobs {
		if job.ID == id {
			return true
		}
	}
	return false
}
