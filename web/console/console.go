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
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"riverqueue.com/riverui"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/token"
)

// Addresses of the console. River UI needs to know its own.
const (
	rootPath   = "/console"
	homePath   = "/console/"
	signInPath = "/console/sign-in"
	riverPath  = "/console/river"
)

// AssetsPath is where the pages of the console and those of connect links have their assets.
const AssetsPath = "/console/assets/"

// Content security policies. Our pages contain no script and no style. River UI is one script file
// that adds <style> elements to its page.
const (
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	riverPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

// maxForm is the size of the largest form that is read, in bytes.
const maxForm = 64 << 10

// CheckResult is the result of one readiness check of this process. Err is nil if the check holds.
type CheckResult struct {
	Name string
	Err  error
}

// Config is what a [Console] needs. All fields are required, except those that are said to be
// optional.
type Config struct {
	Pool    *pgxpool.Pool
	Client  *queue.Client // inserts jobs, and serves River UI
	Tenants *tenant.Service
	Tokens  *token.Service
	// AdminToken lets in whoever knows it, as [Admin]. A new one ends these sessions, and all connect
	// links. It is optional if OIDC is set: then the client's secret stands for it with connect links.
	AdminToken string
	// OIDC is where people sign in. Optional if AdminToken is set.
	OIDC *OIDC
	// PublicURL is the address of the service from outside. If it is https, cookies are sent over
	// TLS only.
	PublicURL *url.URL
	// CallsPerMinute is how many calls to JazzHR each tenant may make.
	CallsPerMinute int
	// TriggerMatchWindow is how long after a move to a trigger stage the export of the candidate
	// may come before it counts as missed.
	TriggerMatchWindow time.Duration
	// PayloadRetention is how long the bodies of webhooks and the texts of notes are kept. Pages
	// tell customers.
	PayloadRetention time.Duration
	// Checks runs the readiness checks of this process.
	Checks func(context.Context) []CheckResult
	// Note adds the code of a failure and its cause to the request's log line.
	Note func(c *gin.Context, code string, err error)
	// Record counts what may come often: refused attempts, and readings of personal data.
	Record *record.Counter
	Logger *slog.Logger
}

// Console serves the pages. It is safe for use by many goroutines.
type Console struct {
	config     Config
	signIn     *signIn
	sessions   *sessions
	least      map[string]Role // what each page and action needs; see routes.go
	crossSite  *http.CrossOriginProtection
	assets     assets
	pages      []*compiledPage
	standalone map[string]*compiledPage  // pages without a route of their own, by their file
	linkPages  map[Purpose]*compiledPage // the pages that connect links lead to
	links      *links
	keyLimiter *keyLimiter
	views      *views
	operators  *audience
	customers  *audience // those who use connect links
	riverUI    *riverui.Handler
	riverNav   string // HTML that is added to River UI's pages
}

// New builds the console. Its errors are mistakes in the configuration or in a template.
func New(config Config) (*Console, error) {
	if config.AdminToken == "" && config.OIDC == nil {
		return nil, errors.New("console: nobody can sign in: set the admin token or OpenID Connect")
	}
	k := &Console{
		config:    config,
		crossSite: http.NewCrossOriginProtection(),
		views:     newViews(),
		operators: newAudience(maxStreams, maxOfSession),
		customers: newAudience(maxStreams, maxOfLink),
	}
	k.keyLimiter = newKeyLimiter()
	// Needed behind a proxy that changes the Host, for browsers that send only an Origin.
	if err := k.crossSite.AddTrustedOrigin(config.PublicURL.Scheme + "://" + config.PublicURL.Host); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	var err error
	if k.signIn, err = newSignIn(k); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if k.sessions, err = newSessions(config); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	linkSecret := config.AdminToken
	if linkSecret == "" {
		linkSecret = config.OIDC.ClientSecret
	}
	if k.links, err = newLinks(linkSecret); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if k.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if err := k.parsePages(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if k.riverNav, err = riverNav(k.assets); err != nil {
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

// Start starts the background work of River UI. It ends with ctx, and so do the streams of live
// pages. Call it once before the console serves.
func (k *Console) Start(ctx context.Context) error {
	if err := k.riverUI.Start(ctx); err != nil {
		return fmt.Errorf("start River UI: %w", err)
	}
	context.AfterFunc(ctx, k.EndStreams)
	return nil
}

// EndStreams ends the streams of live pages, and lets none begin. Without it a server that shuts
// down would wait for them. Browsers connect again, to another process.
func (k *Console) EndStreams() { k.views.end() }

// Route adds the console's routes to a group at /console.
func (k *Console) Route(group *gin.RouterGroup) {
	group.Use(k.protect)
	group.GET("", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, homePath) })
	group.GET("/assets/:file", k.assets.serve)
	k.signIn.route(group)
	group.POST("/sign-out", k.signOut)

	signedIn := group.Group("", k.requireSession)
	signedIn.GET("/", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, k.firstPage()) })
	for _, p := range k.pages {
		signedIn.GET(p.page.route, needRole(k, p.least), func(c *gin.Context) { k.servePage(c, p) })
		if p.page.every > 0 {
			group.GET(p.page.route+liveSuffix, func(c *gin.Context) {
				k.stream(c, p, k.sessions.current, watcher{k.operators, k.sessions.keyOf(c)})
			})
		}
	}
	for _, a := range k.allActions() {
		signedIn.POST(a.route, needRole(k, a.least), func(c *gin.Context) { k.serveAction(c, a.action) })
	}

	signedIn.Any("/river", needRole(k, riverRole), k.serveRiver)
	signedIn.Any("/river/*any", needRole(k, riverRole), k.serveRiver)
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

// protect refuses forms from pages of other sites, and sets the policy of our own pages.
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

// personKey is the key in a request's context of whoever has signed in.
const personKey = "console.person"

// personOf returns who has signed in, on a route behind [Console.requireSession].
func personOf(c *gin.Context) person {
	p, _ := c.Get(personKey)
	known, _ := p.(person)
	return known
}

// who is the name of [personOf].
func who(c *gin.Context) string { return personOf(c).Name }

// needRole refuses whoever has a lesser role.
func needRole(k *Console, least Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		if has := personOf(c).Role; has < least {
			k.fail(c, errMissingRole(has, least))
		}
	}
}

// requireSession lets only people pass who have signed in. It sends a browser to the sign-in, and
// answers calls of River UI's script with 401.
func (k *Console) requireSession(c *gin.Context) {
	p, err := k.sessions.current(c)
	switch {
	case err != nil:
		k.fail(c, err)
	case p.Role > 0:
		c.Set(personKey, p)
		k.setPerson(c, p.Name, k.sessions.keyOf(c))
	case isHTMX(c): // it would follow a redirect, and put the sign-in into the page
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
	for _, values := range c.Request.PostForm {
		for _, value := range values {
			if !utf8.ValidString(value) || strings.Contains(value, "\x00") {
				return errMalformed
			}
		}
	}
	return nil
}

// isHTMX reports whether htmx asks for the content of a page.
func isHTMX(c *gin.Context) bool {
	return c.GetHeader("HX-Request") == "true" && c.GetHeader("HX-History-Restore-Request") != "true"
}
