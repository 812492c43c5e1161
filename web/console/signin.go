package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// signIn is how people prove who they are. There is one way now, the admin token; single sign-on is to be another, whose
// begin leads to the provider and whose route takes what comes back. Both end in [sessions.begin].
type signIn interface {
	// who is the name of the person whom a request is from, empty if nobody has signed in.
	who(c *gin.Context) (string, error)
	// begin answers a request for a page by leading to where people sign in, and from there back to the page.
	begin(c *gin.Context)
	// route adds the addresses that signing in takes.
	route(group *gin.RouterGroup)
}

// tokenSignIn lets those in who know the admin token.
type tokenSignIn struct {
	console *Console
	token   [sha256.Size]byte
	tries   *rate.Limiter
}

func newTokenSignIn(k *Console) *tokenSignIn {
	return &tokenSignIn{
		console: k,
		token:   sha256.Sum256([]byte(k.config.AdminToken)),
		// One try a second, and some at once for whoever mistypes: it bounds what guessing costs the service.
		tries: rate.NewLimiter(1, 5),
	}
}

func (s *tokenSignIn) who(c *gin.Context) (string, error) { return s.console.sessions.current(c) }

func (s *tokenSignIn) begin(c *gin.Context) {
	to := signInPath
	if path := c.Request.URL.RequestURI(); path != homePath && !strings.HasPrefix(path, riverPath) {
		to += "?" + url.Values{"to": {path}}.Encode()
	}
	c.Redirect(http.StatusSeeOther, to)
}

func (s *tokenSignIn) route(group *gin.RouterGroup) {
	group.GET("/sign-in", func(c *gin.Context) { s.show(c, http.StatusOK, c.Query("to"), "") })
	group.POST("/sign-in", s.post)
}

// signInForm is what the page sign-in shows.
type signInForm struct{ To, Problem string }

func (s *tokenSignIn) show(c *gin.Context, status int, to, problem string) {
	s.console.show(c, status, s.console.plain["sign-in"], signInForm{localPath(to), problem})
}

func (s *tokenSignIn) post(c *gin.Context) {
	if err := parseForm(c); err != nil {
		s.console.fail(c, err)
		return
	}
	form := c.Request.PostForm
	given := sha256.Sum256([]byte(form.Get("token")))
	wrong := subtle.ConstantTimeCompare(given[:], s.token[:]) != 1
	if wrong && !s.tries.Allow() { // whoever knows the token is never kept out by those who guess
		c.Header("Retry-After", "1")
		s.show(c, http.StatusTooManyRequests, "", "Too many tries. Wait a second.")
		return
	}
	if wrong {
		s.console.config.Note(c, errSignedOut.Code, errors.New("wrong admin token"))
		s.show(c, http.StatusUnauthorized, form.Get("to"), "That is not the admin token.")
		return
	}
	if err := s.console.sessions.begin(c, tokenName(form.Get("name"))); err != nil {
		s.console.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, localPath(form.Get("to")))
}

// maxName is the most characters of the name that somebody gives.
const maxName = 60

// tokenName is how the record names somebody who has only proved to know the token.
func tokenName(given string) string {
	given = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, given))
	if runes := []rune(given); len(runes) > maxName {
		given = string(runes[:maxName])
	}
	if given == "" {
		return "admin"
	}
	return "admin (" + given + ")"
}

// localPath is a page of the console to go on to: the given one, or the start if that is none.
func localPath(to string) string {
	if u, err := url.Parse(to); err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, homePath) ||
		strings.ContainsAny(to, "\\\r\n") || strings.HasPrefix(u.Path, signInPath) {
		return homePath
	}
	return to
}
