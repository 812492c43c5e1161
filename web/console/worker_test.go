package console_test

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs"
	"github.com/intrvio/jazzhr-worker/queue"
)

// work runs workers on the service's database and JazzHR until the test ends.
func (s *service) work() {
	s.t.Helper()
	client := must(jazzhr.NewClient(jazzhr.Config{BaseURL: s.jazzhr.BaseURL}))
	s.t.Cleanup(client.Close)
	runner := must(jobs.New(jobs.Config{
		Pool: s.pool, RiverPool: s.pool, JazzHR: client, Keys: s.tenants, Bucket: queue.NewBucket(s.pool, 8000),
		NodeID: queue.NewNodeID("test"), Timeout: 10 * time.Second, SettleDelay: time.Second, PollInterval: time.Minute,
		TriggerMatchWindow: time.Hour, PayloadRetention: time.Hour, SoftStop: 5 * time.Second, Limits: queue.DefaultLimits(4),
		Metrics: prometheus.NewRegistry(), Logger: s.logger(),
	}))
	if err := runner.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := runner.Stop(ctx); err != nil {
			s.t.Error(err)
		}
	})
}

// exported has a candidate exported to a tenant.
func (s *service) exported(a account, first, last, email string) jazzhrtest.Applicant {
	s.t.Helper()
	candidate := a.jazzhr.AddApplicant(jazzhrtest.Applicant{FirstName: first, LastName: last, Email: email}, a.jazzhr.Jobs()[0].ID)
	if _, err := a.jazzhr.Export(s.t.Context(), candidate.ID, ""); err != nil {
		s.t.Fatal(err)
	}
	return candidate
}
