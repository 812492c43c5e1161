// Package web serves HTTP, on Gin: JazzHR's webhook, the JSON API under /v1, health, metrics, and
// the console, which is a package of its own.
//
// [New] makes the server, [Server.Handler] answers requests, and [Server.MetricsHandler] serves
// metrics.
//
// A handler of the API is a small function that takes a [request] and returns a status, a body and
// an error. [Codes] is the closed set of errors, and one function, fail, writes any error as one of
// them. Every request leaves one log line and one count. Both hold the route's template only: an
// address can hold a webhook's token, and a body personal data.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/token"
	"github.com/intrvio/jazzhr-worker/web/console"
)

const (
	maxBody    = 2 << 20 // of a request to the API
	maxWebhook = 5 << 20

	// apiTimeout ends a request that needs the database only.
	apiTimeout = 30 * time.Second
	// jazzhrTimeout ends a request that asks JazzHR too. Its client waits for up to two minutes.
	jazzhrTimeout = 150 * time.Second

	// minAdminToken is the least length of the token that opens everything, in bytes.
	minAdminToken = 32
)

// Config is what a [Server] needs. All fields are required, except those that are said to be
// optional.
type Config struct {
	Pool    *pgxpool.Pool
	Client  *queue.Client // puts jobs in, and serves River UI
	Tenants *tenant.Service
	Intake  *intake.Intake
	Jobs    JobFinder
	// Tokens open the API, each for what it was made for. The caller has [token.Service.Run] write
	// when they were used.
	Tokens *token.Service
	// AdminToken, of 32 bytes or more, opens the console and all of the API. Optional if OIDC is set.
	AdminToken string
	// OIDC is where people sign in to the console. Optional if AdminToken is set.
	OIDC *OIDC
	// APITokens open all of the API, and not the console. Optional.
	APITokens []string
	// APIRate is how many requests a second with one token are answered. 0 is no bound. Optional.
	APIRate int
	// PublicURL is the address of the service as seen from outside, without a slash at its end. If
	// it is https, the console's cookie is sent over TLS only.
	PublicURL string
	// TrustedProxies are addresses, or networks such as 10.0.0.0/8, of proxies whose header
	// X-Forwarded-For is believed. Optional.
	TrustedProxies []string
	// TriggerMatchWindow is how long the export of a candidate who entered an auto-trigger stage
	// may take. After that it counts as missed.
	TriggerMatchWindow time.Duration
	// CallsPerMinute is how many calls each tenant may make to JazzHR. The console shows what share
	// of them is used.
	CallsPerMinute int
	// PayloadRetention is how long bodies of webhooks and written transcripts are kept. The console
	// says so to customers.
	PayloadRetention time.Duration
	// WebhookTimeout bounds how long a webhook may take, with the reading of its body. JazzHR
	// documents no timeout of its own. It may try again after a 503 where it would not after no
	// answer at all. Optional: 10 s.
	WebhookTimeout time.Duration
	// Checks say whether the service is ready. Optional.
	Checks []Check
	// Registry takes the metrics of the package, of Go and of the process. MetricsHandler shows it.
	Registry *prometheus.Registry
	Logger   *slog.Logger
}

// OIDC says at which OpenID Connect provider people sign in to the console, and what they may do.
type OIDC = console.OIDC

// RoleNames returns the names of the console's roles, the least first.
func RoleNames() []string { return console.RoleNames() }

// Server answers everything that reaches the service over HTTP. It is safe for use by many
// goroutines.
type Server struct {
	config     Config
	adminToken settingTokens
	apiTokens  settingTokens
	limits     limits
	console    *console.Console
	metrics    *httpMetrics
	record     *record.Counter
	engine     *gin.Engine
	draining   atomic.Bool
}

// New returns a server and registers its metrics. An error is a mistake in the configuration, and
// holds no token.
func New(config Config) (*Server, error) {
	public, err := url.Parse(config.PublicURL)
	if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") {
		return nil, errors.New("web server: the public URL is not an absolute http or https address")
	}
	if len(config.AdminToken) < minAdminToken && (config.AdminToken != "" || config.OIDC == nil) {
		return nil, fmt.Errorf("web server: the admin token is shorter than %d characters", minAdminToken)
	}
	if slices.Contains(config.APITokens, "") {
		return nil, errors.New("web server: an API token is empty")
	}
	if config.CallsPerMinute <= 0 || config.PayloadRetention <= 0 {
		return nil, errors.New("web server: the calls per minute or the retention of payloads is not set")
	}
	s := &Server{
		config: config, apiTokens: newSettingTokens(config.APITokens...),
		limits: limits{rate: rate.Limit(config.APIRate)},
	}
	if config.AdminToken != "" {
		s.adminToken = newSettingTokens(config.AdminToken)
	}
	s.record = record.NewCounter(config.Pool, config.Logger)
	if s.metrics, err = registerMetrics(config); err != nil {
		return nil, fmt.Errorf("web server: %w", err)
	}
	if s.console, err = console.New(console.Config{
		Pool: config.Pool, Client: config.Client, Tenants: config.Tenants, Tokens: config.Tokens,
		AdminToken: config.AdminToken, OIDC: config.OIDC, PublicURL: public,
		CallsPerMinute: config.CallsPerMinute, TriggerMatchWindow: config.TriggerMatchWindow,
		PayloadRetention: config.PayloadRetention, Checks: s.runChecks, Logger: config.Logger,
		Record: s.record,
		Note:   func(c *gin.Context, code string, err error) { setLogError(c, Code(code), err) },
	}); err != nil {
		return nil, fmt.Errorf("web server: %w", err)
	}
	s.engine = s.routes()
	s.engine.RemoteIPHeaders = []string{"X-Forwarded-For"} // a proxy may pass on any other as it came
	if err := s.engine.SetTrustedProxies(config.TrustedProxies); err != nil {
		return nil, fmt.Errorf("web server: trusted proxies: %w", err)
	}
	return s, nil
}

// Start starts what the console does in the background, until ctx ends. Call it once, before the
// handler serves.
func (s *Server) Start(ctx context.Context) error {
	if err := s.console.Start(ctx); err != nil {
		return fmt.Errorf("start the console: %w", err)
	}
	return nil
}

// Record returns what counts refused attempts and readings of personal data. The caller has
// [record.Counter.Run] write the counts.
func (s *Server) Record() *record.Counter { return s.record }

// EndStreams ends the streams of the console's live pages, and lets none begin. An [http.Server]
// waits for them when it shuts down, so pass it EndStreams with RegisterOnShutdown.
func (s *Server) EndStreams() { s.console.EndStreams() }

// Handler returns the handler of all requests but those for metrics, which have a listener of their
// own.
func (s *Server) Handler() http.Handler { return s.engine }

// StartDraining makes /readyz fail from now on, so that no new requests are sent here. Requests
// that come all the same are answered, because JazzHR may never send a webhook again.
func (s *Server) StartDraining() { s.draining.Store(true) }

// HTTPServer returns a server for a handler of this package, with bounds on how long a client may
// keep it waiting. The caller gives it a listener.
func HTTPServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		// It counts from the end of the request's header. It is longer than the slowest handler
		// takes.
		WriteTimeout:   jazzhrTimeout + time.Minute,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

func (s *Server) routes() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.ContextWithFallback = true
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.Use(s.observe, s.refuseOtherParts, s.refuseBadText)
	engine.NoRoute(func(c *gin.Context) {
		if console.Serves(c.Request.URL.Path) {
			s.console.NotFound(c)
			return
		}
		fail(c, notFound("address"))
	})
	engine.NoMethod(func(c *gin.Context) {
		if strings.HasPrefix(c.Request.URL.Path, "/connect/") {
			s.console.NotFound(c)
			return
		}
		fail(c, &apiError{Code: CodeMethodNotAllowed, Message: "this address does not take " + knownMethod(c.Request.Method)})
	})

	engine.GET("/livez", s.livez)
	engine.GET("/readyz", s.readyz)
	engine.POST("/webhooks/jazzhr/:token", outliveClient,
		endpoint(maxWebhook, s.webhookTimeout(), s.receiveWebhook))
	s.routeAPI(engine.Group("/v1", s.recordRefusals, s.requireToken, s.limitToken))
	s.console.Route(engine.Group("/console"))
	s.console.RouteConnect(engine.Group("/connect"))
	return engine
}

// refuseBadText refuses an address that holds what Postgres can't store: NUL, and bytes that are not
// UTF-8. Many requests share a query: one such token would fail it for all of them.
func (s *Server) refuseBadText(c *gin.Context) {
	field, bad := "", isBadText(c.Request.URL.Path)
	for name, values := range c.Request.URL.Query() {
		if isBadText(name) {
			bad = true
		} else if slices.ContainsFunc(values, isBadText) {
			field, bad = name, true
		}
	}
	if !bad {
		return
	}
	if console.Serves(c.Request.URL.Path) || strings.HasPrefix(c.Request.URL.Path, "/connect/") {
		s.console.NotFound(c)
	} else {
		fail(c, &apiError{Code: CodeInvalidRequest, Field: field, Message: "the address holds NUL, or bytes that are not UTF-8"})
	}
	c.Abort()
}

func isBadText(text string) bool { return !utf8.ValidString(text) || strings.Contains(text, "\x00") }
