package web

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

	"github.com/intrvio/jazzhr-worker/db/gen"
)

const (
	sessionCookie   = "jazzhr_console"
	sessionLifetime = 12 * time.Hour
	sessionSize     = 32 // bytes, random

	// sessionTimeout bounds what a sign-in or a look at a session asks of the database.
	sessionTimeout = 10 * time.Second
)

// sessions are the sign-ins to the console. The table holds hashes under the admin token as key: who reads it can't sign
// in, and a new admin token ends all sessions.
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

// current reports whether the request is of a session.
func (s *sessions) current(c *gin.Context) (bool, error) {
	cookie, err := c.Request.Cookie(sessionCookie)
	if err != nil { // http.ErrNoCookie
		return false, nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
	defer cancel()
	_, err = gen.New().SystemSession(ctx, s.pool, s.hash(cookie.Value))
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up session: %w", err)
	}
	return true, nil
}

// begin starts a session and sets its cookie.
func (s *sessions) begin(c *gin.Context) error {
	random := make([]byte, sessionSize)
	_, _ = rand.Read(random) // never fails, by its documentation
	token := base64.RawURLEncoding.EncodeToString(random)
	ctx, cancel := context.WithTimeout(c.Request.Context(), sessionTimeout)
	defer cancel()
	if err := gen.New().SystemInsertSession(ctx, s.pool, s.hash(token), "admin", sessionLifetime); err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	s.set(c, token, sessionLifetime)
	return nil
}

// end ends the request's session, if there is one, and takes its cookie back.
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

// set sets the cookie for a time, or deletes it if that is negative.
func (s *sessions) set(c *gin.Context, value string, lifetime time.Duration) {
	//nolint:gosec // Secure follows the public URL: a demo on loopback has no TLS.
	http.SetCookie(c.Writer, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/console", MaxAge: int(lifetime.Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode,
	})
}
