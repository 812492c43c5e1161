package console

import (
	"cmp"
	"net/url"

	"github.com/google/uuid"
)

// problemWords says why a person or nobody goes on with something.
func problemWords(problem string) string {
	words := map[string]string{
		"two_matches":          "more than one thing in JazzHR could be it",
		"not_comparable":       "something in JazzHR could be it, and JazzHR does not show enough to tell",
		"too_many_matches":     "too many people in JazzHR have the name",
		"no_control":           "it is not there, but nothing of its kind was ever seen on this account",
		"not_visible":          "JazzHR does not show what it has confirmed, so nothing can be told from not finding it",
		"sent_three_times":     "it was sent three times and is still not there",
		"applicant_gone":       "the applicant was merged or deleted in JazzHR, and not found again by email",
		"applicant_unresolved": "the applicant can’t be found in JazzHR, and must not be created",
		"unreadable":           "JazzHR could not be read for three days",
		"jazzhr_unreadable":    "JazzHR could not be read for three days",
		"conflict":             "JazzHR sent other content under an id that it had used",
		"disconnected":         "the tenant was disconnected",
		"abandoned":            "a person gave it up",
		"not_found":            "the person was not found in JazzHR",
		"no_name_or_email":     "JazzHR sent neither name nor email",
		"answer_without_id":    "JazzHR said yes without an id",
		"a step was rejected":  "JazzHR refused a step",
	}
	return cmp.Or(words[problem], problem)
}

// storyHref is the address of a candidate's story, by an id of anything in it.
func storyHref(tenant uuid.UUID, id string) string {
	return rootPath + "/candidates?" + url.Values{"q": {id}, "tenant": {tenant.String()}}.Encode()
}

func firstText(texts ...string) string { return cmp.Or(texts...) }
