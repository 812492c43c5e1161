package token

import (
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/big"
	"strings"
)

// Prefix begins every secret, so that scanners of leaked secrets find it.
const Prefix = "ijw_live_"

// A secret is the prefix, 43 random characters and 6 of a checksum. 43 characters out of 62 are 256
// bits.
const (
	alphabet     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomLength = 43
	sumLength    = 6
	secretLength = len(Prefix) + randomLength + sumLength

	// shownLength is how much of a secret is kept in clear, so that people tell tokens apart. It is
	// the prefix and 5 characters. The other 38 are 226 bits.
	shownLength = len(Prefix) + 5
)

// Secret is what a client signs in with. It is shown once and never stored. Printed or logged as a
// value it shows no more than how it begins: Reveal returns it.
type Secret struct{ text string }

// newSecret makes a secret.
func newSecret() (Secret, error) {
	text := []byte(Prefix)
	for range randomLength {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return Secret{}, fmt.Errorf("make secret: %w", err)
		}
		text = append(text, alphabet[n.Int64()])
	}
	return Secret{string(text) + checksum(string(text))}, nil
}

// checksum returns the CRC-32 of what stands before it, in base 62.
func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var digits [sumLength]byte // 62^6 is more than 2^32
	for i := range digits {
		digits[sumLength-1-i] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return string(digits[:])
}

// ParseSecret takes a text as a secret if it is whole. It asks nobody whether there is a token of it.
func ParseSecret(text string) (Secret, error) {
	random, begins := strings.CutPrefix(text, Prefix)
	if !begins {
		return Secret{}, ErrUnknown
	}
	strange := func(r rune) bool { return !strings.ContainsRune(alphabet, r) }
	if len(text) != secretLength || strings.ContainsFunc(random, strange) {
		return Secret{}, ErrMalformed
	}
	if before := text[:secretLength-sumLength]; checksum(before) != text[len(before):] {
		return Secret{}, ErrMalformed
	}
	return Secret{text}, nil
}

// Reveal returns the secret itself, for the one answer that shows it.
func (s Secret) Reveal() string { return s.text }

// shown returns how the secret begins.
func (s Secret) shown() string { return s.text[:min(shownLength, len(s.text))] }

// String returns how the secret begins, so that no line of a log can hold it by mistake.
func (s Secret) String() string { return s.shown() + "…" }

// GoString is String for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue is String for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
