package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/web"
)

// httpDocs is the description of the HTTP contract.
func httpDocs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/http-api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocsListTheCodes holds the table of codes in docs/http-api.md to [web.Codes].
func TestDocsListTheCodes(t *testing.T) {
	t.Parallel()
	table := "| code | status | meaning |\n|---|---|---|\n"
	for _, info := range web.Codes() {
		table += fmt.Sprintf("| `%s` | %d | %s |\n", info.Code, info.Status, info.Meaning)
	}
	if !strings.Contains(httpDocs(t), table+"\n") {
		t.Errorf("docs/http-api.md does not hold this table:\n%s", table)
	}
}

var (
	pathParameter = regexp.MustCompile(`:(\w+)`)
	routeHeading  = regexp.MustCompile("(?m)^### `([A-Z]+ /[^`]*)`$")
)

// TestDocsListTheRoutes holds docs/http-api.md to the server's routes: each stands in it, those of the API, the webhook and
// health as a heading, and no heading is of a route that is none.
func TestDocsListTheRoutes(t *testing.T) {
	t.Parallel()
	text := httpDocs(t)
	headings := map[string]bool{}
	for _, match := range routeHeading.FindAllStringSubmatch(text, -1) {
		headings[match[1]] = true
	}
	engine, ok := startOn(t, nowhere(t)).server.Handler().(*gin.Engine)
	if !ok {
		t.Fatal("the handler does not tell its routes")
	}
	routes := map[string]bool{}
	for _, info := range engine.Routes() {
		route := info.Method + " " + pathParameter.ReplaceAllString(info.Path, "{$1}")
		routes[route] = true
		switch {
		case strings.HasPrefix(info.Path, "/console/river"):
			if !strings.Contains(text, "`/console/river/`") {
				t.Error("docs/http-api.md does not name River UI's address")
			}
		case strings.HasPrefix(info.Path, "/console"), strings.HasPrefix(info.Path, "/connect"):
			if !strings.Contains(text, "`"+route+"`") {
				t.Errorf("docs/http-api.md does not name %s", route)
			}
		case !headings[route]:
			t.Errorf("docs/http-api.md has no heading for %s", route)
		}
	}
	for heading := range headings {
		if !routes[heading] {
			t.Errorf("docs/http-api.md describes %s, which is no route", heading)
		}
	}
}

// TestDocsNameTheMembers holds docs/http-api.md to what requests and answers consist of.
func TestDocsNameTheMembers(t *testing.T) {
	t.Parallel()
	text := httpDocs(t)
	var names []string
	names = append(names, membersOf(reflect.TypeFor[queue.Writeback](), "")...)
	names = append(names, membersOf(reflect.TypeFor[queue.WritebackView](), "")...)
	names = append(names,
		queue.WaitingForQueue, queue.WaitingForRateLimit, queue.WaitingForPaused, queue.WaitingForCredentials,
		queue.WaitingForSettling, queue.WaitingForRetry, queue.WaitingForEarlierStep, queue.WaitingForPerson,
		queue.StatePending, queue.StateDone, queue.StateRejected, queue.StateAttention, queue.StateSkipped)
	for _, accepted := range []queue.Accepted{
		queue.AcceptedNew, queue.AcceptedRepeat, queue.AcceptedConflict, queue.AcceptedUnread,
	} {
		if !strings.Contains(text, fmt.Sprintf("`{%q:%q}`", "result", accepted)) {
			t.Errorf("docs/http-api.md does not name the webhook's answer %s", accepted)
		}
	}

	s := start(t)
	var tenant map[string]any
	if err := json.Unmarshal(s.api("POST", "/v1/tenants", `{"name":"Acme","region":"us"}`).want(http.StatusCreated).body, &tenant); err != nil {
		t.Fatal(err)
	}
	for name := range tenant {
		names = append(names, name)
	}
	for _, name := range names {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/http-api.md does not name %s", name)
		}
	}
}

var metricHelp = regexp.MustCompile(`(?m)^# HELP (jazzhr_\w+) `)

// TestDocsNameTheMetrics holds docs/operations.md to the metrics of the web server.
func TestDocsNameTheMetrics(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t)
	s.send("GET", "/livez", nil)
	scraped := httptest.NewRecorder()
	s.server.MetricsHandler().ServeHTTP(scraped, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	names := metricHelp.FindAllStringSubmatch(scraped.Body.String(), -1)
	if len(names) == 0 {
		t.Fatal("no metrics")
	}
	for _, name := range names {
		if !strings.Contains(string(text), "`"+name[1]) {
			t.Errorf("docs/operations.md does not name %s", name[1])
		}
	}
}

// membersOf lists the JSON names of a struct's members. Those of a request's parts go by their path: note.score.
func membersOf(of reflect.Type, within string) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		part := field.Type
		for part.Kind() == reflect.Pointer {
			part = part.Elem()
		}
		switch {
		case part.Kind() == reflect.Struct && part.PkgPath() == of.PkgPath():
			names = append(names, membersOf(part, within+name+".")...)
		case part.Kind() == reflect.Slice && part.Elem() == reflect.TypeFor[queue.StepView]() && of != part.Elem():
			names = append(names, name)
			names = append(names, membersOf(part.Elem(), "")...)
		default:
			names = append(names, within+name)
		}
	}
	return names
}
