package console

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func testLinks(t *testing.T, adminToken string) *links {
	t.Helper()
	l, err := newLinks(adminToken)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLinkSaysWhatWasSigned holds that a token opens to its grant, and that a token with any bit
// changed does not open.
func TestLinkSaysWhatWasSigned(t *testing.T) {
	t.Parallel()
	l := testLinks(t, "admin-token-0123456789-0123456789-abc")
	rapid.Check(t, func(t *rapid.T) {
		g := grant{
			Tenant:  uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "tenant")),
			Purpose: rapid.SampledFrom([]Purpose{Connect, Manage}).Draw(t, "purpose"),
			Expires: time.Now().Add(time.Duration(rapid.IntRange(2, 3600).Draw(t, "seconds")) * time.Second).Truncate(time.Second),
		}
		token := l.sign(g)
		opened, err := l.open(token)
		if err != nil || opened.Tenant != g.Tenant || opened.Purpose != g.Purpose || !opened.Expires.Equal(g.Expires) {
			t.Fatalf("%+v became %+v, %v", g, opened, err)
		}
		text, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			t.Fatal(err)
		}
		bit := rapid.IntRange(0, len(text)*8-1).Draw(t, "bit")
		text[bit/8] ^= 1 << (bit % 8)
		if opened, err := l.open(base64.RawURLEncoding.EncodeToString(text)); !errors.Is(err, errNoLink) {
			t.Fatalf("with bit %d changed it says %+v, %v", bit, opened, err)
		}
	})
}

func TestLinkIsRefused(t *testing.T) {
	t.Parallel()
	l := testLinks(t, "admin-token-0123456789-0123456789-abc")
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	l.now = func() time.Time { return now }
	g := grant{Tenant: uuid.New(), Purpose: Connect, Expires: now.Add(time.Hour)}
	token := l.sign(g)
	other := testLinks(t, "another-token-0123456789-0123456789-a")
	other.now = l.now

	for name, refused := range map[string]struct {
		token string
		want  error
	}{
		"nothing":             {"", errNoLink},
		"a word":              {"hello", errNoLink},
		"not all of it":       {token[:len(token)-1], errNoLink},
		"more than it":        {token + "A", errNoLink},
		"other letters":       {strings.Repeat("?", len(token)), errNoLink},
		"another admin token": {other.sign(g), errNoLink},
		"no purpose":          {l.sign(grant{Tenant: g.Tenant, Purpose: "own", Expires: g.Expires}), errNoLink},
		"a line in it":        {token[:20] + "\n" + token[21:], errNoLink},
		"expired":             {l.sign(grant{Tenant: g.Tenant, Purpose: Connect, Expires: now}), errLinkExpired},
	} {
		if _, err := l.open(refused.token); !errors.Is(err, refused.want) {
			t.Errorf("%s: %v, want %v", name, err, refused.want)
		}
	}
	// The last letter has bits that decode to nothing. Only one spelling is valid.
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", token[len(token)-1])
	spelled := token[:len(token)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last^1])
	if _, err := l.open(spelled); !errors.Is(err, errNoLink) {
		t.Errorf("another spelling: %v", err)
	}
	now = g.Expires.Add(-time.Second)
	if _, err := l.open(token); err != nil {
		t.Errorf("in its last second: %v", err)
	}
}
