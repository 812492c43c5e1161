package jobs

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/mirror"
)

// metrics of the workers. None has a tenant in its labels: there are thousands.
type metrics struct {
	attempts *prometheus.CounterVec
	duration *prometheus.HistogramVec
	missed   *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jazzhr_job_attempts_total",
			Help: "Attempts of jobs by kind and by what they came to.",
		}, []string{"kind", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "jazzhr_job_duration_seconds",
			Help: "How long attempts of jobs took.", Buckets: []float64{.005, .02, .1, .5, 2, 10, 60},
		}, []string{"kind"}),
		missed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jazzhr_sync_missed_total",
			Help: "Rows of JazzHR's lists that a full pass found and polls should have.",
		}, []string{"list"}),
	}
	for _, list := range []string{mirror.ListActivities, mirror.ListApplicants, mirror.ListLinks} {
		m.missed.WithLabelValues(list) // shown from the start
	}
	for _, collector := range []prometheus.Collector{m.attempts, m.duration, m.missed} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register metrics of jobs: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) attempt(kind, outcome string, took time.Duration) {
	m.attempts.WithLabelValues(kind, outcome).Inc()
	m.duration.WithLabelValues(kind).Observe(took.Seconds())
}

func (m *metrics) countMissed(list string, rows int) {
	m.missed.WithLabelValues(list).Add(float64(rows))
}

// ObserveCalls registers metrics of the calls to JazzHR, and returns what a [jazzhr.Client] reports
// them to.
func ObserveCalls(registry prometheus.Registerer) (func(jazzhr.Call), error) {
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "jazzhr_api_calls_total",
		Help: "Calls to JazzHR by endpoint and by what they came to.",
	}, []string{"endpoint", "outcome"})
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "jazzhr_api_call_duration_seconds",
		Help: "How long calls to JazzHR took.", Buckets: []float64{.05, .2, 1, 5, 20, 60},
	}, []string{"endpoint"})
	for _, collector := range []prometheus.Collector{calls, duration} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register metrics of calls: %w", err)
		}
	}
	return func(call jazzhr.Call) {
		calls.WithLabelValues(call.Endpoint, call.Outcome).Inc()
		duration.WithLabelValues(call.Endpoint).Observe(call.Duration.Seconds())
	}, nil
}
