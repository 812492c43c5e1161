package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/web"
)

// Config is every setting of the program. Each comes from the environment variable in its tag; doc
// is its description in the table that settingsTable renders, and show says how the summary at
// start shows it: whole, as a "url" without password and query, or as "secret", which shows only
// whether it is set.
type Config struct {
	DatabaseURL    string   `env:"DATABASE_URL" show:"url" doc:"PostgreSQL, as postgres://user:password@host:port/database. All tables are in its schema jazzhr. Needed by all commands but dev, version and the keys that only print."`
	ListenAddr     string   `env:"LISTEN_ADDR" envDefault:"127.0.0.1:8080" doc:"Where the web server listens, as host:port."`
	WebhookAddr    string   `env:"WEBHOOK_ADDR" doc:"Where webhooks and connect pages are served instead, which the internet has to reach."`
	APIAddr        string   `env:"API_ADDR" doc:"Where the API is served instead."`
	ConsoleAddr    string   `env:"CONSOLE_ADDR" doc:"Where the console is served instead."`
	MetricsAddr    string   `env:"METRICS_ADDR" doc:"Where /metrics is served, as host:port; nowhere if empty. It has no sign-in."`
	PublicURL      string   `env:"PUBLIC_URL" show:"url" doc:"Where JazzHR reaches the web server, such as https://jazzhr.intrvio.example. Webhook addresses begin with it. Needed by serve, web and tenant connect."`
	TrustedProxies []string `env:"TRUSTED_PROXIES" doc:"Addresses of the proxies in front of the web server, or networks such as 10.0.0.0/8, separated by commas. Their X-Forwarded-For tells who sent a request. Without it, all that comes through a proxy counts as one sender."`

	AdminToken string   `env:"ADMIN_TOKEN" show:"secret" doc:"Opens the console and all of the API; 32 characters or more. Needed by serve and web, unless OIDC_ISSUER is set: then it is the console's way in for when the provider does not work, and without it there is none."`
	APITokens  []string `env:"API_TOKENS" show:"secret" doc:"Tokens that open all of the API but not the console, separated by commas; 32 characters or more each. They are to begin with: token create makes tokens that may do less."`
	APIRate    int      `env:"API_REQUESTS_PER_SECOND" envDefault:"200" doc:"How many requests a second with one token each process answers; twice as many may come at once. The others get 429."`

	OIDCIssuer       string            `env:"OIDC_ISSUER" show:"url" doc:"OpenID Connect provider at which people sign in to the console, such as https://login.intrvio.example; exactly as it names itself. The redirect URI there is PUBLIC_URL and /console/oidc/callback."`
	OIDCClientID     string            `env:"OIDC_CLIENT_ID" doc:"The service's id at the provider. Needed with OIDC_ISSUER."`
	OIDCClientSecret string            `env:"OIDC_CLIENT_SECRET" show:"secret" doc:"The service's secret at the provider; 16 characters or more. Needed with OIDC_ISSUER. A new one ends all sessions of people."`
	OIDCRoles        map[string]string `env:"OIDC_ROLES" envKeyValSeparator:"=" doc:"Roles of the provider's groups, such as jazzhr-admins=admin,support=support. The roles are reader, support, operator and admin. Needed with OIDC_ISSUER."`
	OIDCGroupsClaim  string            `env:"OIDC_GROUPS_CLAIM" envDefault:"groups" doc:"The claim that holds a person's groups."`

	Region      string            `env:"REGION" envDefault:"us" doc:"Whose tenants this deployment serves, us or eu. Those of the other region are refused."`
	RegionName  string            `env:"REGION_NAME" doc:"Where the service and its database run, such as Frankfurt. The connect page tells customers. Needed with REGION=eu."`
	RegionPeers map[string]string `env:"REGION_PEERS" envKeyValSeparator:"=" show:"url" doc:"Addresses of the deployments of other regions, such as eu=https://jazzhr-eu.intrvio.example. A tenant that is refused is sent there."`

	SealingKeyset     string `env:"SEALING_KEYSET" show:"secret" doc:"Keys that seal API keys and webhook secrets in the database, and hash the API's tokens, as keys new prints them. This or SEALING_KEYSET_FILE is needed by serve, web, work, tenant connect, tenant rotate-secret, token create, token roll, audit and keys."`
	SealingKeysetFile string `env:"SEALING_KEYSET_FILE" doc:"File that holds the keyset instead."`

	JazzHRBaseURL        string        `env:"JAZZHR_BASE_URL" envDefault:"https://api.resumatorapi.com/v1" show:"url" doc:"Where JazzHR serves its API."`
	JazzHRCallsPerMinute int           `env:"JAZZHR_CALLS_PER_MINUTE" envDefault:"80" doc:"Calls a tenant's key may make in 60 seconds, on all nodes together."`
	JazzHRTimeout        time.Duration `env:"JAZZHR_TIMEOUT" envDefault:"60s" doc:"How long one request to JazzHR may take."`
	SettleDelay          time.Duration `env:"SETTLE_DELAY" envDefault:"2m" doc:"Quiet period: how long JazzHR may take to apply and to show a write whose answer was lost. What it does not show after that counts as not written."`
	PollInterval         time.Duration `env:"POLL_INTERVAL" envDefault:"5m" doc:"How often a tenant's activities, applicants and links are read, unless it has an interval of its own."`
	TriggerMatchWindow   time.Duration `env:"TRIGGER_MATCH_WINDOW" envDefault:"3h" doc:"How far apart a candidate's export and move to an auto-trigger stage may come to be one interview request."`

	GroupCommit bool `env:"GROUP_COMMIT" envDefault:"true" doc:"Store webhooks that come at the same moment in one transaction. With false each has one of its own, which takes more of the database."`

	EventsURL     string   `env:"INTRVIO_EVENTS_URL" show:"url" doc:"Where events are pushed; if empty they can only be pulled."`
	EventsSecrets []string `env:"INTRVIO_EVENTS_SECRET" show:"secret" doc:"Secrets that sign pushed events, as whsec_ and base64, separated by commas. Events are signed with all. Needed with INTRVIO_EVENTS_URL."`

	Workers          int           `env:"WORKERS" envDefault:"20" doc:"Jobs of each queue that this process works at once. The process opens up to 20 database connections more than that."`
	PollsAtOnce      int           `env:"POLLS_AT_ONCE" doc:"Polls that this process works at once. A poll mostly waits for JazzHR and holds no connection meanwhile. If not set, eight times WORKERS."`
	AuditsAtOnce     int           `env:"AUDITS_AT_ONCE" envDefault:"4" doc:"Nightly audits that all processes together work at once."`
	FullSyncsAtOnce  int           `env:"FULL_SYNCS_AT_ONCE" envDefault:"8" doc:"Nightly full passes over accounts that all processes together begin at once. Backfills and passes that somebody asks for come on top, up to as many in each process."`
	DrainDelay       time.Duration `env:"DRAIN_DELAY" envDefault:"5s" doc:"At a stop, how long /readyz fails while requests are still taken."`
	StopTimeout      time.Duration `env:"STOP_TIMEOUT" envDefault:"20s" doc:"At a stop, how long after that running requests and jobs may take to end before they are cancelled."`
	PayloadRetention time.Duration `env:"PAYLOAD_RETENTION" envDefault:"720h" doc:"How long webhook bodies and written transcripts are kept. Their hashes stay."`
	RecordRetention  time.Duration `env:"RECORD_RETENTION" envDefault:"17520h" doc:"How long the record of who did what is kept, in whole days; 720h or more."`

	LogFormat string     `env:"LOG_FORMAT" envDefault:"auto" doc:"tint (for people), json, or auto: tint on a terminal, json otherwise."`
	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error."`

	keyset string // the text of the sealing keyset, wherever it stood
	sealer *tenant.Sealer
	events intrvio.Secrets
}

// deployment returns where the service runs.
func (c *Config) deployment() tenant.Deployment {
	return tenant.Deployment{Region: c.Region, Place: c.RegionName, Peers: c.RegionPeers}
}

// oidc returns where people sign in, or nil if only the admin token lets in.
func (c *Config) oidc() *web.OIDC {
	if c.OIDCIssuer == "" {
		return nil
	}
	return &web.OIDC{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: c.OIDCClientSecret,
		GroupsClaim: c.OIDCGroupsClaim, Roles: c.OIDCRoles,
	}
}

// limits returns how many jobs run at once.
func (c *Config) limits() queue.Limits {
	limits := queue.DefaultLimits(c.Workers)
	if c.PollsAtOnce > 0 {
		limits.Polls = c.PollsAtOnce
	}
	limits.Audits, limits.FullSyncs = c.AuditsAtOnce, c.FullSyncsAtOnce
	return limits
}

// need is a set of settings that a command needs, beyond those that have a default.
type need uint8

const (
	needDatabase need = 1 << iota
	needSealing       // either of the two settings that give the keyset
	needPublicURL
	needSignIn // either of the two ways into the console

	needsWeb = needDatabase | needSealing | needPublicURL | needSignIn
)

// problem is what is wrong with a setting, without its value.
type problem struct{ setting, text string }

// loadConfig reads the settings, of which some must be set. Its error names everything that is
// wrong at once, one line a setting, and shows no value.
func loadConfig(vars map[string]string, needs need) (Config, error) {
	var config Config
	var problems []problem
	err := env.ParseWithOptions(&config, env.Options{Environment: vars})
	if aggregate, ok := errors.AsType[env.AggregateError](err); ok {
		for _, err := range aggregate.Errors {
			problems = append(problems, unreadable(err))
		}
	} else if err != nil {
		return Config{}, fmt.Errorf("read settings: %w", err)
	}
	trimAll(config.TrustedProxies)
	trimAll(config.APITokens)
	trimAll(config.EventsSecrets)
	problems = append(problems, config.readKeyset()...)
	problems = append(problems, config.missing(needs)...)
	problems = append(problems, config.invalid(problems)...)
	if len(problems) == 0 {
		return config, nil
	}
	slices.SortStableFunc(problems, func(a, b problem) int { return cmp.Compare(a.setting, b.setting) })
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.setting + ": " + p.text
	}
	if len(lines) == 1 {
		return Config{}, wrongUse{fmt.Errorf("setting %s", lines[0])}
	}
	return Config{}, wrongUse{fmt.Errorf("settings:\n  %s", strings.Join(lines, "\n  "))}
}

// unreadable says what form a value must have that could not be parsed.
func unreadable(err error) problem {
	failed, ok := errors.AsType[env.ParseError](err)
	if !ok {
		return problem{"environment", err.Error()}
	}
	field, _ := reflect.TypeFor[Config]().FieldByName(failed.Name)
	text := "give a whole number"
	switch field.Type {
	case reflect.TypeFor[time.Duration]():
		text = "give a duration such as 90s, 5m or 720h"
	case reflect.TypeFor[bool]():
		text = "give true or false"
	case reflect.TypeFor[slog.Level]():
		text = "give debug, info, warn or error"
	}
	return problem{field.Tag.Get("env"), text}
}

func trimAll(list []string) {
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
}

// readKeyset finds the keyset in the setting or its file.
func (c *Config) readKeyset() []problem {
	setting := "SEALING_KEYSET"
	switch {
	case c.SealingKeyset != "" && c.SealingKeysetFile != "":
		return []problem{{setting, "set this or SEALING_KEYSET_FILE, not both"}}
	case c.SealingKeyset != "":
		c.keyset = c.SealingKeyset
	case c.SealingKeysetFile != "":
		setting = "SEALING_KEYSET_FILE"
		text, err := os.ReadFile(c.SealingKeysetFile)
		if err != nil {
			return []problem{{setting, err.Error()}}
		}
		c.keyset = string(text)
	default:
		return nil
	}
	sealer, err := tenant.ParseKeyset(c.keyset)
	if err != nil {
		return []problem{{setting, err.Error()}}
	}
	c.sealer = sealer
	return nil
}

// missing lists the needed settings that are not set.
func (c *Config) missing(needs need) []problem {
	var problems []problem
	for _, rule := range []struct {
		need          need
		isSet         bool
		setting, text string
	}{
		{needDatabase, c.DatabaseURL != "", "DATABASE_URL", "must be set"},
		{needSealing, c.SealingKeyset != "" || c.SealingKeysetFile != "", "SEALING_KEYSET", `must be set, or SEALING_KEYSET_FILE; "jazzhr-worker keys new" prints one`},
		{needPublicURL, c.PublicURL != "", "PUBLIC_URL", "must be set"},
		{needSignIn, c.AdminToken != "" || c.OIDCIssuer != "", "ADMIN_TOKEN", "must be set, or OIDC_ISSUER, so that somebody can sign in"},
	} {
		if needs&rule.need != 0 && !rule.isSet {
			problems = append(problems, problem{rule.setting, rule.text})
		}
	}
	return problems
}
