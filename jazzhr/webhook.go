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
	// HeaderEvent names the event: [EventVerify] or [EventCandidateExport].
	HeaderEvent = "X-JazzHR-Event"
	// HeaderSignature carries the signature. See [Sign].
	HeaderSignature = "X-JazzHR-Signature"
	// HeaderUUID identifies the request. JazzHR does not document it for [EventVerify].
	HeaderUUID = "X-JazzHR-UUID"
	// HeaderExportContext refers to the job of an export. See [ExportContext].
	HeaderExportContext = "X-JazzHR-Export-Context"
	// HeaderLink carries the address of the candidate's profile page.
	HeaderLink = "Link"
)

// UserAgent is the User-Agent header of JazzHR's webhooks.
const UserAgent = "JazzHR"

// The values of [HeaderEvent].
const (
	// EventVerify is sent when a customer saves an integration. JazzHR finalises the integration
	// only if the answer is exactly 200.
	EventVerify = "VERIFY"
	// EventCandidateExport carries one candidate. [ParseExport] reads its body.
	EventCandidateExport = "CANDIDATE-EXPORT"
)

// VerifyBody is the exact body of [EventVerify]. Unlike export bodies it has a space after the
// colon.
const VerifyBody = `{"data": "JazzHR Verify Event"}`

// IsVerify reports whether a body is that of [EventVerify], however it is spaced. JazzHR signs the
// body alone, so an export could be sent again under the name of VERIFY.
func IsVerify(body []byte) bool {
	value, ok := decodeJSON(body)
	data, isText := object(value)["data"].(string)
	return ok && isText && len(object(value)) == 1 && strings.HasPrefix(data, "JazzHR Verify")
}

// Sign returns the signature of a webhook body: the HMAC-SHA256 of the raw bytes under the
// integration's secret, in lower-case hex.
func Sign(secret string, body []byte) string {
	return hex.EncodeToString(hmacSHA256(secret, body))
}

// VerifySignature reports which secret made the signature, by its index. The body must be the raw
// bytes as received. The comparison takes constant time and tries every secret. An empty secret
// never matches.
func VerifySignature(secrets []string, body []byte, signature string) (index int, ok bool) {
	got, err := hex.DecodeString(signature)
	if err != nil {
		return -1, false
	}
	index = -1
	for i, secret := range secrets {
		equal := hmac.Equal(got, hmacSHA256(secret, body))
		if equal && secret != "" && index < 0 {
			index = i
		}
	}
	return index, index >= 0
}

func hmacSHA256(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

// ExportContext returns the value of [HeaderExportContext], or "" for a candidate without a job.
// JazzHR does not document the format: the value may be a job id, a board code or something else.
// Look it up before you rely on it.
func ExportContext(header http.Header) string {
	return strings.TrimSpace(header.Get(HeaderExportContext))
}
