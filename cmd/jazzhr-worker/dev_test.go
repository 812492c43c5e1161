//go:build !production

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

func TestDevTellsItsStoryAndFindsItsDataAgain(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	p := program{map[string]string{"DATABASE_URL": dbtest.New(t).URL, "LISTEN_ADDR": "127.0.0.1:0"}}

	first := p.start(t, "dev", "--data", folder)
	if line := first.until(t, "http://"); !strings.Contains(line, "/console/") || !strings.Contains(line, "admin_token=") {
		t.Errorf("the first address is not the console's: %s", line)
	}
	for _, line := range []string{
		"1. tenant created", "2. JazzHR API key tested", "3. webhook address and secret saved",
		"4. VERIFY sent and verified", "5. exporting a candidate", "interview.requested", "JazzHR: note written", "Ready after",
	} {
		first.until(t, line)
	}
	first.until(t, "admin token")
	link := strings.Fields(first.until(t, "connect link"))[2]
	key := strings.Fields(first.until(t, "its API key"))[3]
	page := get(t, link)
	for _, text := range []string{"Connect JazzHR", demoNewCustomer} {
		if !strings.Contains(page, text) {
			t.Errorf("behind the connect link nothing says %q", text)
		}
	}
	first.until(t, "its settings")
	first.stop()
	first.until(t, "stopped")
	first.wait(t)

	file := filepath.Join(folder, "dev.json")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the demo's secrets: %v, %v", info.Mode(), err)
	}
	secrets, err := loadDemoSecrets(file)
	if err != nil {
		t.Fatal(err)
	}

	second := p.start(t, "dev", "--data", folder)
	second.until(t, "1. tenant found again")
	// Another port, and so another address of the webhook.
	second.until(t, "4. VERIFY sent and verified")
	if line := second.until(t, "5. exporting a candidate"); strings.Contains(line, "Amara Okafor") {
		t.Errorf("a candidate with a note is exported again: %s", line)
	}
	second.until(t, "JazzHR: note written")
	if line := second.until(t, "admin token"); !strings.Contains(line, secrets.AdminToken) {
		t.Error("the second run has other secrets")
	}
	if line := second.until(t, "its API key"); !strings.HasSuffix(line, key) {
		t.Error("the second run has another key to connect with")
	}
	second.stop()
	second.wait(t)
}

func TestDevNeedsItsData(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "dev.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := program{map[string]string{"DATABASE_URL": "postgres://db.invalid/main"}}
	if _, _, err := p.try(t, "", "dev", "--data", folder); err == nil || !strings.Contains(err.Error(), "make clean") {
		t.Errorf("with a broken file of secrets: %v", err)
	}
}
