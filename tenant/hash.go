package tenant

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/core/cryptofmt"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// HashSize is the length of a hash of [Sealer.Hash], in bytes: Tink's prefix, which names the key,
// and an HMAC-SHA-256.
const HashSize = cryptofmt.TinkPrefixSize + sha256.Size

// Hash returns a keyed hash of a secret under the primary key, for one purpose. Whoever has the
// database and not the keyset can neither guess the secret by it nor make a hash of one of their
// own. [KeyIDOf] tells the key of a hash as it does of a ciphertext.
func (s *Sealer) Hash(purpose, secret string) []byte { return s.Hashes(purpose, secret)[0] }

// Hashes returns the hashes of a secret under each key of the keyset, that under the primary key
// first. One of them is what [Sealer.Hash] returned before the keyset was rotated.
func (s *Sealer) Hashes(purpose, secret string) [][]byte { return s.hashes(purpose + "\x00" + secret) }

// newHashes returns what Hashes does. It is a function and no list of keys, because a function
// shows nothing when its owner is printed.
//
// The keys are derived from the sealing keys. A key of another kind in the keyset would be refused
// by the release before, and a keyset of its own would be one more secret to keep and rotate.
func newHashes(handle *keyset.Handle) (func(text string) [][]byte, error) {
	type hashKey struct{ prefix, key []byte }
	var keys []hashKey
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d is not readable", i+1, handle.Len())
		}
		sealing, ok := entry.Key().(*aesgcm.Key)
		if !ok {
			return nil, errors.New("keys not usable")
		}
		derived, err := hkdf.Key(sha256.New, sealing.KeyBytes().Data(insecuresecretdataaccess.Token{}), nil,
			"jazzhr-worker keyed hash 1", sha256.Size)
		if err != nil {
			return nil, errors.New("keys not usable")
		}
		key := hashKey{sealing.OutputPrefix(), derived}
		if entry.IsPrimary() {
			keys = slices.Insert(keys, 0, key)
		} else {
			keys = append(keys, key)
		}
	}
	return func(text string) [][]byte {
		hashes := make([][]byte, len(keys))
		for i, k := range keys {
			mac := hmac.New(sha256.New, k.key)
			_, _ = mac.Write([]byte(text)) // it returns no error
			hashes[i] = mac.Sum(slices.Clone(k.prefix))
		}
		return hashes
	}, nil
}
