package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/token"
)

// running is a command that runs until it is stopped.
type running struct {
	lines chan string // of standard output or of the log
	ended chan error
	stop  context.CancelFunc
}

// start runs a command and passes on what it prints and logs.
func (p program) start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{lines: make(chan string, 1000), ended: make(chan error, 1), stop: cancel}
	reader, writer := io.Pipe()
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(r.lines)
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			r.lines <- scanner.Text()
		}
	}()
	go func() {
		err := run(ctx, args, p.environ(), strings.NewReader(""), writer, writer)
		_ = writer.Close()
		<-read
		r.ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		<-read
	})
	return r
}

// until returns the first line that holds a text.
func (r *running) until(t *testing.T, text string) string {
	t.Helper()
	var seen []string
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				t.Fatalf("it ended (%v) without %q, after:\n%s", <-r.ended, text, strings.Join(seen, "\n"))
			}
			if strings.Contains(line, text) {
				return line
			}
			seen = append(seen, line)
		case <-time.After(time.Minute):
			t.Fatalf("no line with %q, after:\n%s", text, strings.Join(seen, "\n"))
		}
	}
}

// wait waits for the end and fails if it was an error.
func (r *running) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it did not end")
	}
}

// address reads where a part listens from its line in the log.
func (r *running) address(t *testing.T, part string) string {
	t.Helper()
	var line struct{ Address string }
	if err := json.Unmarshal([]byte(r.until(t, `"msg":"listening","for":"`+part+`"`)), &line); err != nil {
		t.Fatal(err)
	}
	return "http://" + line.Address
}

// fetch returns an answer's status and body.
func fetch(t *testing.T, client *http.Client, address string) (int, string) {
	t.Helper()
	response, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// fetchWith returns the status of an answer to a token.
func fetchWith(t *testing.T, client *http.Client, secret, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+secret)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}

func newHTTPClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

func serveProgram(t *testing.T) program {
	t.Helper()
	p := program{goodSettings(t)}
	maps.Copy(p.vars, map[string]string{
		"DATABASE_URL": dbtest.New(t).URL, "LISTEN_ADDR": "127.0.0.1:0", "METRICS_ADDR": "127.0.0.1:0", "DRAIN_DELAY": "1s",
		"INTRVIO_EVENTS_URL": "", "INTRVIO_EVENTS_SECRET": "", "WORKERS": "2",
	})
	return p
}

func TestServeDrainsBeforeItStops(t *testing.T) {
	t.Parallel()
	client := newHTTPClient(t)
	service := serveProgram(t).start(t, "serve")
	address := service.address(t, "web")
	metrics := service.address(t, "metrics")
	if status, body := fetch(t, client, address+"/readyz"); status != 200 || !strings.Contains(body, "workers") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, body := fetch(t, client, metrics+"/metrics"); status != 200 || !strings.Contains(body, "go_goroutines") {
		t.Errorf("/metrics: %d", status)
	}
	service.stop()
	service.until(t, `"msg":"draining"`)
	for {
		status, _ := fetch(t, client, address+"/readyz")
		if status == 503 {
			break
		}
	}
	if status, _ := fetch(t, client, address+"/livez"); status != 200 {
		t.Errorf("requests are not taken while it drains: %d", status)
	}
	service.until(t, `"msg":"stopped"`)
	service.wait(t)
	if conn, err := net.DialTimeout("tcp", strings.TrimPrefix(address, "http://"), time.Second); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
}

func TestWebAndWorkApart(t *testing.T) {
	t.Parallel()
	client := newHTTPClient(t)
	p := serveProgram(t)
	p.vars["DRAIN_DELAY"] = "0s"
	web := p.start(t, "web")
	address := web.address(t, "web")
	if status, body := fetch(t, client, address+"/readyz"); status != 200 || strings.Contains(body, "workers") {
		t.Errorf("web's /readyz: %d %s", status, body)
	}
	secret := strings.TrimSpace(p.do(t, "token", "create", "Nightly", "--scope", "tenants:read"))
	if status := fetchWith(t, client, secret, address+"/v1/tenants"); status != 200 {
		t.Errorf("a token that the command line made: %d", status)
	}
	for _, name := range []string{"PUBLIC_URL", "ADMIN_TOKEN", "API_TOKENS"} { // which work does not need
		delete(p.vars, name)
	}
	work := p.start(t, "work")
	if status, body := fetch(t, client, work.address(t, "metrics")+"/metrics"); status != 200 || !strings.Contains(body, "go_goroutines") {
		t.Errorf("work's /metrics: %d", status)
	}
	for _, command := range []*running{web, work} {
		command.stop()
		command.wait(t)
	}
	if list := decode[[]token.Token](t, p, "", "token", "list"); len(list) != 1 || list[0].LastUsedAt == nil {
		t.Errorf("the use of the token was not written: %+v", list)
	}
}

// TestPartsListenApart gives webhooks, API and console addresses of their own: each serves nothing of
// the others.
func TestPartsListenApart(t *testing.T) {
	t.Parallel()
	client := newHTTPClient(t)
	p := serveProgram(t)
	maps.Copy(p.vars, map[string]string{"DRAIN_DELAY": "0s", "WEBHOOK_ADDR": "127.0.0.1:0", "CONSOLE_ADDR": "127.0.0.1:0"})
	web := p.start(t, "web")
	addresses := map[string]string{}
	for _, part := range []string{"webhooks", "api", "console"} {
		addresses[part] = web.address(t, part)
	}
	for path, serves := range map[string]string{
		"/webhooks/jazzhr/x": "webhooks", "/connect/x": "webhooks", "/v1/tenants": "api", "/console/sign-in": "console",
	} {
		for part, address := range addresses {
			status, body := fetch(t, client, address+path)
			if there := !strings.Contains(body, "no such address"); there != (part == serves) {
				t.Errorf("%s at %s: %d %.100s", path, part, status, body)
			}
		}
	}
	for part, address := range addresses {
		if status, _ := fetch(t, client, address+"/readyz"); status != http.StatusOK {
			t.Errorf("/readyz of %s: %d", part, status)
		}
	}
	web.stop()
	web.wait(t)
}

func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	database := dbtest.New(t)
	for name, c := range map[string]struct {
		vars map[string]string
		want func(error) bool
	}{
		"no schema":        {map[string]string{"DATABASE_URL": emptyDatabase(t, database)}, func(err error) bool { return errors.Is(err, db.ErrSchemaOld) }},
		"address is taken": {map[string]string{"LISTEN_ADDR": taken.Addr().String()}, func(err error) bool { return strings.HasPrefix(err.Error(), "LISTEN_ADDR: ") }},
		"metrics address":  {map[string]string{"METRICS_ADDR": taken.Addr().String()}, func(err error) bool { return strings.HasPrefix(err.Error(), "METRICS_ADDR: ") }},
	} {
		p := serveProgram(t)
		maps.Copy(p.vars, c.vars)
		if _, _, err := p.try(t, "", "serve"); err == nil || !c.want(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
