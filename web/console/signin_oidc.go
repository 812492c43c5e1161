package console

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/record"
	"github.com/intrvio/jazzhr-worker/web/identity"
)

const (
	oidcPath   = "/console/oidc/"
	oidcCookie = "jazzhr_sign_in"

	// codeProviderAway is in the log only.
	codeProviderAway = "identity_provider_away"
)

// startOIDC sends the browser to the identity provider. A link leads here and no form, because the
// policy of our pages lets no form leave the service.
func (s *signIn) startOIDC(c *gin.Context) {
	if s.provider == nil {
		s.console.fail(c, errNotFound)
		return
	}
	to := localPath(c.Query("to"))
	address, cookie, err := s.provider.Begin(c.Request.Context(), to)
	if errors.Is(err, identity.ErrAway) { // the sign-in says so
		s.console.config.Note(c, codeProviderAway, err)
		c.Redirect(http.StatusSeeOther, signInPath+"?"+url.Values{"to": {to}}.Encode())
		return
	}
	if err != nil {
		s.console.fail(c, err)
		return
	}
	s.setCookie(c, cookie, identity.Lifetime)
	c.Redirect(http.StatusSeeOther, address)
}

// finishOIDC takes the identity provider's answer, which the browser brings.
func (s *signIn) finishOIDC(c *gin.Context) {
	if s.provider == nil {
		s.console.fail(c, errNotFound)
		return
	}
	cookie, _ := c.Request.Cookie(oidcCookie) // nil without one
	sealed := ""
	if cookie != nil {
		sealed = cookie.Value
	}
	s.setCookie(c, "", -time.Second) // an answer is taken once
	who, to, err := s.provider.Finish(c.Request.Context(), sealed, c.Request.URL.Query())
	if err != nil {
		s.failOIDC(c, err)
		return
	}
	p := person{Name: who.Name, Role: s.console.config.OIDC.roleOf(who.Groups), Subject: who.Subject}
	if p.Role == 0 {
		s.refuseRole(c, p)
		return
	}
	signedIn := record.Action{Who: p.Name, What: record.SignedIn, Detail: "with the role " + p.Role.String()}
	if err := s.console.sessions.begin(c, p, time.Until(who.Expires), signedIn); err != nil {
		s.console.fail(c, err)
		return
	}
	// A redirect would be part of a navigation that the provider's page began. Browsers send no
	// SameSite=Strict cookie with that. This page begins one of our own.
	to = localPath(to)
	c.Header("Refresh", "0; url="+to)
	s.console.show(c, http.StatusOK, s.console.standalone["signed-in"], to)
}

// refuseRole turns away somebody who has proved who they are and has no role, and ends the sessions
// that the person still has.
func (s *signIn) refuseRole(c *gin.Context, p person) {
	ctx := c.Request.Context()
	if err := s.console.sessions.endOthers(ctx, s.console.config.Pool, p, nil); err != nil {
		s.console.fail(c, err)
		return
	}
	if err := record.Add(ctx, s.console.config.Pool, record.Action{
		Who: p.Name, What: record.SignedIn, Result: record.Refused, Detail: "none of the person’s groups has a role",
	}); err != nil {
		s.console.fail(c, err)
		return
	}
	s.console.fail(c, errNoRole(s.console.config.OIDC.host()))
}

// failOIDC answers with why a sign-in failed.
func (s *signIn) failOIDC(c *gin.Context, err error) {
	if refused, ok := errors.AsType[*identity.Refusal](err); ok {
		s.console.config.Note(c, errSignedOut.Code, err)
		s.console.failAs(c, failure{
			Status: http.StatusUnauthorized, Code: errSignedOut.Code, Title: "You are not signed in", Message: refused.Why,
		})
		return
	}
	if errors.Is(err, identity.ErrAway) {
		s.console.config.Note(c, codeProviderAway, err)
		c.Redirect(http.StatusSeeOther, signInPath)
		return
	}
	s.console.fail(c, err)
}

// setCookie sets the cookie of a sign-in that is under way, or deletes it if the time is negative. It
// is Lax: the provider's page leads back here.
func (s *signIn) setCookie(c *gin.Context, value string, lifetime time.Duration) {
	//nolint:gosec // Secure follows the public URL: a demo on loopback has no TLS.
	http.SetCookie(c.Writer, &http.Cookie{
		Name: oidcCookie, Value: value, Path: oidcPath, MaxAge: int(lifetime.Seconds()),
		HttpOnly: true, Secure: s.console.sessions.secure, SameSite: http.SameSiteLaxMode,
	})
}
