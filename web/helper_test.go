package web_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// service is a running web server of a test's own.
type service struct {
	*webtest.Service
	server *web.Server
}

// start runs a server on a database of the test's own.
func start(t *testing.T, change ...func(*web.Config)) *service {
	t.Helper()
	database := dbtest.New(t)
	s := startOn(t, database.Pool, change...)
	s.Database = database
	return s
}

// startOn runs a server on a pool.
func startOn(t *testing.T, pool *pgxpool.Pool, change ...func(*web.Config)) *service {
	t.Helper()
	s := &service{Service: webtest.New(t, pool)}
	config := web.Config{
		Pool: pool, Client: s.Queue, Tenants: s.Tenants, Tokens: s.Tokens, Intake: s.Intake, Jobs: s.Jobs,
		AdminToken: webtest.AdminToken, APITokens: []string{"another-api-token-0123456789", webtest.APIToken},
		PublicURL: s.URL, Registry: prometheus.NewRegistry(), Logger: s.Logger(),
		CallsPerMinute: 80, PayloadRetention: 30 * 24 * time.Hour, WebhookTimeout: time.Minute,
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if s.server, err = web.New(config); err != nil {
		t.Fatal(err)
	}
	s.Serve(s.server, web.HTTPServer)
	return s
}

// metrics returns what the metrics listener shows.
func (s *service) metrics() string {
	s.T.Helper()
	recorder := httptest.NewRecorder()
	s.server.MetricsHandler().ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	if recorder.Code != 200 {
		s.T.Fatalf("status %d: %s", recorder.Code, recorder.Body)
	}
	return recorder.Body.String()
}

// untilWaiting returns when a statement of the server's waits for a lock, and action, an aggregate
// over the connections that wait, is more than 0. It asks on a connection outside any transaction,
// since a transaction would see one moment only.
func (s *service) untilWaiting(action string) {
	s.T.Helper()
	for n := 0; n == 0; {
		err := s.Pool.QueryRow(s.T.Context(), "SELECT "+action+` FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		if err != nil {
			s.T.Fatal(err)
		}
	}
}

// check fails the test if there is an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
