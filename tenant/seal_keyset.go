package tenant

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// A keyset's text is Tink's binary form in unpadded URL-safe base64: one line without a character
// that a shell, an env file or YAML would change. It is not encrypted, because it is itself the
// secret that the deployment hands in (SEALING_KEYSET). A key to encrypt it with would have to be
// handed in the same way.
//
// Rotation takes three steps: AddKey, Promote, Reseal. A deploy between them makes sure that no
// process meets a value whose key it does not have.

const keySize = 32 // bytes, AES-256

// NewKeyset returns a keyset with one new key.
func NewKeyset() (string, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("new sealing keyset: %w", err)
	}
	return encodeKeyset(handle)
}

// AddKey returns the keyset with one more new key. It opens values, but seals none until [Promote].
func AddKey(text string) (string, error) {
	handle, err := decodeKeyset(text)
	if err != nil {
		return "", fmt.Errorf("add sealing key: %w", err)
	}
	manager := keyset.NewManagerFromHandle(handle)
	if _, err := manager.Add(aead.AES256GCMKeyTemplate()); err != nil {
		return "", fmt.Errorf("add sealing key: %w", err)
	}
	return encodeManaged(manager)
}

// Promote returns the keyset with its newest key as the primary one, which seals. It returns an
// error if the newest key is the primary one already.
func Promote(text string) (string, error) {
	handle, err := decodeKeyset(text)
	if err != nil {
		return "", fmt.Errorf("promote sealing key: %w", err)
	}
	newest, err := handle.Entry(handle.Len() - 1) // Tink keeps the order in which keys were added
	if err != nil {
		return "", fmt.Errorf("promote sealing key: %w", err)
	}
	if newest.IsPrimary() {
		return "", errors.New("promote sealing key: the newest key is the primary one already; add a key first")
	}
	manager := keyset.NewManagerFromHandle(handle)
	if err := manager.SetPrimary(newest.KeyID()); err != nil {
		return "", fmt.Errorf("promote sealing key: %w", err)
	}
	return encodeManaged(manager)
}

func encodeManaged(manager *keyset.Manager) (string, error) {
	handle, err := manager.Handle()
	if err != nil {
		return "", fmt.Errorf("encode sealing keyset: %w", err)
	}
	return encodeKeyset(handle)
}

func encodeKeyset(handle *keyset.Handle) (string, error) {
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&buf)); err != nil {
		return "", fmt.Errorf("encode sealing keyset: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(buf.Bytes()), nil
}

// decodeKeyset reads a keyset. It refuses keys of another kind than NewKeyset makes. It drops
// Tink's errors, which may quote the keyset.
func decodeKeyset(text string) (*keyset.Handle, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("keyset is empty")
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("keyset is not unpadded URL-safe base64, or is cut short")
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, errors.New("not a keyset, or one that is cut short")
	}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d is not readable", i+1, handle.Len())
		}
		if !isSealingKey(entry) {
			return nil, fmt.Errorf("key %d of %d is not an enabled AES-256-GCM key with Tink's prefix",
				i+1, handle.Len())
		}
	}
	return handle, nil
}

// isSealingKey reports whether NewKeyset or AddKey could have made the key. Tink's prefix is
// required because KeyIDOf reads it.
func isSealingKey(entry *keyset.Entry) bool {
	params, ok := entry.Key().Parameters().(*aesgcm.Parameters)
	return ok && entry.KeyStatus() == keyset.Enabled &&
		params.KeySizeInBytes() == keySize && params.Variant() == aesgcm.VariantTink
}
