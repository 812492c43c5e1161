package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/intrvio/jazzhr-worker/web/identity"
)

// signIn lets people in: by the identity provider, by the admin token, or by both. Each way in ends
// in [sessions.begin].
type signIn struct {
	console  *Console
	provider *identity.Provider // nil if none is set
	token    adminToken
	tries    *rate.Limiter // of the admin token
}

func newSignIn(k *Console) (*signIn, error) {
	provider, err := newProvider(k.config)
	if err != nil {
		return nil, err
	}
	return &signIn{
		console: k, provider: provider, token: newAdminToken(k.config.AdminToken),
		// One try a second, and five at once for people who mistype: this bounds what guessing
		// costs.
		tries: rate.NewLimiter(1, 5),
	}, nil
}

// begin answers a request for a page: it redirects to the sign-in, which leads back to the page.
func (s *signIn) begin(c *gin.Context) {
	to := signInPath
	if path := c.Request.URL.RequestURI(); path != homePath && !strings.HasPrefix(path, riverPath) {
		to += "?" + url.Values{"to": {path}}.Encode()
	}
	c.Redirect(http.StatusSeeOther, to)
}

// route adds the routes of the sign-in.
func (s *signIn) route(group *gin.RouterGroup) {
	group.GET("/sign-in", func(c *gin.Context) { s.show(c, http.StatusOK, c.Query("to"), "") })
	group.POST("/sign-in", s.postToken)
	group.GET("/oidc/start", s.startOIDC)
	group.GET("/oidc/callback", s.finishOIDC)
}

// signInForm is the data of the page.
type signInForm struct {
	To, Problem string
	Provider    string // the identity provider's host; empty if none is set
	Start       string // the address that begins the sign-in there
	Away        bool   // the provider can't be reached
	Token       bool   // the admin token signs in
	TokenOpen   bool   // the form for the token is shown at once
}

func (s *signIn) show(c *gin.Context, status int, to, problem string) {
	form := signInForm{To: localPath(to), Problem: problem, Token: s.token.isSet, TokenOpen: problem != "" || s.provider == nil}
	if s.provider != nil {
		form.Provider = s.console.config.OIDC.host()
		form.Start = "/console/oidc/start"
		if form.To != homePath {
			form.Start += "?" + url.Values{"to": {form.To}}.Encode()
		}
		if err := s.provider.Find(c.Request.Context()); err != nil {
			form.Away = true
			s.console.config.Note(c, codeProviderAway, err)
		}
	}
	s.console.show(c, status, s.console.standalone["sign-in"], form)
}

// localPath returns the page to go to after the sign-in: the given one, or the start if that is not
// a page of the console.
func localPath(to string) string {
	if u, err := url.Parse(to); err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, homePath) ||
		strings.ContainsAny(to, "\\\r\n") || strings.HasPrefix(u.Path, signInPath) || strings.HasPrefix(u.Path, oidcPath) {
		return homePath
	}
	return to
}
