package token_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/token"
)

// whole is a secret that no database holds. Its checksum was computed by another program: zlib.crc32
// of the first 52 characters, in base 62.
const whole = "ijw_live_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg2nzPPo"

func TestParseSecret(t *testing.T) {
	t.Parallel()
	if secret, err := token.ParseSecret(whole); err != nil || secret.Reveal() != whole {
		t.Fatalf("a whole secret: %v", err)
	}
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"nothing":             {"", token.ErrUnknown},
		"of another kind":     {"ghp_" + whole[9:], token.ErrUnknown},
		"prefix in capitals":  {strings.ToUpper(token.Prefix) + whole[9:], token.ErrUnknown},
		"prefix only":         {token.Prefix, token.ErrMalformed},
		"cut short":           {whole[:len(whole)-1], token.ErrMalformed},
		"one too many":        {whole + "0", token.ErrMalformed},
		"with a line's end":   {whole + "\n", token.ErrMalformed},
		"another character":   {strings.Replace(whole, "A", "B", 1), token.ErrMalformed},
		"two changed places":  {strings.Replace(whole, "AB", "BA", 1), token.ErrMalformed},
		"another checksum":    {whole[:len(whole)-1] + "5", token.ErrMalformed},
		"of strange letters":  {strings.Replace(whole, "A", "-", 1), token.ErrMalformed},
		"with a double width": {strings.Replace(whole, "AB", "é", 1), token.ErrMalformed},
	} {
		if _, err := token.ParseSecret(test.text); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSecretsAreNotPrinted holds that a secret shows itself by Reveal only, and that errors hold none
// of it.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	secret, err := token.ParseSecret(whole)
	if err != nil {
		t.Fatal(err)
	}
	_, refused := token.ParseSecret(whole + "0")
	for _, printed := range []string{
		fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v %s %q", secret, secret, secret, secret, secret),
		fmt.Sprintf("%v", &secret), secret.LogValue().String(), refused.Error(),
	} {
		if strings.Contains(printed, whole[:20]) {
			t.Errorf("a secret is shown: %s", printed)
		}
	}
}

// FuzzParseSecret holds that nothing but a whole secret is taken, and that it comes back as it is.
func FuzzParseSecret(f *testing.F) {
	form := regexp.MustCompile(`\Aijw_live_[0-9A-Za-z]{49}\z`)
	for _, seed := range []string{whole, whole[:20], token.Prefix, "", whole + "\x00", strings.ToUpper(whole)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		secret, err := token.ParseSecret(text)
		if err == nil && (secret.Reveal() != text || !form.MatchString(text)) {
			t.Errorf("%q was taken as %q", text, secret.Reveal())
		}
	})
}
