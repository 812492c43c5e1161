package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// simCommand runs the JazzHR simulator. It also takes the worker's events, as Intrvio's backend
// does.
type simCommand struct {
	Listen   string        `required:""`
	Accounts int           `help:"Number of accounts; keyOf gives the key of each."`
	Delay    time.Duration `help:"Delay of each answer."`
}

// quietKey is the prefix of the keys that share one account, in which nothing happens. A hundred
// thousand accounts would not fit in memory.
const quietKey = "quiet-"

// keyOf returns the API key of a tenant's account.
func keyOf(tenant int) string { return fmt.Sprintf("bench-key-%d", tenant) }

// eventsPath is where events are received. Their signatures are not checked.
const eventsPath = "/events"

// Run serves until ctx ends.
func (c simCommand) Run(ctx context.Context) error {
	sim := jazzhrtest.New(jazzhrtest.Options{CallsPerMinute: -1, Seed: 1})
	defer sim.Close()
	for i := range c.Accounts {
		account := sim.AddAccount(keyOf(i))
		account.AddJob(jazzhrtest.Job{Title: "Engineer", BoardCode: "engineer"})
		account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"})
	}
	fillQuiet(sim.AddAccount(quietKey))
	if c.Delay > 0 {
		sim.Fault(jazzhrtest.Rule{Fault: jazzhrtest.Slow(c.Delay)})
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return err
	}
	inner := sim.Handler()
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == eventsPath {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if at := strings.Index(r.URL.RawQuery, "apikey="+quietKey); at >= 0 {
			r.URL.RawQuery = r.URL.RawQuery[:at] + "apikey=" + quietKey
		}
		inner.ServeHTTP(w, r)
	})}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// fillQuiet fills the first pages of the account's lists, as after some years of use: somebody
// applied every other day until a month ago.
func fillQuiet(a *jazzhrtest.Account) {
	applied := time.Now().AddDate(0, 0, -30)
	var jobs []jazzhrtest.Job
	for i := range 4 {
		jobs = append(jobs, a.AddJob(jazzhrtest.Job{
			Title: fmt.Sprintf("Position %d", i), BoardCode: fmt.Sprintf("code%d", i), Opened: applied,
		}))
	}
	for i := range 150 {
		applied := applied.AddDate(0, 0, 2*(i-149))
		a.AddApplicant(jazzhrtest.Applicant{
			FirstName: "Ada", LastName: fmt.Sprintf("Lovelace %d", i), Email: fmt.Sprintf("ada%d@example.com", i),
			Phone: "555-0100", Applied: applied,
		}, jobs[i%len(jobs)].ID)
	}
	for i := range 150 {
		applied := applied.AddDate(0, 0, 2*(i-149))
		a.AddActivity(jazzhrtest.Activity{
			Category: "logins", ObjectID: "usr_20260101000000_ABCDEFGHIJKLMNOP", Action: "logged in", At: applied,
		})
	}
}

// simulatorEnv returns the settings of a worker that calls the simulator. Its events go there too.
func simulatorEnv(sim *process) []string {
	return []string{
		"JAZZHR_BASE_URL=" + sim.address + "/v1", "INTRVIO_EVENTS_URL=" + sim.address + eventsPath,
		"INTRVIO_EVENTS_SECRET=whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("e", 32))),
	}
}

// startSimulator starts the simulator in a process of its own and waits until it listens.
func (b *bench) startSimulator(ctx context.Context, accounts int, delay time.Duration) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := b.spawn("sim", self, nil,
		"sim", "--listen", address, "--accounts", fmt.Sprint(accounts), "--delay", delay.String())
	if err != nil {
		return nil, err
	}
	p.address = "http://" + address
	err = waitUntil(ctx, 30*time.Second, func() (bool, error) {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil, err
	})
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("the simulator: %w", err)
	}
	return p, nil
}
