package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"riverqueue.com/riverui"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// Where the console is. River UI must know its own place.
const (
	rootPath   = "/console"
	homePath   = "/console/"
	signInPath = "/console/sign-in"
	riverPath  = "/console/river"
)

// What a page may load, and what it may do. Ours hold no script and no style of their own. River UI is one script file that
// puts <style> elements into its page.
const (
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	riverPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

// maxForm is the most bytes of a posted form.
const maxForm = 64 << 10

// CheckResult is one of the checks that this process is ready by. Err is nil where it holds.
type CheckResult struct {
	Name string
	Err  error
}

// Config is what a [Console] needs. All fields are required.
type Config struct {
	Pool    *pgxpool.Pool
	Client  *queue.Client // puts jobs in, and serves River UI
	Tenants *tenant.Service
	// AdminToken lets people sign in. Sessions begun under another are over.
	AdminToken string
	// PublicURL is where the service is reached from outside; where it is https, cookies are sent over TLS only.
	PublicURL *url.URL
	// CallsPerMinute is how many calls each tenant may make to JazzHR, and TriggerMatchWindow how long the export of a candidate
	// who entered an auto-trigger stage may take before it counts as missed.
	CallsPerMinute     int
	TriggerMatchWindow time.Duration
	// PayloadRetention is how long what JazzHR sends and what is written into notes is kept, for customers to read.
	PayloadRetention time.Duration
	// Checks runs the checks of this process.
	Checks func(context.Context) []CheckResult
	// Note takes the code of a failure and its cause, for the request's log line.
	Note   func(c *gin.Context, code string, err error)
	Logger *slog.Logger
}

// Console is what operators see in a browser. Safe for use by many goroutines.
type Console struct {
	config    Config
	signIn    signIn
	sessions  *sessions
	crossSite *http.CrossOriginProtection
	assets    assets
	pages     []*sheet
	plain     map[string]*sheet  // pages without a route of their own, by their file
	linked    map[Purpose]*sheet // where connect links lead
	links     *links
	tries     *tries
	views     *views
	riverUI   *riverui.Handler
	riverBack string // what leads from River UI's pages to the console's
}

// New builds the console. Its errors are mistakes in the configuration or in a template.
func New(config Config) (*Console, error) {
	k := &Console{
		config:    config,
		sessions:  newSessions(config),
		crossSite: http.NewCrossOriginProtection(),
		views:     newViews(maxStreams),
	}
	k.signIn = newTokenSignIn(k)
	k.tries = newTries()
	// For browsers that don't say where a request comes from, behind a proxy that gives us another Host.
	if err := k.crossSite.AddTrustedOrigin(config.PublicURL.Scheme + "://" + config.PublicURL.Host); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	var err error
	if k.links, err = newLinks(config.AdminToken); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if k.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if err := k.parsePages(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if k.riverBack, err = riverBack(k.assets); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if k.riverUI, err = riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(config.Client, nil),
		Logger:    config.Logger,
		Prefix:    riverPath,
	}); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return k, nil
}

// Start starts what River UI does in the background; it ends with ctx, as live pages do. Call it once before the console
// serves.
func (k *Console) Start(ctx context.Context) error {
	if err := k.riverUI.Start(ctx); err != nil {
		return fmt.Errorf("start River UI: %w", err)
	}
	context.AfterFunc(ctx, k.EndStreams)
	return nil
}

// EndStreams ends the streams of live pages, of which none begins any more: a server that shuts down waits for them
// otherwise. Browsers try again, and so come to another process.
func (k *Console) EndStreams() { k.views.end() }

// Route adds the console's addresses to a group at /console.
func (k *Console) Route(group *gin.RouterGroup) {
	group.Use(k.protect)
	group.GET("", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, homePath) })
	group.GET("/assets/:file", k.assets.serve)
	k.signIn.route(group)
	group.POST("/sign-out", k.signOut)

	signedIn := group.Group("", k.requireSession)
	signedIn.GET("/", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, k.firstPage()) })
	for _, s := range k.pages {
		signedIn.GET(s.page.route, func(c *gin.Context) { k.open(c, s) })
		if s.page.every > 0 {
			group.GET(s.page.route+liveSuffix, func(c *gin.Context) { k.stream(c, s, k.signIn.who) })
		}
	}
	for _, d := range k.allDeeds() {
		signedIn.POST(d.route, func(c *gin.Context) { k.perform(c, d) })
	}

	signedIn.Any("/river", k.serveRiver)
	signedIn.Any("/river/*any", k.serveRiver)
}

// Serves reports whether an address is under /console or /connect.
func Serves(path string) bool {
	return strings.HasPrefix(path, rootPath+"/") || path == connectPath || strings.HasPrefix(path, connectPath+"/")
}

// NotFound answers a request under /console or /connect that no route takes.
func (k *Console) NotFound(c *gin.Context) {
	if !strings.HasPrefix(c.Request.URL.Path, rootPath+"/") {
		k.linkNotFound(c)
		return
	}
	k.protect(c)
	if !c.IsAborted() {
		k.fail(c, errNotFound)
	}
}

// protect refuses what a page of another site posts, and bounds what our own pages may load.
func (k *Console) protect(c *gin.Context) {
	protectPage(c)
	if err := k.crossSite.Check(c.Request); err != nil {
		k.fail(c, errCrossOrigin)
	}
}

func protectPage(c *gin.Context) {
	c.Header("Content-Security-Policy", pagePolicy)
	c.Header("Cache-Control", "no-store")
}

// whoKey is where a request keeps who it is from.
const whoKey = "console.who"

// who is who has signed in, on a route behind [Console.requireSession].
func who(c *gin.Context) string { return c.GetString(whoKey) }

// requireSession lets only those pass who are signed in. A browser is sent to the sign-in; River UI's own calls are
// answered by 401.
func (k *Console) requireSession(c *gin.Context) {
	name, err := k.signIn.who(c)
	switch {
	case err != nil:
		k.fail(c, err)
	case name != "":
		c.Set(whoKey, name)
	case isHTMX(c): // which follows a redirect by itself, and would put the sign-in into the page
		c.Header("HX-Redirect", signInPath)
		c.AbortWithStatus(http.StatusNoContent)
	case c.Request.Method == http.MethodGet && !strings.HasPrefix(c.Request.URL.Path, riverPath+"/api/"):
		k.signIn.begin(c)
		c.Abort()
	default:
		k.fail(c, errSignedOut)
	}
}

func (k *Console) signOut(c *gin.Context) {
	if err := k.sessions.end(c); err != nil {
		k.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, signInPath)
}

// parseForm reads a posted form.
func parseForm(c *gin.Context) error {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	err := c.Request.ParseForm()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return errTooLarge
	}
	if err != nil {
		return errMalformed
	}
	return nil
}

// isHTMX reports whether htmx asks, for a fragment of a page.
func isHTMX(c *gin.Context) bool {
	return c.GetHeader("HX-Request") == "true" && c.GetHeader("HX-History-Restore-Request") != "true"
}
