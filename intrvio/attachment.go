package intrvio

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"time"
)

// attachmentLife is how long JazzHR serves an exported attachment, by its webhook documentation.
const attachmentLife = 150 * time.Minute

// endOfYears is the first second that RFC 3339 cannot write: the year 10000.
const endOfYears = 253402300800

// AttachmentExpiry tells when the attachment address that came with a webhook stops working: the exp claim of the JWT
// that ends its path, else two and a half hours after receivedAt. The token is only read, not verified, so what is
// returned is advice for the receiver and decides nothing.
func AttachmentExpiry(address string, receivedAt time.Time) time.Time {
	if exp, ok := expClaim(address); ok {
		return exp
	}
	return receivedAt.Add(attachmentLife).UTC()
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
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Exp < 1 || claims.Exp >= endOfYears {
		return time.Time{}, false
	}
	return time.Unix(int64(claims.Exp), 0).UTC(), true
}
