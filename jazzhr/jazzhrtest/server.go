package jazzhrtest

import (
	"net/http/httptest"
	"testing"
)

// Server is a simulator that listens on loopback for one test.
type Server struct {
	*Sim
	URL     string // where the page is
	BaseURL string // of the API: URL with /v1
}

// NewServer starts a simulator and ends it with the test. Its PublicURL, if not
// set, is its own address.
func NewServer(tb testing.TB, opts Options) *Server {
	tb.Helper()
	srv := httptest.NewUnstartedServer(nil)
	url := "http://" + srv.Listener.Addr().String()
	if opts.PublicURL == "" {
		opts.PublicURL = url
	}
	sim := New(opts)
	srv.Config.Handler = sim.Handler()
	srv.Start()
	tb.Cleanup(func() {
		sim.Close() // first, for the server waits for what hangs
		srv.Close()
	})
	return &Server{Sim: sim, URL: url, BaseURL: url + "/v1"}
}
