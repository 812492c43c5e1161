package console

import "github.com/intrvio/jazzhr-worker/queue"

// problemText says in plain words why a person is needed.
type problemText struct {
	Title string // in lists
	Why   string // what happened, and why the service does not decide it
	Look  string // what to look at before deciding
}

// problems are why writebacks need a person, in the order of the filter.
func writebackProblems() []string {
	return []string{
		queue.ProblemApplicantUnresolved, queue.ProblemApplicantGone, queue.ProblemTwoMatches, "not_comparable", "too_many_matches",
		"no_control", "not_visible", "sent_three_times", queue.ProblemUnreadable,
	}
}

// webhookProblems are why webhooks do.
func webhookProblems() []string {
	return []string{queue.ProblemConflict, "jazzhr_unreadable"} // unreadable is among those of writebacks
}

// problemOf explains a problem of a writeback or webhook. What is what was to be written: "the candidate", "the link" or "the
// note".
//
//nolint:funlen // It is one table.
func problemOf(kind, problem, what string) problemText {
	if kind == queue.TypeWebhook {
		return webhookProblem(problem)
	}
	switch problem {
	case queue.ProblemApplicantUnresolved:
		return problemText{
			"Nobody is surely this person",
			"This writeback must not create a candidate, since the person is in JazzHR already. But nobody there, or more than one, fits the name and email that we have.",
			"Find the person in JazzHR. The id is at the end of the address of their profile, or in JazzHR’s API.",
		}
	case queue.ProblemApplicantGone:
		return problemText{
			"The candidate is gone from JazzHR",
			"The candidate that this was to be written to was merged into another or deleted, and not found again by name and email.",
			"Find whom they were merged into. If they were deleted, there is nobody to write to.",
		}
	case queue.ProblemTwoMatches:
		if what != "the candidate" {
			return problemText{
				"It stands there more than once",
				"JazzHR shows " + what + " more than once. Writing would make one more, and JazzHR can’t delete.",
				"Look which of them is to stay, and remove the others by hand in JazzHR.",
			}
		}
		return problemText{
			"Several candidates fit",
			"JazzHR holds more than one candidate of this name and email. The service can’t tell which to write to, and creating one would make one more.",
			"Merge them in JazzHR, or choose the one to go on with.",
		}
	case "not_comparable":
		return problemText{
			"Somebody of this name, but no email to compare",
			"The answer to creating the candidate was lost. People of the name are in JazzHR, but it does not show their emails, so one of them may or may not be what was created.",
			"Open them in JazzHR and see whether one was created when this was sent.",
		}
	case "too_many_matches":
		return problemText{
			"Too many people of this name",
			"More than 40 people of this name are in JazzHR. Reading them all to compare emails would use up the tenant’s calls.",
			"Search in JazzHR by the email.",
		}
	case "no_control":
		return problemText{
			"Not found, but nothing proves that it would show",
			"The answer was lost, and " + what + " was not found afterwards. No write of this kind has been confirmed on this account yet, so not finding it proves nothing. It goes on by itself as soon as one is.",
			"Look in JazzHR whether " + what + " is there.",
		}
	case "not_visible":
		return problemText{
			"Not found, but the account hides such things",
			"The answer was lost, and " + what + " was not found. But the account does not show what was surely written either, so not finding it proves nothing.",
			"Look in JazzHR whether " + what + " is there.",
		}
	case "sent_three_times":
		return problemText{
			"Sent three times, and still not there",
			"It was sent three times without an answer that says yes or no, and not found in JazzHR after any of them.",
			"Look in JazzHR whether " + what + " is there. If not, something on their side drops it.",
		}
	case queue.ProblemUnreadable:
		return problemText{
			"JazzHR could not be read",
			"For three days JazzHR gave no answer that the service could use when it looked for " + what + ", and without looking nothing is written.",
			"Look whether JazzHR works for this customer. If it does again, let the service try again.",
		}
	}
	return problemText{Title: problem, Why: "The service could not decide this by itself: " + problem + ".", Look: "Look in JazzHR what is there."}
}

func webhookProblem(problem string) problemText {
	switch problem {
	case queue.ProblemConflict:
		return problemText{
			"A used id came with other content",
			"JazzHR sent two different bodies under one id. The first was taken. This one was kept, and nobody has been told of it.",
			"Compare the two. If this is another candidate, or the same with something new that matters, take it as an export of its own.",
		}
	case queue.ProblemUnreadable:
		return problemText{
			"A webhook that can’t be read",
			"It is rightly signed, so JazzHR sent it, but it is not the export of a candidate as JazzHR documents it. Nobody has been told of it.",
			"Look at what it is. If the service has learned to read it meanwhile, resolve it again.",
		}
	case "jazzhr_unreadable":
		return problemText{
			"Exported, but JazzHR could not be read",
			"A recruiter exported a candidate. For three days JazzHR gave no usable answer to who that is. Intrvio was told of the candidate, without JazzHR’s id.",
			"Look whether JazzHR works for this customer. If it does again, resolve it again: Intrvio is then told the id.",
		}
	}
	return problemText{Title: problem, Why: "The service could not resolve this webhook: " + problem + ".", Look: "Look at what it holds."}
}

// way is a decision that can be taken, and what follows from it.
type way struct {
	Decision    string
	Button      string
	Consequence string
}

// adoptText says what adopting an id of JazzHR's leads to.
func adoptText(problem, what string) string {
	switch {
	case problem == queue.ProblemApplicantUnresolved, problem == queue.ProblemApplicantGone, what == "the candidate":
		return "It goes on with this candidate, and nobody is created. Intrvio learns their id."
	default:
		return "It counts as written under this id, and nothing is sent for it."
	}
}

// waysOut are the decisions besides adopting.
func waysOut(kind, problem, what string) (list []way) {
	for _, decision := range queue.DecisionsOn(kind, problem) {
		switch {
		case decision == queue.DecisionResend && (problem == queue.ProblemApplicantUnresolved || problem == queue.ProblemApplicantGone):
			list = append(list, way{decision, "Look again", "The service looks for the person again by name and email. Choose this after something was put right in JazzHR."})
		case decision == queue.DecisionResend && problem == queue.ProblemUnreadable:
			list = append(list, way{decision, "Try again", "The service goes on where it stopped, and looks in JazzHR before it writes."})
		case decision == queue.DecisionResend && what == "the note":
			list = append(list, way{decision, "It is not there: send it", "It is written again. If it stands there after all, it will stand there twice, and JazzHR can’t delete."})
		case decision == queue.DecisionResend:
			list = append(list, way{decision, "It is not there: send it", "It is looked for once more and then written. If it is there under another name or email, there will be two, and JazzHR can’t delete."})
		case decision == queue.DecisionAbandon && kind == queue.TypeWebhook:
			list = append(list, way{decision, "Leave it", "It counts as done, and Intrvio is told nothing. It can still be resolved again later, as long as its body is kept."})
		case decision == queue.DecisionAbandon:
			list = append(list, way{decision, "Give it up", "Nothing more is written, and Intrvio is told that it was rejected. This can’t be undone. What may stand in JazzHR stays there."})
		}
	}
	return list
}
