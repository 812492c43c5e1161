package jazzhr

import "strings"

// NormalizeEmail returns the form of an email address by which two are taken as
// the same: trimmed and in lower case. Plus signs and dots stay, because whether
// they matter is the mail host's affair.
func NormalizeEmail(email string) string {
	return strings.ToLower(strings.TrimSpace(email))
}
