package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/web/console"
)

// Check is one thing that must hold for the service to be ready.
type Check struct {
	Name string
	// Do returns nil if the check holds. Its context ends after two seconds, and Do must end soon
	// after that.
	Do func(context.Context) error
}

const checkTimeout = 2 * time.Second

func (s *Server) livez(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

// runChecks runs all checks at the same time.
func (s *Server) runChecks(ctx context.Context) []console.CheckResult {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	results := make([]console.CheckResult, len(s.config.Checks))
	var wait sync.WaitGroup
	for i, check := range s.config.Checks {
		wait.Go(func() { results[i] = console.CheckResult{Name: check.Name, Err: check.Do(ctx)} })
	}
	wait.Wait()
	return results
}

// readyz names each check and whether it holds. Why one fails stands in the log only, because
// anyone can read the address.
func (s *Server) readyz(c *gin.Context) {
	status, answer, results := http.StatusOK, "ready", map[string]string{}
	var failed []string
	for _, check := range s.runChecks(c.Request.Context()) {
		results[check.Name] = "ok"
		if check.Err != nil {
			results[check.Name] = "failed"
			failed = append(failed, check.Name+": "+db.LogText(check.Err))
		}
	}
	if len(failed) > 0 {
		status, answer = http.StatusServiceUnavailable, "not_ready"
		c.Set(logErrorKey, fmt.Errorf("not ready: %s", strings.Join(failed, "; ")))
	}
	if s.draining.Load() {
		status, answer = http.StatusServiceUnavailable, "draining"
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(status, gin.H{"status": answer, "checks": results})
}
