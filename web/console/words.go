package console

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// meaning returns what a code of a subject means, as a clause. Any other text, such as what JazzHR
// said when it refused, is returned as it is.
func meaning(subject outcome.Subject, text string) string {
	if info, known := outcome.Find(subject, outcome.Code(text)); known {
		return info.Meaning
	}
	return text
}

// waitsText says that a row waits, and why.
func waitsText(reason outcome.Code) string {
	return "waits " + meaning(outcome.Waiting, string(reason))
}

// storyHref is the address of the story of a candidate, by the id of anything in it.
func storyHref(tenantID uuid.UUID, id string) string {
	return rootPath + "/candidates?" + url.Values{"q": {id}, "tenant": {tenantID.String()}}.Encode()
}

// sentence begins a text with a capital.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// times writes how often something was done.
func times(n int32) string {
	return cmp.Or(map[int32]string{1: "once", 2: "twice"}[n], fmt.Sprintf("%d times", n))
}
