//go:build !production

package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// demoSecrets are made at the demo's first start and kept for the next ones.
type demoSecrets struct {
	SealingKeyset string `json:"sealing_keyset"`
	AdminToken    string `json:"admin_token"`
	APIToken      string `json:"api_token"`
	EventsSecret  string `json:"events_secret"`
	JazzHRKey     string `json:"jazzhr_api_key"`
	NewJazzHRKey  string `json:"new_jazzhr_api_key"` // of the customer whom the user connects
}

// loadDemoSecrets reads the file, or makes it, for its owner only.
func loadDemoSecrets(path string) (demoSecrets, error) {
	var secrets demoSecrets
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newDemoSecrets(path)
	}
	if err != nil {
		return secrets, fmt.Errorf("the demo's secrets: %w", err)
	}
	if err := json.Unmarshal(text, &secrets); err != nil {
		return secrets, fmt.Errorf("the demo's secrets: %s can't be read; \"make clean\" begins anew", path)
	}
	if secrets.NewJazzHRKey == "" { // of a demo before there was one
		secrets.NewJazzHRKey = newDemoToken()
		return secrets, saveDemoSecrets(path, secrets)
	}
	return secrets, nil
}

func newDemoSecrets(path string) (demoSecrets, error) {
	keyset, err := tenant.NewKeyset()
	if err != nil {
		return demoSecrets{}, err
	}
	secrets := demoSecrets{
		SealingKeyset: keyset, AdminToken: newDemoToken(), APIToken: newDemoToken(), EventsSecret: intrvio.NewSecret(),
		JazzHRKey: newDemoToken(), NewJazzHRKey: newDemoToken(),
	}
	return secrets, saveDemoSecrets(path, secrets)
}

func saveDemoSecrets(path string, secrets demoSecrets) error {
	text, err := json.MarshalIndent(secrets, "", "  ") //nolint:gosec // G117: a file for its owner is what it is for
	if err != nil {
		return fmt.Errorf("the demo's secrets: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("the demo's secrets: %w", err)
	}
	return nil
}

// newDemoToken is long enough for any token of the configuration.
func newDemoToken() string { return rand.Text() + rand.Text() }
