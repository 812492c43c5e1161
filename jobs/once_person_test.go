package jobs_test

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// question is what a person is asked about a wish.
type question struct {
	*wish
	item writeback.Case
}

// ask has a person decide about what needs one, until nothing does, and holds that each needed one.
func (tr *trial) ask() (decided int) {
	tr.t.Helper()
	tr.calm.Store(true)
	for _, s := range tr.customers { // an outage is a strike too
		s.account.Configure(func(a *jazzhrtest.Settings) { a.Outage = jazzhrtest.Outage{} })
	}
	for range 20 {
		tr.drive()
		questions := tr.questions()
		if len(questions) == 0 {
			return decided
		}
		for _, q := range questions { // before the first decision, which may settle others
			if why := tr.needless(q); why != "" {
				tr.t.Errorf("%s %s: a person is asked for %s, but %s\n%s", q.account.ID(), q.writeback.InterviewID, q.item.Problem, why, q.item.Evidence)
			}
		}
		for _, q := range questions {
			tr.answer(q)
		}
		decided += len(questions)
	}
	tr.t.Errorf("people are asked for ever\n%s", tr.story())
	return decided
}

func (tr *trial) questions() (all []question) {
	tr.t.Helper()
	for _, s := range tr.customers {
		for _, item := range s.attention() {
			at := slices.IndexFunc(s.wishes, func(x *wish) bool { return x.id == item.ID })
			if at < 0 {
				tr.t.Fatalf("a person is asked about %s, which nobody wished for", item.ID)
			}
			all = append(all, question{s.wishes[at], item})
		}
	}
	return all
}

// answer decides as one would who sees all of the account.
func (tr *trial) answer(q question) {
	decision, remote := writeback.DecisionResend, tr.truth(q)
	if remote != "" {
		decision = writeback.DecisionAdopt
	}
	tr.log.Info("DECIDE", "interview", q.writeback.InterviewID, "step", q.item.Step, "problem", q.item.Problem, "decision", decision, "remote", remote)
	if err := q.decide(q.item.ID, decision, remote); err != nil {
		tr.log.Info("decide", "error", err.Error())
	}
}

// truth is what the step was to make, if it stands in JazzHR.
func (tr *trial) truth(q question) string {
	x, item := q.wish, q.item
	if item.Problem == outcome.ApplicantGone || item.Problem == outcome.ApplicantUnresolved {
		if root := tr.merged.root(item.ApplicantID); root != item.ApplicantID {
			return root
		}
		return ""
	}
	switch item.Step {
	case queue.StepCreateApplicant:
		for _, w := range tr.written(x, jazzhrtest.EndpointCreateApplicant) {
			if p, _ := x.account.Applicant(tr.merged.root(w.ID)); isSame(x.writeback.Candidate, p) {
				return p.ID
			}
		}
		for _, p := range x.account.ApplicantsByEmail(x.writeback.Candidate.Email) {
			if isSame(x.writeback.Candidate, p) {
				return p.ID
			}
		}
	case queue.StepLinkApplicantToJob:
		for _, l := range x.account.Links(tr.merged.root(item.ApplicantID)) {
			if l.JobID == item.JobID {
				return l.ID
			}
		}
	default:
		refs, _ := x.references()
		for _, n := range x.account.Notes("") {
			if strings.Contains(n.Text, refs[item.Part-1]) {
				return n.ID
			}
		}
	}
	return ""
}

func (tr *trial) written(x *wish, endpoint string) []jazzhrtest.Write {
	return slices.DeleteFunc(tr.sim.Writes(), func(w jazzhrtest.Write) bool { return w.Account != x.account.ID() || w.Endpoint != endpoint })
}

// needless says why a person need not have been asked; it is empty where the ambiguity is real.
func (tr *trial) needless(q question) string {
	x, item := q.wish, q.item
	// What is looked for goes by the name of any writeback that may have sent the email.
	named := func(p jazzhrtest.Applicant) bool {
		return slices.ContainsFunc(x.wishes, func(other *wish) bool {
			candidate := other.writeback.Candidate
			return candidate.ApplicantID == "" && jazzhr.NormalizeEmail(candidate.Email) == jazzhr.NormalizeEmail(x.writeback.Candidate.Email) &&
				jazzhr.FoldName(p.FirstName, p.LastName) == jazzhr.FoldName(candidate.FirstName, candidate.LastName)
		})
	}
	switch item.Problem {
	case outcome.TwoMatches:
		if len(x.account.ApplicantsByEmail(x.writeback.Candidate.Email)) < 2 && len(tr.merged) == 0 {
			return "one at most has the email"
		}
	case "not_comparable":
		if !slices.ContainsFunc(x.account.Applicants(), func(p jazzhrtest.Applicant) bool { return p.Email == "" && named(p) }) {
			return "no namesake is without an email"
		}
	case "no_control":
		if tr.confirmed(x.customer.id, item.Step) > 0 {
			return "a write of the kind was confirmed"
		}
	case "not_visible":
		if !x.blind && len(tr.merged) == 0 {
			return "the account shows what is written"
		}
	case outcome.NotTaken:
		if tr.truth(q) != "" && !x.blind {
			return "it is there"
		}
		if tr.sentSince(x.customer.id) < 60*time.Hour { // clocks step by hours
			return "it was not sent for three days"
		}
	case outcome.OtherName:
		if !slices.ContainsFunc(x.account.ApplicantsByEmail(x.writeback.Candidate.Email), func(p jazzhrtest.Applicant) bool {
			return !isSame(x.writeback.Candidate, p)
		}) && len(tr.merged) == 0 {
			return "nobody of another name has the email"
		}
	case outcome.ApplicantGone:
		if tr.merged[item.ApplicantID] == "" {
			return "the applicant is there"
		}
	default:
		return "there is no such ambiguity in this world"
	}
	return ""
}

// sentSince is for how long the effects that are with a person have been sent, the youngest of them.
func (tr *trial) sentSince(tenant uuid.UUID) (d time.Duration) {
	var seconds float64
	tr.scan(`SELECT coalesce(extract(epoch FROM jazzhr.now() - max(first_sent_at)), 0)::float8 FROM jazzhr.effects
		WHERE tenant_id = $1 AND state = 'attention'`, []any{tenant}, &seconds)
	return time.Duration(seconds * float64(time.Second))
}

func (tr *trial) confirmed(tenant uuid.UUID, step string) (n int) {
	kind := map[string]string{queue.StepWriteNotes: "write_note"}[step]
	if kind == "" {
		kind = step
	}
	tr.scan(`SELECT count(*) FROM jazzhr.effects WHERE tenant_id = $1 AND kind = $2 AND state = 'done' AND sends > 0`, []any{tenant, kind}, &n)
	return n
}
