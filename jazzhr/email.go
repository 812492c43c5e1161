package jazzhr

import "strings"

// NormalizeEmail returns an email address in the form used for comparison: trimmed and in lower
// case. Plus signs and dots stay, because only the mail host knows whether they matter.
func NormalizeEmail(email string) string {
	return strings.ToLower(strings.TrimSpace(email))
}
