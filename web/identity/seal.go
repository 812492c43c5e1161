package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// Lifetime is how long somebody may take to sign in at the provider.
const Lifetime = 10 * time.Minute

// question is what a sign-in was begun with. The browser keeps it, sealed, until the answer comes.
type question struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	To       string    `json:"to"`
	Until    time.Time `json:"until"`
}

func newSealer(secret string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "jazzhr-worker sign-in cookie 1", 32)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says of what
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says of what
	}
	return cipher.NewGCMWithRandomNonce(block) //nolint:wrapcheck // the caller says of what
}

func (p *Provider) seal(q question) (string, error) {
	text, err := json.Marshal(q)
	if err != nil {
		return "", err //nolint:wrapcheck // the caller says of what
	}
	sealed := p.sealer.Seal(nil, nil, text, nil) //nolint:gosec // the cipher draws the nonce itself
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

var errNoQuestion = errors.New("no sign-in of this browser is under way")

func (p *Provider) open(cookie string) (question, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return question{}, errNoQuestion
	}
	text, err := p.sealer.Open(nil, nil, sealed, nil)
	if err != nil {
		return question{}, errNoQuestion
	}
	var q question
	if json.Unmarshal(text, &q) != nil || !p.now().Before(q.Until) {
		return question{}, errNoQuestion
	}
	return q, nil
}

// random returns 256 random bits as text.
func random() string {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // never fails, by its documentation
	return base64.RawURLEncoding.EncodeToString(bits)
}
