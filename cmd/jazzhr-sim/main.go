// Command jazzhr-sim simulates JazzHR: its REST API v1, its Candidate Export Webhook, and a page on
// which you act as the recruiter. Run it to develop a client or a webhook receiver without a JazzHR
// account. Package jazzhrtest says what it imitates.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the program and returns its exit status. The status is 2 for a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var opts options
	exited := -1
	parser, err := kong.New(&opts,
		kong.Name("jazzhr-sim"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.Exit(func(status int) { exited = status }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "jazzhr-sim:", err)
		return 1
	}
	_, err = parser.Parse(args)
	if exited >= 0 { // --help was given
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "jazzhr-sim: %v\nTry: jazzhr-sim --help\n", err)
		return 2
	}
	if err := opts.serve(ctx, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "jazzhr-sim:", err)
		return 1
	}
	return 0
}

const description = "A JazzHR simulator: the REST API v1, the Candidate Export Webhook, " +
	"and a page with jobs, candidates and settings.\n\n" +
	"Open the printed address in a browser. Point your client's base URL at the API address " +
	"and use the printed key. Under Settings, enter your webhook's URL and secret key as in JazzHR. " +
	"Then press Export on a candidate.\n\n" +
	"The page needs no sign-in and shows API keys. Keep it on loopback."
