package tenant

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/intrvio/jazzhr-worker/queue"
)

// Limits of details, in characters. JazzHR's keys are 32 characters long. JazzHR documents no
// limit.
const (
	maxName       = 200
	maxExternalID = 200
	maxKey        = 200
)

// MinPollInterval is the shortest interval of a tenant's polls.
const MinPollInterval = time.Minute

// Details are what a tenant is created with.
type Details struct {
	Name       string
	ExternalID string // Intrvio's own id of the customer; may be empty, else unique
	Region     string // [RegionUS] or [RegionEU]
}

// invalid returns a [*queue.InvalidError].
func invalid(field, message string, args ...any) error {
	return &queue.InvalidError{Field: field, Message: fmt.Sprintf(message, args...)}
}

// normalize returns the details without space around them, or a [*queue.InvalidError].
func (d Details) normalize() (Details, error) {
	var err error
	if d.Name, err = normalizeName(d.Name); err != nil {
		return d, err
	}
	d.ExternalID = strings.TrimSpace(d.ExternalID)
	if utf8.RuneCountInString(d.ExternalID) > maxExternalID || !printable(d.ExternalID) {
		return d, invalid("external_id", "give at most %d printable characters", maxExternalID)
	}
	if d.Region != RegionUS && d.Region != RegionEU {
		return d, invalid("region", `give "us" or "eu"`)
	}
	return d, nil
}

func normalizeName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName || !printable(name) {
		return "", invalid("name", "give 1 to %d printable characters", maxName)
	}
	return name, nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// normalizeKey returns an API key as it is sent: without the space that copying leaves around it.
// The error never holds any of the key.
func normalizeKey(key string) (string, error) {
	key = strings.TrimSpace(key)
	notPlain := func(r rune) bool { return r <= ' ' || r > '~' }
	if key == "" || len(key) > maxKey || strings.ContainsFunc(key, notPlain) {
		return "", invalid("api_key",
			"give the account's JazzHR API key: 1 to %d printable ASCII characters without spaces", maxKey)
	}
	return key, nil
}
