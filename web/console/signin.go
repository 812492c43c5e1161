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

// signIn is a way for people to prove who they are. There is one now, the admin token. Single
// sign-on can be another: its begin redirects to the provider, and its route takes the answer. Both
// end in [sessions.begin].
type signIn interface {
	// who returns the name of the person whom a request is from, or "" if nobody has signed in.
	who(c *gin.Context) (string, error)
	// begin answers a request for a page: it redirects to the sign-in, which leads back to the
	// page.
	begin(c *gin.Context)
	// route adds the routes of the sign-in.
	route(group *gin.RouterGroup)
}

// tokenSignIn lets people in who know the admin token.
type tokenSignIn struct {
	console *Console
	token   [sha256.Size]byte
	tries   *rate.Limiter
}

func newTokenSignIn(k *Console) *tokenSignIn {
	return &tokenSignIn{
		console: k,
		token:   sha256.Sum256([]byte(k.config.AdminToken)),
		// One try a second, and five at once for people who mistype: this bounds what guessing
		// costs.
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

// signInForm is the data of the page.
type signInForm struct{ To, Problem string }

func (s *tokenSignIn) show(c *gin.Context, status int, to, problem string) {
	s.console.show(c, status, s.console.standalone["sign-in"], signInForm{localPath(to), problem})
}

func (s *tokenSignIn) post(c *gin.Context) {
	if err := parseForm(c); err != nil {
		s.console.fail(c, err)
		return
	}
	form := c.Request.PostForm
	given := sha256.Sum256([]byte(form.Get("token")))
	wrong := subtle.ConstantTimeCompare(given[:], s.token[:]) != 1
	if wrong && !s.tries.Allow() { // guesses by others never keep out whoever knows the token
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

// maxName is the most characters of a name that are kept.
const maxName = 60

// tokenName returns the name for the record of somebody who has only proved to know the token.
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

// localPath returns the page to go to after the sign-in: the given one, or the start if that is not
// a page of the console.
func localPath(to string) string {
	if u, err := url.Parse(to); err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, homePath) ||
		strings.ContainsAny(to, "\\\r\n") || strings.HasPrefix(u.Path, signInPath) {
		return homePath
	}
	return to
}
