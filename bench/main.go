// Command bench measures the service beside what it could at best do on the same machine at the same time: each figure is a
// ratio to a baseline of the same run. It starts a PostgreSQL of its own with durable settings, the real jazzhr-worker, and the
// JazzHR simulator in a process of its own, prints a table and writes it as JSON.
//
// What each row means, and what it came to, is in docs/performance.md.
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
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	var line commands
	command := kong.Parse(&line, kong.Name("bench"), kong.Description(description), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Vars{"names": names(measurements())}, kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err := command.Run(); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

const description = `Measures the service beside a baseline in the same run: "make bench". It takes about 15 minutes on two cores.`

type commands struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Measure."`
	Explain explainCommand `cmd:"" help:"Have every query explained on a large database: \"make explain\"."`
	Sim     simCommand     `cmd:"" hidden:""`
}

type runCommand struct {
	Only   []string `placeholder:"NAME" help:"Only these, separated by commas: ${names}. The settings of River (river) are measured only if they are named."`
	Worker string   `default:"bin/jazzhr-worker" type:"path" help:"The program to measure."`
	Top    int      `help:"After each measurement of the service, print so many statements that took most of PostgreSQL's time. This costs some of it."`
	Out    string   `default:"bench/latest.json" type:"path" help:"Where the table is written as JSON."`
}

// measurement is one of the things that are measured; it gives rows of the table.
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

// Run measures what was asked for. What failed to be measured does not keep the rest from it.
func (c runCommand) Run(ctx context.Context) error {
	known := measurements()
	for _, name := range c.Only {
		if !slices.ContainsFunc(known, func(m measurement) bool { return m.name == name }) {
			return fmt.Errorf("there is no measurement %q; there are %s", name, names(known))
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
		b.say("%s …", m.name)
		if err := m.measure(ctx, b); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
			b.say("%s failed: %v", m.name, err)
		}
		b.say("%s took %s", m.name, time.Since(started).Round(time.Second))
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
