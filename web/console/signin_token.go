package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/record"
)

// adminToken is the token that opens the console, or none.
type adminToken struct {
	isSet bool
	hash  [sha256.Size]byte
}

func newAdminToken(text string) adminToken {
	return adminToken{text != "", sha256.Sum256([]byte(text))}
}

func (t adminToken) match(text string) bool {
	given := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(given[:], t.hash[:]) == 1
}

// postToken lets in who knows the admin token. Where people sign in at an identity provider, this is
// the way in for when nothing else works, and it is recorded and logged as such.
func (s *signIn) postToken(c *gin.Context) {
	if err := parseForm(c); err != nil {
		s.console.fail(c, err)
		return
	}
	if !s.token.isSet {
		s.console.fail(c, errNotFound)
		return
	}
	form := c.Request.PostForm
	wrong := !s.token.match(form.Get("token"))
	if wrong && !s.tries.Allow() { // guesses by others never keep out whoever knows the token
		s.console.recordRefusal(c, record.SignedIn, uuid.Nil, "a wrong admin token, and too many tries")
		c.Header("Retry-After", "1")
		s.show(c, http.StatusTooManyRequests, "", "Too many tries. Wait a second.")
		return
	}
	if wrong {
		s.console.recordRefusal(c, record.SignedIn, uuid.Nil, "a wrong admin token")
		s.console.config.Note(c, errSignedOut.Code, errors.New("wrong admin token"))
		s.show(c, http.StatusUnauthorized, form.Get("to"), "That is not the admin token.")
		return
	}
	p := person{Name: tokenName(form.Get("name")), Role: Admin}
	signedIn := record.Action{Who: p.Name, What: record.SignedIn}
	if s.provider != nil {
		signedIn.What = record.BrokeGlass
	}
	if err := s.console.sessions.begin(c, p, sessionLifetime, signedIn); err != nil {
		s.console.fail(c, err)
		return
	}
	if s.provider != nil {
		s.console.config.Logger.WarnContext(c, "somebody signed in to the console with ADMIN_TOKEN, past the identity provider",
			"who", p.Name, "address", c.ClientIP())
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
