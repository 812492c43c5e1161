package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/token"
	"github.com/intrvio/jazzhr-worker/web/console"
)

// The keys in Gin's context of what handlers add to a request's log line.
const (
	logTenantKey = "web.tenant"
	logTokenKey  = "web.token"
	logCodeKey   = "web.code"
	logErrorKey  = "web.error"
)

// setLogTenant adds a tenant to a request's log line.
func setLogTenant(c *gin.Context, id uuid.UUID) { c.Set(logTenantKey, id) }

// setLogToken adds whose token it came with to a request's log line: the token's id, or the name of a
// setting's token.
func setLogToken(c *gin.Context, holder token.Holder) {
	if holder.ID == uuid.Nil {
		c.Set(logTokenKey, holder.Name)
	} else {
		c.Set(logTokenKey, holder.ID)
	}
}

// setLogError adds an error and its code to a request's log line.
func setLogError(c *gin.Context, code Code, err error) {
	c.Set(logCodeKey, code)
	c.Set(logErrorKey, err)
}

// observe writes one log line for each request, counts it, and catches panics. Line and metrics
// hold the route's template, and never the address itself, a query, a header or a body.
func (s *Server) observe(c *gin.Context) {
	started := time.Now()
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	c.Header("Cross-Origin-Resource-Policy", "same-origin")
	if strings.HasPrefix(s.config.PublicURL, "https://") {
		c.Header("Strict-Transport-Security", "max-age=31536000")
	}
	id := setRequestOrigin(c)
	s.recoverFrom(c, c.Next)

	took := time.Since(started)
	method, route, status := knownMethod(c.Request.Method), c.FullPath(), c.Writer.Status()
	if route == "" {
		route = "unmatched"
	}
	s.metrics.count(method, route, status)
	if !c.GetBool(console.Streamed) {
		s.metrics.observe(method, route, took)
	}
	attrs := []slog.Attr{
		slog.String("method", method), slog.String("route", route), slog.Int("status", status),
		slog.Duration("duration", took), slog.String("request_id", id),
	}
	if id, ok := c.Get(logTenantKey); ok {
		attrs = append(attrs, slog.Any("tenant_id", id))
	}
	if by, ok := c.Get(logTokenKey); ok {
		attrs = append(attrs, slog.Any("token_id", by))
	}
	if code, ok := c.Get(logCodeKey); ok {
		attrs = append(attrs, slog.Any("code", code))
	}
	level := slog.LevelInfo
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
		if err, ok := c.Get(logErrorKey); ok {
			attrs = append(attrs, slog.String("error", db.LogText(err.(error))))
		}
	case route == "/livez" || route == "/readyz":
		level = slog.LevelDebug
	}
	s.config.Logger.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// recoverFrom runs next. It answers a panic with 500, and logs its type and stack. It does not log
// the value, which can hold anything.
func (s *Server) recoverFrom(c *gin.Context, next func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { // a handler asks net/http to cut the connection
			panic(v)
		}
		s.config.Logger.ErrorContext(c.Request.Context(), "panic", "route", c.FullPath(),
			"type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		fail(c, fmt.Errorf("panic of type %T", v))
	}()
	next()
}

// knownMethod returns the method, or "other" for one that HTTP does not define. It keeps made-up
// methods out of logs and metrics.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	default:
		return "other"
	}
}
