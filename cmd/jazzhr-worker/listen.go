package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/intrvio/jazzhr-worker/web"
)

// webListener serves parts of what the web server serves.
type webListener struct {
	net.Listener
	parts []web.Part
}

// String names what it serves: "web" for all of it.
func (l webListener) String() string {
	if len(l.parts) == 3 {
		return "web"
	}
	names := make([]string, len(l.parts))
	for i, part := range l.parts {
		names[i] = string(part)
	}
	return strings.Join(names, " and ")
}

// openListeners opens what the service listens on.
func (s *service) openListeners(what parts) (forWeb []webListener, forMetrics net.Listener, err error) {
	if what.listener != nil {
		s.closeLater(what.listener)
		forWeb = append(forWeb, webListener{what.listener, []web.Part{web.PartWebhooks, web.PartAPI, web.PartConsole}})
	} else if what.web {
		if forWeb, err = s.openWebListeners(); err != nil {
			return nil, nil, err
		}
	}
	if s.config.MetricsAddr != "" {
		if forMetrics, err = s.openListener("METRICS_ADDR", s.config.MetricsAddr); err != nil {
			return nil, nil, err
		}
	}
	return forWeb, forMetrics, nil
}

// openWebListeners opens one listener for each address that parts of the web server have.
func (s *service) openWebListeners() (opened []webListener, err error) {
	byAddress := map[string]int{}
	for _, part := range []struct {
		part    web.Part
		setting string
		address string
	}{
		{web.PartWebhooks, "WEBHOOK_ADDR", s.config.WebhookAddr},
		{web.PartAPI, "API_ADDR", s.config.APIAddr},
		{web.PartConsole, "CONSOLE_ADDR", s.config.ConsoleAddr},
	} {
		if part.address == "" {
			part.setting, part.address = "LISTEN_ADDR", s.config.ListenAddr
		}
		key := part.address
		if strings.HasSuffix(key, ":0") { // each setting gets a free port of its own
			key = part.setting
		}
		at, known := byAddress[key]
		if !known {
			listener, err := s.openListener(part.setting, part.address)
			if err != nil {
				return nil, err
			}
			at = len(opened)
			byAddress[key], opened = at, append(opened, webListener{Listener: listener})
		}
		opened[at].parts = append(opened[at].parts, part.part)
	}
	return opened, nil
}

func (s *service) openListener(setting, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	s.closeLater(listener)
	return listener, nil
}

// closeLater closes a listener at the end; its server may have closed it by then.
func (s *service) closeLater(listener net.Listener) {
	s.closers = append(s.closers, func() { _ = listener.Close() })
}

// listen serves on a listener, if there is one. atShutdown, which may be nil, ends what a shutdown
// would wait for.
func (s *service) listen(name string, listener net.Listener, handler http.Handler, atShutdown func()) {
	if listener == nil {
		return
	}
	server := web.HTTPServer(handler, s.logger)
	if atShutdown != nil {
		server.RegisterOnShutdown(atShutdown)
	}
	s.servers = append(s.servers, server)
	s.logger.Info("listening", "for", name, "address", listener.Addr().String())
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", name, err)
		}
	}()
}

// shutdown lets requests end until ctx does, and then cuts them off.
func shutdown(ctx context.Context, server *http.Server) error {
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if err != nil {
		return fmt.Errorf("end requests: %w", err)
	}
	return nil
}
