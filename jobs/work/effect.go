package work

// The kinds of effect: the column kind of table effects.
const (
	EffectCreate = "create_applicant"
	EffectLink   = "link_applicant_to_job"
	EffectNote   = "write_note"
)

// LinkKey is the key of a link's effect: the pair, which is what must be unique in JazzHR.
func LinkKey(applicantID, jobID string) string { return applicantID + "/" + jobID }
