package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/web/console"
)

// What a request's handlers leave in Gin's context for its log line.
const (
	notedTenant = "web.tenant"
	notedCode   = "web.code"
	notedError  = "web.error"
)

func noteTenant(c *gin.Context, id uuid.UUID) { c.Set(notedTenant, id) }

func note(c *gin.Context, code Code, err error) {
	c.Set(notedCode, code)
	c.Set(notedError, err)
}

// observe writes one log line for each request and counts it. Both hold the route's template: never the address itself,
// a query, a header or a body. It also catches panics.
func (s *Server) observe(c *gin.Context) {
	started := time.Now()
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "no-referrer")
	s.recoverFrom(c, c.Next)

	took := time.Since(started)
	method, route, status := knownMethod(c.Request.Method), c.FullPath(), c.Writer.Status()
	if route == "" {
		route = "unmatched"
	}
	s.traffic.count(method, route, status)
	if !c.GetBool(console.Streamed) {
		s.traffic.time(method, route, took)
	}
	attrs := []slog.Attr{
		slog.String("method", method), slog.String("route", route), slog.Int("status", status),
		slog.Duration("duration", took),
	}
	if id, ok := c.Get(notedTenant); ok {
		attrs = append(attrs, slog.Any("tenant_id", id))
	}
	if code, ok := c.Get(notedCode); ok {
		attrs = append(attrs, slog.Any("code", code))
	}
	level := slog.LevelInfo
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
		if err, ok := c.Get(notedError); ok {
			attrs = append(attrs, slog.String("error", db.LogText(err.(error))))
		}
	case route == "/livez" || route == "/readyz":
		level = slog.LevelDebug
	}
	s.config.Logger.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// recoverFrom runs next. A panic is answered by 500, and logged by its type and stack: its value can hold anything.
func (s *Server) recoverFrom(c *gin.Context, next func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { // how a handler asks net/http to cut the connection
			panic(v)
		}
		s.config.Logger.ErrorContext(c.Request.Context(), "panic", "route", c.FullPath(),
			"type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		fail(c, fmt.Errorf("panic of type %T", v))
	}()
	next()
}

// knownMethod keeps made-up methods out of logs and metrics.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	default:
		return "other"
	}
}
