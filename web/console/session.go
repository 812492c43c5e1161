package console

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/record"
)

const (
	sessionCookie   = "jazzhr_console"
	sessionLifetime = 8 * time.Hour
	sessionSize     = 32 // bytes, random
	// personPrefix begins the cookies of people who signed in at the identity provider.
	personPrefix = "p."

	// sessionTimeout bounds the queries about sessions.
	sessionTimeout = 10 * time.Second
)

// person is who a request is from. The zero person is nobody.
type person struct {
	Name    string // for the record
	Role    Role
	Subject string // the identity provider's id of the person; empty for the admin token
}

func newSessions(config Config) (*sessions, error) {
	s := &sessions{pool: config.Pool, secure: config.PublicURL.Scheme == "https"}
	if config.AdminToken != "" {
		s.tokenKey = []byte(config.AdminToken)
	}
	if config.OIDC != nil {
		var err error
		if s.personKey, err = config.OIDC.sessionKey(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// sessions keeps track of who has signed in. The table holds keyed hashes, so whoever reads it can't
// sign in. A new admin token ends the sessions of the admin token; a new client secret, issuer or
// mapping of groups ends those of people.
type sessions struct {
	pool      *pgxpool.Pool
	tokenKey  []byte // nil if nobody can sign in so
	personKey []byte // nil if nobody can sign in so
	secure    bool   // the cookie is sent over TLS only
}

// hash returns nil for a cookie of a way in that is switched off.
func (s *sessions) hash(cookie string) []byte {
	key := s.tokenKey
	if strings.HasPrefix(cookie, personPrefix) {
		key = s.personKey
	}
	if key == nil {
		return nil
	}
	return mac(key, cookie)
}

// sign signs a text of ours that a browser keeps.
func (s *sessions) sign(text string) []byte {
	if s.tokenKey != nil {
		return mac(s.tokenKey, text)
	}
	return mac(s.personKey, text)
}

func mac(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// keyOf tells the sessions of requests apart, also those that are not valid.
func (s *sessions) keyOf(c *gin.Context) string { return string(s.hashOf(c)) }

// hashOf returns the hash of the request's cookie, or nil if it has none that can be valid.
func (s *sessions) hashOf(c *gin.Context) []byte {
	cookie, err := c.Request.Cookie(sessionCookie)
	if err != nil { // http.ErrNoCookie
		return nil
	}
	return s.hash(cookie.Value)
}

// current returns who has the request's session, or nobody if it has none.
func (s *sessions) current(c *gin.Context) (person, error) {
	hash := s.hashOf(c)
	if hash == nil {
		return person{}, nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
	defer cancel()
	row, err := gen.New().SystemSession(ctx, s.pool, hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return person{}, nil
	}
	if err != nil {
		return person{}, fmt.Errorf("look up session: %w", err)
	}
	role, ok := parseRole(row.Role)
	if !ok { // a later release's
		return person{}, nil
	}
	return person{Name: row.Name, Role: role, Subject: db.Text(row.Subject)}, nil
}

// begin starts and records a session, and sets its cookie. It ends the session that the browser had,
// and those of the same person that have another role. The session lasts for the time given, and not
// longer than sessionLifetime.
func (s *sessions) begin(c *gin.Context, p person, lifetime time.Duration, action record.Action) error {
	random := make([]byte, sessionSize)
	_, _ = rand.Read(random) // never fails, by its documentation
	cookie := base64.RawURLEncoding.EncodeToString(random)
	if p.Subject != "" {
		cookie = personPrefix + cookie // no other cookie begins so: base64 has no dot
	}
	lifetime = min(lifetime, sessionLifetime)
	ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
	defer cancel()
	o := record.OriginOf(ctx)
	o.Kind, o.Name, o.ID = record.Person, p.Name, record.NameOf(string(s.hash(cookie)))
	ctx = record.From(ctx, o)
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.endOthers(ctx, tx, p, s.hashOf(c)); err != nil {
			return err
		}
		if err := gen.New().SystemInsertSession(ctx, tx, gen.SystemInsertSessionParams{
			TokenHash: s.hash(cookie), Name: p.Name, Role: p.Role.String(), Subject: db.NullText(p.Subject), Lifetime: lifetime,
		}); err != nil {
			return fmt.Errorf("store session: %w", err)
		}
		return record.Add(ctx, tx, action)
	})
	if err != nil {
		return err
	}
	s.set(c, cookie, lifetime)
	return nil
}

// endOthers ends the session with a hash, if it is not nil, and the sessions of a person that have
// another role than the person.
func (s *sessions) endOthers(ctx context.Context, conn gen.DBTX, p person, hash []byte) error {
	if hash != nil {
		if err := gen.New().SystemDeleteSession(ctx, conn, hash); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
	}
	if p.Subject != "" {
		if err := gen.New().SystemEndOtherRoles(ctx, conn, p.Subject, p.Role.String()); err != nil {
			return fmt.Errorf("end sessions with another role: %w", err)
		}
	}
	return nil
}

// end ends the request's session, if it has one, and deletes the cookie.
func (s *sessions) end(c *gin.Context) error {
	if hash := s.hashOf(c); hash != nil {
		ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
		defer cancel()
		if err := gen.New().SystemDeleteSession(ctx, s.pool, hash); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
	}
	s.set(c, "", -time.Second)
	return nil
}

// set sets the cookie for a time, or deletes it if the time is negative.
func (s *sessions) set(c *gin.Context, value string, lifetime time.Duration) {
	//nolint:gosec // Secure follows the public URL: a demo on loopback has no TLS.
	http.SetCookie(c.Writer, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/console", MaxAge: int(lifetime.Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode,
	})
}
