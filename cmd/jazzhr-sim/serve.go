package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// options are the flags of the command line.
type options struct {
	Listen         string        `default:"127.0.0.1:8091" help:"Address to listen on. Port 0 picks a free port."`
	State          string        `type:"path" placeholder:"FILE" help:"Keep the data in this file. It holds API keys and secrets."`
	Key            string        `default:"demo-api-key" env:"JAZZHR_SIM_KEY" help:"API key of the account."`
	Demo           bool          `negatable:"" default:"true" help:"Start with jobs and candidates."`
	CallsPerMinute int           `default:"80" help:"Calls that a key may make in 60 seconds. Negative means no limit."`
	RetryAfter     bool          `help:"Send Retry-After at the limit. JazzHR documents no such header."`
	NotesRoute     string        `enum:"both,notes,applicant,swallowed" default:"both" help:"Route that takes notes: ${enum}. With swallowed, POST /applicants/{id}/notes answers 200 and writes nothing."`
	ReadLag        time.Duration `help:"How long readers do not see a write, such as 2s."`
	Seed           uint64        `default:"1" help:"Seed of ids and random faults."`
	Lose           float64       `placeholder:"SHARE" help:"Share of POSTs, from 0 to 1, that are applied but whose answer is lost."`
	Drop           float64       `placeholder:"SHARE" help:"Share of POSTs, from 0 to 1, that are dropped and not applied."`
	FailReads      float64       `placeholder:"SHARE" help:"Share of GETs, from 0 to 1, that fail."`
}

// Validate checks what kong can't. Kong calls it.
func (o *options) Validate() error {
	for _, share := range []float64{o.Lose, o.Drop, o.FailReads} {
		if share < 0 || share > 1 {
			return errors.New("a share must be from 0 to 1")
		}
	}
	if o.Lose+o.Drop > 1 {
		return errors.New("--lose and --drop must not add up to more than 1")
	}
	if o.Key == "" {
		return errors.New("--key must not be empty")
	}
	return nil
}

// shutdownTimeout is how long running requests may take after a signal.
const shutdownTimeout = 5 * time.Second

// serve runs the simulator until the context ends.
func (o *options) serve(ctx context.Context, stdout io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = listener.Close() }()
	address := "http://" + listener.Addr().String()
	sim, err := o.simulator(address)
	if err != nil {
		return err
	}
	defer sim.Close()

	saving, stopSaving := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSaving()
	saved := make(chan error, 1)
	go func() { saved <- o.keepSaved(saving, sim) }()

	server := &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	o.announce(stdout, sim, address)

	select {
	case <-ctx.Done():
	case err = <-served:
	case err = <-saved:
		saved <- nil // for the receive in the last line
	}
	sim.Close()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err = errors.Join(err, server.Shutdown(ending))
	stopSaving() // last, so it saves what the last requests wrote
	return errors.Join(err, <-saved)
}

// simulator returns the simulator with the saved data or, if there are none, new data.
func (o *options) simulator(address string) (*jazzhrtest.Sim, error) {
	sim := jazzhrtest.New(jazzhrtest.Options{
		Seed: o.Seed, CallsPerMinute: o.CallsPerMinute, RetryAfter: o.RetryAfter, PublicURL: address,
	})
	if o.State != "" {
		if err := sim.Load(o.State); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if sim.Account(o.Key) == nil {
		if o.Demo {
			jazzhrtest.Demo(sim, o.Key)
		} else {
			sim.AddAccount(o.Key)
		}
	}
	sim.Account(o.Key).Configure(func(s *jazzhrtest.Settings) {
		s.NotesRoute = jazzhrtest.NotesBoth
		if o.NotesRoute != "both" {
			s.NotesRoute = jazzhrtest.NotesRoute(o.NotesRoute)
		}
		s.ReadLag = o.ReadLag
	})
	sim.SetChaos(jazzhrtest.Chaos{LoseAnswer: o.Lose, DropBefore: o.Drop, FailRead: o.FailReads})
	return sim, nil
}

// keepSaved saves the state to its file until the context ends. Without a file it only waits.
func (o *options) keepSaved(ctx context.Context, sim *jazzhrtest.Sim) error {
	if o.State == "" {
		<-ctx.Done()
		return nil
	}
	return sim.KeepSaved(ctx, o.State)
}

// announce prints the addresses and the key.
func (o *options) announce(w io.Writer, sim *jazzhrtest.Sim, address string) {
	account := sim.Account(o.Key)
	_, _ = fmt.Fprintln(w, "JazzHR simulator")
	_, _ = fmt.Fprintf(w, "  page      %s/\n  API       %s/v1\n  key       %s\n", address, address, o.Key)
	_, _ = fmt.Fprintf(w, "  webhook   %s/accounts/%s/settings\n", address, account.ID())
	if o.State != "" {
		_, _ = fmt.Fprintf(w, "  data      %s\n", o.State)
	}
	_, _ = fmt.Fprintln(w, "Press Ctrl-C to stop.")
}
