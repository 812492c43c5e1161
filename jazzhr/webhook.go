package jazzhr

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// The headers of a webhook request, as JazzHR documents them.
const (
	// HeaderEvent names the event: EventVerify or EventCandidateExport.
	HeaderEvent = "X-JazzHR-Event"
	// HeaderSignature carries the signature that Sign computes.
	HeaderSignature = "X-JazzHR-Signature"
	// HeaderUUID identifies the request. It is not documented for EventVerify.
	HeaderUUID = "X-JazzHR-UUID"
	// HeaderExportContext refers to the job of an export; see ExportContext.
	HeaderExportContext = "X-JazzHR-Export-Context"
	// HeaderLink carries the address of the candidate's profile page.
	HeaderLink = "Link"
)

// UserAgent is what JazzHR calls itself in the User-Agent of its webhooks.
const UserAgent = "JazzHR"

// The events of HeaderEvent.
const (
	// EventVerify is sent when an integration is saved; it is finalised only by
	// an answer of exactly 200.
	EventVerify = "VERIFY"
	// EventCandidateExport carries one candidate; ParseExport reads its body.
	EventCandidateExport = "CANDIDATE-EXPORT"
)

// VerifyBody is the body of EventVerify, byte for byte: unlike export bodies it
// has a space after the colon.
const VerifyBody = `{"data": "JazzHR Verify Event"}`

// Sign returns the signature of a webhook body under an integration's secret:
// the HMAC-SHA256 of the raw bytes, in lower-case hex.
func Sign(secret string, body []byte) string {
	return hex.EncodeToString(sum(secret, body))
}

// VerifySignature reports which of the secrets the signature was made with, by
// index. The body is the bytes as they came. Every secret is tried whichever
// matches, and comparison takes constant time; an empty secret matches nothing.
func VerifySignature(secrets []string, body []byte, signature string) (index int, ok bool) {
	got, err := hex.DecodeString(signature)
	if err != nil {
		return -1, false
	}
	index = -1
	for i, secret := range secrets {
		equal := hmac.Equal(got, sum(secret, body))
		if equal && secret != "" && index < 0 {
			index = i
		}
	}
	return index, index >= 0
}

func sum(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

// ExportContext returns the text of HeaderExportContext, or "" for a candidate
// without a job. Its format is not documented: it may be a job id, a board code
// or something else, and is to be tried, not trusted.
func ExportContext(header http.Header) string {
	return strings.TrimSpace(header.Get(HeaderExportContext))
}
