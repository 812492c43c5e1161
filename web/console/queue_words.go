package console

import (
	"cmp"

	"github.com/intrvio/jazzhr-worker/queue"
)

// jobText says what a job does.
func jobText(kind string) string {
	words := map[string]string{
		"create_applicant": "Create a candidate", "link_applicant_to_job": "Link a candidate to a job", "write_notes": "Write a note",
		"resolve_export": "Resolve a webhook", "resolve_stage_entry": "Resolve a move to a stage",
		"poll_activities": "Poll JazzHR", "poll_openings": "Poll JazzHR’s jobs", "full_sync": "Read whole lists", "check_key": "Try a refused key",
		"audit_duplicates": "Look for duplicates", "deliver_event": "Deliver to Intrvio", "tick": "See what is due", "purge": "Delete what is old",
	}
	return cmp.Or(words[kind], kind)
}

// reasonText says why a row waits, after "waits".
func reasonText(reason string) string {
	words := map[string]string{
		queue.WaitingForQueue: "for its turn", queue.WaitingForRateLimit: "for JazzHR’s call limit", queue.WaitingForPaused: "until the tenant is resumed",
		queue.WaitingForCredentials: "for a key that JazzHR takes", queue.WaitingForSettling: "for a lost answer to settle",
		queue.WaitingForRetry: "to be tried again", queue.WaitingForEarlierStep: "for an earlier step", queue.WaitingForPerson: "for a person",
	}
	return cmp.Or(words[reason], reason)
}

// admitted is where a row stands that has a job.
const admitted = "admitted"

// standsText says where a row that is not done stands.
func standsText(reason string) string {
	if reason == admitted {
		return "has a job in the queue"
	}
	return "waits " + reasonText(reason)
}

// riverBadge is how a state of a River job shows.
func riverBadge(state string) (tone, string) {
	switch state {
	case "available":
		return wait, "Waiting"
	case "running":
		return good, "Running"
	case "scheduled", "pending":
		return wait, "Scheduled"
	case "retryable":
		return warn, "Tried again"
	case "completed":
		return good, "Done"
	case "discarded":
		return bad, "Given up"
	case "cancelled":
		return off, "Cancelled"
	}
	return off, state
}

// outcomeText says what became of a webhook that ended or stopped with a problem; empty for none.
func outcomeText(problem string) string {
	words := map[string]string{
		queue.ProblemUnreadable:   "can’t be read",
		queue.ProblemConflict:     "other content under a used id",
		queue.ProblemDisconnected: "the tenant left before",
		"not_found":               "nobody found in JazzHR",
		"two_matches":             "several people fit",
		"no_name_or_email":        "no name or email to look for",
		"jazzhr_unreadable":       "JazzHR could not be read",
	}
	return cmp.Or(words[problem], problem)
}
