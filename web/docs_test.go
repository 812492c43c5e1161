package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// TestDocsListTheCodes holds the table of codes in docs/http-api.md to [web.Codes].
func TestDocsListTheCodes(t *testing.T) {
	t.Parallel()
	table := "| code | status | meaning |\n|---|---|---|\n"
	for _, info := range web.Codes() {
		table += fmt.Sprintf("| `%s` | %d | %s |\n", info.Code, info.Status, info.Meaning)
	}
	if !strings.Contains(doc(t, "http-api.md"), table+"\n") {
		t.Errorf("docs/http-api.md does not hold this table:\n%s", table)
	}
}

var (
	pathParameter = regexp.MustCompile(`:(\w+)`)
	routeHeading  = regexp.MustCompile("(?m)^### `([A-Z]+ /[^`]*)`$")
)

// TestDocsListTheRoutes holds docs/http-api.md to the server's routes: each stands in it, those of
// the API, the webhook and health as a heading, and no heading is of a route that is none.
func TestDocsListTheRoutes(t *testing.T) {
	t.Parallel()
	text := doc(t, "http-api.md")
	headings := map[string]bool{}
	for _, match := range routeHeading.FindAllStringSubmatch(text, -1) {
		headings[match[1]] = true
	}
	engine, ok := startOn(t, webtest.Nowhere(t)).server.Handler().(*gin.Engine)
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
	text := doc(t, "http-api.md")
	var names []string
	names = append(names, membersOf(reflect.TypeFor[writeback.Writeback](), "")...)
	names = append(names, membersOf(reflect.TypeFor[writeback.View](), "")...)
	names = append(names,
		queue.StatePending, queue.StateDone, queue.StateRejected, queue.StateAttention, queue.StateSkipped)
	for _, accepted := range []intake.Accepted{
		intake.AcceptedNew, intake.AcceptedRepeat, intake.AcceptedConflict, intake.AcceptedUnreadable,
	} {
		if !strings.Contains(text, fmt.Sprintf("`{%q:%q}`", "result", accepted)) {
			t.Errorf("docs/http-api.md does not name the webhook's answer %s", accepted)
		}
	}

	s := start(t)
	var tenant map[string]any
	if err := json.Unmarshal(s.API("POST", "/v1/tenants", `{"name":"Acme","region":"us"}`).Want(http.StatusCreated).Body, &tenant); err != nil {
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

// membersOf lists the JSON names of a struct's members. Those of a request's parts go by their
// path: note.score.
func membersOf(of reflect.Type, within string) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() {
			continue
		}
		part := field.Type
		for part.Kind() == reflect.Pointer {
			part = part.Elem()
		}
		switch {
		case part.Kind() == reflect.Struct && part.PkgPath() == of.PkgPath():
			names = append(names, membersOf(part, within+name+".")...)
		case part.Kind() == reflect.Slice && part.Elem() == reflect.TypeFor[writeback.StepView]() && of != part.Elem():
			names = append(names, name)
			names = append(names, membersOf(part.Elem(), "")...)
		default:
			names = append(names, within+name)
		}
	}
	return names
}
