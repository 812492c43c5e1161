package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

const serveHelp = `

Needs DATABASE_URL, SEALING_KEYSET or SEALING_KEYSET_FILE, PUBLIC_URL and ADMIN_TOKEN. To push events it needs INTRVIO_EVENTS_URL and INTRVIO_EVENTS_SECRET. The schema must be in place: see "migrate up".

On SIGINT or SIGTERM /readyz fails for DRAIN_DELAY while requests are still taken; then what runs may end within STOP_TIMEOUT. A second signal ends it at once.`

type serveCommand struct{}

// Help is shown by --help.
func (serveCommand) Help() string {
	return "Answers JazzHR's webhooks, the API and the console, and works the queue. Run as many as you like on one database." + serveHelp
}

// Run runs until ctx ends.
func (serveCommand) Run(ctx context.Context, env *environment) error {
	return serve(ctx, env, parts{web: true, work: true}, needsWeb)
}

type webCommand struct{}

// Help is shown by --help.
func (webCommand) Help() string {
	return `Answers JazzHR's webhooks, the API and the console. The queue is worked by "work", which scales apart.` + serveHelp
}

// Run runs until ctx ends.
func (webCommand) Run(ctx context.Context, env *environment) error {
	return serve(ctx, env, parts{web: true}, needsWeb)
}

type workCommand struct{}

// Help is shown by --help.
func (workCommand) Help() string {
	return `Works the queue. The web server is run by "web", which scales apart.

Needs DATABASE_URL and SEALING_KEYSET or SEALING_KEYSET_FILE. To push events it needs INTRVIO_EVENTS_URL and INTRVIO_EVENTS_SECRET. The schema must be in place: see "migrate up".

On SIGINT or SIGTERM jobs that run may end within STOP_TIMEOUT. A second signal ends it at once.`
}

// Run runs until ctx ends.
func (workCommand) Run(ctx context.Context, env *environment) error {
	return serve(ctx, env, parts{work: true}, needDatabase|needSealing)
}

// serve runs the service until ctx ends or a part of it fails.
func serve(ctx context.Context, env *environment, what parts, needs need) error {
	config, err := loadConfig(env.vars, needs)
	if err != nil {
		return err
	}
	logger := newLogger(env.stderr, config.LogFormat, config.LogLevel)
	logger.Info("starting", slog.String("version", version().Version), slog.Any("settings", config))
	s, err := startService(ctx, config, what, logger)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // stopped while it was starting
	}
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-s.failed:
	}
	if stopErr := s.stop(context.WithoutCancel(ctx)); err == nil && stopErr != nil {
		err = fmt.Errorf("stop: %w", stopErr)
	}
	logger.Info("stopped")
	return err
}
