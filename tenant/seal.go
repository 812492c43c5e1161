package tenant

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/cryptofmt"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrOpen is returned for a ciphertext that is not what was sealed for this tenant and purpose, or that was sealed with
// a key that is not at hand. The two can't be told apart beyond the key's id.
var ErrOpen = errors.New("sealed value can't be opened")

// Sealer encrypts the secrets of tenants with AES-256-GCM and the keys of a keyset. Each ciphertext names its key and is
// bound to its tenant and purpose: moved to another row or column, it does not open. Safe for use by many goroutines.
type Sealer struct {
	aead      tink.AEAD
	primaryID uint32
	keyIDs    map[uint32]struct{}
}

// ParseKeyset makes a sealer of a keyset as [NewKeyset], [AddKey] and [Promote] write it. Space around the text is
// ignored. Its errors never hold any of the text.
func ParseKeyset(keyset string) (*Sealer, error) {
	handle, err := decodeKeyset(keyset)
	if err != nil {
		return nil, fmt.Errorf("parse sealing keyset: %w", err)
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, errors.New("parse sealing keyset: no primary key")
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("parse sealing keyset: keys not usable")
	}
	s := &Sealer{aead: primitive, primaryID: primary.KeyID(), keyIDs: make(map[uint32]struct{})}
	for _, info := range handle.KeysetInfo().GetKeyInfo() {
		s.keyIDs[info.GetKeyId()] = struct{}{}
	}
	return s, nil
}

// Seal encrypts plaintext with the primary key for one tenant and one purpose, such as the column it is kept in.
func (s *Sealer) Seal(tenantID uuid.UUID, purpose string, plaintext []byte) ([]byte, error) {
	sealed, err := s.aead.Encrypt(plaintext, associatedData(tenantID, purpose))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", purpose, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same tenant and purpose, with whichever key of the keyset it was sealed. Its
// errors wrap [ErrOpen].
func (s *Sealer) Open(tenantID uuid.UUID, purpose string, sealed []byte) ([]byte, error) {
	plaintext, err := s.aead.Decrypt(sealed, associatedData(tenantID, purpose))
	if err == nil {
		return plaintext, nil
	}
	id, ok := KeyIDOf(sealed)
	if !ok {
		return nil, fmt.Errorf("open %s: %w: not a ciphertext of ours", purpose, ErrOpen)
	}
	if _, known := s.keyIDs[id]; !known {
		return nil, fmt.Errorf("open %s: %w: key %d is not in the keyset", purpose, ErrOpen, id)
	}
	return nil, fmt.Errorf("open %s: %w: altered, or sealed for another tenant or purpose", purpose, ErrOpen)
}

// PrimaryKeyID is the id of the key that Seal uses. Ids are random and not secret.
func (s *Sealer) PrimaryKeyID() uint32 { return s.primaryID }

// KeyIDOf reads which key a value was sealed with; ok is false if it was not sealed by a [Sealer]. A value whose key is
// not the primary one is due for sealing anew.
func KeyIDOf(sealed []byte) (id uint32, ok bool) {
	if len(sealed) < cryptofmt.TinkPrefixSize || sealed[0] != cryptofmt.TinkStartByte {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:cryptofmt.TinkPrefixSize]), true
}

// Fingerprint is a one-way mark of a JazzHR API key, by which two tenants with the same key are noticed without opening
// either. It needs no key of its own, so rotation leaves it as it is: JazzHR's keys are long and random, which a plain
// hash does not give away.
func Fingerprint(apiKey string) []byte {
	sum := sha256.Sum256([]byte("jazzhr-worker api key fingerprint v1\x00" + apiKey))
	return sum[:]
}

// associatedData is unambiguous because a tenant id always has the same length.
func associatedData(tenantID uuid.UUID, purpose string) []byte {
	return append(tenantID[:], purpose...)
}
