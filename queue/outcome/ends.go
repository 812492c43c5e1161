package outcome

import "slices"

func writebackEnds() []Info {
	ends := each([]Info{
		{Code: Disconnected, Meaning: "the tenant was disconnected"},
		{Code: Abandoned, Meaning: "a person gave it up"},
		{Code: StepRejected, Meaning: "JazzHR refused one of its steps"},
		{Code: JobNotFound, Meaning: "JazzHR has no job with this board code"},
	}, Writeback, Ended, true)
	noted := each([]Info{
		{Code: AnswerWithoutID, Meaning: "JazzHR answered 200 without an id"},
	}, Writeback, Noted, false)
	return slices.Concat(ends, noted)
}

func webhookEnds() []Info {
	resolved := each([]Info{
		{Code: NotFound, Meaning: "nobody of this name and email was found in JazzHR"},
		{Code: TwoMatches, Meaning: "more than one person in JazzHR fits"},
		{Code: NoNameOrEmail, Meaning: "the webhook held no name or email to look for"},
	}, Webhook, Ended, true)
	dropped := each([]Info{
		{Code: Disconnected, Meaning: "the tenant was disconnected"},
	}, Webhook, Ended, false)
	return slices.Concat(resolved, dropped)
}

func stageMoveEnds() []Info {
	return each([]Info{
		{Code: Requested, Meaning: "the move asked for an interview"},
		{Code: Matched, Meaning: "the export of the same move had asked for the interview"},
		{Code: Repeated, Meaning: "an interview was requested in the last 3 hours, and is still to come"},
		{Code: OtherJob, Meaning: "the stage asks for interviews in other jobs only"},
		{Code: TriggerRemoved, Meaning: "the stage no longer asked for interviews"},
		{Code: Gone, Meaning: "the applicant was merged or deleted in JazzHR"},
		{Code: Abandoned, Meaning: "a person gave it up"},
		{Code: Disconnected, Meaning: "the tenant was disconnected"},
	}, StageMove, Ended, false)
}

func auditEnds() []Info {
	return each([]Info{
		{Code: StoppedByTime, Meaning: "it ran as long as an audit may"},
		{Code: StoppedByPause, Meaning: "the tenant was paused"},
		{Code: Disconnected, Meaning: "the tenant was disconnected"},
		{Code: WaitsCredentials, Meaning: "JazzHR refused the key"},
		{Code: WaitsRetry, Meaning: "JazzHR could not be asked"},
		{Code: NotesHidden, Meaning: "the account does not show notes; the other lists were read"},
	}, Audit, Ended, false)
}
