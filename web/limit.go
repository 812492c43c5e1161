package web

import (
	"sync"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// limits bounds the rate of requests with each token, so that one can't take what others need. Each
// process keeps its own, in memory: as many as there are tokens in use.
type limits struct {
	rate rate.Limit // a second; 0 is no bound
	of   sync.Map   // *rate.Limiter by the token's name for the record
}

// burstSeconds is for how many seconds' requests may come at once.
const burstSeconds = 2

func (l *limits) allow(holder string) bool {
	if l.rate == 0 {
		return true
	}
	limiter, known := l.of.Load(holder)
	if !known {
		limiter, _ = l.of.LoadOrStore(holder, rate.NewLimiter(l.rate, burstSeconds*int(max(1, l.rate))))
	}
	return limiter.(*rate.Limiter).Allow()
}

// limitToken sends a request away if more come with its token than the bound.
func (s *Server) limitToken(c *gin.Context) {
	if !s.limits.allow(holder(c).String()) {
		fail(c, &apiError{Code: CodeTooManyRequests, Message: "more requests come with this token than are answered; wait a second"})
	}
}
