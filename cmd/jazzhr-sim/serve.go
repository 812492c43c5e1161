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

// options is the command line.
type options struct {
	Listen         string        `default:"127.0.0.1:8091" help:"Address to listen on. Port 0 takes a free one."`
	State          string        `type:"path" placeholder:"FILE" help:"Keep the data in this file: read at the start if it is there, written as things change. It holds API keys and secrets."`
	Key            string        `default:"demo-api-key" env:"JAZZHR_SIM_KEY" help:"API key of the account."`
	Demo           bool          `negatable:"" default:"true" help:"Begin with jobs and candidates. Without it the account is empty."`
	CallsPerMinute int           `default:"80" help:"Calls a key may make in 60 seconds. Negative for no limit."`
	RetryAfter     bool          `help:"Tell in Retry-After when the limit allows calls again, which JazzHR does not document."`
	NotesRoute     string        `enum:"both,notes,applicant,swallowed" default:"both" help:"Route that takes notes: ${enum}. The last answers 200 to POST /applicants/{id}/notes and writes nothing."`
	ReadLag        time.Duration `help:"How long reads lag behind writes, such as 2s."`
	Seed           uint64        `default:"1" help:"Seed of ids and chances."`
	Lose           float64       `placeholder:"SHARE" help:"Share of POSTs, from 0 to 1, that are applied but whose answer is lost."`
	Drop           float64       `placeholder:"SHARE" help:"Share of POSTs that are dropped before they are applied."`
	FailReads      float64       `placeholder:"SHARE" help:"Share of GETs that fail."`
}

// Validate is called by kong.
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

// shutdownTimeout is how long requests may take to end after a signal.
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
		saved <- nil // so that the end finds an answer too
	}
	sim.Close()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err = errors.Join(err, server.Shutdown(ending))
	stopSaving() // last, so that it keeps what the last requests wrote
	return errors.Join(err, <-saved)
}

// simulator makes the simulator with its data: the saved one, else new.
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

// keepSaved keeps the state in its file, if there is one, until the context
// ends.
func (o *options) keepSaved(ctx context.Context, sim *jazzhrtest.Sim) error {
	if o.State == "" {
		<-ctx.Done()
		return nil
	}
	return sim.KeepSaved(ctx, o.State)
}

// announce says where to look.
func (o *options) announce(w io.Writer, sim *jazzhrtest.Sim, address string) {
	account := sim.Account(o.Key)
	_, _ = fmt.Fprintf(w, "JazzHR simulator\n  page      %s/\n  API       %s/v1\n  key       %s\n  webhook   %s/accounts/%s/settings\n",
		address, address, o.Key, address, account.ID())
	if o.State != "" {
		_, _ = fmt.Fprintf(w, "  data      %s\n", o.State)
	}
	_, _ = fmt.Fprintln(w, "Press Ctrl-C to stop.")
}
