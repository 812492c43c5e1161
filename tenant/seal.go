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

// ErrOpen says that a ciphertext was altered, was sealed for another tenant or purpose, or was
// sealed with a key that is not in the keyset.
var ErrOpen = errors.New("sealed value can't be opened")

// Sealer encrypts the secrets of tenants with AES-256-GCM and the keys of a keyset. Each ciphertext
// names its key and is bound to its tenant and purpose: moved to another row or column, it does not
// open. A Sealer is safe for use by many goroutines.
type Sealer struct {
	aead      tink.AEAD
	primaryID uint32
	keyIDs    map[uint32]struct{}
	hashes    func(text string) [][]byte // of hash.go
}

// ParseKeyset returns a sealer with a keyset as [NewKeyset], [AddKey] and [Promote] return it.
// Space around the text is ignored. The errors never hold any of the text.
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
	hashes, err := newHashes(handle)
	if err != nil {
		return nil, fmt.Errorf("parse sealing keyset: %w", err)
	}
	s := &Sealer{aead: primitive, primaryID: primary.KeyID(), keyIDs: make(map[uint32]struct{}), hashes: hashes}
	for _, info := range handle.KeysetInfo().GetKeyInfo() {
		s.keyIDs[info.GetKeyId()] = struct{}{}
	}
	return s, nil
}

// Seal encrypts plaintext with the primary key, for one tenant and one purpose.
func (s *Sealer) Seal(tenantID uuid.UUID, purpose string, plaintext []byte) ([]byte, error) {
	sealed, err := s.aead.Encrypt(plaintext, associatedData(tenantID, purpose))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", purpose, err)
	}
	return sealed, nil
}

// Open decrypts what [Sealer.Seal] returned for the same tenant and purpose, with any key of the
// keyset. Its errors wrap [ErrOpen].
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

// PrimaryKeyID returns the id of the key that [Sealer.Seal] uses. Ids are random and not secret.
func (s *Sealer) PrimaryKeyID() uint32 { return s.primaryID }

// KeyIDOf returns the id of the key that a value was sealed with. ok is false if no [Sealer] sealed
// it.
func KeyIDOf(sealed []byte) (id uint32, ok bool) {
	if len(sealed) < cryptofmt.TinkPrefixSize || sealed[0] != cryptofmt.TinkStartByte {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:cryptofmt.TinkPrefixSize]), true
}

// Fingerprint returns a hash of a JazzHR API key, which shows that two tenants have the same key
// without opening either. It is not keyed, so that it stays the same when sealing keys rotate. A
// plain hash does not give the API key away, because JazzHR's keys are long and random.
func Fingerprint(apiKey string) []byte {
	sum := sha256.Sum256([]byte("jazzhr-worker api key fingerprint v1\x00" + apiKey))
	return sum[:]
}

// associatedData returns what a ciphertext is bound to. It is unambiguous, because all tenant ids
// have the same length.
func associatedData(tenantID uuid.UUID, purpose string) []byte {
	return append(tenantID[:], purpose...)
}
