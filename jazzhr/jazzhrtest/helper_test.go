package jazzhrtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manualClock is a clock that tests set.
type manualClock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *manualClock {
	return &manualClock{at: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)}
}

func (c *manualClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *manualClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

const testKey = "test-key"

// world is a simulator with one account, a clock and a client.
type world struct {
	*jazzhrtest.Server
	t      *testing.T
	clock  *manualClock
	acct   *jazzhrtest.Account
	client *http.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, jazzhrtest.Options{CallsPerMinute: -1})
}

func newWorldWith(t *testing.T, opts jazzhrtest.Options) *world {
	t.Helper()
	clock := newClock()
	opts.Clock = clock.now
	srv := jazzhrtest.NewServer(t, opts)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &world{
		Server: srv, t: t, clock: clock, acct: srv.AddAccount(testKey),
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// context returns a context that ends with the test, and before the test's own timeout.
func (w *world) context() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

type answer struct {
	status int
	header http.Header
	body   string
}

// get reads an API path with the key.
func (w *world) get(path string) answer {
	w.t.Helper()
	a, err := w.try(http.MethodGet, path, nil)
	if err != nil {
		w.t.Fatalf("GET %s: %v", path, err)
	}
	return a
}

// post writes to an API path with the key.
func (w *world) post(path string, fields map[string]any) answer {
	w.t.Helper()
	a, err := w.try(http.MethodPost, path, fields)
	if err != nil {
		w.t.Fatalf("POST %s: %v", path, err)
	}
	return a
}

func (w *world) try(method, path string, fields map[string]any) (answer, error) {
	return w.tryAs(testKey, method, path, fields)
}

func (w *world) tryAs(key, method, path string, fields map[string]any) (answer, error) {
	var body io.Reader
	address := w.BaseURL + path
	if method == http.MethodGet {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		address += separator + "apikey=" + url.QueryEscape(key)
	} else {
		all := map[string]any{"apikey": key}
		maps.Copy(all, fields)
		data, err := json.Marshal(all)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(data)
	}
	return w.do(method, address, body)
}

func (w *world) do(method, address string, body io.Reader) (answer, error) {
	req, err := http.NewRequestWithContext(w.context(), method, address, body)
	if err != nil {
		return answer{}, err
	}
	res, err := w.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(data)}, err
}

// rows reads a list in any of JazzHR's forms.
func (w *world) rows(path string) []map[string]any {
	w.t.Helper()
	return toRows(w.t, w.get(path).body)
}

func toRows(t *testing.T, body string) []map[string]any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, body)
	}
	return anyRows(v)
}

// anyRows returns the rows of a decoded list: an array, one bare object, or null.
func anyRows(v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var rows []map[string]any
		for _, row := range v {
			rows = append(rows, row.(map[string]any))
		}
		return rows
	default:
		return nil
	}
}

// object reads an answer that is one object.
func (w *world) object(a answer) map[string]any {
	w.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		w.t.Fatalf("status %d, not an object: %v\n%s", a.status, err, a.body)
	}
	return v
}

// person adds an applicant.
func (w *world) person(first, last, email string, jobs ...string) jazzhrtest.Applicant {
	return w.acct.AddApplicant(jazzhrtest.Applicant{FirstName: first, LastName: last, Email: email}, jobs...)
}

func (w *world) job(title string) jazzhrtest.Job { return w.acct.AddJob(jazzhrtest.Job{Title: title}) }

func wantStatus(t *testing.T, a answer, status int) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d\n%s", a.status, status, a.body)
	}
}

func wantBody(t *testing.T, a answer, body string) {
	t.Helper()
	if a.body != body {
		t.Fatalf("body %s, want %s", a.body, body)
	}
}
