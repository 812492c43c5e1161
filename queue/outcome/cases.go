package outcome

//nolint:funlen // It is one table.
func writebackCases() []Info {
	list := []Info{
		{
			Code:    ApplicantUnresolved,
			Meaning: "the applicant cannot be found in JazzHR, and must not be created",
			Title:   "Nobody in JazzHR is surely this person",
			Why: "The person is in JazzHR already, so this writeback must not create a candidate. " +
				"But the name and email that we have fit nobody there, or more than one person.",
			Do: "Find the person in JazzHR. The id is at the end of the address of their profile, or in JazzHR’s API.",
		},
		{
			Code:    ApplicantGone,
			Meaning: "the applicant was merged or deleted in JazzHR, and not found again by name and email",
			Title:   "The candidate is gone from JazzHR",
			Why: "The candidate to write to was merged into another one or deleted. " +
				"The service did not find them again by name and email.",
			Do: "Find the candidate into whom they were merged. If they were deleted, there is nobody to write to.",
		},
		{
			Code:    TwoMatches,
			Meaning: "more than one thing in JazzHR could be it",
			Title:   "More than one match for {thing}",
			Why: "JazzHR holds more than one thing that could be {thing}. The service can’t tell which one it is. " +
				"Writing would add one more, and JazzHR’s API can’t delete.",
			Do: "Compare them in JazzHR. Merge candidates there, or remove the copies by hand. Then choose " +
				"the one that stays.",
		},
		{
			Code:    NotComparable,
			Meaning: "something in JazzHR could be it, and JazzHR does not show enough to tell",
			Title:   "Somebody has this name, but there is no email to compare",
			Why: "JazzHR’s answer to creating the candidate was lost. JazzHR has people of this name, " +
				"but does not show their emails. So one of them may be the candidate that was created.",
			Do: "Open them in JazzHR. Look whether one of them was created when this was sent.",
		},
		{
			Code:    OtherName,
			Meaning: "somebody in JazzHR has the email, under a name that does not fit",
			Title:   "The email belongs to somebody of another name",
			Why: "JazzHR has a candidate with this email, but under a name that does not fit. They may be one person, " +
				"or two who share an address. A result that is written on the wrong candidate can’t be taken back.",
			Do: "Compare the two. If they are one person, adopt that candidate. If they are two, let the service " +
				"create the candidate. The answer is kept for this name and email.",
		},
		{
			Code:    TooManyMatches,
			Meaning: "too many people in JazzHR have the name",
			Title:   "Too many people of this name",
			Why: "JazzHR has more than 40 people of this name. Reading them all to compare emails would " +
				"use up the tenant’s calls.",
			Do: "Search in JazzHR by the email.",
		},
		{
			Code:    NoControl,
			Meaning: "it was not found, and no write of its kind was confirmed on the account yet",
			Title:   "Not found, but nothing proves that it would show",
			Why: "JazzHR’s answer was lost, and {thing} was not found afterwards. No write of this kind " +
				"has been confirmed on this account yet, so that proves nothing. The case ends by itself as soon as one is confirmed.",
			Do: "Look in JazzHR whether {thing} is there.",
		},
		{
			Code:    NotVisible,
			Meaning: "it was not found, and the account does not show confirmed writes either",
			Title:   "Not found, but the account hides such things",
			Why: "JazzHR’s answer was lost, and {thing} was not found afterwards. This account does not " +
				"show what was surely written either, so that proves nothing.",
			Do: "Look in JazzHR whether {thing} is there.",
		},
		{
			Code:    NotTaken,
			Meaning: "it was sent for three days, and not found after any of the sends",
			Title:   "Sent for three days, and still not there",
			Why: "The service sent it again and again, for three days. JazzHR answered neither yes nor no, and " +
				"{thing} was not found after any of the sends.",
			Do: "Look in JazzHR whether {thing} is there. If it is not, something at JazzHR drops it.",
		},
		{
			Code:    JazzHRUnreadable,
			Meaning: "JazzHR could not be read for three days",
			Title:   "JazzHR could not be read",
			Why: "The service looked for {thing} in JazzHR, and for three days got no answer that it could use. " +
				"It writes nothing without looking first.",
			Do: "Look whether JazzHR works for this customer. If it works again, let the service try again.",
		},
		{
			Code:    KeepsFailing,
			Meaning: "the work failed ten times in the same way, for a reason of its own",
			Title:   "The service can’t do {thing}",
			Why: "The work failed ten times in a row in the same way, although the database and JazzHR answered. " +
				"Something in it is not as the service expects. The log and River UI show the error.",
			Do: "Report the error. Once it is mended, let the service try again; what was sent is looked for first.",
		},
	}
	return each(list, Writeback, Case, true)
}

func webhookCases() []Info {
	list := []Info{
		{
			Code:    Unreadable,
			Meaning: "it is rightly signed, but not the body of an event that is known",
			Title:   "A webhook that is no known event",
			Why: "It is rightly signed, so JazzHR sent it. But it is not an event that this service knows, or its " +
				"body is not what JazzHR documents for the event. Nobody has been told of it.",
			Do: "Look at what it holds. If the service has learned to read it since, resolve it again.",
		},
		{
			Code:    Conflict,
			Meaning: "JazzHR sent other content under an id that it had used",
			Title:   "A used id came with other content",
			Why: "JazzHR sent two different bodies under one id. The first was taken. This one was kept, " +
				"and nobody has been told of it.",
			Do: "Compare the two. If this one is about another candidate, or holds something new that matters, " +
				"resolve it as an export of its own.",
		},
		{
			Code:    JazzHRUnreadable,
			Meaning: "JazzHR could not be read for three days",
			Title:   "Exported, but JazzHR could not be read",
			Why: "A recruiter exported a candidate. For three days JazzHR gave no answer that tells who it is. " +
				"Intrvio was told of the candidate, without JazzHR’s id.",
			Do: "Look whether JazzHR works for this customer. If it works again, resolve the webhook again: " +
				"Intrvio is then told the id.",
		},
		{
			Code:    KeepsFailing,
			Meaning: "the work failed ten times in the same way, for a reason of its own",
			Title:   "The service can’t work on this webhook",
			Why: "The work failed ten times in a row in the same way, although the database and JazzHR answered. " +
				"Nobody has been told of the webhook.",
			Do: "Report the error, which the log and River UI show. Once it is mended, resolve the webhook again.",
		},
	}
	return each(list, Webhook, Case, true)
}

func stageMoveCases() []Info {
	return each([]Info{
		{
			Code:    KeepsFailing,
			Meaning: "the work failed ten times in the same way, for a reason of its own",
			Title:   "The service can’t work on this move to a stage",
			Why: "The candidate entered a stage that asks for interviews. The work on it failed ten times in a row in " +
				"the same way, although the database and JazzHR answered. No interview was asked for because of the move.",
			Do: "Report the error, which the log and River UI show. Once it is mended, let the service try again. " +
				"If the candidate was exported meanwhile, give the move up.",
		},
	}, StageMove, Case, true)
}

// each gives all entries of a list the same subject, kind and readers.
func each(list []Info, subject Subject, kind Kind, told bool) []Info {
	for i := range list {
		list[i].Subject, list[i].Kind, list[i].Told = subject, kind, told
	}
	return list
}
