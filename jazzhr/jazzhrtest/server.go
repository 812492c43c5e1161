package jazzhrtest

import (
	"net/http/httptest"
	"testing"
)

// Server is a simulator on a loopback port, for one test.
type Server struct {
	*Sim
	URL     string // address of the page
	BaseURL string // address of the API: URL with /v1
}

// NewServer starts a simulator, which ends with the test. An empty PublicURL becomes the server's
// own address.
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
		sim.Close() // first, because the server waits for hanging requests
		srv.Close()
	})
	return &Server{Sim: sim, URL: url, BaseURL: url + "/v1"}
}
