package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// suite removes, after the tests, the program that they may have built.
type suite struct{ *testing.M }

// Run runs the tests.
func (s suite) Run() int {
	defer func() { _ = os.RemoveAll(programFolder) }()
	return s.M.Run()
}

// programFolder holds the program once a test has asked for it.
var programFolder string

// buildProgram builds the program as it is shipped, once for all tests: linking takes five seconds of
// CPU. It returns the program's path.
var buildProgram = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "jazzhr-worker-test-")
	if err != nil {
		return "", err
	}
	programFolder = folder
	path := filepath.Join(folder, "jazzhr-worker")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// deployment is the service as it runs for real: processes of the program on a database, between a
// simulated JazzHR and a stand-in for Intrvio's backend.
type deployment struct {
	t        *testing.T
	program  string
	database *dbtest.Database
	sim      *jazzhrtest.Server
	backend  *intrviotest.Server
	secret   string // that signs events
	*customer
	env  []string
	logs *safeBuffer
}

// customer is a tenant and its account in JazzHR.
type customer struct {
	key     string // of JazzHR's API
	account *jazzhrtest.Account
	job     jazzhrtest.Job
	tenant  uuid.UUID // once it is connected
}

const (
	e2eAdminToken = "admin-token-of-32-characters-or-more"
	e2eAPIToken   = "api-token-of-32-characters-or-more--"
)

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	return newDeploymentOn(t, dbtest.New(t), 0)
}

// newDeploymentOn is newDeployment on a given database. The seed is that of the simulator's
// chances.
func newDeploymentOn(t *testing.T, database *dbtest.Database, seed uint64) *deployment {
	t.Helper()
	program, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	d := &deployment{
		t: t, program: program, database: database, backend: intrviotest.NewServer(t), logs: &safeBuffer{},
		sim: jazzhrtest.NewServer(t, jazzhrtest.Options{CallsPerMinute: -1, Seed: seed}),
	}
	d.secret = d.backend.Secret
	d.customer = d.addCustomer()
	if _, err := db.Migrate(t.Context(), d.database.URL); err != nil {
		t.Fatal(err)
	}
	keyset, err := tenant.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	d.env = append(os.Environ(), "DATABASE_URL="+d.database.URL, "SEALING_KEYSET="+keyset, "ADMIN_TOKEN="+e2eAdminToken,
		"API_TOKENS="+e2eAPIToken, "PUBLIC_URL=http://127.0.0.1", "LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0",
		"JAZZHR_BASE_URL="+d.sim.BaseURL, "JAZZHR_CALLS_PER_MINUTE=1000000", "JAZZHR_TIMEOUT=2s", "SETTLE_DELAY=1s",
		"INTRVIO_EVENTS_URL="+d.backend.URL, "INTRVIO_EVENTS_SECRET="+d.secret, "DRAIN_DELAY=0s", "LOG_LEVEL=debug")
	return d
}

// addCustomer makes an account in JazzHR with one job. It is not connected yet.
func (d *deployment) addCustomer() *customer {
	c := &customer{key: "jazzhr-key-" + uuid.NewString()}
	c.account = d.sim.AddAccount(c.key)
	c.job = c.account.AddJob(jazzhrtest.Job{Title: "Engineer", BoardCode: "Xy7bQ2", Status: "Open"})
	return c
}

// process is one running process of the program.
type process struct {
	*deployment
	command *exec.Cmd
	address string // of its web server
	metrics string
	node    string // its name in the queue, if it works
	ended   chan error
}

// start runs a command of the program until it listens and works. Its log is kept.
func (d *deployment) start(command string) *process {
	d.t.Helper()
	p, err := d.launch(command)
	if err != nil {
		d.t.Fatalf("%v\n%s", err, d.logs)
	}
	d.t.Cleanup(p.kill)
	return p
}

// launch is start for whoever ends the process and takes its failure.
func (d *deployment) launch(command string) (*process, error) {
	p := &process{deployment: d, ended: make(chan error, 1)}
	p.command = exec.Command(d.program, command)
	p.command.Env = d.env
	// Ctrl-C at a terminal is for the test, which ends its processes as it likes.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := p.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	listening := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(log)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			d.logs.add(lines.Bytes())
			var line struct {
				Msg, For, Address string
				Node              string `json:"client_id"`
			}
			_ = json.Unmarshal(lines.Bytes(), &line)
			switch {
			case line.Msg == "River client started":
				p.node = line.Node
			case line.Msg == "listening" && line.For == "web":
				p.address = "http://" + line.Address
			case line.Msg == "listening": // the last to listen
				p.metrics = "http://" + line.Address
			default:
				continue
			}
			if p.metrics != "" && (p.node != "" || command == "web") {
				close(listening)
			}
		}
		p.ended <- p.command.Wait()
	}()
	select {
	case <-listening:
		return p, nil
	case err := <-p.ended:
		return nil, fmt.Errorf("the program ended before it listened: %w", err)
	case <-time.After(time.Minute):
		p.kill()
		return nil, fmt.Errorf("the program never listened: %w", <-p.ended)
	}
}

// kill ends the process as a crash would. Killing one that has ended does nothing.
func (p *process) kill() {
	_ = p.command.Process.Kill()
}

// terminate ends the process as a deployment would, and waits for it.
func (p *process) terminate() {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Fatalf("the program ended badly: %v\n%s", err, p.logs)
		}
	case <-time.After(time.Minute):
		p.t.Fatalf("the program did not end\n%s", p.logs)
	}
}

// call asks the API and decodes the answer. It fails unless the status is the wanted one.
func (p *process) call(method, path string, body, answer any, want int) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.address+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+e2eAPIToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if response.StatusCode != want {
		p.t.Fatalf("%s %s: %d %s, want %d", method, path, response.StatusCode, got, want)
	}
	if answer != nil {
		if err := json.Unmarshal(got, answer); err != nil {
			p.t.Fatalf("%s %s: %v in %s", method, path, err, got)
		}
	}
}

// connect makes the deployment's customer a tenant and connects it by the five steps. It returns
// the webhook's secret.
func (p *process) connect() string {
	p.t.Helper()
	return p.connectCustomer(p.customer)
}

func (p *process) connectCustomer(c *customer) (secret string) {
	p.t.Helper()
	var made struct{ ID uuid.UUID }
	p.call("POST", "/v1/tenants", map[string]any{"name": "Acme", "external_id": c.account.ID(), "region": "us"}, &made, http.StatusCreated)
	c.tenant = made.ID
	var connection struct {
		State         string
		WebhookURL    string `json:"webhook_url"`
		WebhookSecret string `json:"webhook_secret"`
		JobsSeen      int    `json:"jobs_seen"`
	}
	p.call("PUT", c.path("/connection"), map[string]string{"api_key": c.key}, &connection, http.StatusOK)
	if connection.State != "awaiting_verify" || connection.JobsSeen != 1 {
		p.t.Fatalf("connection: %+v", connection)
	}
	p.integrate(c, connection.WebhookURL, connection.WebhookSecret)
	return connection.WebhookSecret
}

// integrate saves the integration in JazzHR, which sends VERIFY. The public address is this
// process's.
func (p *process) integrate(c *customer, webhookURL, secret string) {
	p.t.Helper()
	_, path, _ := strings.Cut(webhookURL, "127.0.0.1")
	if err := c.account.SaveIntegration(p.t.Context(), jazzhrtest.Integration{Name: "Intrvio", URL: p.address + path, Secret: secret}); err != nil {
		p.t.Fatal(err)
	}
}

func (c *customer) path(rest string) string { return "/v1/tenants/" + c.tenant.String() + rest }

// event waits for the first event that fits.
func (d *deployment) event(fits func(intrvio.Envelope) bool) intrvio.Envelope {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 90*time.Second)
	defer cancel()
	event, err := d.backend.Wait(ctx, fits)
	if err != nil {
		d.t.Fatalf("no such event: %v\n%s", err, d.logs)
	}
	return event
}

func ofType(t intrvio.EventType) func(intrvio.Envelope) bool {
	return func(e intrvio.Envelope) bool { return e.Type == t }
}

// signed fails unless the backend found every signature right, by the public Standard Webhooks
// library, and would have refused another's.
func (d *deployment) signed() {
	d.t.Helper()
	if d.backend.Requests() == 0 || d.backend.Refused() > 0 {
		d.t.Errorf("%d of %d deliveries had a wrong signature", d.backend.Refused(), d.backend.Requests())
	}
	response, err := http.Post(d.backend.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		d.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		d.t.Errorf("an unsigned event got %d, want 401", response.StatusCode)
	}
}

// clean fails if a secret or personal detail stands in the log, the metrics or a job row.
func (d *deployment) clean(hidden map[string]string, metrics string) {
	d.t.Helper()
	rows, err := d.database.Pool.Query(d.t.Context(), "SELECT river_job::text FROM jazzhr.river_job")
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	var jobs strings.Builder
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			d.t.Fatal(err)
		}
		jobs.WriteString(row)
	}
	if jobs.Len() == 0 || !strings.Contains(d.logs.String(), "write_notes") || metrics == "" {
		d.t.Fatal("there is nothing to look through")
	}
	for what, value := range hidden {
		for where, text := range map[string]string{"the log": d.logs.String(), "a job row": jobs.String(), "the metrics": metrics} {
			if strings.Contains(text, value) {
				d.t.Errorf("%s holds the %s", where, what)
			}
		}
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// safeBuffer is what processes have logged.
type safeBuffer struct {
	mu   sync.Mutex
	text []byte
	// limit, if not zero, is how much is kept: then the older half goes.
	limit int
}

func (b *safeBuffer) add(line []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limit > 0 && len(b.text) > b.limit {
		b.text = append(b.text[:0], b.text[len(b.text)/2:]...)
	}
	b.text = append(append(b.text, line...), '\n')
}

// String returns all that was logged.
func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
