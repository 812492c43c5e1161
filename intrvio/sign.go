package intrvio

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	secretPrefix = "whsec_"
	// The key sizes that the Standard Webhooks specification allows, in bytes.
	minSecretSize = 24
	maxSecretSize = 64
	newSecretSize = 32
)

// Secrets are the keys that sign events. The zero value holds none.
type Secrets struct {
	keys []*standardwebhooks.Webhook
}

// NewSecret returns a new secret of 32 random bytes, in the form that [ParseSecrets] and Standard
// Webhooks receivers read.
func NewSecret() string {
	key := make([]byte, newSecretSize)
	rand.Read(key) // never fails, by its documentation
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// ParseSecrets reads one or more secrets of the form whsec_<base64 of 24 to 64 bytes>. The error
// names each invalid secret by its position, counted from 1, and shows nothing of its text.
func ParseSecrets(texts []string) (Secrets, error) {
	if len(texts) == 0 {
		return Secrets{}, errors.New("no signing secret given")
	}
	var (
		secrets Secrets
		errs    []error
	)
	for i, text := range texts {
		key, err := parseSecret(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("signing secret %d of %d %w", i+1, len(texts), err))
			continue
		}
		secrets.keys = append(secrets.keys, key)
	}
	if err := errors.Join(errs...); err != nil {
		return Secrets{}, err
	}
	return secrets, nil
}

func parseSecret(text string) (*standardwebhooks.Webhook, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, fmt.Errorf("does not start with %s", secretPrefix)
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("is not base64 after %s", secretPrefix)
	}
	if len(key) < minSecretSize || len(key) > maxSecretSize {
		return nil, fmt.Errorf("has %d bytes, not %d to %d", len(key), minSecretSize, maxSecretSize)
	}
	return standardwebhooks.NewWebhookRaw(key)
}

// Sign returns the value of the webhook-signature header: one signature per secret, separated by
// spaces. at is the time of the attempt. Receivers refuse a time that is more than a few minutes
// off.
func (s Secrets) Sign(id string, at time.Time, body []byte) (string, error) {
	signatures := make([]string, len(s.keys))
	for i, key := range s.keys {
		signature, err := key.Sign(id, at, body)
		if err != nil {
			return "", fmt.Errorf("sign event %s: %w", id, err)
		}
		signatures[i] = signature
	}
	return strings.Join(signatures, " "), nil
}
