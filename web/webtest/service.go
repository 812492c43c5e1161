// Package webtest runs package web's server in a test, on a database and a simulated JazzHR of the
// test's own. [New] makes the parts that a server needs, [Service.Serve] puts the server on an
// address, and [Service.API] calls it:
//
//	s := webtest.New(t, dbtest.New(t).Pool)
//	s.Serve(server, web.HTTPServer)
//	s.API("GET", "/v1/tenants", "").Want(http.StatusOK)
//
// A fixture that fails ends its test.
package webtest

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/token"
)

// What opens a test's server, and the key of the account that [Service.Connect] connects to.
const (
	AdminToken = "admin-token-0123456789-0123456789-abc"
	APIToken   = "api-token-0123456789-0123456789-abcd"
	APIKey     = "jazzhr-key-0123456789abcdefghijklmn" //nolint:gosec // It opens a simulator only.
)

// Service is a web server that runs for a test, and what it runs on.
type Service struct {
	T        *testing.T
	URL      string
	Client   *http.Client // follows no redirect
	Pool     *pgxpool.Pool
	Database *dbtest.Database // set by the test; nil if the pool leads nowhere
	JazzHR   *jazzhrtest.Server
	Tenants  *tenant.Service
	Tokens   *token.Service
	Queue    *queue.Client
	Intake   *intake.Intake
	Jobs     Finder
	Logs     *Logs

	listener *httptest.Server
	handler  atomic.Pointer[http.Handler]
}

// Server is what [Service.Serve] runs: a *web.Server.
type Server interface {
	Handler() http.Handler
	Start(ctx context.Context) error
	EndStreams()
}

// New makes all that a server needs. Its address is known, but nobody answers there before
// [Service.Serve].
func New(t *testing.T, pool *pgxpool.Pool) *Service {
	t.Helper()
	s := &Service{
		T: t, Pool: pool, Logs: &Logs{},
		JazzHR:   jazzhrtest.NewServer(t, jazzhrtest.Options{CallsPerMinute: -1}),
		listener: httptest.NewUnstartedServer(nil),
	}
	s.URL = "http://" + s.listener.Listener.Addr().String()
	prober := newProber(t, s.JazzHR.BaseURL)
	s.Queue = must(queue.NewInserter(pool, s.Logger()))
	sealer := must(tenant.ParseKeyset(must(tenant.NewKeyset())))
	s.Tenants = tenant.New(pool, s.Queue, sealer, prober, s.URL)
	s.Tokens = token.New(pool, sealer, s.Logger())
	s.Intake = intake.New(pool, s.Queue, s.Tenants, true)
	s.Jobs = Finder{prober, s.Tenants}
	s.Client = &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(s.listener.Close)
	return s
}

// Serve has a server answer at the service's address until the test ends. bounded makes its handler
// into an HTTP server, as web.HTTPServer does.
func (s *Service) Serve(server Server, bounded func(http.Handler, *slog.Logger) *http.Server) {
	s.T.Helper()
	s.HandOver(server)
	s.listener.Config = bounded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*s.handler.Load()).ServeHTTP(w, r)
	}), s.Logger())
	// The test's own context ends before a browser's tabs are closed. Their streams would be
	// refused.
	running, stop := context.WithCancel(context.WithoutCancel(s.T.Context()))
	s.T.Cleanup(stop)
	if err := server.Start(running); err != nil {
		s.T.Fatal(err)
	}
	s.listener.Start()
	s.T.Cleanup(s.listener.Close)
	s.T.Cleanup(server.EndStreams) // before Close, which would wait for them
	s.T.Cleanup(s.Client.CloseIdleConnections)
}

// HandOver has another server answer at this address from now on.
func (s *Service) HandOver(to Server) {
	handler := to.Handler()
	s.handler.Store(&handler)
}

// Logger returns a logger that writes everything to Logs.
func (s *Service) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(s.Logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Logs is what was logged, as text. It is safe for use by many goroutines.
type Logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the text.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns all that was logged by now.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Nowhere returns a pool whose server can't be reached.
func Nowhere(t *testing.T) *pgxpool.Pool {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// From here on nobody listens at the address.
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@"+address+"/nothing?connect_timeout=2")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// must returns the value. It panics with an error, which only a mistake in these fixtures can
// cause.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
