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
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	sessionCookie   = "jazzhr_console"
	sessionLifetime = 12 * time.Hour
	sessionSize     = 32 // bytes, random

	// sessionTimeout bounds the queries about sessions.
	sessionTimeout = 10 * time.Second
)

func newSessions(config Config) *sessions {
	return &sessions{pool: config.Pool, key: []byte(config.AdminToken), secure: config.PublicURL.Scheme == "https"}
}

// sessions keeps track of who has signed in. The table holds hashes under the admin token, so
// whoever reads it can't sign in, and a new admin token ends all sessions.
type sessions struct {
	pool   *pgxpool.Pool
	key    []byte
	secure bool // the cookie is sent over TLS only
}

func (s *sessions) hash(token string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(token))
	return mac.Sum(nil)
}

// keyOf tells the sessions of requests apart, also those that are not valid.
func (s *sessions) keyOf(c *gin.Context) string {
	cookie, err := c.Request.Cookie(sessionCookie)
	if err != nil { // http.ErrNoCookie
		return ""
	}
	return string(s.hash(cookie.Value))
}

// current returns the name of whoever has the request's session, or "" if it has none.
func (s *sessions) current(c *gin.Context) (string, error) {
	cookie, err := c.Request.Cookie(sessionCookie)
	if err != nil { // http.ErrNoCookie
		return "", nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
	defer cancel()
	name, err := gen.New().SystemSession(ctx, s.pool, s.hash(cookie.Value))
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up session: %w", err)
	}
	return name, nil
}

// begin starts and records a session, and sets its cookie.
func (s *sessions) begin(c *gin.Context, name string) error {
	random := make([]byte, sessionSize)
	_, _ = rand.Read(random) // never fails, by its documentation
	token := base64.RawURLEncoding.EncodeToString(random)
	ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
	defer cancel()
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := gen.New().SystemInsertSession(ctx, tx, s.hash(token), name, sessionLifetime); err != nil {
			return fmt.Errorf("store session: %w", err)
		}
		return tenant.Record(ctx, tx, tenant.Action{Who: name, What: tenant.ActionSignedIn})
	})
	if err != nil {
		return err
	}
	s.set(c, token, sessionLifetime)
	return nil
}

// end ends the request's session, if it has one, and deletes the cookie.
func (s *sessions) end(c *gin.Context) error {
	cookie, err := c.Request.Cookie(sessionCookie)
	if err != nil { // http.ErrNoCookie
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
	defer cancel()
	if err := gen.New().SystemDeleteSession(ctx, s.pool, s.hash(cookie.Value)); err != nil {
		return fmt.Errorf("end session: %w", err)
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
