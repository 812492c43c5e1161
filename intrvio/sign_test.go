package intrvio_test

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

func TestParseSecrets(t *testing.T) {
	t.Parallel()
	secretOf := func(size int) string {
		return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", size)))
	}
	tests := []struct {
		name    string
		secrets []string
		errs    []string // empty: all are taken
	}{
		{"one", []string{intrvio.NewSecret()}, nil},
		{"several", []string{secretOf(24), secretOf(64)}, nil},
		{"none", nil, []string{"no signing secret given"}},
		{"empty", []string{""}, []string{"signing secret 1 of 1 does not start with whsec_"}},
		{"no prefix", []string{secretOf(32)[6:]}, []string{"signing secret 1 of 1 does not start with whsec_"}},
		{"not base64", []string{secretOf(32), "whsec_not*base64"}, []string{"signing secret 2 of 2 is not base64"}},
		{"short", []string{secretOf(23)}, []string{"signing secret 1 of 1 has 23 bytes, not 24 to 64"}},
		{"long", []string{secretOf(65)}, []string{"signing secret 1 of 1 has 65 bytes, not 24 to 64"}},
		{"two wrong", []string{"hunter2", secretOf(32), secretOf(1)}, []string{"secret 1 of 3 does", "secret 3 of 3 has"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := intrvio.ParseSecrets(tt.secrets)
			if len(tt.errs) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("taken")
			}
			for _, want := range tt.errs {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			for _, secret := range tt.secrets {
				if text := strings.TrimPrefix(secret, "whsec_"); text != "" && strings.Contains(err.Error(), text) {
					t.Errorf("error %q shows the secret", err)
				}
			}
		})
	}
}

func TestSignWithEverySecret(t *testing.T) {
	t.Parallel()
	texts := []string{intrvio.NewSecret(), intrvio.NewSecret()}
	secrets, err := intrvio.ParseSecrets(texts)
	if err != nil {
		t.Fatal(err)
	}
	now, body := time.Now(), []byte(`{"id":"evt_1"}`)
	signature, err := secrets.Sign("evt_1", now, body)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	header.Set(standardwebhooks.HeaderWebhookID, "evt_1")
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	for _, text := range texts {
		receiver, err := standardwebhooks.NewWebhook(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := receiver.Verify(body, header); err != nil {
			t.Error(err)
		}
	}
	other, err := standardwebhooks.NewWebhook(intrvio.NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Verify(body, header); err == nil {
		t.Error("verified with a secret that did not sign")
	}
}
