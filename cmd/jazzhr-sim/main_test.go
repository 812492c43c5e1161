package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program is a running simulator, as its user sees it.
type program struct {
	t       *testing.T
	printed map[string]string // what it printed, by the first word of the line
	cancel  context.CancelFunc
	ended   chan int
	stderr  *bytes.Buffer
	client  *http.Client
}

// start runs the program on a free port and reads its output.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r := &program{
		t: t, printed: make(map[string]string), cancel: cancel, ended: make(chan int, 1),
		stderr: new(bytes.Buffer), client: &http.Client{Transport: &http.Transport{}},
	}
	t.Cleanup(cancel)
	t.Cleanup(r.client.CloseIdleConnections)
	stdout, w := io.Pipe()
	go func() {
		r.ended <- run(ctx, append([]string{"--listen=127.0.0.1:0"}, args...), w, r.stderr)
		_ = w.Close()
	}()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "Press Ctrl-C") {
			return r
		}
		if words := strings.Fields(lines.Text()); len(words) > 1 {
			r.printed[words[0]] = words[len(words)-1]
		}
	}
	t.Fatalf("it ended at once: %s", r.stderr)
	return nil
}

// stop ends the program like a signal.
func (r *program) stop() {
	r.t.Helper()
	r.client.CloseIdleConnections()
	r.cancel()
	if status := <-r.ended; status != 0 {
		r.t.Fatalf("status %d: %s", status, r.stderr)
	}
}

// do sends a request and returns status and body.
func (r *program) do(method, address, body string) (string, error) {
	req, err := http.NewRequestWithContext(r.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	res, err := r.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return fmt.Sprintf("%d %s", res.StatusCode, data), err
}

func (r *program) get(address string) string {
	r.t.Helper()
	got, err := r.do(http.MethodGet, address, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func (r *program) create(key string) string {
	r.t.Helper()
	body := fmt.Sprintf(`{"apikey":%q,"first_name":"Ada","last_name":"Lovelace","email":"ada@example.com"}`, key)
	got, err := r.do(http.MethodPost, r.printed["API"]+"/applicants", body)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func TestSecondRunFindsItsData(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state.json")
	first := start(t, "--state="+state, "--key=my-key")
	if got := first.get(first.printed["page"]); !strings.Contains(got, "Harbour &amp; Pine") {
		t.Errorf("page: %s", got)
	}
	if got := first.create("my-key"); !strings.HasPrefix(got, `200 {"prospect_id":"prospect_`) {
		t.Errorf("create: %s", got)
	}
	jobs := first.get(first.printed["API"] + "/jobs?apikey=my-key")
	first.stop()

	second := start(t, "--state="+state, "--key=my-key")
	if got := second.get(second.printed["API"] + "/jobs?apikey=my-key"); got != jobs {
		t.Errorf("jobs were\n%s\nand are\n%s", jobs, got)
	}
	if got := second.get(second.printed["API"] + "/applicants/name/Lovelace?apikey=my-key"); !strings.Contains(got, "Ada") {
		t.Errorf("applicant: %s", got)
	}
	second.stop()
}

func TestOptions(t *testing.T) {
	t.Parallel()
	r := start(t, "--no-demo", "--calls-per-minute=2", "--lose=1")
	jobs := r.printed["API"] + "/jobs?apikey=" + r.printed["key"]
	if got := r.get(jobs); got != "200 []" {
		t.Errorf("jobs without the demonstration: %s", got)
	}
	got, err := r.do(http.MethodPost, r.printed["API"]+"/applicants", fmt.Sprintf(`{"apikey":%q}`, r.printed["key"]))
	if err == nil && strings.HasSuffix(got, `was not set"}`) {
		t.Error("an answer that was to be lost")
	}
	if got := r.get(jobs); !strings.HasPrefix(got, "429") {
		t.Errorf("the third call: %s", got)
	}
	r.stop()
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(bad, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		text   string
	}{
		{"--help", 0, "Point your client's base URL"},
		{"--nonsense", 2, "unknown flag"},
		{"--lose=2", 2, "from 0 to 1"},
		{"--lose=0.7 --drop=0.7", 2, "more than 1"},
		{"--notes-route=none", 2, "must be one of"},
		{"--key=", 2, "must not be empty"},
		{"--listen=127.0.0.1:1:1", 1, "listen"},
		{"--listen=127.0.0.1:0 --state=" + bad, 1, "load simulator"},
		{"--listen=127.0.0.1:0 --state=" + filepath.Join(bad, "x", "y"), 1, "simulator"},
	} {
		var out bytes.Buffer
		if status := run(t.Context(), strings.Fields(c.args), &out, &out); status != c.status ||
			!strings.Contains(out.String(), c.text) {
			t.Errorf("%s: status %d\n%s", c.args, status, out.String())
		}
	}
}
