package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// Check is one thing that must hold for the service to be ready.
type Check struct {
	Name string
	// Do returns nil if it holds. It must end soon after its context, which it is given two seconds of.
	Do func(context.Context) error
}

const checkTimeout = 2 * time.Second

func (s *Server) livez(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

// readyz names each check and whether it holds. Why one does not stands in the log: the address is open to anyone.
func (s *Server) readyz(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), checkTimeout)
	defer cancel()
	errs := make([]error, len(s.config.Checks))
	var wait sync.WaitGroup
	for i, check := range s.config.Checks {
		wait.Go(func() { errs[i] = check.Do(ctx) })
	}
	wait.Wait()

	status, answer, results := http.StatusOK, "ready", map[string]string{}
	var failed []string
	for i, check := range s.config.Checks {
		results[check.Name] = "ok"
		if errs[i] != nil {
			results[check.Name] = "failed"
			failed = append(failed, check.Name+": "+logText(errs[i]))
		}
	}
	if len(failed) > 0 {
		status, answer = http.StatusServiceUnavailable, "not_ready"
		c.Set(notedError, fmt.Errorf("not ready: %s", strings.Join(failed, "; ")))
	}
	if s.draining.Load() {
		status, answer = http.StatusServiceUnavailable, "draining"
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(status, gin.H{"status": answer, "checks": results})
}
