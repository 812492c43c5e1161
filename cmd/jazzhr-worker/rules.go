package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
	"github.com/intrvio/jazzhr-worker/web"
)

// minRecordRetention is the least time that the record is kept, so that a slip can't empty it.
const minRecordRetention = 30 * 24 * time.Hour

// minToken is the least length of a token that opens something, in characters.
const minToken = 32

// invalid holds the settings against their rules, those that could be read. Its texts hold no
// values.
func (c *Config) invalid(unread []problem) []problem {
	var problems []problem
	must := func(holds bool, setting, text string, args ...any) {
		known := slices.ContainsFunc(unread, func(p problem) bool { return p.setting == setting })
		if !holds && !known {
			problems = append(problems, problem{setting, fmt.Sprintf(text, args...)})
		}
	}
	must(c.DatabaseURL == "" || isDatabase(c.DatabaseURL), "DATABASE_URL", "give postgres://user:password@host:port/database")
	c.checkAddresses(must)
	must(c.PublicURL == "" || isBaseURL(c.PublicURL), "PUBLIC_URL", "give an address that begins with https:// or http://, without user, query or fragment")
	must(isBaseURL(c.JazzHRBaseURL), "JAZZHR_BASE_URL", "give an address that begins with https:// or http://, without user, query or fragment")

	must(c.AdminToken == "" || isToken(c.AdminToken), "ADMIN_TOKEN", "give %d printable characters or more, without spaces", minToken)
	for i, token := range c.APITokens {
		must(isToken(token), "API_TOKENS", "token %d of %d: give %d printable characters or more, without spaces", i+1, len(c.APITokens), minToken)
		must(token == "" || token != c.AdminToken, "API_TOKENS", "token %d of %d is ADMIN_TOKEN; give the backend one of its own", i+1, len(c.APITokens))
	}
	c.checkOIDC(must)
	must(c.EventsURL == "" || isURL(c.EventsURL), "INTRVIO_EVENTS_URL", "give an address that begins with https:// or http://")
	must((c.EventsURL == "") == (len(c.EventsSecrets) == 0), "INTRVIO_EVENTS_SECRET", "set it together with INTRVIO_EVENTS_URL, or neither")
	if len(c.EventsSecrets) > 0 {
		var err error
		c.events, err = intrvio.ParseSecrets(c.EventsSecrets)
		must(err == nil, "INTRVIO_EVENTS_SECRET", "%s", strings.ReplaceAll(fmt.Sprint(err), "\n", "; "))
	}

	must(c.JazzHRCallsPerMinute >= queue.MinCallsPerMinute, "JAZZHR_CALLS_PER_MINUTE",
		"give %d or more: with fewer a step of a writeback never has the calls that it makes", queue.MinCallsPerMinute)
	must(c.APIRate >= 1, "API_REQUESTS_PER_SECOND", "give 1 or more")
	must(c.Workers >= 1 && c.Workers <= 1000, "WORKERS", "give 1 to 1000")
	must(c.PollsAtOnce >= 0 && c.PollsAtOnce <= 10_000, "POLLS_AT_ONCE", "give 1 to 10000, or leave it out")
	must(c.AuditsAtOnce >= 1 && c.AuditsAtOnce <= 1000, "AUDITS_AT_ONCE", "give 1 to 1000")
	must(c.FullSyncsAtOnce >= 1 && c.FullSyncsAtOnce <= 1000, "FULL_SYNCS_AT_ONCE", "give 1 to 1000")
	for _, rule := range []struct {
		setting string
		value   time.Duration
		least   time.Duration
	}{
		{"JAZZHR_TIMEOUT", c.JazzHRTimeout, time.Second},
		{"SETTLE_DELAY", c.SettleDelay, time.Second},
		{"POLL_INTERVAL", c.PollInterval, time.Second},
		{"TRIGGER_MATCH_WINDOW", c.TriggerMatchWindow, time.Minute},
		{"DRAIN_DELAY", c.DrainDelay, 0},
		{"STOP_TIMEOUT", c.StopTimeout, time.Second},
		{"PAYLOAD_RETENTION", c.PayloadRetention, time.Hour},
		{"RECORD_RETENTION", c.RecordRetention, minRecordRetention},
	} {
		must(rule.value >= rule.least, rule.setting, "give at least %s", rule.least)
	}
	c.checkRegion(must)
	must(slices.Contains([]string{logAuto, logTint, logJSON}, c.LogFormat), "LOG_FORMAT", "give auto, tint or json")
	return problems
}

// checkAddresses holds what the service listens on, and behind what, against its rules.
func (c *Config) checkAddresses(must func(holds bool, setting, text string, args ...any)) {
	must(isAddress(c.ListenAddr), "LISTEN_ADDR", "give host:port, such as 127.0.0.1:8080")
	for setting, address := range map[string]string{"WEBHOOK_ADDR": c.WebhookAddr, "API_ADDR": c.APIAddr, "CONSOLE_ADDR": c.ConsoleAddr} {
		must(address == "" || isAddress(address), setting, "give host:port, such as 127.0.0.1:8081")
		must(address == "" || address != c.MetricsAddr || strings.HasSuffix(address, ":0"), setting, "must not be METRICS_ADDR: metrics have no sign-in")
	}
	must(c.MetricsAddr == "" || isAddress(c.MetricsAddr), "METRICS_ADDR", "give host:port, such as 127.0.0.1:9090")
	must(c.MetricsAddr == "" || c.MetricsAddr != c.ListenAddr || strings.HasSuffix(c.ListenAddr, ":0"), "METRICS_ADDR", "must not be LISTEN_ADDR: metrics have no sign-in")
	for i, proxy := range c.TrustedProxies {
		must(isNetwork(proxy), "TRUSTED_PROXIES", "entry %d of %d is neither an address nor a network such as 10.0.0.0/8", i+1, len(c.TrustedProxies))
	}
}

// checkRegion holds where the service runs against its rules.
func (c *Config) checkRegion(must func(holds bool, setting, text string, args ...any)) {
	must(c.Region == tenant.RegionUS || c.Region == tenant.RegionEU, "REGION", "give us or eu")
	must(c.Region != tenant.RegionEU || c.RegionName != "", "REGION_NAME", "must be set with REGION=eu: customers are told where their data is")
	for region, address := range c.RegionPeers {
		known := region == tenant.RegionUS || region == tenant.RegionEU
		must(known && region != c.Region && isBaseURL(address), "REGION_PEERS", "give other regions with their addresses, such as eu=https://jazzhr-eu.intrvio.example")
	}
}

// minClientSecret is the least length of the secret at the identity provider, in characters. Keys are
// derived from it.
const minClientSecret = 16

// checkOIDC holds the settings of the sign-in against their rules.
func (c *Config) checkOIDC(must func(holds bool, setting, text string, args ...any)) {
	given := c.OIDCIssuer != ""
	must(!given || isIssuer(c.OIDCIssuer), "OIDC_ISSUER", "give an address that begins with https://, without user, query or fragment; http:// only on this machine")
	must(given == (c.OIDCClientID != ""), "OIDC_CLIENT_ID", "set it together with OIDC_ISSUER, or neither")
	must(given == (c.OIDCClientSecret != ""), "OIDC_CLIENT_SECRET", "set it together with OIDC_ISSUER, or neither")
	must(c.OIDCClientSecret == "" || len(c.OIDCClientSecret) >= minClientSecret, "OIDC_CLIENT_SECRET", "give %d characters or more", minClientSecret)
	must(given == (len(c.OIDCRoles) > 0), "OIDC_ROLES", "set it together with OIDC_ISSUER, or neither")
	for group, role := range c.OIDCRoles {
		must(group != "" && slices.Contains(web.RoleNames(), role), "OIDC_ROLES",
			"give groups with their roles, such as jazzhr-admins=admin; the roles are %s", strings.Join(web.RoleNames(), ", "))
	}
	must(!given || c.OIDCGroupsClaim != "", "OIDC_GROUPS_CLAIM", "give the name of a claim, such as groups")
}

// isIssuer allows http on loopback only: a provider is asked over the network who somebody is.
func isIssuer(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !isBaseURL(s) {
		return false
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || err == nil && address.IsLoopback()
}

func isDatabase(s string) bool {
	_, err := pgx.ParseConfig(s)
	return err == nil
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

func isNetwork(s string) bool {
	_, addressErr := netip.ParseAddr(s)
	_, networkErr := netip.ParsePrefix(s)
	return addressErr == nil || networkErr == nil
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	return isURL(s) && err == nil && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// isToken allows what can stand in a header.
func isToken(s string) bool {
	return len(s) >= minToken && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
