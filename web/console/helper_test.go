package console_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

const (
	adminToken = webtest.AdminToken
	apiToken   = webtest.APIToken
	apiKey     = webtest.APIKey
)

// service is a running web server of a test's own. Its fields and methods are those of
// [webtest.Service], under shorter names.
type service struct {
	*webtest.Service
	server   *web.Server
	t        *testing.T
	url      string
	client   *http.Client
	pool     *pgxpool.Pool
	database *dbtest.Database // nil if the pool leads nowhere
	jazzhr   *jazzhrtest.Server
	tenants  *tenant.Service
	logs     *webtest.Logs
}

// start runs a server on a database of the test's own.
func start(t *testing.T, change ...func(*web.Config)) *service {
	t.Helper()
	database := dbtest.New(t)
	s := startOn(t, database.Pool, change...)
	s.database = database
	return s
}

// startOn runs a server on a pool.
func startOn(t *testing.T, pool *pgxpool.Pool, change ...func(*web.Config)) *service {
	t.Helper()
	base := webtest.New(t, pool)
	s := &service{
		Service: base, t: t, url: base.URL, client: base.Client, pool: pool,
		jazzhr: base.JazzHR, tenants: base.Tenants, logs: base.Logs,
	}
	config := web.Config{
		Pool: pool, Client: s.Queue, Tenants: s.tenants, Tokens: s.Tokens, Intake: s.Intake, Jobs: s.Jobs,
		AdminToken: adminToken, APITokens: []string{apiToken},
		PublicURL: s.url, Registry: prometheus.NewRegistry(), Logger: s.Logger(),
		CallsPerMinute: 80, PayloadRetention: 30 * 24 * time.Hour, WebhookTimeout: time.Minute,
	}
	for _, c := range change {
		c(&config)
	}
	s.server = must(web.New(config))
	s.Serve(s.server, web.HTTPServer)
	return s
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// answer is a [webtest.Answer].
type answer struct {
	webtest.Answer
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func newAnswer(a webtest.Answer) answer { return answer{a, a.T, a.Status, a.Header, a.Body} }

func (a answer) want(status int) answer {
	a.t.Helper()
	return newAnswer(a.Want(status))
}

func (a answer) wantError(code web.Code, field string) answer {
	a.t.Helper()
	return newAnswer(a.WantError(code, field))
}

func (a answer) get(path string) any {
	a.t.Helper()
	return a.Get(path)
}

func (a answer) text(path string) string {
	a.t.Helper()
	return a.Text(path)
}

func (s *service) send(method, path string, body []byte, header ...string) answer {
	s.t.Helper()
	return newAnswer(s.Send(method, path, body, header...))
}

func (s *service) post(path string, form url.Values, header ...string) answer {
	s.t.Helper()
	return newAnswer(s.Post(path, form, header...))
}

func (s *service) api(method, path, body string) answer {
	s.t.Helper()
	return newAnswer(s.API(method, path, body))
}

// account is a [webtest.Account].
type account struct {
	id                    uuid.UUID
	path, webhook, secret string
	jazzhr                *jazzhrtest.Account
}

func newAccount(a webtest.Account) account {
	return account{a.ID, a.Path, a.Webhook, a.Secret, a.JazzHR}
}

func (s *service) newTenant() account {
	s.t.Helper()
	return newAccount(s.NewTenant())
}

func (s *service) activate() account {
	s.t.Helper()
	return newAccount(s.Activate())
}

func (s *service) signIn() string {
	s.t.Helper()
	return s.SignIn()
}

func (s *service) count(from string, args ...any) int {
	s.t.Helper()
	return s.Count(from, args...)
}

func (s *service) wantCount(want int, from string, args ...any) {
	s.t.Helper()
	s.WantCount(want, from, args...)
}

func (s *service) exec(statement string, args ...any) {
	s.t.Helper()
	s.Exec(statement, args...)
}

func (s *service) handOver(to *service) { s.HandOver(to.server) }

func (s *service) logger() *slog.Logger { return s.Logger() }

func nowhere(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return webtest.Nowhere(t)
}

func writeback(interview string) string { return webtest.Writeback(interview) }
