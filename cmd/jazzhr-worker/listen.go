package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/intrvio/jazzhr-worker/web"
)

// openListeners opens what the service listens on; either can be nil.
func (s *service) openListeners(what parts) (forWeb, forMetrics net.Listener, err error) {
	forWeb = what.listener
	if forWeb != nil {
		s.closeLater(forWeb)
	} else if what.web {
		if forWeb, err = s.openListener("LISTEN_ADDR", s.config.ListenAddr); err != nil {
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
