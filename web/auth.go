package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/token"
)

// settingTokens are the bearer tokens of the deployment's settings, kept as hashes of one length.
type settingTokens [][sha256.Size]byte

func newSettingTokens(list ...string) settingTokens {
	hashes := make(settingTokens, len(list))
	for i, text := range list {
		hashes[i] = sha256.Sum256([]byte(text))
	}
	return hashes
}

// match reports whether a text is one of them. How long it takes does not depend on which.
func (t settingTokens) match(text string) bool {
	given := sha256.Sum256([]byte(text))
	found := 0
	for i := range t {
		found |= subtle.ConstantTimeCompare(t[i][:], given[:])
	}
	return found == 1
}

// holderKey is the key in Gin's context of whose token a request came with. What people do by the
// API is recorded with it.
const holderKey = "web.holder"

// The names of the tokens in the settings. They open everything, and stand for nobody.
const (
	adminTokenName = "admin_token"
	apiTokenName   = "api_token"
)

// requireToken lets a request pass only if it carries a token that opens the API.
func (s *Server) requireToken(c *gin.Context) {
	scheme, text, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		fail(c, token.ErrUnknown)
		return
	}
	holder, err := s.holderOf(c.Request.Context(), text)
	if err != nil {
		fail(c, err)
		return
	}
	c.Set(holderKey, holder)
	setLogToken(c, holder)
	setTokenOrigin(c, holder)
}

// holderOf returns whose token a text is.
func (s *Server) holderOf(ctx context.Context, text string) (token.Holder, error) {
	switch {
	case s.adminToken.match(text):
		return token.Holder{Name: adminTokenName, Grant: token.Full()}, nil
	case s.apiTokens.match(text):
		return token.Holder{Name: apiTokenName, Grant: token.Full()}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	return s.config.Tokens.Verify(ctx, text)
}

// holder returns whose token the request came with. It has passed [Server.requireToken].
func holder(c *gin.Context) token.Holder { return c.MustGet(holderKey).(token.Holder) }

// holder is the function of this name, for handlers.
func (r *request) holder() token.Holder { return holder(r.gin) }

// needScope lets a request pass only if its token has a scope.
func needScope(scope token.Scope) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !holder(c).Has(scope) {
			fail(c, &token.ScopeError{Scope: scope})
		}
	}
}

// needAllTenants lets a request pass only if its token is for all tenants.
func needAllTenants(c *gin.Context) {
	if holder(c).Bound() {
		fail(c, token.ErrBound)
	}
}

// needTenant lets a request pass only if its token is for the tenant in the path. A tenant that it
// is not for is answered as one that does not exist.
func needTenant(c *gin.Context) {
	id, err := (&request{gin: c}).tenantID()
	if err == nil && !holder(c).Sees(id) {
		err = notFound("tenant")
	}
	if err != nil {
		fail(c, err)
	}
}

// tokenError returns what is wrong with a request's token, or with what it asks of other tokens, or
// nil.
func tokenError(err error) *apiError {
	if e, ok := errors.AsType[*token.ScopeError](err); ok {
		return &apiError{Code: CodeMissingScope, Message: e.Error() + ": use a token that has it", Scope: e.Scope}
	}
	switch {
	case errors.Is(err, token.ErrUnknown):
		return &apiError{Code: CodeUnauthorized, Message: "no valid token: send Authorization: Bearer <token>"}
	case errors.Is(err, token.ErrMalformed), errors.Is(err, token.ErrExpired), errors.Is(err, token.ErrRevoked),
		errors.Is(err, token.ErrRolled):
		return &apiError{Code: CodeUnauthorized, Message: err.Error()}
	case errors.Is(err, token.ErrBound):
		return &apiError{Code: CodeBoundToken, Message: err.Error() + ": use a token of all tenants"}
	case errors.Is(err, token.ErrNoToken):
		return notFound("token")
	}
	return nil
}
