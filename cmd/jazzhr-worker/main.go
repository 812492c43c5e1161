// Command jazzhr-worker is the service that joins JazzHR and Intrvio, and its operator's commands.
// This package wires the others together and reads the configuration; it decides nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "jazzhr-worker: %v\n", err)
	}
	os.Exit(exitCode(err))
}

// wrongUse is an error of the command line or the configuration: nothing was tried.
type wrongUse struct{ error }

// Unwrap returns the error itself.
func (w wrongUse) Unwrap() error { return w.error }

// exitCode is 0 for success, 2 if the program was not used rightly, 1 for all else that went wrong.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case isWrongUse(err):
		return 2
	default:
		return 1
	}
}

func isWrongUse(err error) bool {
	_, ok := errors.AsType[wrongUse](err)
	return ok
}

// environment is what a command may use of the world around it.
type environment struct {
	vars           map[string]string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// run is the program. Its error is one line for a person, or one line a setting.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) error {
	env := &environment{vars: map[string]string{}, stdin: stdin, stdout: stdout, stderr: stderr}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env.vars[name] = value
	}
	exited := false
	parser, err := kong.New(&commands{},
		kong.Name("jazzhr-worker"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.BindTo(byCommandLine(ctx), (*context.Context)(nil)),
		kong.Bind(env),
	)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	command, err := parser.Parse(args)
	if exited { // help was asked for, and shown
		return nil
	}
	if err != nil {
		return wrongUse{fmt.Errorf("%w. Try: jazzhr-worker --help", err)}
	}
	return command.Run()
}

const description = `Joins JazzHR and Intrvio: takes candidates that recruiters export, asks Intrvio for interviews, and writes their results back into JazzHR, once.

` + tryIt + `Settings come from the environment; the help of each command names those it needs.`

// commands is the command line.
type commands struct {
	demoCommands
	Serve   serveCommand `cmd:"" help:"Run the service: web server and workers in one process."`
	Web     webCommand   `cmd:"" help:"Run the web server only."`
	Work    workCommand  `cmd:"" help:"Run the workers only."`
	Migrate struct {
		Up     migrateUpCommand     `cmd:"" help:"Bring the database's schema to what this release needs."`
		Status migrateStatusCommand `cmd:"" help:"List the steps of the schema and which are applied."`
	} `cmd:"" help:"Change the database's schema, or look at it."`
	Tenant struct {
		Create       tenantCreateCommand       `cmd:"" help:"Make a tenant."`
		List         tenantListCommand         `cmd:"" help:"List the tenants."`
		Show         tenantShowCommand         `cmd:"" help:"Show a tenant's state and what waits."`
		Connect      tenantConnectCommand      `cmd:"" help:"Give a tenant its JazzHR API key, read from standard input."`
		Pause        tenantPauseCommand        `cmd:"" help:"Let a tenant's work wait."`
		Resume       tenantResumeCommand       `cmd:"" help:"End a pause."`
		RotateSecret tenantRotateSecretCommand `cmd:"" help:"Mint a new webhook secret."`
		Disconnect   tenantDisconnectCommand   `cmd:"" help:"Erase a tenant's key and secrets, and reject what waits."`
	} `cmd:"" help:"Administer tenants."`
	Token struct {
		Create tokenCreateCommand `cmd:"" help:"Make a token of the API and print its secret, once."`
		List   tokenListCommand   `cmd:"" help:"List the tokens."`
		Revoke tokenRevokeCommand `cmd:"" help:"End a token for ever."`
		Roll   tokenRollCommand   `cmd:"" help:"Give a token a new secret and print it, once."`
	} `cmd:"" help:"Administer the API's tokens."`
	Keys struct {
		New     keysNewCommand     `cmd:"" help:"Print a new sealing keyset."`
		Add     keysAddCommand     `cmd:"" help:"Print the keyset with a further key, not used yet."`
		Promote keysPromoteCommand `cmd:"" help:"Print the keyset with its newest key as the one that seals."`
		Reseal  keysResealCommand  `cmd:"" help:"Seal everything stored with the key that seals now."`
	} `cmd:"" help:"Make and rotate the keys that seal secrets in the database."`
	Ledger struct {
		Distrust ledgerDistrustCommand `cmd:"" help:"Look for every write in JazzHR before its first send: after a restore."`
		Trust    ledgerTrustCommand    `cmd:"" help:"End what distrust began: the ledger is believed again."`
	} `cmd:"" help:"Say whether the write ledger's memory can be trusted."`
	Audit struct {
		Duplicates auditDuplicatesCommand `cmd:"" help:"Look in JazzHR for what stands there more than once."`
	} `cmd:"" help:"Hold an account of JazzHR to what is promised."`
	Record struct {
		Verify recordVerifyCommand `cmd:"" help:"Say whether a row of the record was changed or removed."`
		Export recordExportCommand `cmd:"" help:"Print the record as CSV or JSON lines."`
	} `cmd:"" help:"Hold the record of who did what to its chain, or print it."`
	Version versionCommand `cmd:"" help:"Print the version."`
}
