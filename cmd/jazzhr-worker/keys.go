package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/token"
)

const rotationHelp = `

To rotate: "keys add", deploy; "keys promote", deploy; "keys reseal". Each printed keyset goes into SEALING_KEYSET, or its file, as it is. Write it into a new file: a shell empties the file that it writes to before the command reads it. With a deploy between the steps no process meets a value whose key it does not have.`

type keysNewCommand struct{}

// Help is shown by --help.
func (keysNewCommand) Help() string {
	return `Prints a keyset with one fresh key, as SEALING_KEYSET takes it. Keep it: what was sealed with it can't be read without it.

  jazzhr-worker keys new > sealing.keyset` + rotationHelp
}

// Run prints a keyset.
func (keysNewCommand) Run(env *environment) error {
	keyset, err := tenant.NewKeyset()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, keyset)
	return err
}

type keysAddCommand struct{}

// Help is shown by --help.
func (keysAddCommand) Help() string {
	return `Prints the keyset with a further fresh key, which opens but does not seal yet.

Needs SEALING_KEYSET or SEALING_KEYSET_FILE.` + rotationHelp
}

// Run prints the keyset with a further key.
func (keysAddCommand) Run(env *environment) error { return printKeyset(env, tenant.AddKey) }

type keysPromoteCommand struct{}

// Help is shown by --help.
func (keysPromoteCommand) Help() string {
	return `Prints the keyset with its newest key as the one that seals.

Needs SEALING_KEYSET or SEALING_KEYSET_FILE.` + rotationHelp
}

// Run prints the keyset with another primary key.
func (keysPromoteCommand) Run(env *environment) error { return printKeyset(env, tenant.Promote) }

func printKeyset(env *environment, change func(string) (string, error)) error {
	config, err := loadConfig(env.vars, needSealing)
	if err != nil {
		return err
	}
	keyset, err := change(config.keyset)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, keyset)
	return err
}

type keysResealCommand struct{ jsonFlag }

// Help is shown by --help.
func (keysResealCommand) Help() string {
	return `Seals every stored API key and webhook secret anew that is not sealed with the key that seals now. Safe beside running services, and safe to run again. It says how many of the API's tokens are still hashed with another key: these are hashed anew at their next use.

Needs DATABASE_URL and SEALING_KEYSET or SEALING_KEYSET_FILE.` + rotationHelp
}

// Run seals everything anew.
func (c keysResealCommand) Run(ctx context.Context, env *environment) error {
	config, err := loadConfig(env.vars, needDatabase|needSealing)
	if err != nil {
		return err
	}
	pool, err := db.Open(ctx, config.DatabaseURL, "jazzhr-worker keys", cliConnections)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := record.Add(ctx, pool, record.Action{What: record.KeysResealed}); err != nil {
		return err
	}
	progress := func(done int) { _, _ = fmt.Fprintf(env.stderr, "%d tenants looked at\n", done) }
	n, err := tenant.New(pool, nil, config.sealer, nil, "").Reseal(ctx, progress)
	left, countErr := token.New(pool, config.sealer, slog.New(slog.DiscardHandler)).StaleHashes(ctx)
	err = errors.Join(err, countErr)
	if c.JSON {
		return errors.Join(err, printJSON(env.stdout, map[string]int{"resealed": n, "tokens_left": int(left)}))
	}
	_, printErr := fmt.Fprintf(env.stdout, "%d values sealed anew.\n", n)
	if left > 0 {
		_, _ = fmt.Fprintf(env.stderr, "Tokens still hashed with another key, until their next use: %d.\n", left)
	}
	return errors.Join(err, printErr)
}
