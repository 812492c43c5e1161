package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// MetricsHandler shows the registry's metrics. It has no sign-in, so serve it on a listener that
// only monitoring reaches.
func (s *Server) MetricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.config.Registry, promhttp.HandlerOpts{}))
	return mux
}

// httpMetrics count and time HTTP requests.
type httpMetrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// registerMetrics registers all metrics of the package. Labels come from closed sets: a tenant is
// never one.
func registerMetrics(config Config) (*httpMetrics, error) {
	m := &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jazzhr_http_requests_total",
			Help: "HTTP requests answered, by method, route template and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "jazzhr_http_request_duration_seconds",
			Help: "How long HTTP requests took, by method and route template.",
			// Up to two minutes: connecting an account can take that long while JazzHR is slow.
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30, 120},
		}, []string{"method", "route"}),
	}
	var errs []error
	for _, collector := range []prometheus.Collector{
		m.requests, m.seconds, newBacklog(config.Pool, config.Logger),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		errs = append(errs, config.Registry.Register(collector))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}

func (m *httpMetrics) count(method, route string, status int) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
}

func (m *httpMetrics) observe(method, route string, took time.Duration) {
	m.seconds.WithLabelValues(method, route).Observe(took.Seconds())
}
