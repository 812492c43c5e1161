package outcome

func waits() []Info {
	return each([]Info{
		{Code: WaitsQueue, Meaning: "for its turn"},
		{Code: WaitsRateLimit, Meaning: "until JazzHR may be called again"},
		{Code: WaitsPaused, Meaning: "until the tenant is resumed"},
		{Code: WaitsCredentials, Meaning: "for a key that JazzHR takes"},
		{Code: WaitsOutage, Meaning: "until JazzHR takes writes again"},
		{Code: WaitsSettling, Meaning: "to find out what became of a lost answer"},
		{Code: WaitsRetry, Meaning: "to ask JazzHR again"},
		{Code: WaitsEarlierStep, Meaning: "for an earlier step or revision"},
		{Code: WaitsPerson, Meaning: "for a decision about a case"},
	}, Waiting, Waits, true)
}
