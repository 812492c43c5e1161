// Command bench measures how fast the service is, each time beside a baseline in the same run on
// the same machine, so that the ratio of the two can be compared between machines.
//
// It starts a PostgreSQL of its own with durable settings, the real jazzhr-worker, and the JazzHR
// simulator in a process of its own. It prints a table and writes it as JSON. "bench explain" (see
// explain.go) looks at the plan of every query on a large database instead.
//
// docs/engineering/performance.md explains each row of the table and lists the results.
// docs/engineering/queries.md lists those of "bench explain".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	var line commands
	command := kong.Parse(&line,
		kong.Name("bench"), kong.Description(description), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Vars{"names": names(measurements())},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err := command.Run(); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

const description = `Measures the service beside a baseline in the same run ("make bench").
It takes about 15 minutes on two cores.`

type commands struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Measure."`
	Explain explainCommand `cmd:"" help:"Explain every query on a large database (\"make explain\")."`
	Sim     simCommand     `cmd:"" hidden:""`
}

type runCommand struct {
	Only   []string `placeholder:"NAME" help:"Measure only these, separated by commas: ${names}. Without it, all but river run."`
	Worker string   `default:"bin/jazzhr-worker" type:"path" help:"The program to measure."`
	Top    int      `placeholder:"N" help:"Print the N statements that took most of PostgreSQL's time; recording them slows it a little."`
	Out    string   `default:"bench/latest.json" type:"path" help:"File for the table as JSON."`
}

// measurement adds rows to the table.
type measurement struct {
	name    string
	measure func(context.Context, *bench) error
}

func measurements() []measurement {
	return []measurement{
		{"webhooks", measureWebhooks},
		{"start", measureStart},
		{"steps", measureSteps},
		{"polls", measurePolls},
		{"fair", measureFair},
		{"kill", measureKill},
		{"river", measureRiver},
	}
}

// Run runs the chosen measurements and prints the table. If one fails, the others still run.
func (c runCommand) Run(ctx context.Context) error {
	known := measurements()
	for _, name := range c.Only {
		if !slices.ContainsFunc(known, func(m measurement) bool { return m.name == name }) {
			return fmt.Errorf("unknown measurement %q; known are %s", name, names(known))
		}
	}
	b, err := newBench(ctx, setup{worker: c.Worker, top: c.Top})
	if err != nil {
		return err
	}
	defer b.close()
	var errs []error
	for _, m := range known {
		if !slices.Contains(c.Only, m.name) && (len(c.Only) > 0 || m.name == "river") {
			continue
		}
		started := time.Now()
		b.logf("%s …", m.name)
		if err := m.measure(ctx, b); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
			b.logf("%s failed: %v", m.name, err)
		}
		b.logf("%s took %s", m.name, time.Since(started).Round(time.Second))
		if ctx.Err() != nil {
			break
		}
	}
	b.results.print(os.Stdout)
	return errors.Join(append(errs, b.results.write(c.Out))...)
}

func names(known []measurement) string {
	list := make([]string, len(known))
	for i, m := range known {
		list[i] = m.name
	}
	return strings.Join(list, ", ")
}
