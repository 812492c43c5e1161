package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/gin-gonic/gin"
)

// tokens are bearer tokens, kept as hashes of one length.
type tokens [][sha256.Size]byte

func newTokens(list ...string) tokens {
	hashes := make(tokens, len(list))
	for i, token := range list {
		hashes[i] = sha256.Sum256([]byte(token))
	}
	return hashes
}

// match reports whether a token is one of them. How long it takes does not depend on which.
func (t tokens) match(token string) bool {
	given := sha256.Sum256([]byte(token))
	found := 0
	for i := range t {
		found |= subtle.ConstantTimeCompare(t[i][:], given[:])
	}
	return found == 1
}

// tokenKindKey is the key in Gin's context of the kind of token that a request came with. Decisions
// are recorded with it.
const tokenKindKey = "web.token_kind"

// The kinds of token. They stand for people, who have no sign-in of their own.
const (
	adminTokenKind = "admin_token"
	apiTokenKind   = "api_token"
)

// requireToken lets a request pass only if it carries one of the API's tokens.
func (s *Server) requireToken(c *gin.Context) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !s.apiTokens.match(token) {
		fail(c, &apiError{Code: CodeUnauthorized, Message: "no valid token: send Authorization: Bearer <token>"})
		return
	}
	kind := apiTokenKind
	if newTokens(s.config.AdminToken).match(token) {
		kind = adminTokenKind
	}
	c.Set(tokenKindKey, kind)
}
