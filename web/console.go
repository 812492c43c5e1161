package web

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
	"riverqueue.com/riverui"
)

// Where the console is. River UI must know its own place.
const (
	consolePath = "/console/"
	signInPath  = "/console/sign-in"
	riverPath   = "/console/river"
)

// What a page of the console may load. Ours hold no script and no style of their own. River UI is one script file that
// puts <style> elements into its page and has pictures in its style sheet.
const (
	pagePolicy  = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	riverPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

// maxForm is the most bytes of a posted form.
const maxForm = 4 << 10

//go:embed pages
var pageFiles embed.FS

// console is what operators see in a browser.
type console struct {
	sessions  sessions
	admin     tokens
	public    string
	crossSite *http.CrossOriginProtection
	tries     *rate.Limiter
	pages     *template.Template
	riverUI   *riverui.Handler
}

func newConsole(config Config, public *url.URL) (*console, error) {
	k := &console{
		sessions: sessions{pool: config.Pool, key: []byte(config.AdminToken), secure: public.Scheme == "https"},
		admin:    newTokens(config.AdminToken),
		public:   strings.TrimRight(config.PublicURL, "/"),
		// One try a second, and some at once for whoever mistypes: it bounds what guessing costs the service.
		tries:     rate.NewLimiter(1, 5),
		crossSite: http.NewCrossOriginProtection(),
	}
	// For browsers that don't say where a request comes from, behind a proxy that gives us another Host.
	if err := k.crossSite.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	var err error
	if k.pages, err = template.ParseFS(pageFiles, "pages/*.html"); err != nil {
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

func (k *console) route(group *gin.RouterGroup) {
	group.GET("", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, consolePath) })
	group.GET("/style.css", func(c *gin.Context) { c.FileFromFS("pages/style.css", http.FS(pageFiles)) })
	group.GET("/sign-in", func(c *gin.Context) { k.show(c, http.StatusOK, "sign-in.html", "") })
	group.POST("/sign-in", k.signIn)
	group.POST("/sign-out", k.signOut)
	group.GET("/", k.requireSession, func(c *gin.Context) { k.show(c, http.StatusOK, "home.html", k.public) })

	river := group.Group("/river", k.requireSession, func(c *gin.Context) {
		c.Header("Content-Security-Policy", riverPolicy)
	})
	river.Any("", gin.WrapH(k.riverUI))
	river.Any("/*any", gin.WrapH(k.riverUI))
}

// protect refuses what a page of another site posts, and bounds what our own pages may load.
func (k *console) protect(c *gin.Context) {
	if err := k.crossSite.Check(c.Request); err != nil {
		fail(c, &failure{Code: CodeCrossOrigin, Message: "requests from other sites are not taken"})
		return
	}
	c.Header("Content-Security-Policy", pagePolicy)
	c.Header("Cache-Control", "no-store")
}

// requireSession lets only those pass who are signed in. A browser is sent to the sign-in page; River UI's own calls are
// answered by 401.
func (k *console) requireSession(c *gin.Context) {
	signedIn, err := k.sessions.current(c)
	switch {
	case err != nil:
		fail(c, err)
	case signedIn:
	case c.Request.Method == http.MethodGet && !strings.HasPrefix(c.Request.URL.Path, riverPath+"/api/"):
		c.Redirect(http.StatusSeeOther, signInPath)
		c.Abort()
	default:
		fail(c, &failure{Code: CodeUnauthorized, Message: "not signed in to the console"})
	}
}

func (k *console) signIn(c *gin.Context) {
	if !k.tries.Allow() {
		c.Header("Retry-After", "1")
		k.show(c, http.StatusTooManyRequests, "sign-in.html", "Too many tries. Wait a second.")
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	if err := c.Request.ParseForm(); err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			fail(c, err)
			return
		}
		fail(c, &failure{Code: CodeInvalidRequest, Message: "the form is not well formed"})
		return
	}
	if !k.admin.match(c.Request.PostForm.Get("token")) {
		note(c, CodeUnauthorized, errors.New("wrong admin token"))
		k.show(c, http.StatusUnauthorized, "sign-in.html", "That is not the admin token.")
		return
	}
	if err := k.sessions.begin(c); err != nil {
		fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, consolePath)
}

func (k *console) signOut(c *gin.Context) {
	if err := k.sessions.end(c); err != nil {
		fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, signInPath)
}

// show writes one of our pages.
func (k *console) show(c *gin.Context, status int, page string, data any) {
	var html strings.Builder
	if err := k.pages.ExecuteTemplate(&html, page, data); err != nil {
		fail(c, fmt.Errorf("page %s: %w", page, err))
		return
	}
	c.Data(status, "text/html; charset=utf-8", []byte(html.String()))
}
