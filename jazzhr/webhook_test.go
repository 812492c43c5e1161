package jazzhr

import (
	"net/http"
	"strings"
	"testing"
)

func TestSign(t *testing.T) {
	t.Parallel()
	// RFC 4231, test case 2.
	const want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	if got := Sign("Jefe", []byte("what do ya want for nothing?")); got != want {
		t.Errorf("got %s", got)
	}
}

func TestVerifySignature(t *testing.T) {
	t.Parallel()
	body := []byte(VerifyBody)
	for _, test := range []struct {
		name      string
		secrets   []string
		signature string
		index     int
	}{
		{"first", []string{"a", "b"}, Sign("a", body), 0},
		{"second", []string{"a", "b"}, Sign("b", body), 1},
		{"same twice", []string{"a", "a"}, Sign("a", body), 0},
		{"other", []string{"a", "b"}, Sign("c", body), -1},
		{"upper case", []string{"a"}, strings.ToUpper(Sign("a", body)), 0},
		{"other body", []string{"a"}, Sign("a", []byte(`{"data":"JazzHR Verify Event"}`)), -1},
		{"no secrets", nil, Sign("", body), -1},
		{"empty secret", []string{""}, Sign("", body), -1},
		{"empty", []string{"a"}, "", -1},
		{"no hex", []string{"a"}, "zz", -1},
		{"cut off", []string{"a"}, Sign("a", body)[:32], -1},
	} {
		index, ok := VerifySignature(test.secrets, body, test.signature)
		if index != test.index || ok != (test.index >= 0) {
			t.Errorf("%s: %d, %v", test.name, index, ok)
		}
	}
}

func TestExportContext(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	if got := ExportContext(header); got != "" {
		t.Errorf("absent: %q", got)
	}
	header.Set("x-jazzhr-export-context", " job_1 ")
	if got := ExportContext(header); got != "job_1" {
		t.Errorf("got %q", got)
	}
}
