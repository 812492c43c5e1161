//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/localpg"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// demoCommands are left out of builds with the tag production.
type demoCommands struct {
	Dev devCommand `cmd:"" help:"Run everything on this machine, with a simulated JazzHR and Intrvio."`
}

const tryIt = `Try it: "jazzhr-worker dev" runs everything on this machine, with a simulated JazzHR. `

type devCommand struct {
	Data string `default:".data" help:"Folder for the database, the simulator's data and the demo's secrets."`
}

// Help is shown by --help.
func (devCommand) Help() string {
	return `Starts a database, the service, a simulator of JazzHR and a stand-in for Intrvio's backend, connects a tenant as its administrator would, exports one candidate and shows the note that comes back. Another customer waits for you to connect it, by a link. Then it runs until Ctrl-C, and candidates go on to apply and to be exported, so that the console moves. The next start finds its data again.

No setting is needed. DATABASE_URL, if set, is used instead of a database of its own; LISTEN_ADDR, METRICS_ADDR, LOG_LEVEL, LOG_FORMAT and the settings of pace are used too.`
}

// Where the demo listens if nobody else does.
const (
	demoAddress = "127.0.0.1:8080"
	demoJazzHR  = "127.0.0.1:8091"
)

// Run runs the demo until ctx ends.
func (c devCommand) Run(ctx context.Context, env *environment) error {
	format := env.vars["LOG_FORMAT"]
	if format == "" {
		format = logTint
	}
	d := &demo{
		data: c.Data, vars: maps.Clone(env.vars), out: env.stdout, errors: env.stderr, started: time.Now(),
		story: newLogger(env.stdout, format, slog.LevelInfo), events: make(chan intrvio.Envelope, storyEvents),
	}
	err := d.run(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // Ctrl-C while it was starting
	}
	return errors.Join(err, d.stop(context.WithoutCancel(ctx)))
}

// demo is everything that runs on this machine.
type demo struct {
	data    string
	vars    map[string]string // the environment, and what the demo sets
	out     io.Writer
	errors  io.Writer
	started time.Time
	story   *slog.Logger

	secrets   demoSecrets
	database  string // the URL
	sim       *jazzhrtest.Sim
	page      string // the simulator's address
	receiver  *intrviotest.Receiver
	config    Config
	service   *service
	address   string // the service's
	watchers  sync.WaitGroup
	events    chan intrvio.Envelope         // as the backend received them, until the story ends
	ready     atomic.Bool                   // the story has ended
	quiet     sync.Map                      // ids and emails of those who apply by themselves: the story says nothing of them
	link      string                        // a connect link, to the tenant that the user connects
	connected bool                          // the user has connected it
	stops     []func(context.Context) error // in the order of the starts
}

func (d *demo) run(ctx context.Context) error {
	if err := os.MkdirAll(d.data, 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	var err error
	if d.secrets, err = loadDemoSecrets(filepath.Join(d.data, "dev.json")); err != nil {
		return err
	}
	for _, start := range []func(context.Context) error{d.startDatabase, d.startJazzHR, d.startIntrvio, d.startService} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	if err := d.watch(ctx); err != nil {
		return err
	}
	last, err := d.playStory(ctx)
	if err != nil {
		return err
	}
	if err := d.conclude(last); err != nil {
		return err
	}
	d.ready.Store(true)
	moving, stopMoving := context.WithCancel(ctx)
	d.atStop(func(context.Context) error {
		stopMoving()
		return nil
	})
	d.watchers.Go(func() { d.keepMoving(moving) })
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.service.failed:
		return err
	}
}

// stop ends what was started, the last first.
func (d *demo) stop(ctx context.Context) error {
	var errs []error
	for _, stop := range slices.Backward(d.stops) {
		errs = append(errs, stop(ctx))
	}
	d.story.Info("stopped; the data stays", "folder", d.data)
	return errors.Join(errs...)
}

func (d *demo) atStop(stop func(context.Context) error) { d.stops = append(d.stops, stop) }

// startDatabase uses the database of DATABASE_URL, or starts a server, and puts the schema in
// place.
func (d *demo) startDatabase(ctx context.Context) error {
	if d.database = d.vars["DATABASE_URL"]; d.database == "" {
		folder := filepath.Join(d.data, "postgres")
		server, err := localpg.Start(ctx, localpg.Config{Dir: folder, Log: func(line string) { d.story.Info("PostgreSQL", "progress", line) }})
		if err != nil {
			return err
		}
		d.atStop(server.Stop)
		if d.database, err = server.EnsureDatabase(ctx, "jazzhr_dev"); err != nil {
			return err
		}
		d.story.Info("PostgreSQL is up", "version", server.Version(), "data", folder)
	}
	applied, err := db.Migrate(ctx, d.database)
	if err != nil {
		return err
	}
	if len(applied) > 0 {
		d.story.Info("the schema is in place", "steps", len(applied))
	}
	return nil
}

// startService starts web server and workers with the demo's settings.
func (d *demo) startService(ctx context.Context) error {
	listener, err := listenNear(d.vars["LISTEN_ADDR"], demoAddress)
	if err != nil {
		return fmt.Errorf("LISTEN_ADDR: %w", err)
	}
	d.address = "http://" + reachable(listener.Addr())
	d.settings()
	if d.config, err = loadConfig(d.vars, needsWeb); err != nil {
		_ = listener.Close()
		return err
	}
	logger := newLogger(d.errors, d.config.LogFormat, d.config.LogLevel)
	d.service, err = startService(ctx, d.config, parts{web: true, work: true, listener: listener}, logger)
	if err != nil {
		return err
	}
	d.atStop(d.service.stop)
	attrs := []any{"console", d.address + "/console/"}
	if d.ownToken() {
		attrs = append(attrs, "admin_token", d.secrets.AdminToken)
	}
	d.story.Info("the service is up: sign in and watch", attrs...)
	return nil
}

// ownToken reports whether the admin token is the demo's own, and no secret of the user's.
func (d *demo) ownToken() bool { return d.config.AdminToken == d.secrets.AdminToken }

// settings sets what the demo needs, and what makes it quick, unless the environment says
// otherwise.
func (d *demo) settings() {
	maps.Copy(d.vars, map[string]string{
		"DATABASE_URL": d.database, "PUBLIC_URL": d.address, "API_TOKENS": d.secrets.APIToken,
		"JAZZHR_BASE_URL": d.page + "/v1", "INTRVIO_EVENTS_SECRET": d.secrets.EventsSecret,
	})
	standard := map[string]string{
		"ADMIN_TOKEN": d.secrets.AdminToken, "JAZZHR_TIMEOUT": "10s", "SETTLE_DELAY": "5s", "POLL_INTERVAL": "15s",
		"DRAIN_DELAY": "0s", "STOP_TIMEOUT": "5s", "LOG_FORMAT": logTint, "LOG_LEVEL": "warn",
	}
	if d.vars["SEALING_KEYSET_FILE"] == "" {
		standard["SEALING_KEYSET"] = d.secrets.SealingKeyset
	}
	for name, value := range standard {
		if d.vars[name] == "" {
			d.vars[name] = value
		}
	}
}

// listenNear listens where the user wants, else at the preferred address, else on any free port of
// loopback.
func listenNear(wanted, preferred string) (net.Listener, error) {
	if wanted != "" {
		return net.Listen("tcp", wanted)
	}
	if listener, err := net.Listen("tcp", preferred); err == nil {
		return listener, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// reachable is an address at which a listener is reached from this machine.
func reachable(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return address.String()
}
