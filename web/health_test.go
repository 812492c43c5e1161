package web_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// TestStaysWithTLS tells browsers to stay with TLS if the service is reached by it.
func TestStaysWithTLS(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.PublicURL = "https://jazzhr.example" })
	if got := s.Send("GET", "/livez", nil).Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("the header is %q", got)
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	var schemaErr error
	s := start(t, func(config *web.Config) {
		config.Checks = []web.Check{
			{Name: "database", Do: config.Pool.Ping},
			{Name: "schema", Do: func(context.Context) error { return schemaErr }},
		}
	})
	if got := s.Send("GET", "/readyz", nil).Want(http.StatusOK); string(got.Body) != `{"checks":{"database":"ok","schema":"ok"},"status":"ready"}` {
		t.Errorf("ready: %s", got.Body)
	}
	schemaErr = errors.New("migration 7 of host db-1 is missing")
	failing := s.Send("GET", "/readyz", nil).Want(http.StatusServiceUnavailable)
	if string(failing.Body) != `{"checks":{"database":"ok","schema":"failed"},"status":"not_ready"}` {
		t.Errorf("not ready: %s", failing.Body)
	}
	if !strings.Contains(s.Logs.String(), "schema: migration 7 of host db-1 is missing") {
		t.Error("the log does not say why")
	}
	schemaErr = nil
	s.server.StartDraining()
	if got := s.Send("GET", "/readyz", nil).Want(http.StatusServiceUnavailable); got.Text("status") != "draining" {
		t.Errorf("draining: %s", got.Body)
	}
	s.Send("GET", "/livez", nil).Want(http.StatusOK)
	s.API("GET", "/v1/tenants", "").Want(http.StatusOK) // still answered
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.API("POST", tenant.Path+"/writebacks", webtest.Writeback("int-1")).Want(http.StatusAccepted)
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	s.export(tenant, "uuid-2", "{}").Want(http.StatusOK)
	s.stuckMove(tenant.ID)
	s.API("POST", s.NewTenant().Path+"/writebacks", webtest.Writeback("int-1")).Want(http.StatusConflict)
	s.Send("BREW", "/coffee?with=milk", nil).Want(http.StatusNotFound)
	s.Exec("UPDATE jazzhr.tenants SET next_poll_at = jazzhr.now() - interval '9000 seconds' WHERE connection = 'verified'")
	s.Exec("UPDATE jazzhr.events SET created_at = jazzhr.now() - interval '7000 seconds'")
	s.Exec("UPDATE jazzhr.writebacks SET created_at = jazzhr.now() - interval '5000 seconds'")
	// Of each tenant the latest audit counts, if it is still connected.
	s.Exec(`INSERT INTO jazzhr.audits (tenant_id, audit_id, latest, ours, theirs)
		SELECT tenant_id, gen_random_uuid(), latest, ours, 5 FROM jazzhr.tenants, (VALUES (true, 2), (false, 40)) AS a (latest, ours)`)
	s.Exec(`INSERT INTO jazzhr.breakers (kind, opened_at) VALUES ('write_note', jazzhr.now()), ('create_applicant', NULL)`)
	tx, err := s.Pool.Begin(t.Context())
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
		"jazzhr_attention_rows 2\n",
		"jazzhr_poll_lateness_seconds 90",
		"jazzhr_delivery_lag_seconds 70",
		"jazzhr_oldest_transaction_seconds ",
		`jazzhr_duplicates_found{whose="ours"} 2` + "\n",
		`jazzhr_duplicates_found{whose="theirs"} 5` + "\n",
		`jazzhr_writes_stopped{kind="create_applicant"} 0` + "\n",
		`jazzhr_writes_stopped{kind="link_applicant_to_job"} 0` + "\n",
		`jazzhr_writes_stopped{kind="write_note"} 1` + "\n",
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
	for _, secret := range []string{tenant.ID.String(), strings.TrimPrefix(tenant.Webhook, "/webhooks/jazzhr/"), "coffee", "BREW", "Acme"} {
		if strings.Contains(shown, secret) {
			t.Errorf("metrics hold %s", secret)
		}
	}
	// Within its age the answer is the same, whatever happens meanwhile.
	s.Exec("DELETE FROM jazzhr.webhooks")
	if !strings.Contains(s.metrics(), "jazzhr_attention_rows 2\n") {
		t.Error("the database was asked again at once")
	}
}

func TestMetricsWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := startOn(t, webtest.Nowhere(t))
	shown := s.metrics()
	if !strings.Contains(shown, "jazzhr_backlog_up 0\n") || strings.Contains(shown, "jazzhr_attention_rows ") {
		t.Error("a database that is away does not show")
	}
}
