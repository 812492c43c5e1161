package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/web"
)

func TestReadiness(t *testing.T) {
	t.Parallel()
	var schemaErr error
	s := start(t, func(config *web.Config) {
		config.Checks = []web.Check{
			{Name: "database", Do: config.Pool.Ping},
			{Name: "schema", Do: func(context.Context) error { return schemaErr }},
		}
	})
	if got := s.send("GET", "/readyz", nil).want(http.StatusOK); string(got.body) != `{"checks":{"database":"ok","schema":"ok"},"status":"ready"}` {
		t.Errorf("ready: %s", got.body)
	}
	schemaErr = errors.New("migration 7 of host db-1 is missing")
	failing := s.send("GET", "/readyz", nil).want(http.StatusServiceUnavailable)
	if string(failing.body) != `{"checks":{"database":"ok","schema":"failed"},"status":"not_ready"}` {
		t.Errorf("not ready: %s", failing.body)
	}
	if !strings.Contains(s.logs.String(), "schema: migration 7 of host db-1 is missing") {
		t.Error("the log does not say why")
	}
	schemaErr = nil
	s.server.StartDraining()
	if got := s.send("GET", "/readyz", nil).want(http.StatusServiceUnavailable); got.text("status") != "draining" {
		t.Errorf("draining: %s", got.body)
	}
	s.send("GET", "/livez", nil).want(http.StatusOK)
	s.api("GET", "/v1/tenants", "").want(http.StatusOK) // still answered
}

// metrics returns what the metrics listener shows.
func (s *service) metrics() string {
	s.t.Helper()
	recorder := httptest.NewRecorder()
	s.server.MetricsHandler().ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	if recorder.Code != http.StatusOK {
		s.t.Fatalf("status %d: %s", recorder.Code, recorder.Body)
	}
	return recorder.Body.String()
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.activate()
	s.api("POST", tenant.path+"/writebacks", writeback("int-1")).want(http.StatusAccepted)
	s.export(tenant, "uuid-1", exportBody).want(http.StatusOK)
	s.export(tenant, "uuid-2", "{}").want(http.StatusOK)
	s.api("POST", s.newTenant().path+"/writebacks", writeback("int-1")).want(http.StatusConflict)
	s.send("BREW", "/coffee?with=milk", nil).want(http.StatusNotFound)
	s.exec("UPDATE jazzhr.tenants SET next_poll_at = jazzhr.now() - interval '9000 seconds' WHERE connection = 'verified'")
	s.exec("UPDATE jazzhr.events SET created_at = jazzhr.now() - interval '7000 seconds'")
	s.exec("UPDATE jazzhr.writebacks SET created_at = jazzhr.now() - interval '5000 seconds'")
	// Of each tenant the latest audit counts, if it is still connected.
	s.exec(`INSERT INTO jazzhr.audits (tenant_id, audit_id, latest, ours, theirs)
		SELECT tenant_id, gen_random_uuid(), latest, ours, 5 FROM jazzhr.tenants, (VALUES (true, 2), (false, 40)) AS a (latest, ours)`)
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()

	shown := s.metrics()
	for _, line := range []string{
		"jazzhr_backlog_up 1\n",
		`jazzhr_waiting_rows{kind="write_notes",reason="queue"} 1` + "\n",
		`jazzhr_waiting_rows{kind="resolve_export",reason="queue"} 1` + "\n",
		`jazzhr_oldest_waiting_seconds{kind="write_notes",reason="queue"} 50`,
		"jazzhr_attention_rows 1\n",
		"jazzhr_poll_lateness_seconds 90",
		"jazzhr_delivery_lag_seconds 70",
		"jazzhr_oldest_transaction_seconds ",
		`jazzhr_duplicates_found{whose="ours"} 2` + "\n",
		`jazzhr_duplicates_found{whose="theirs"} 5` + "\n",
		`jazzhr_http_requests_total{method="POST",route="/v1/tenants/:id/writebacks",status="202"} 1` + "\n",
		`jazzhr_http_requests_total{method="POST",route="/v1/tenants/:id/writebacks",status="409"} 1` + "\n",
		`jazzhr_http_requests_total{method="POST",route="/webhooks/jazzhr/:token",status="200"} 3` + "\n",
		`jazzhr_http_requests_total{method="other",route="unmatched",status="404"} 1` + "\n",
		"go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("no %s", line)
		}
	}
	if strings.Contains(shown, "jazzhr_oldest_transaction_seconds 0\n") {
		t.Error("the open transaction is not seen")
	}
	for _, secret := range []string{tenant.id.String(), strings.TrimPrefix(tenant.webhook, "/webhooks/jazzhr/"), "coffee", "BREW", "Acme"} {
		if strings.Contains(shown, secret) {
			t.Errorf("metrics hold %s", secret)
		}
	}
	// Within its age the answer is the same, whatever happens meanwhile.
	s.exec("DELETE FROM jazzhr.webhooks")
	if !strings.Contains(s.metrics(), "jazzhr_attention_rows 1\n") {
		t.Error("the database was asked again at once")
	}
}

func TestMetricsWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := startOn(t, nowhere(t))
	shown := s.metrics()
	if !strings.Contains(shown, "jazzhr_backlog_up 0\n") || strings.Contains(shown, "jazzhr_attention_rows ") {
		t.Error("a database that is away does not show")
	}
}
