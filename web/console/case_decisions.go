package console

import (
	"slices"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// caseInfo explains why something is a case. kind is its type of case, and thing names what was to be
// written, such as "the note".
func caseInfo(kind string, problem outcome.Code, thing string) outcome.Info {
	info, known := outcome.Find(outcome.Subject(kind), problem)
	if !known || info.Kind != outcome.Case { // written by a newer release
		return outcome.Info{
			Code: problem, Title: string(problem),
			Why: "This release of the service does not know the problem “" + string(problem) + "”.",
			Do:  "Look in JazzHR at what is there.",
		}
	}
	return info.About(thing)
}

// caseOptions returns the problems that a list of cases can be filtered by, each once.
func caseOptions() []outcome.Info {
	options := outcome.Writeback.Of(outcome.Case)
	seen := map[outcome.Code]bool{}
	for _, info := range options {
		seen[info.Code] = true
	}
	for _, info := range slices.Concat(outcome.Webhook.Of(outcome.Case), outcome.StageMove.Of(outcome.Case)) {
		if !seen[info.Code] {
			options, seen[info.Code] = append(options, info), true
		}
	}
	return options
}

// choice is a decision that can be taken about a case, and what follows from it.
type choice struct {
	Decision    string
	Button      string
	Consequence string
}

// adoptText says what follows from adopting something in JazzHR.
func adoptText(problem outcome.Code, aboutCandidate bool) string {
	if problem == outcome.ApplicantUnresolved || problem == outcome.ApplicantGone || aboutCandidate {
		return "The writeback goes on with this candidate, and nobody is created. Intrvio is told their id."
	}
	return "It counts as written under this id, and nothing is sent."
}

// choicesOn returns the decisions that can be taken about a case besides adopting. step is the step
// at which a writeback stopped.
func choicesOn(kind string, problem outcome.Code, step string) (list []choice) {
	for _, decision := range writeback.DecisionsOn(kind, problem) {
		switch {
		case kind == writeback.CaseStageMove:
			list = append(list, moveChoice(decision))
		case decision == writeback.DecisionResend:
			list = append(list, resendChoice(problem, step))
		case decision == writeback.DecisionAbandon:
			list = append(list, abandonChoice(kind))
		}
	}
	return list
}

func resendChoice(problem outcome.Code, step string) choice {
	c := choice{Decision: writeback.DecisionResend, Button: "It is not there: send it"}
	switch {
	case problem == outcome.ApplicantUnresolved || problem == outcome.ApplicantGone:
		c.Button = "Look again"
		c.Consequence = "The service looks for the person again by name and email. Choose this after you have " +
			"put something right in JazzHR."
	case problem == outcome.JazzHRUnreadable || problem == outcome.KeepsFailing:
		c.Button = "Try again"
		c.Consequence = "The service goes on where it stopped, and looks in JazzHR before it writes."
	case step == queue.StepWriteNotes:
		c.Consequence = "It is written again. If it is there after all, it will be there twice, and JazzHR’s " +
			"API can’t delete."
	default:
		c.Consequence = "The service looks for it once more, and then writes it. " +
			"If it is there under another name or email, there will be two, and JazzHR’s API can’t delete."
	}
	return c
}

func abandonChoice(kind string) choice {
	c := choice{Decision: writeback.DecisionAbandon}
	if kind == writeback.CaseWebhook {
		c.Button = "Leave it"
		c.Consequence = "It counts as done, and Intrvio is told nothing. It can be resolved again later, as " +
			"long as its body is kept."
		return c
	}
	c.Button = "Give it up"
	c.Consequence = "Nothing more is written, and Intrvio is told that it was rejected. This can’t be undone. " +
		"What may stand in JazzHR stays there."
	return c
}
