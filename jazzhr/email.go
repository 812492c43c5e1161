package jazzhr

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// NormalizeEmail returns an email address in the form used for comparison: in lower case, without
// space around it and characters that can't be seen, in Unicode's form NFKC, and with an
// international host name in ASCII (xn--…). Plus signs and dots stay, because only the mail host
// knows whether they matter.
func NormalizeEmail(email string) string {
	email = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1 // zero-width and soft hyphens, marks of direction and of byte order
		}
		return r
	}, norm.NFKC.String(email))
	email = strings.ToLower(strings.TrimSpace(email))
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return email
	}
	if host, err := idna.Lookup.ToASCII(email[at+1:]); err == nil && host != "" {
		email = email[:at+1] + host
	}
	return email
}
