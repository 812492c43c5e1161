//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// startJazzHR starts the simulator with the data of the last time, or with the demonstration's.
func (d *demo) startJazzHR(ctx context.Context) error {
	listener, err := listenNear("", demoJazzHR)
	if err != nil {
		return fmt.Errorf("JazzHR simulator: %w", err)
	}
	d.page = "http://" + listener.Addr().String()
	d.sim = jazzhrtest.New(jazzhrtest.Options{Seed: uint64(time.Now().UnixNano()), PublicURL: d.page})
	file := filepath.Join(d.data, "jazzhr.json")
	if err := d.sim.Load(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		_ = listener.Close()
		return fmt.Errorf("%w; \"make clean\" begins anew", err)
	}
	if d.account() == nil {
		jazzhrtest.Demo(d.sim, d.secrets.JazzHRKey)
	}
	d.addNewAccount()
	saving, endSaving := context.WithCancel(context.WithoutCancel(ctx))
	saved := make(chan error, 1)
	go func() { saved <- d.sim.KeepSaved(saving, file) }()
	endServing := serveDemo(listener, d.sim.Handler())
	d.atStop(func(ctx context.Context) error {
		d.sim.Close() // first, for the server waits for what hangs
		err := endServing(ctx)
		endSaving() // last, so that it keeps what the last requests wrote
		return errors.Join(err, <-saved)
	})
	d.story.Info("the JazzHR simulator is up")
	return nil
}

// account is the tenant's account in the simulator.
func (d *demo) account() *jazzhrtest.Account { return d.sim.Account(d.secrets.JazzHRKey) }

// startIntrvio starts the receiver of events.
func (d *demo) startIntrvio(context.Context) error {
	receiver, err := intrviotest.NewReceiver(d.secrets.EventsSecret)
	if err != nil {
		return fmt.Errorf("the demo's secrets: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("stand-in for Intrvio: %w", err)
	}
	d.receiver = receiver
	d.vars["INTRVIO_EVENTS_URL"] = "http://" + listener.Addr().String() + "/events"
	d.atStop(serveDemo(listener, receiver))
	d.story.Info("the stand-in for Intrvio's backend is up")
	return nil
}

// demoGrace is how long requests of the demo's helpers may take to end.
const demoGrace = 2 * time.Second

// serveDemo serves until the function that it returns is called.
func serveDemo(listener net.Listener, handler http.Handler) (end func(context.Context) error) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, demoGrace)
		defer cancel()
		err := shutdown(ctx, server)
		if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
			err = errors.Join(err, serveErr)
		}
		return err
	}
}
