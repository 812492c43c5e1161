package intrvio_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
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

func TestFinding26AttachmentHosts(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		attachmentURL(`{"exp":1795431600}`):         true,
		"https://API.Jazz.CO/public/document/x":     true,
		"https://jazz.co":                           true,
		"https://app.jazzhr.com:443/x?y=z#a":        true,
		"https://api.resumatorapi.com/x":            true,
		"http://api.jazz.co/public/document/x":      false,
		"//api.jazz.co/public/document/x":           false,
		"https://api.jazz.co:8443/x":                false,
		"https://api.jazz.co@example.com/x":         false,
		"https://user:password@api.jazz.co/x":       false,
		"https://api.jazz.co.example.com/x":         false,
		"https://notjazz.co/x":                      false,
		"https://example.com/https://api.jazz.co/x": false,
		"https://example.com#.jazz.co/x":            false,
		"https://example.com?.jazz.co/x":            false,
		"https://example.com\\.jazz.co/x":           false,
		"https://api.jazz.co\\@example.com/x":       false,
		"https://example.com\uff0f.jazz.co/x":       false,
		"https://example.com%2f.jazz.co/x":          false,
		"https://api.jazz.co./x":                    false,
		"https://.jazz.co/x":                        false,
		"https://acme.applytojob.com/x":             false,
		"https://169.254.169.254/latest/meta-data":  false,
		"https:api.jazz.co/x":                       false,
		"https:///api.jazz.co/x":                    false,
		" https://api.jazz.co/x":                    false,
		"https://api.jazz.co/x\n":                   false,
		"https://api.jazz.co/a b":                   false,
		"javascript://api.jazz.co/%0aalert(1)":      false,
		"file:///etc/passwd":                        false,
		"":                                          false,
	} {
		if got := intrvio.ServedByJazzHR(address); got != want {
			t.Errorf("%q: %t", address, got)
		}
	}
}

// FuzzFinding26AttachmentHosts reads what is taken as Go does: it leads to JazzHR, over TLS.
func FuzzFinding26AttachmentHosts(f *testing.F) {
	for _, address := range []string{"https://api.jazz.co/x", "https://a.b.jazzhr.com:443", "https://jazz.co@example.com", "https://jazz.co\\.example.com"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if !intrvio.ServedByJazzHR(address) {
			return
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		host := "." + strings.ToLower(u.Hostname())
		if u.Scheme != "https" || u.User != nil || !strings.HasSuffix(host, ".jazz.co") && !strings.HasSuffix(host, ".jazzhr.com") &&
			!strings.HasSuffix(host, ".resumatorapi.com") {
			t.Errorf("%q leads to %s", address, u.Host)
		}
	})
}
