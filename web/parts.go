package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/web/console"
)

// Part is a part of what a [Server] serves. Each may have a listener of its own, so that only the
// first need be reached from the internet.
type Part string

// The parts. Health is served with each.
const (
	PartWebhooks Part = "webhooks" // what JazzHR calls, and the pages of connect links
	PartAPI      Part = "api"
	PartConsole  Part = "console"
)

// partOf returns the part that an address belongs to, or "" for one that each listener serves.
func partOf(path string) Part {
	switch {
	case path == "/livez", path == "/readyz", strings.HasPrefix(path, console.AssetsPath): // both kinds of page show assets
		return ""
	case strings.HasPrefix(path, "/v1/"):
		return PartAPI
	case strings.HasPrefix(path, "/console/"), path == "/console":
		return PartConsole
	default:
		return PartWebhooks
	}
}

type partsKey struct{}

// HandlerOf returns the handler of some parts. Any other address is not there.
func (s *Server) HandlerOf(parts ...Part) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.engine.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), partsKey{}, parts)))
	})
}

// refuseOtherParts answers an address of a part that the listener does not serve as one that is not
// there.
func (s *Server) refuseOtherParts(c *gin.Context) {
	served, limited := c.Request.Context().Value(partsKey{}).([]Part)
	if part := partOf(c.Request.URL.Path); limited && part != "" && !slices.Contains(served, part) {
		fail(c, notFound("address"))
	}
}
