package intrvio_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

func attachmentURL(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return "https://api.jazz.co/public/document/" +
		encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

func TestAttachmentExpiry(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CET", 3600))
	assumed := time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	claimed := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC) // 1795431600
	tests := []struct {
		name, url string
		want      time.Time
	}{
		{"exp", attachmentURL(`{"exp":1795431600}`), claimed},
		{"exp with a fraction", attachmentURL(`{"exp":1795431600.9}`), claimed},
		{"query and fragment", attachmentURL(`{"exp":1795431600}`) + "?a=b.c#d", claimed},
		{"slash at the end", attachmentURL(`{"exp":1795431600}`) + "/", claimed},
		{"escaped slashes, as PHP writes them in JSON, already undone", attachmentURL(`{"exp":1795431600,"u":"a\/b"}`), claimed},
		{"no exp", attachmentURL(`{"iat":1795431600}`), assumed},
		{"exp null", attachmentURL(`{"exp":null}`), assumed},
		{"exp as text", attachmentURL(`{"exp":"1795431600"}`), assumed},
		{"exp zero", attachmentURL(`{"exp":0}`), assumed},
		{"exp negative", attachmentURL(`{"exp":-5}`), assumed},
		{"exp past what a date can be", attachmentURL(`{"exp":253402300800}`), assumed},
		{"exp huge", attachmentURL(`{"exp":1e308}`), assumed},
		{"exp past float64", attachmentURL(`{"exp":1e999}`), assumed},
		{"claims no object", attachmentURL(`[]`), assumed},
		{"two parts", "https://api.jazz.co/public/document/a.b", assumed},
		{"not base64", "https://api.jazz.co/public/document/a.!.c", assumed},
		{"no token", "https://api.jazz.co/public/document/", assumed},
		{"not an address", "http://[::1", assumed},
		{"empty", "", assumed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := intrvio.AttachmentExpiry(tt.url, received)
			if !got.Equal(tt.want) || got.Location() != time.UTC {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzAttachmentExpiry(f *testing.F) {
	f.Add(attachmentURL(`{"exp":1795431600}`))
	f.Add("https://api.jazz.co/public/document/..")
	f.Add("")
	received := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, address string) {
		if _, err := json.Marshal(intrvio.AttachmentExpiry(address, received)); err != nil {
			t.Error(err) // an event with such a time could never be sent
		}
	})
}
