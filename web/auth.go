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

// match reports whether a token is one of them, in a time that tells nothing about which.
func (t tokens) match(token string) bool {
	given := sha256.Sum256([]byte(token))
	found := 0
	for i := range t {
		found |= subtle.ConstantTimeCompare(t[i][:], given[:])
	}
	return found == 1
}

// bearerKey is where a request keeps whose token it came with, for the record of what was decided.
const bearerKey = "bearer"

// Whose a token is. Tokens stand for people until there is a sign-in for each.
const (
	bearerAdmin = "admin_token"
	bearerAPI   = "api_token"
)

// requireToken lets only requests pass that carry one of the API's tokens.
func (s *Server) requireToken(c *gin.Context) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !s.apiTokens.match(token) {
		fail(c, &failure{Code: CodeUnauthorized, Message: "no valid token: send Authorization: Bearer <token>"})
		return
	}
	bearer := bearerAPI
	if newTokens(s.config.AdminToken).match(token) {
		bearer = bearerAdmin
	}
	c.Set(bearerKey, bearer)
}
