package intrvio_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// TestDocsNameEveryEvent checks that docs/events.md has a heading for each event type in the
// source, and names all fields of its data.
func TestDocsNameEveryEvent(t *testing.T) {
	t.Parallel()
	sections := sectionsOfDocs(t)
	types := eventTypesOfSource(t)
	for _, eventType := range types {
		data, known := intrvio.Types()[eventType]
		if !known {
			t.Errorf("%s is not in Types", eventType)
			continue
		}
		text := sectionOf(sections, string(eventType))
		if text == "" {
			t.Errorf("docs/events.md has no heading for %s", eventType)
			continue
		}
		for _, field := range fieldsOf(reflect.TypeOf(data)) {
			if !strings.Contains(text, "`"+field+"`") {
				t.Errorf("docs/events.md does not name the field %s of %s", field, eventType)
			}
		}
	}
	if len(types) != len(intrvio.Types()) {
		t.Errorf("%d event types in the source, %d in Types", len(types), len(intrvio.Types()))
	}
	for _, field := range fieldsOf(reflect.TypeFor[intrvio.Envelope]()) {
		if !strings.Contains(sectionOf(sections, "envelope"), "`"+field+"`") {
			t.Errorf("docs/events.md does not name the field %s of the envelope", field)
		}
	}
}

// TestDocsExamples decodes every example of docs/events.md strictly and finds one of each type.
func TestDocsExamples(t *testing.T) {
	t.Parallel()
	found := map[intrvio.EventType]bool{}
	for _, example := range blocksOfDocs(t, "json") {
		var envelope intrvio.Envelope
		decodeStrictly(t, example, &envelope)
		if of, known := intrvio.Types()[envelope.Type]; known {
			data := reflect.New(reflect.TypeOf(of))
			decodeStrictly(t, string(envelope.Data), data.Interface())
		}
		found[envelope.Type] = true
	}
	for eventType := range intrvio.Types() {
		if !found[eventType] {
			t.Errorf("docs/events.md has no example of %s", eventType)
		}
	}
}

// TestDocsReceiver checks that docs/events.md shows the function receive below, and that the
// function accepts a signed event.
func TestDocsReceiver(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("docs_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := blocksOfDocs(t, "go")
	if len(shown) != 1 || !strings.Contains(string(source), "\n"+shown[0]) {
		t.Error("docs/events.md does not show the function receive of this file")
	}

	secret := intrvio.NewSecret()
	var handled []string
	handler, err := receive(secret, func(e intrvio.Envelope) error { handled = append(handled, e.ID); return nil })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for _, test := range []struct {
		secret string
		want   bool
	}{{secret, true}, {intrvio.NewSecret(), false}} {
		secrets, err := intrvio.ParseSecrets([]string{test.secret})
		if err != nil {
			t.Fatal(err)
		}
		deliverer, err := intrvio.NewDeliverer(intrvio.DelivererConfig{URL: server.URL, Secrets: secrets})
		if err != nil {
			t.Fatal(err)
		}
		defer deliverer.Close()
		err = deliverer.Deliver(t.Context(), intrvio.Envelope{ID: "evt_1", Data: json.RawMessage(`{}`)})
		if (err == nil) != test.want {
			t.Errorf("delivery: %v", err)
		}
	}
	if len(handled) != 1 || handled[0] != "evt_1" {
		t.Errorf("handled %v, want evt_1 once", handled)
	}
}

// receive returns a handler that checks an event's signature and hands the event on. handle must be
// quick and must bear seeing an event again: it stores the event by its id, and the work is done
// later.
func receive(secret string, handle func(intrvio.Envelope) error) (http.HandlerFunc, error) {
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			http.Error(w, "unreadable body", http.StatusBadRequest)
			return
		}
		// Verify the bytes that came, and refuse timestamps more than five minutes off.
		if err := webhook.Verify(body, r.Header); err != nil {
			http.Error(w, "wrong signature", http.StatusUnauthorized)
			return
		}
		var event intrvio.Envelope
		if err := json.Unmarshal(body, &event); err != nil {
			http.Error(w, "not an event", http.StatusBadRequest)
			return
		}
		if err := handle(event); err != nil {
			http.Error(w, "not stored", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}, nil
}

func docs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sectionsOfDocs splits docs/events.md at its headings. Each section begins with its heading.
func sectionsOfDocs(t *testing.T) []string {
	t.Helper()
	return regexp.MustCompile(`(?m)^#+ `).Split(docs(t), -1)
}

// sectionOf returns the section whose heading contains the name, or "".
func sectionOf(sections []string, name string) string {
	for _, section := range sections {
		heading, _, _ := strings.Cut(section, "\n")
		if strings.Contains(strings.ToLower(heading), name) {
			return section
		}
	}
	return ""
}

// blocksOfDocs returns the code blocks of a language.
func blocksOfDocs(t *testing.T, language string) (blocks []string) {
	t.Helper()
	for _, match := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(docs(t), -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

func decodeStrictly(t *testing.T, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Errorf("%v in the example %s", err, text)
	}
}

// fieldsOf lists the JSON names of a struct's fields, and of nested structs of this package.
func fieldsOf(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
		part := field.Type
		if part.Kind() == reflect.Slice {
			part = part.Elem()
		}
		if part.Kind() == reflect.Struct && part.PkgPath() == of.PkgPath() {
			names = append(names, fieldsOf(part)...)
		}
	}
	return names
}

// eventTypesOfSource returns the package's constants of type EventType.
func eventTypesOfSource(t *testing.T) (types []intrvio.EventType) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "EventType" {
			types = append(types, intrvio.EventType(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)))
		}
		return true
	})
	return types
}

// TestDocsSayHowLongEventsAreKept holds the documentation to [intrvio.Retention].
func TestDocsSayHowLongEventsAreKept(t *testing.T) {
	t.Parallel()
	kept := fmt.Sprintf("%d days", int(intrvio.Retention.Hours()/24))
	for file, text := range map[string]string{
		"events.md":     "Events are deleted " + kept + " after",
		"http-api.md":   "they are kept for " + kept,
		"operations.md": "| `events.data` | clear | " + kept + " |",
	} {
		docs, err := os.ReadFile("../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(docs), text) {
			t.Errorf("docs/%s does not say: %s", file, text)
		}
	}
}
