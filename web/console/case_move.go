package console

import (
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// addMove fills in a case about a move to a stage. Who moved is known by JazzHR's id only.
func (v *caseView) addMove(row gen.StageEntry) {
	v.Kind, v.State, v.Since = writeback.CaseStageMove, row.State, row.FirstSeenAt
	if row.DoneAt != nil {
		v.Since = *row.DoneAt
	}
	v.Open = row.State == queue.StateAttention
	v.Problem, v.Thing = outcome.Of(row.Outcome), "the interview"
	v.Info = caseInfo(v.Kind, v.Problem, v.Thing)
	v.Move = &row
	if v.Open {
		v.Decision.Choices = choicesOn(v.Kind, v.Problem, "")
	}
}

// moveText names a case about a move to a stage.
func moveText(stage string) string { return "A move to “" + stage + "”" }

// moveChoice is a decision that can be taken about a move to a stage, and what follows from it.
func moveChoice(decision string) choice {
	if decision == writeback.DecisionResend {
		return choice{
			Decision: decision, Button: "Try again",
			Consequence: "The service looks again who it is and in which job, and asks for the interview, unless an " +
				"export of the same move has asked for it.",
		}
	}
	return choice{
		Decision: decision, Button: "Give it up",
		Consequence: "It counts as done: no interview is asked for because of this move, and Intrvio is told nothing. " +
			"This can’t be undone. A recruiter can still export the candidate.",
	}
}
