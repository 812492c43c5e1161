package console

import (
	"cmp"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// jobText says what a job does.
func jobText(kind string) string {
	words := map[string]string{
		queue.StepCreateApplicant:    "Create a candidate",
		queue.StepLinkApplicantToJob: "Link a candidate to a job",
		queue.StepWriteNotes:         "Write a note",
		"resolve_export":             "Resolve a webhook",
		"resolve_stage_entry":        "Resolve a stage move",
		"poll_activities":            "Poll JazzHR",
		"poll_openings":              "Poll JazzHR’s jobs",
		"full_sync":                  "Read whole lists",
		"check_key":                  "Test a refused key",
		"end_work":                   "End work of a disconnected tenant",
		"read_note_back":             "Read a note back",
		"audit_duplicates":           "Look for duplicates",
		"deliver_event":              "Deliver to Intrvio",
		"tick":                       "Insert what is due",
		"purge":                      "Delete what is old",
	}
	return cmp.Or(words[kind], kind)
}

// admitted stands for the reason of a row that does not wait, because it has a job.
const admitted outcome.Code = "admitted"

// rowStatusText says what a row of open work does.
func rowStatusText(reason outcome.Code) string {
	if reason == admitted {
		return "has a job in the queue"
	}
	return waitsText(reason)
}

// riverBadge returns the badge for a state of a River job.
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
