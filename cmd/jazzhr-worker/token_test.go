package main

import (
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/token"
)

// madeToken is what token create and token roll print as JSON.
type madeToken struct {
	token.Token
	Secret string `json:"token"`
}

func TestTokenCommands(t *testing.T) {
	t.Parallel()
	p := program{goodSettings(t)}
	p.vars["DATABASE_URL"] = dbtest.New(t).URL
	tenant := decode[tenantView](t, p, "", "tenant", "create", "Acme", "--region", "us", "--external-id", "c-1")
	if list := decode[[]token.Token](t, p, "", "token", "list"); list == nil || len(list) != 0 {
		t.Errorf("the list of none: %v, want []", list)
	}
	stdout, stderr, err := p.try(t, "", "token", "create", "Nightly", "--scope", "events:read,tenants:read", "--scope", "attention:read",
		"--tenant", "c-1", "--expires-in", "48h")
	secret := strings.TrimSuffix(stdout, "\n")
	if _, malformed := token.ParseSecret(secret); err != nil || malformed != nil || strings.Contains(stderr, secret[14:]) {
		t.Fatalf("create: %v, %v", err, malformed)
	}
	list := decode[[]token.Token](t, p, "", "token", "list")
	if len(list) != 1 || list[0].Name != "Nightly" || len(list[0].Scopes) != 3 || list[0].TenantIDs[0] != tenant.ID ||
		list[0].ExpiresAt == nil || list[0].CreatedBy != "command line" || !strings.Contains(stderr, list[0].ID.String()) {
		t.Fatalf("list: %+v", list)
	}
	if text := p.do(t, "token", "list"); !strings.Contains(text, list[0].Prefix) || strings.Contains(text, secret) {
		t.Errorf("list: %s", text)
	}
	id := list[0].ID.String()
	rolled := decode[madeToken](t, p, "", "token", "roll", id, "--overlap", "1h")
	if rolled.Previous == nil || rolled.Previous.Prefix != list[0].Prefix || rolled.Secret == secret {
		t.Errorf("roll: %+v", rolled.Token)
	}
	if again := strings.TrimSpace(p.do(t, "token", "roll", id, "--overlap", "0s")); again == rolled.Secret || !strings.HasPrefix(again, token.Prefix) {
		t.Error("roll printed no new secret")
	}
	if revoked := decode[token.Token](t, p, "", "token", "revoke", id); revoked.State != token.Revoked {
		t.Errorf("revoke: %+v", revoked)
	}
	if text := p.do(t, "token", "revoke", id); !strings.Contains(text, "revoked") {
		t.Errorf("revoke again: %s", text)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no scope":        {[]string{"create", "n"}, 2, "--scope"},
		"unknown scope":   {[]string{"create", "n", "--scope", "all"}, 2, "tenants:read"},
		"no such tenant":  {[]string{"create", "n", "--scope", "tenants:read", "--tenant", "c-2"}, 1, "tenant list"},
		"short life":      {[]string{"create", "n", "--scope", "tenants:read", "--expires-in", "1s"}, 2, "expires_in"},
		"long overlap":    {[]string{"roll", id, "--overlap", "721h"}, 2, "overlap"},
		"roll a revoked":  {[]string{"roll", id}, 1, "revoked"},
		"no such token":   {[]string{"revoke", tenant.ID.String()}, 1, "token list"},
		"no id of tokens": {[]string{"revoke", "Nightly"}, 2, "token"},
	} {
		if _, _, err := p.try(t, "", append([]string{"token"}, c.args...)...); err == nil || exitCode(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: exit code %d, %v", name, exitCode(err), err)
		}
	}
}
