package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/token"
)

const tokenSecretHelp = `

Needs DATABASE_URL and SEALING_KEYSET or SEALING_KEYSET_FILE.`

// commandLine is who makes and ends tokens by these commands. It is bound by nothing.
func commandLine() token.Holder { return token.Holder{Name: "command line", Grant: token.Full()} }

type tokenCreateCommand struct {
	jsonFlag
	Name      string        `arg:"" help:"What the token is for, as lists and records show it."`
	Scopes    []string      `name:"scope" required:"" placeholder:"SCOPE" help:"What it may do; give it several times, or separated by commas."`
	Tenants   []string      `name:"tenant" placeholder:"TENANT" help:"A tenant that it is bound to, by id or external id; give it several times. All tenants without it."`
	ExpiresIn time.Duration `placeholder:"DURATION" help:"How long it lives, such as 2160h. Without end if not given."`
}

// Help is shown by --help.
func (tokenCreateCommand) Help() string {
	var scopes strings.Builder
	for _, info := range token.Scopes() {
		_, _ = fmt.Fprintf(&scopes, "\n  %-18s %s", info.Scope, info.Meaning)
	}
	return `Makes a token of the API and prints its secret, once, alone on standard output. What else there is to say goes to standard error.

  jazzhr-worker token create "Harbour & Pine's CRM" --scope tenants:read,events:read --tenant c-1029 --expires-in 2160h | pass insert -m crm/token

The scopes are
` + scopes.String() + tokenSecretHelp
}

// Run makes a token.
func (c tokenCreateCommand) Run(ctx context.Context, env *environment) error {
	return withTokens(ctx, env, needDatabase|needSealing, func(a *administration, tokens *token.Service) error {
		details := token.Details{Name: c.Name, Lifetime: c.ExpiresIn}
		for _, scope := range c.Scopes {
			details.Scopes = append(details.Scopes, token.Scope(strings.TrimSpace(scope)))
		}
		for _, name := range c.Tenants {
			t, err := a.find(ctx, name)
			if err != nil {
				return err
			}
			details.Tenants = append(details.Tenants, t.TenantID)
		}
		made, secret, err := tokens.Create(ctx, commandLine(), details)
		if err != nil {
			return err
		}
		return printSecret(env, made, secret, c.JSON)
	})
}

type tokenListCommand struct{ jsonFlag }

// Help is shown by --help.
func (tokenListCommand) Help() string {
	return "Prints all tokens in the order in which they were made, those that ended too. Never a secret: of that it shows how it begins." + databaseHelp
}

// Run lists the tokens.
func (c tokenListCommand) Run(ctx context.Context, env *environment) error {
	return withTokens(ctx, env, needDatabase, func(_ *administration, tokens *token.Service) error {
		list := []token.Token{}
		for after := uuid.Nil; ; {
			page, err := tokens.List(ctx, commandLine(), after, listPage)
			if err != nil {
				return err
			}
			list = append(list, page...)
			if len(page) < listPage {
				break
			}
			after = page[len(page)-1].ID
		}
		if c.JSON {
			return printJSON(env.stdout, list)
		}
		return printTokens(env.stdout, list)
	})
}

// printTokens writes tokens as a table for people.
func printTokens(w io.Writer, list []token.Token) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tBEGINS\tSTATE\tEXPIRES\tLAST USED\tTENANTS\tSCOPES\tNAME") // Flush returns the error
	for _, t := range list {
		tenants := "all"
		if t.TenantIDs != nil {
			tenants = fmt.Sprintf("%d", len(t.TenantIDs))
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			t.ID, t.Prefix, t.State, moment(t.ExpiresAt), moment(t.LastUsedAt), tenants, strings.Join(t.Scopes, ","), t.Name)
	}
	return table.Flush()
}

// tokenArg is the argument that names a token.
type tokenArg struct {
	Token uuid.UUID `arg:"" help:"The token's id, as token list shows it."`
}

type tokenRevokeCommand struct {
	jsonFlag
	tokenArg
}

// Help is shown by --help.
func (tokenRevokeCommand) Help() string {
	return "Ends a token for ever, with all its secrets. The next request with it is refused. A token that is revoked stays so." + databaseHelp
}

// Run revokes a token.
func (c tokenRevokeCommand) Run(ctx context.Context, env *environment) error {
	return withTokens(ctx, env, needDatabase, func(_ *administration, tokens *token.Service) error {
		revoked, err := tokens.Revoke(ctx, commandLine(), c.Token)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(env.stdout, revoked)
		}
		return printTokens(env.stdout, []token.Token{revoked})
	})
}

type tokenRollCommand struct {
	jsonFlag
	tokenArg
	Overlap   time.Duration `default:"24h" help:"How long the secret before lives on; 0s ends it at once."`
	ExpiresIn time.Duration `placeholder:"DURATION" help:"How long the token lives from now on. Its expiry stays if not given."`
}

// Help is shown by --help.
func (tokenRollCommand) Help() string {
	return `Gives a token a new secret and prints it, once, alone on standard output. The secret before lives on for the overlap, so that whoever uses it has time to change. Of several secrets the last two live at most.

  jazzhr-worker token roll 01a207ae-7d72-7c8e-9de0-39a0657438a2 --overlap 48h` + tokenSecretHelp
}

// Run rolls a token.
func (c tokenRollCommand) Run(ctx context.Context, env *environment) error {
	return withTokens(ctx, env, needDatabase|needSealing, func(_ *administration, tokens *token.Service) error {
		rolled, secret, err := tokens.Roll(ctx, commandLine(), c.Token, c.Overlap, c.ExpiresIn)
		if err != nil {
			return err
		}
		return printSecret(env, rolled, secret, c.JSON)
	})
}

// printSecret prints a new secret, alone so that it can be piped, and says of which token it is.
func printSecret(env *environment, t token.Token, secret token.Secret, asJSON bool) error {
	if asJSON {
		return printJSON(env.stdout, struct {
			token.Token
			Secret string `json:"token"`
		}{t, secret.Reveal()})
	}
	_, _ = fmt.Fprintf(env.stderr, "Token %s (%s). Keep the secret: it is not shown again.\n", t.ID, t.Name)
	_, err := fmt.Fprintln(env.stdout, secret.Reveal())
	return err
}

// withTokens runs a command about tokens.
func withTokens(ctx context.Context, env *environment, needs need, run func(*administration, *token.Service) error) error {
	a, err := administer(ctx, env, needs)
	if err != nil {
		return err
	}
	defer a.close()
	err = run(a, token.New(a.pool, a.config.sealer, slog.New(slog.DiscardHandler)))
	if errors.Is(err, token.ErrNoToken) {
		return fmt.Errorf(`%w of this id; "jazzhr-worker token list" shows all`, err)
	}
	if _, ok := errors.AsType[*queue.InvalidError](err); ok {
		return wrongUse{err}
	}
	return err
}
