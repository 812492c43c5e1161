package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(suite{m}) }

// program runs commands with one environment.
type program struct{ vars map[string]string }

// try runs a command and returns what it printed.
func (p program) try(t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	err = run(ctx, args, p.environ(), strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), err
}

func (p program) environ() []string {
	var environ []string
	for name, value := range p.vars {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// do runs a command that must succeed.
func (p program) do(t *testing.T, args ...string) string {
	t.Helper()
	stdout, _, err := p.try(t, "", args...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return stdout
}

// decode runs a command with --json and reads what it prints.
func decode[T any](t *testing.T, p program, stdin string, args ...string) T {
	t.Helper()
	stdout, _, err := p.try(t, stdin, append(args, "--json")...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	var value T
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return value
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	p := program{map[string]string{"DATABASE_URL": emptyDatabase(t, database)}}

	if _, _, err := p.try(t, "", "tenant", "list"); !errors.Is(err, db.ErrSchemaOld) || !strings.Contains(err.Error(), "migrate up") {
		t.Errorf("a command before the schema is in place: %v", err)
	}
	steps := decode[[]db.Migration](t, p, "", "migrate", "status")
	if len(steps) == 0 || steps[0].Applied {
		t.Fatalf("before: %+v", steps)
	}
	applied := decode[[]db.Migration](t, p, "", "migrate", "up")
	if len(applied) != len(steps) {
		t.Errorf("%d steps were applied, want %d", len(applied), len(steps))
	}
	for _, step := range decode[[]db.Migration](t, p, "", "migrate", "status") {
		if !step.Applied {
			t.Errorf("after: %+v", step)
		}
	}
	if again := p.do(t, "migrate", "up"); again != "The schema is up to date.\n" {
		t.Errorf("again: %q", again)
	}
	if none := decode[[]db.Migration](t, p, "", "migrate", "up"); none == nil || len(none) != 0 {
		t.Errorf("again as JSON: %v, want []", none)
	}
	if status := p.do(t, "migrate", "status"); strings.Contains(status, "missing") || strings.Count(status, "applied") != len(steps) {
		t.Errorf("status: %q", status)
	}
}

// emptyDatabase makes a database without the schema beside the given one.
func emptyDatabase(t *testing.T, beside *dbtest.Database) string {
	t.Helper()
	address, err := url.Parse(beside.URL)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(address.Path, "/") + "_empty"
	if _, err := beside.Pool.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := beside.Pool.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	address.Path = "/" + name
	return address.String()
}

func TestTenantCommands(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
	account := sim.AddAccount("the-api-key")
	account.AddJob(jazzhrtest.Job{Title: "Welder"})
	p := program{goodSettings(t)}
	p.vars["DATABASE_URL"], p.vars["JAZZHR_BASE_URL"] = dbtest.New(t).URL, sim.BaseURL

	if list := decode[[]tenantView](t, p, "", "tenant", "list"); list == nil || len(list) != 0 {
		t.Errorf("the list of none: %v, want []", list)
	}
	create := []string{"tenant", "create", "Acme", "--region", "us", "--external-id", "c-1"}
	created := decode[tenantView](t, p, "", create...)
	if again := decode[tenantView](t, p, "", create...); again.ID != created.ID || again.State != tenant.Created {
		t.Errorf("created again: %+v", again)
	}

	type connection struct {
		State         tenant.State `json:"state"`
		WebhookURL    string       `json:"webhook_url"`
		WebhookSecret string       `json:"webhook_secret"`
		JobsSeen      int          `json:"jobs_seen"`
	}
	connected := decode[connection](t, p, "the-api-key\n", "tenant", "connect", "c-1")
	if connected.State != tenant.AwaitingVerify || connected.JobsSeen != 1 || connected.WebhookSecret == "" ||
		!strings.HasPrefix(connected.WebhookURL, "https://jazzhr.intrvio.example/webhooks/jazzhr/") {
		t.Errorf("connect: state %s, %d jobs", connected.State, connected.JobsSeen)
	}
	text, stderr, err := p.try(t, "the-api-key", "tenant", "connect", created.ID.String())
	if err != nil || !strings.Contains(text, connected.WebhookSecret) || strings.Contains(text+stderr, "the-api-key") {
		t.Errorf("connect again, for a person: %v", err)
	}

	if paused := decode[tenantView](t, p, "", "tenant", "pause", "c-1"); paused.State != tenant.Paused {
		t.Errorf("pause: %s", paused.State)
	}
	if resumed := decode[tenantView](t, p, "", "tenant", "resume", "c-1"); resumed.State != tenant.AwaitingVerify {
		t.Errorf("resume: %s", resumed.State)
	}
	rotated := decode[map[string]string](t, p, "", "tenant", "rotate-secret", "c-1", "--revoke-old")
	if secret := rotated["webhook_secret"]; len(secret) != 64 || secret == connected.WebhookSecret {
		t.Error("rotate-secret gave no new secret")
	}
	shown := decode[tenantView](t, p, "", "tenant", "show", "c-1")
	if shown.Counts == nil || shown.Reason == "" || shown.Name != "Acme" {
		t.Errorf("show: %+v", shown)
	}
	for _, args := range [][]string{{"tenant", "show", "c-1"}, {"tenant", "list"}} {
		if text := p.do(t, args...); !strings.Contains(text, created.ID.String()) || !strings.Contains(text, "awaiting_verify") {
			t.Errorf("%v: %s", args, text)
		}
	}

	if _, _, err := p.try(t, "no\n", "tenant", "disconnect", "c-1"); err == nil || exitCode(err) != 1 {
		t.Errorf("disconnect with another answer than yes: %v", err)
	}
	if still := decode[tenantView](t, p, "", "tenant", "show", "c-1"); still.State != tenant.AwaitingVerify {
		t.Errorf("after that: %s", still.State)
	}
	if gone := decode[tenantView](t, p, "yes\n", "tenant", "disconnect", "c-1"); gone.State != tenant.Disconnected {
		t.Errorf("disconnect: %s", gone.State)
	}
	if gone := decode[tenantView](t, p, "", "tenant", "disconnect", "c-1", "--yes"); gone.State != tenant.Disconnected {
		t.Errorf("disconnect again: %s", gone.State)
	}
}

func TestTenantErrors(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
	p := program{goodSettings(t)}
	p.vars["DATABASE_URL"], p.vars["JAZZHR_BASE_URL"] = dbtest.New(t).URL, sim.BaseURL
	p.do(t, "tenant", "create", "Acme", "--region", "us", "--external-id", "c-1")
	for name, c := range map[string]struct {
		stdin string
		args  []string
		code  int
		says  string
	}{
		"no such tenant":     {"", []string{"tenant", "show", "nobody"}, 1, "tenant list"},
		"other content":      {"", []string{"tenant", "create", "B", "--region", "us", "--external-id", "c-1"}, 1, "external_id"},
		"no name":            {"", []string{"tenant", "create", " ", "--region", "us"}, 2, "name"},
		"other region":       {"", []string{"tenant", "create", "B", "--region", "eu"}, 2, "serves region us"},
		"unknown region":     {"", []string{"tenant", "create", "B", "--region", "mars"}, 2, "region"},
		"no key":             {"", []string{"tenant", "connect", "c-1"}, 2, "api_key"},
		"refused key":        {"wrong-api-key", []string{"tenant", "connect", "c-1"}, 1, "nothing was stored"},
		"not connected":      {"", []string{"tenant", "rotate-secret", "c-1"}, 1, "not connected"},
		"unknown command":    {"", []string{"tenant", "sing"}, 2, "--help"},
		"nothing to promote": {"", []string{"keys", "promote"}, 1, "add a key first"},
	} {
		stdout, stderr, err := p.try(t, c.stdin, c.args...)
		if err == nil || exitCode(err) != c.code || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: exit code %d, %v", name, exitCode(err), err)
		}
		if strings.Contains(stdout+stderr+err.Error(), "wrong-api-key") {
			t.Errorf("%s: the key is shown", name)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
	sim.AddAccount("the-api-key")
	p := program{goodSettings(t)}
	p.vars["DATABASE_URL"], p.vars["JAZZHR_BASE_URL"] = dbtest.New(t).URL, sim.BaseURL
	p.vars["SEALING_KEYSET"] = p.do(t, "keys", "new")
	p.do(t, "tenant", "create", "Acme", "--region", "us", "--external-id", "c-1")
	if _, _, err := p.try(t, "the-api-key", "tenant", "connect", "c-1"); err != nil {
		t.Fatal(err)
	}
	reseal := func() int { return decode[map[string]int](t, p, "", "keys", "reseal")["resealed"] }
	p.vars["SEALING_KEYSET"] = p.do(t, "keys", "add")
	if n := reseal(); n != 0 {
		t.Errorf("a key that is not promoted seals: %d", n)
	}
	p.vars["SEALING_KEYSET"] = p.do(t, "keys", "promote")
	if n := reseal(); n != 2 { // the key and the webhook's secret
		t.Errorf("after the promotion %d values were sealed anew", n)
	}
	if text := p.do(t, "keys", "reseal"); text != "0 values sealed anew.\n" {
		t.Errorf("again: %q", text)
	}
	p.do(t, "token", "create", "Nightly", "--scope", "tenants:read")
	p.vars["SEALING_KEYSET"] = p.do(t, "keys", "add")
	p.vars["SEALING_KEYSET"] = p.do(t, "keys", "promote")
	if left := decode[map[string]int](t, p, "", "keys", "reseal")["tokens_left"]; left != 1 {
		t.Errorf("%d tokens are hashed with an older key, want 1", left)
	}
	if _, stderr, err := p.try(t, "", "keys", "reseal"); err != nil || !strings.Contains(stderr, "until their next use: 1.") {
		t.Errorf("for a person: %q, %v", stderr, err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	p := program{}
	if b := decode[build](t, p, "", "version"); b.Version == "" || !strings.HasPrefix(b.Go, "go1.") {
		t.Errorf("%+v", b)
	}
	if text := p.do(t, "version"); !strings.HasPrefix(text, "jazzhr-worker ") {
		t.Errorf("%q", text)
	}
}

// Each command has help that goes beyond its line in the list, and says which settings it needs.
func TestHelp(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(false) {
		args := append(strings.Fields(strings.NewReplacer("<tenant>", "", "<token>", "", "<name>", "").Replace(command.Path())), "--help")
		stdout, stderr, err := program{}.try(t, "", args...)
		if err != nil || stderr != "" {
			t.Errorf("%s: %q, %v", command.Path(), stderr, err)
		}
		switch command.Name {
		case "version", "new": // need nothing
		case "dev":
			if !strings.Contains(stdout, "No setting is needed") {
				t.Errorf("%s: %s", command.Path(), stdout)
			}
		default:
			if !strings.Contains(stdout, "Needs ") {
				t.Errorf("%s does not say what it needs: %s", command.Path(), stdout)
			}
		}
	}
	if _, _, err := (program{}).try(t, ""); exitCode(err) != 2 {
		t.Errorf("without a command: %v", err)
	}
}
