package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

type tenantConnectCommand struct {
	jsonFlag
	tenantArg
}

// Help is shown by --help.
func (tenantConnectCommand) Help() string {
	return `Reads the account's JazzHR API key from standard input, tests it, stores it sealed, and prints the address and the secret that the customer enters in JazzHR under Settings, Integrations, Candidate Export Integrations. The secret is printed until JazzHR has called the address, then never again. Nothing is stored if JazzHR refuses the key.

  pass show acme/jazzhr | jazzhr-worker tenant connect c-1029

Needs DATABASE_URL, SEALING_KEYSET or SEALING_KEYSET_FILE, and PUBLIC_URL.`
}

// Run connects a tenant.
func (c tenantConnectCommand) Run(ctx context.Context, env *environment) error {
	return withTenant(ctx, env, needDatabase|needSealing|needPublicURL, c.Tenant, func(a *administration, t gen.Tenant) error {
		key, err := readLine(env, "JazzHR API key: ")
		if err != nil {
			return err
		}
		connection, err := a.Connect(ctx, t.TenantID, key, tenant.Actor{})
		if _, ok := errors.AsType[*queue.InvalidError](err); ok {
			return wrongUse{err}
		}
		if err != nil {
			return fmt.Errorf("not connected, nothing was stored: %w", err)
		}
		return printConnection(env.stdout, connection, c.JSON)
	})
}

func printConnection(w io.Writer, connection tenant.Connection, asJSON bool) error {
	if asJSON {
		return printJSON(w, struct {
			State         tenant.State `json:"state"`
			WebhookURL    string       `json:"webhook_url"`
			WebhookSecret string       `json:"webhook_secret,omitempty"`
			JobsSeen      int          `json:"jobs_seen"`
		}{connection.State, connection.WebhookURL, connection.WebhookSecret, connection.JobsSeen})
	}
	text := fmt.Sprintf("The key works: JazzHR showed %d jobs. The tenant is %s.\n\nwebhook address  %s\n",
		connection.JobsSeen, connection.State, connection.WebhookURL)
	if connection.WebhookSecret != "" {
		text += fmt.Sprintf("secret key       %s\n\nEnter both in JazzHR: Settings, Integrations, Candidate Export Integrations, Add.\n", connection.WebhookSecret)
	}
	_, err := io.WriteString(w, text)
	return err
}

type tenantRotateSecretCommand struct {
	jsonFlag
	tenantArg
	RevokeOld bool `help:"End the old secret at once. JazzHR's webhooks are refused until it has the new one."`
}

// Help is shown by --help.
func (tenantRotateSecretCommand) Help() string {
	return `Mints a new webhook secret and prints it, once. The old one stays valid until 24 hours after the first webhook that is signed with the new one.

Needs DATABASE_URL and SEALING_KEYSET or SEALING_KEYSET_FILE.`
}

// Run mints a secret.
func (c tenantRotateSecretCommand) Run(ctx context.Context, env *environment) error {
	return withTenant(ctx, env, needDatabase|needSealing, c.Tenant, func(a *administration, t gen.Tenant) error {
		secret, err := a.RotateSecret(ctx, t.TenantID, c.RevokeOld, tenant.Actor{})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(env.stdout, map[string]string{"webhook_secret": secret})
		}
		_, err = fmt.Fprintln(env.stdout, secret)
		return err
	})
}

type tenantDisconnectCommand struct {
	jsonFlag
	tenantArg
	Yes bool `help:"Don't ask."`
}

// Help is shown by --help.
func (tenantDisconnectCommand) Help() string {
	return `Erases the tenant's API key, webhook address and secrets, and rejects every writeback that waits. It asks first, unless --yes is given.

  jazzhr-worker tenant disconnect c-1029 --yes` + databaseHelp
}

// Run disconnects a tenant.
func (c tenantDisconnectCommand) Run(ctx context.Context, env *environment) error {
	return withTenant(ctx, env, needDatabase, c.Tenant, func(a *administration, t gen.Tenant) error {
		if !c.Yes {
			answer, err := readLine(env, fmt.Sprintf("Disconnect %q (%s) and reject what waits? Type yes: ", t.Name, t.TenantID))
			if err != nil {
				return err
			}
			if answer != "yes" {
				return errors.New("not disconnected: the answer was not yes (--yes does not ask)")
			}
		}
		if _, err := a.Disconnect(ctx, t.TenantID, tenant.Actor{}); err != nil {
			return err
		}
		t, err := a.Get(ctx, t.TenantID)
		if err != nil {
			return err
		}
		return viewTenant(t).print(env.stdout, c.JSON)
	})
}

// maxLine bounds what is read from standard input, in bytes.
const maxLine = 4 << 10

// readLine reads a line from standard input, without the space around it. On a terminal it asks for
// it.
func readLine(env *environment, prompt string) (string, error) {
	if isTerminal(env.stdin) {
		_, _ = fmt.Fprint(env.stderr, prompt)
	}
	line, err := bufio.NewReader(io.LimitReader(env.stdin, maxLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(line), nil
}
