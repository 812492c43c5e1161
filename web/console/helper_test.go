package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/web"
)

const (
	adminToken = "admin-token-0123456789-0123456789-abc"
	apiToken   = "api-token-0123456789-0123456789-abcd"
	apiKey     = "jazzhr-key-0123456789abcdefghijklmn"
)

// service is a running web server with a database and a JazzHR of its own.
type service struct {
	t        *testing.T
	server   *web.Server
	url      string
	client   *http.Client // follows no redirect
	pool     *pgxpool.Pool
	database *dbtest.Database // nil if the pool leads nowhere
	jazzhr   *jazzhrtest.Server
	tenants  *tenant.Service
	logs     *logs
	handler  atomic.Pointer[http.Handler]
}

// logs is what was logged, as text.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
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
	s := &service{t: t, pool: pool, logs: &logs{}}
	s.jazzhr = jazzhrtest.NewServer(t, jazzhrtest.Options{CallsPerMinute: -1})
	logger := s.logger()

	listener := httptest.NewUnstartedServer(nil)
	s.url = "http://" + listener.Listener.Addr().String()
	keyset := must(tenant.NewKeyset())
	s.tenants = tenant.New(pool, must(tenant.ParseKeyset(keyset)), newProber(t, s.jazzhr.BaseURL), s.url)
	client := must(queue.NewInserter(pool, logger))
	config := web.Config{
		Pool: pool, Client: client, Tenants: s.tenants, Intake: queue.NewIntake(pool, client, s.tenants, true), AdminToken: adminToken,
		APITokens: []string{"another-api-token-0123456789", apiToken}, PublicURL: s.url,
		Jobs:     finder{newProber(t, s.jazzhr.BaseURL), s.tenants},
		Registry: prometheus.NewRegistry(), Logger: logger, WebhookTimeout: time.Minute,
	}
	for _, c := range change {
		c(&config)
	}
	s.server = must(web.New(config))
	s.handOver(s)
	listener.Config = web.HTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*s.handler.Load()).ServeHTTP(w, r)
	}), logger)
	// The test's own context ends before its tabs are closed, whose streams would be refused.
	running, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	if err := s.server.Start(running); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	listener.Start()
	transport := &http.Transport{}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(listener.Close)
	t.Cleanup(s.server.EndStreams) // which the listener would wait for
	t.Cleanup(transport.CloseIdleConnections)
	return s
}

// handOver has another server answer at this one's address from now on.
func (s *service) handOver(to *service) {
	handler := to.server.Handler()
	s.handler.Store(&handler)
}

func (s *service) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// send makes a request. A header is given as name and value.
func (s *service) send(method, path string, body []byte, header ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{s.t, resp.StatusCode, resp.Header, text}
}

// post posts a form to the console, as a browser does from a page of ours.
func (s *service) post(path string, form url.Values, header ...string) answer {
	s.t.Helper()
	header = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, header...)
	return s.send("POST", path, []byte(form.Encode()), header...)
}

// signIn returns the cookie of a session.
func (s *service) signIn() string {
	s.t.Helper()
	got := s.post("/console/sign-in", url.Values{"token": {adminToken}}).want(http.StatusSeeOther)
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	return cookie
}

// api calls the API with a token and a body, which may be empty.
func (s *service) api(method, path, body string) answer {
	s.t.Helper()
	return s.send(method, path, []byte(body), "Authorization", "Bearer "+apiToken)
}

// want fails the test unless the answer has the status, and returns it.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// wantError fails the test unless the answer is an error of that code and field.
func (a answer) wantError(code web.Code, field string) answer {
	a.t.Helper()
	for _, info := range web.Codes() {
		if info.Code == code {
			a.want(info.Status)
		}
	}
	if got := a.get("error.code"); got != string(code) {
		a.t.Fatalf("code %v, want %s: %s", got, code, a.body)
	}
	if got, _ := a.lookUp("error.field"); field != "" && got != field {
		a.t.Fatalf("field %v, want %s: %s", got, field, a.body)
	}
	return a
}

// get returns a member of the answer, by a path such as items.0.id.
func (a answer) get(path string) any {
	a.t.Helper()
	value, ok := a.lookUp(path)
	if !ok {
		a.t.Fatalf("no %s in %s", path, a.body)
	}
	return value
}

func (a answer) lookUp(path string) (any, bool) {
	a.t.Helper()
	var value any
	if err := json.Unmarshal(a.body, &value); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			member, ok := v[name]
			if !ok {
				return nil, false
			}
			value = member
		case []any:
			i := int(name[0] - '0')
			if i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func (a answer) text(path string) string {
	a.t.Helper()
	text, ok := a.get(path).(string)
	if !ok {
		a.t.Fatalf("%s is no string in %s", path, a.body)
	}
	return text
}

// account is a tenant, and its account at JazzHR.
type account struct {
	id      uuid.UUID
	path    string // of the tenant in the API
	webhook string // the path of its webhook
	secret  string
	jazzhr  *jazzhrtest.Account
}

// newTenant makes a tenant that is not connected.
func (s *service) newTenant() account {
	s.t.Helper()
	made := s.api("POST", "/v1/tenants", `{"name":"Acme","region":"us"}`).want(http.StatusCreated)
	id := made.text("id")
	return account{id: uuid.MustParse(id), path: "/v1/tenants/" + id}
}

// connect makes a tenant that waits for VERIFY.
func (s *service) connect() account {
	s.t.Helper()
	tenant := s.newTenant()
	tenant.jazzhr = s.jazzhr.Account(apiKey)
	if tenant.jazzhr == nil {
		tenant.jazzhr = s.jazzhr.AddAccount(apiKey)
		tenant.jazzhr.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	}
	connected := s.api("PUT", tenant.path+"/connection", `{"api_key":"`+apiKey+`"}`).want(http.StatusOK)
	tenant.webhook = strings.TrimPrefix(connected.text("webhook_url"), s.url)
	tenant.secret = connected.text("webhook_secret")
	return tenant
}

// activate makes a tenant that JazzHR has verified.
func (s *service) activate() account {
	s.t.Helper()
	tenant := s.connect()
	if err := tenant.jazzhr.SaveIntegration(s.t.Context(), jazzhrtest.Integration{
		Name: "Intrvio", URL: s.url + tenant.webhook, Secret: tenant.secret,
	}); err != nil {
		s.t.Fatal(err)
	}
	return tenant
}

// count counts rows; from is what follows FROM.
func (s *service) count(from string, args ...any) (n int) {
	s.t.Helper()
	if err := s.pool.QueryRow(s.t.Context(), "SELECT count(*) FROM jazzhr."+from, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *service) wantCount(want int, from string, args ...any) {
	s.t.Helper()
	if got := s.count(from, args...); got != want {
		s.t.Errorf("%d rows in %s, want %d", got, from, want)
	}
}

func (s *service) exec(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.pool.Exec(s.t.Context(), statement, args...); err != nil {
		s.t.Fatal(err)
	}
}

// unusedAddress is an address of loopback that nobody listens on.
func unusedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// nowhere is a pool whose server can't be reached.
func nowhere(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@"+unusedAddress(t)+"/nothing?connect_timeout=2")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// writeback is a writeback of an interview.
func writeback(interview string) string {
	return `{"interview_id":"` + interview + `","candidate":{"id":"cand-1","applicant_id":"prospect_1"},"note":{"score":4.5,"scale":5}}`
}
