package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// goodSettings are enough for every command.
func goodSettings(t *testing.T) map[string]string {
	t.Helper()
	keyset, err := tenant.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"DATABASE_URL": "postgres://user:hunter2@db.example:5432/main?sslmode=require", "PUBLIC_URL": "https://jazzhr.intrvio.example",
		"ADMIN_TOKEN": strings.Repeat("a", 32), "API_TOKENS": strings.Repeat("b", 32) + ", " + strings.Repeat("c", 40),
		"OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_ID": "jazzhr", "OIDC_CLIENT_SECRET": "client-secret-0123456789",
		"OIDC_ROLES":     "jazzhr-admins=admin,support=support",
		"SEALING_KEYSET": keyset, "INTRVIO_EVENTS_URL": "https://events.example/in?token=t0psecret",
		"INTRVIO_EVENTS_SECRET": intrvio.NewSecret() + "," + intrvio.NewSecret(),
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	config, err := loadConfig(goodSettings(t), needsWeb)
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"LISTEN_ADDR":             config.ListenAddr == "127.0.0.1:8080",
		"METRICS_ADDR":            config.MetricsAddr == "",
		"JAZZHR_BASE_URL":         config.JazzHRBaseURL == "https://api.resumatorapi.com/v1",
		"JAZZHR_CALLS_PER_MINUTE": config.JazzHRCallsPerMinute == 80,
		"POLL_INTERVAL":           config.PollInterval == 5*time.Minute,
		"TRIGGER_MATCH_WINDOW":    config.TriggerMatchWindow == 3*time.Hour,
		"JAZZHR_TIMEOUT":          config.JazzHRTimeout == time.Minute,
		"SETTLE_DELAY":            config.SettleDelay == 2*time.Minute,
		"GROUP_COMMIT":            config.GroupCommit,
		"what runs at once":       config.limits() == queue.DefaultLimits(config.Workers),
		"PAYLOAD_RETENTION":       config.PayloadRetention == 720*time.Hour,
		"RECORD_RETENTION":        config.RecordRetention == 2*365*24*time.Hour,
		"LOG_FORMAT":              config.LogFormat == logAuto,
		"LOG_LEVEL":               config.LogLevel == slog.LevelInfo,
		"API_TOKENS":              len(config.APITokens) == 2 && config.APITokens[1] == strings.Repeat("c", 40),
		"sealer":                  config.sealer != nil,
	} {
		if !ok {
			t.Errorf("%s is not as it should be", name)
		}
	}
}

func TestWhatRunsAtOnce(t *testing.T) {
	t.Parallel()
	vars := goodSettings(t)
	maps.Copy(vars, map[string]string{"WORKERS": "5", "POLLS_AT_ONCE": "7", "AUDITS_AT_ONCE": "2", "FULL_SYNCS_AT_ONCE": "3"})
	config, err := loadConfig(vars, needsWeb)
	if want := (queue.Limits{Workers: 5, Polls: 7, Audits: 2, FullSyncs: 3}); err != nil || config.limits() != want {
		t.Errorf("%+v, want %+v; %v", config.limits(), want, err)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	good := goodSettings(t)
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("no keyset"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change map[string]string // empty takes a setting away
		want   string            // the setting that is at fault
	}{
		"no database":             {map[string]string{"DATABASE_URL": ""}, "DATABASE_URL"},
		"database nowhere":        {map[string]string{"DATABASE_URL": "postgres://:@::::"}, "DATABASE_URL"},
		"no public URL":           {map[string]string{"PUBLIC_URL": ""}, "PUBLIC_URL"},
		"relative public URL":     {map[string]string{"PUBLIC_URL": "jazzhr.example"}, "PUBLIC_URL"},
		"public URL with query":   {map[string]string{"PUBLIC_URL": "https://a.example/?x=1"}, "PUBLIC_URL"},
		"nobody to sign in":       {map[string]string{"ADMIN_TOKEN": "", "OIDC_ISSUER": "", "OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": "", "OIDC_ROLES": ""}, "ADMIN_TOKEN"},
		"short admin token":       {map[string]string{"ADMIN_TOKEN": strings.Repeat("a", 31)}, "ADMIN_TOKEN"},
		"admin token with spaces": {map[string]string{"ADMIN_TOKEN": strings.Repeat("a ", 32)}, "ADMIN_TOKEN"},
		"an issuer nowhere":       {map[string]string{"OIDC_ISSUER": "http://login.example"}, "OIDC_ISSUER"},
		"no client id":            {map[string]string{"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"},
		"no client secret":        {map[string]string{"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"},
		"a short client secret":   {map[string]string{"OIDC_CLIENT_SECRET": "short"}, "OIDC_CLIENT_SECRET"},
		"no role for any group":   {map[string]string{"OIDC_ROLES": ""}, "OIDC_ROLES"},
		"a role that is none":     {map[string]string{"OIDC_ROLES": "a=reader,b=root"}, "OIDC_ROLES"},
		"a group without a role":  {map[string]string{"OIDC_ROLES": "a"}, "OIDC_ROLES"},
		"short API token":         {map[string]string{"API_TOKENS": strings.Repeat("b", 32) + ",short"}, "API_TOKENS"},
		"empty API token":         {map[string]string{"API_TOKENS": strings.Repeat("b", 32) + ","}, "API_TOKENS"},
		"admin token as API's":    {map[string]string{"API_TOKENS": strings.Repeat("a", 32)}, "API_TOKENS"},
		"no keyset":               {map[string]string{"SEALING_KEYSET": ""}, "SEALING_KEYSET"},
		"two keysets":             {map[string]string{"SEALING_KEYSET_FILE": broken}, "SEALING_KEYSET"},
		"broken keyset":           {map[string]string{"SEALING_KEYSET": "no keyset"}, "SEALING_KEYSET"},
		"broken keyset file":      {map[string]string{"SEALING_KEYSET": "", "SEALING_KEYSET_FILE": broken}, "SEALING_KEYSET_FILE"},
		"no keyset file":          {map[string]string{"SEALING_KEYSET": "", "SEALING_KEYSET_FILE": dir + "/none"}, "SEALING_KEYSET_FILE"},
		"events without secret":   {map[string]string{"INTRVIO_EVENTS_SECRET": ""}, "INTRVIO_EVENTS_SECRET"},
		"secret without events":   {map[string]string{"INTRVIO_EVENTS_URL": ""}, "INTRVIO_EVENTS_SECRET"},
		"broken secret":           {map[string]string{"INTRVIO_EVENTS_SECRET": "whsec_x"}, "INTRVIO_EVENTS_SECRET"},
		"events to nowhere":       {map[string]string{"INTRVIO_EVENTS_URL": "events"}, "INTRVIO_EVENTS_URL"},
		"JazzHR nowhere":          {map[string]string{"JAZZHR_BASE_URL": "ftp://x"}, "JAZZHR_BASE_URL"},
		"listen nowhere":          {map[string]string{"LISTEN_ADDR": "8080"}, "LISTEN_ADDR"},
		"metrics nowhere":         {map[string]string{"METRICS_ADDR": "x:y:z"}, "METRICS_ADDR"},
		"metrics on the web":      {map[string]string{"METRICS_ADDR": "127.0.0.1:8080"}, "METRICS_ADDR"},
		"no region of ours":       {map[string]string{"REGION": "ap"}, "REGION"},
		"a region without place":  {map[string]string{"REGION": "eu"}, "REGION_NAME"},
		"itself as a peer":        {map[string]string{"REGION_PEERS": "us=https://us.example"}, "REGION_PEERS"},
		"a peer without address":  {map[string]string{"REGION_PEERS": "eu"}, "REGION_PEERS"},
		"a peer nowhere":          {map[string]string{"REGION_PEERS": "eu=eu.example"}, "REGION_PEERS"},
		"the console nowhere":     {map[string]string{"CONSOLE_ADDR": "8080"}, "CONSOLE_ADDR"},
		"the API with metrics":    {map[string]string{"API_ADDR": ":9", "METRICS_ADDR": ":9"}, "API_ADDR"},
		"a proxy by its name":     {map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8, proxy.example"}, "TRUSTED_PROXIES"},
		"no requests a second":    {map[string]string{"API_REQUESTS_PER_SECOND": "0"}, "API_REQUESTS_PER_SECOND"},
		"too few calls":           {map[string]string{"JAZZHR_CALLS_PER_MINUTE": "11"}, "JAZZHR_CALLS_PER_MINUTE"},
		"calls not a number":      {map[string]string{"JAZZHR_CALLS_PER_MINUTE": "many"}, "JAZZHR_CALLS_PER_MINUTE"},
		"no workers":              {map[string]string{"WORKERS": "0"}, "WORKERS"},
		"too many polls":          {map[string]string{"POLLS_AT_ONCE": "10001"}, "POLLS_AT_ONCE"},
		"no audits":               {map[string]string{"AUDITS_AT_ONCE": "0"}, "AUDITS_AT_ONCE"},
		"no full passes":          {map[string]string{"FULL_SYNCS_AT_ONCE": "0"}, "FULL_SYNCS_AT_ONCE"},
		"timeout without unit":    {map[string]string{"JAZZHR_TIMEOUT": "60"}, "JAZZHR_TIMEOUT"},
		"negative drain":          {map[string]string{"DRAIN_DELAY": "-1s"}, "DRAIN_DELAY"},
		"no quiet period":         {map[string]string{"SETTLE_DELAY": "0s"}, "SETTLE_DELAY"},
		"short window":            {map[string]string{"TRIGGER_MATCH_WINDOW": "1s"}, "TRIGGER_MATCH_WINDOW"},
		"short record":            {map[string]string{"RECORD_RETENTION": "24h"}, "RECORD_RETENTION"},
		"short retention":         {map[string]string{"PAYLOAD_RETENTION": "1m"}, "PAYLOAD_RETENTION"},
		"log format":              {map[string]string{"LOG_FORMAT": "xml"}, "LOG_FORMAT"},
		"log level":               {map[string]string{"LOG_LEVEL": "loud"}, "LOG_LEVEL"},
	} {
		vars := maps.Clone(good)
		for setting, value := range c.change {
			if vars[setting] = value; value == "" {
				delete(vars, setting)
			}
		}
		_, err := loadConfig(vars, needsWeb)
		if err == nil || !strings.HasPrefix(err.Error(), "setting "+c.want+": ") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if exitCode(err) != 2 {
			t.Errorf("%s: exit code %d", name, exitCode(err))
		}
		for _, value := range c.change {
			if len(value) > 12 && value != broken && !strings.HasPrefix(value, dir) && strings.Contains(err.Error(), value) {
				t.Errorf("%s: the error shows the value: %v", name, err)
			}
		}
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := loadConfig(map[string]string{"WORKERS": "x", "LOG_LEVEL": "loud", "SETTLE_DELAY": "soon", "ADMIN_TOKEN": "short"}, needsWeb)
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{"ADMIN_TOKEN", "DATABASE_URL", "LOG_LEVEL", "PUBLIC_URL", "SEALING_KEYSET", "SETTLE_DELAY", "WORKERS"}
	if len(lines) != 1+len(want) {
		t.Fatalf("%d lines: %v", len(lines), err)
	}
	for i, setting := range want {
		if !strings.HasPrefix(lines[i+1], "  "+setting+": ") {
			t.Errorf("line %d: %s", i+1, lines[i+1])
		}
	}
}

func TestCommandsNeedOnlyTheirSettings(t *testing.T) {
	t.Parallel()
	if _, err := loadConfig(map[string]string{"DATABASE_URL": "postgres://db.example/main"}, needDatabase); err != nil {
		t.Error(err)
	}
}

func TestKeysetFromFile(t *testing.T) {
	t.Parallel()
	vars := goodSettings(t)
	file := filepath.Join(t.TempDir(), "keyset")
	if err := os.WriteFile(file, []byte(vars["SEALING_KEYSET"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	delete(vars, "SEALING_KEYSET")
	vars["SEALING_KEYSET_FILE"] = file
	config, err := loadConfig(vars, needsWeb)
	if err != nil || config.sealer == nil {
		t.Error(err)
	}
}

func TestSummaryMasksSecrets(t *testing.T) {
	t.Parallel()
	vars := goodSettings(t)
	config, err := loadConfig(vars, needsWeb)
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("starting", "settings", config)
	fmt.Fprintf(&shown, "%v %+v %#v %s", config, config, config, config)
	secrets := []string{"hunter2", "t0psecret", vars["ADMIN_TOKEN"], strings.Repeat("b", 32), vars["SEALING_KEYSET"]}
	for _, secret := range append(secrets, strings.Split(vars["INTRVIO_EVENTS_SECRET"], ",")...) {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("a secret is shown in %s", shown.String())
		}
	}
	var line struct{ Settings map[string]string }
	if err := json.NewDecoder(strings.NewReader(shown.String())).Decode(&line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"DATABASE_URL": "postgres://user@db.example:5432/main", "INTRVIO_EVENTS_URL": "https://events.example/in",
		"API_TOKENS": "[2 set]", "ADMIN_TOKEN": "[set]", "POLL_INTERVAL": "5m0s", "WORKERS": "20",
	} {
		if line.Settings[name] != want {
			t.Errorf("%s is shown as %q, want %q", name, line.Settings[name], want)
		}
	}
	if _, shown := line.Settings["METRICS_ADDR"]; shown {
		t.Error("a setting that is not set is shown")
	}
}

// A setting without a description, or a text that looks secret and is shown, is an oversight.
func TestEverySettingIsDescribed(t *testing.T) {
	t.Parallel()
	for s := range settings(&Config{}) {
		if s.doc == "" || strings.Contains(s.doc, "|") {
			t.Errorf("%s has no description fit for a table", s.name)
		}
		secret := strings.Contains(s.name, "TOKEN") || strings.Contains(s.name, "SECRET") || s.name == "SEALING_KEYSET"
		if secret != (s.show == "secret") {
			t.Errorf("%s is shown as %q", s.name, s.show)
		}
		if strings.HasSuffix(s.name, "URL") && s.show != "url" {
			t.Errorf("%s may hold a password and is shown whole", s.name)
		}
		if kind := s.value.Kind(); kind == reflect.Pointer || kind == reflect.Struct {
			t.Errorf("%s has a type that the summary does not show", s.name)
		}
	}
}

func TestReadmeHasTheTableOfSettings(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- settings -->\n")
	if table, _, ok := strings.Cut(rest, "<!-- /settings -->"); !ok || table != settingsTable() {
		t.Errorf("put this between <!-- settings --> and <!-- /settings --> of README.md:\n%s", settingsTable())
	}
}

// TestDocsCountTheConnections holds the table of connections in docs/operations.md to the pools.
func TestDocsCountTheConnections(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := loadConfig(goodSettings(t), needsWeb)
	if err != nil {
		t.Fatal(err)
	}
	pool := config.Workers + spareConnections
	for _, row := range []string{
		fmt.Sprintf("| with `WORKERS=%d` |", config.Workers),
		fmt.Sprintf("| `serve`, `work` | `WORKERS` + %d for the work and the web, %d for River | %d |",
			spareConnections, riverConnections, pool+riverConnections),
		fmt.Sprintf("| `web` | `WORKERS` + %d | %d |", spareConnections, pool),
		fmt.Sprintf("| `tenant …`, `keys reseal`, `audit duplicates` | %d, ", cliConnections),
	} {
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/operations.md does not hold: %s", row)
		}
	}
}
