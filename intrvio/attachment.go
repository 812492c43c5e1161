package intrvio

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
)

// jazzhrAddress is an address over TLS at a host of JazzHR's: no user, no other port, and nothing that
// some program reads as another host. applytojob.com is left out, since customers' pages are there.
var jazzhrAddress = regexp.MustCompile(
	`^(?i:https://([a-z0-9-]+\.)*(jazz\.co|jazzhr\.com|resumatorapi\.com))(:443)?([/?#][!-\[\]-~]*)?$`)

// ServedByJazzHR reports whether an address is over https and at a host of JazzHR's. The service
// drops attachments of which it is false. Ask again before you fetch from any other address of an
// export, and of a redirect.
func ServedByJazzHR(address string) bool { return jazzhrAddress.MatchString(address) }

// attachmentLifetime is how long JazzHR serves an exported attachment, by its webhook
// documentation.
const attachmentLifetime = 150 * time.Minute

// maxExpiry is the first second of the year 10000, which RFC 3339 can't write.
const maxExpiry = 253402300800

// AttachmentExpiry returns when the address of an exported attachment stops working. That is the
// exp claim of the JWT at the end of its path, or else two and a half hours after receivedAt. The
// token's signature is not verified, so treat the result as a hint.
func AttachmentExpiry(address string, receivedAt time.Time) time.Time {
	if exp, ok := expClaim(address); ok {
		return exp
	}
	return receivedAt.Add(attachmentLifetime).UTC()
}

func expClaim(address string) (time.Time, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return time.Time{}, false
	}
	parts := strings.Split(path.Base(u.Path), ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}, false
	}
	// RFC 7519 allows a NumericDate to have a fraction.
	var claims struct {
		Exp float64 `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Exp < 1 || claims.Exp >= maxExpiry {
		return time.Time{}, false
	}
	return time.Unix(int64(claims.Exp), 0).UTC(), true
}
