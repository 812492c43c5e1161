package tenant_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"pgregory.net/rapid"

	"github.com/intrvio/jazzhr-worker/tenant"
)

const purpose = "api_key"

var (
	acme  = uuid.MustParse("0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e10")
	other = uuid.MustParse("0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11")
)

// rotation is a keyset after each step of its rotation, with a sealer for each.
type rotation struct {
	first, added, promoted                   string
	firstSealer, addedSealer, promotedSealer *tenant.Sealer
}

func rotate(t *testing.T) rotation {
	t.Helper()
	var r rotation
	var errs [6]error
	r.first, errs[0] = tenant.NewKeyset()
	r.added, errs[1] = tenant.AddKey(r.first)
	r.promoted, errs[2] = tenant.Promote(r.added)
	r.firstSealer, errs[3] = tenant.ParseKeyset(r.first)
	r.addedSealer, errs[4] = tenant.ParseKeyset(r.added)
	r.promotedSealer, errs[5] = tenant.ParseKeyset(r.promoted)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealOpens(t *testing.T) {
	t.Parallel()
	s := rotate(t).firstSealer
	rapid.Check(t, func(t *rapid.T) {
		id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "tenant"))
		purpose := rapid.String().Draw(t, "purpose")
		plaintext := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext")
		sealed, err := s.Seal(id, purpose, plaintext)
		if err != nil {
			t.Fatal(err)
		}
		if len(plaintext) > 4 && bytes.Contains(sealed, plaintext) {
			t.Fatal("the sealed value shows the plaintext")
		}
		if keyID, ok := tenant.KeyIDOf(sealed); !ok || keyID != s.PrimaryKeyID() {
			t.Fatalf("key id %d, %t; want %d", keyID, ok, s.PrimaryKeyID())
		}
		if got, err := s.Open(id, purpose, sealed); err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("opened as %x, %v", got, err)
		}
	})
}

func TestOpenRefusesEverythingElse(t *testing.T) {
	t.Parallel()
	s := rotate(t).firstSealer
	sealed, err := s.Seal(acme, purpose, []byte("the plaintext"))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(t *rapid.T, id uuid.UUID, purpose string, value []byte) {
		got, err := s.Open(id, purpose, value)
		if !errors.Is(err, tenant.ErrOpen) || got != nil {
			t.Fatalf("opened as %x, %v", got, err)
		}
		if strings.Contains(err.Error(), "plaintext") {
			t.Fatalf("error shows the plaintext: %v", err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		refused(t, other, purpose, sealed)
		refused(t, acme, purpose+rapid.StringN(1, 5, -1).Draw(t, "more purpose"), sealed)
		refused(t, acme, purpose, sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "length")])
		altered := bytes.Clone(sealed)
		altered[rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")] ^= rapid.ByteRange(1, 255).Draw(t, "bits")
		refused(t, acme, purpose, altered)
		refused(t, acme, purpose, rapid.SliceOf(rapid.Byte()).Draw(t, "noise"))
	})
}

// TestRotation checks that each keyset and the one before it open what the other seals: they may
// run beside each other.
func TestRotation(t *testing.T) {
	t.Parallel()
	r := rotate(t)
	steps := []struct {
		name          string
		sealer, older *tenant.Sealer
	}{
		{"first", r.firstSealer, r.firstSealer},
		{"added", r.addedSealer, r.firstSealer},
		{"promoted", r.promotedSealer, r.addedSealer},
	}
	for _, writer := range steps {
		sealed, err := writer.sealer.Seal(acme, purpose, []byte("the plaintext"))
		if err != nil {
			t.Fatal(err)
		}
		for name, reader := range map[string]*tenant.Sealer{
			"older": writer.older, "added": r.addedSealer, "promoted": r.promotedSealer,
		} {
			if got, err := reader.Open(acme, purpose, sealed); err != nil || string(got) != "the plaintext" {
				t.Errorf("sealed by %s, opened by %s: %q, %v", writer.name, name, got, err)
			}
		}
	}
	if r.addedSealer.PrimaryKeyID() != r.firstSealer.PrimaryKeyID() {
		t.Error("adding a key changed the primary one")
	}
	if r.promotedSealer.PrimaryKeyID() == r.firstSealer.PrimaryKeyID() {
		t.Error("promoting left the primary key as it was")
	}

	sealed, err := r.promotedSealer.Seal(acme, purpose, []byte("the plaintext"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.firstSealer.Open(acme, purpose, sealed)
	id := strconv.FormatUint(uint64(r.promotedSealer.PrimaryKeyID()), 10)
	if !errors.Is(err, tenant.ErrOpen) || !strings.Contains(err.Error(), "key "+id+" is not in the keyset") {
		t.Errorf("a keyset without the key: %v", err)
	}
}

func TestPromoteNeedsAnAddedKey(t *testing.T) {
	t.Parallel()
	r := rotate(t)
	for name, text := range map[string]string{"first": r.first, "promoted": r.promoted} {
		if _, err := tenant.Promote(text); err == nil || !strings.Contains(err.Error(), "add a key first") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestKeysetText(t *testing.T) {
	t.Parallel()
	r := rotate(t)
	for _, text := range []string{r.first, r.added, r.promoted} {
		if strings.ContainsFunc(text, func(c rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c)
		}) {
			t.Error("the keyset has a character that needs quoting")
		}
		if _, err := tenant.ParseKeyset(" " + text + "\n"); err != nil {
			t.Errorf("with the line's end of a file: %v", err)
		}
	}
	again, err := tenant.NewKeyset()
	if err != nil || again == r.first {
		t.Errorf("a new keyset is the same as another, %v", err)
	}
}

// keysetOf returns a keyset of one key as ParseKeyset takes it.
func keysetOf(t *testing.T, template *tinkpb.KeyTemplate) string {
	t.Helper()
	handle, err := keyset.NewHandle(template)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&buf)); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(buf.Bytes())
}

func TestParseKeysetRefuses(t *testing.T) {
	t.Parallel()
	good := rotate(t).added
	tests := []struct{ name, text, want string }{
		{"empty", "", "keyset is empty"},
		{"space", " \n", "keyset is empty"},
		{"not base64", "hunter2*hunter2", "not unpadded URL-safe base64"},
		{"two lines", good + "\n" + good, "not a keyset"},
		{"base64 of something else", base64.RawURLEncoding.EncodeToString([]byte("hunter2 hunter2")), "not a keyset"},
		{"cut short", good[:len(good)-8], "cut short"},
		{"JSON", `{"primaryKeyId":1}`, "not unpadded URL-safe base64"},
		{"AES-128", keysetOf(t, aead.AES128GCMKeyTemplate()), "key 1 of 1 is not an enabled AES-256-GCM key"},
		{"no prefix", keysetOf(t, aead.AES256GCMNoPrefixKeyTemplate()), "key 1 of 1 is not an enabled AES-256-GCM key"},
		{
			"another cipher", keysetOf(t, aead.XChaCha20Poly1305KeyTemplate()),
			"key 1 of 1 is not an enabled AES-256-GCM key",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, parseErr := tenant.ParseKeyset(tt.text)
			_, addErr := tenant.AddKey(tt.text)
			_, promoteErr := tenant.Promote(tt.text)
			for _, err := range []error{parseErr, addErr, promoteErr} {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("got %v, want %q", err, tt.want)
				}
				if len(tt.text) > 8 && strings.Contains(err.Error(), tt.text[:8]) ||
					strings.Contains(err.Error(), "hunter2") {
					t.Errorf("error shows the keyset: %v", err)
				}
			}
		})
	}
}

func FuzzParseKeyset(f *testing.F) {
	good, err := tenant.NewKeyset()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := tenant.ParseKeyset(text)
		if err != nil {
			return
		}
		sealed, err := s.Seal(acme, purpose, []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := tenant.KeyIDOf(sealed); !ok || id != s.PrimaryKeyID() {
			t.Fatal("a keyset was taken whose ciphertexts do not name its key")
		}
	})
}

func TestKeyIDOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sealed []byte
		id     uint32
		ok     bool
	}{
		{nil, 0, false},
		{[]byte{1, 2, 3, 4}, 0, false},
		{[]byte{0, 0, 0, 0, 7, 9}, 0, false},
		{[]byte{1, 0xff, 0, 0, 7, 9}, 0xff000007, true},
	}
	for _, tt := range tests {
		if id, ok := tenant.KeyIDOf(tt.sealed); id != tt.id || ok != tt.ok {
			t.Errorf("KeyIDOf(%x) = %d, %t", tt.sealed, id, ok)
		}
	}
}

// TestFingerprint checks that fingerprints do not change: they are kept in the database.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	got := hex.EncodeToString(tenant.Fingerprint("an API key"))
	const want = "cac42d5003c198d1b90d4060a13ce8e54d7dc74a0f11e24513c711df65aad287"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if bytes.Equal(tenant.Fingerprint("an API key"), tenant.Fingerprint("an API kez")) {
		t.Error("two keys with the same fingerprint")
	}
}
