// Package cmd_test holds the whole repository to the rules of its house: which package may import
// which, how folders are named, how long files are, and what tests may not do.
package cmd_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/intrvio/jazzhr-worker/"

// mayImport says which of our packages each may import, tests aside. Data goes one way: a package
// imports those below it only. A package that is not listed fails: where it belongs is decided here
// first.
var mayImport = map[string][]string{
	// Wiring and configuration. The service joins everything; dev brings the simulator and the
	// backend's stand-in along.
	"cmd/jazzhr-worker": {
		"db", "db/gen", "db/localpg", "intrvio", "intrvio/intrviotest", "jazzhr", "jazzhr/jazzhrtest",
		"jobs", "jobs/audit", "jobs/mirror", "jobs/work",
		"queue", "queue/intake", "queue/writeback", "record", "tenant", "token", "web",
	},
	"cmd/jazzhr-sim": {"jazzhr", "jazzhr/jazzhrtest"},
	// Measures the service as a program, on databases that it fills itself.
	"bench": {"db", "db/localpg", "jazzhr/jazzhrtest", "queue", "queue/writeback", "tenant"},

	// HTTP in.
	"web": {
		"db", "db/gen", "intrvio", "jazzhr", "queue", "queue/intake", "queue/outbox", "queue/writeback", "record", "tenant", "token", "web/console",
	},
	// The console's pages. jazzhr, to read whom an export is about.
	"web/console": {
		"db", "db/gen", "intrvio", "jazzhr", "queue", "queue/intake", "queue/outcome", "queue/writeback",
		"record", "tenant", "token", "web/identity",
	},
	// Who somebody is, proved at an OpenID Connect provider.
	"web/identity": {},
	// Fixtures of the tests of web and web/console.
	"web/webtest": {"db", "db/dbtest", "jazzhr", "jazzhr/jazzhrtest", "queue", "queue/intake", "queue/writeback", "tenant", "token"},

	// The runner: registers the workers of the rooms below.
	"jobs": {
		"db", "db/gen", "intrvio", "jazzhr", "jobs/audit", "jobs/breaker", "jobs/ledger", "jobs/mirror", "jobs/readback",
		"jobs/trigger", "jobs/work", "queue", "queue/intake", "queue/outbox", "queue/writeback", "record",
	},
	// Effects: decide, send, settle, end.
	"jobs/ledger": {
		"db", "db/gen", "intrvio", "jazzhr", "jobs/mirror", "jobs/work", "queue", "queue/outbox", "queue/outcome", "queue/writeback",
	},
	// Exports and moves to stages, resolved and matched to interview requests.
	"jobs/trigger": {"db", "db/gen", "intrvio", "jazzhr", "jobs/mirror", "jobs/work", "queue", "queue/outbox", "queue/outcome"},
	// Polls, people, openings, full passes.
	"jobs/mirror": {"db", "db/gen", "intrvio", "jazzhr", "jobs/work", "queue", "queue/outbox", "queue/outcome"},
	// Duplicates in JazzHR.
	"jobs/audit": {"db", "db/gen", "intrvio", "jazzhr", "jobs/work", "queue", "queue/outbox", "queue/outcome"},
	// Notes, read back for what an account does to them.
	"jobs/readback": {"db", "db/gen", "jazzhr", "jobs/work", "queue", "queue/writeback"},
	// What the rooms share: the frame of a work item, the account and its budget, finding a person.
	"jobs/work": {"db", "db/gen", "jazzhr", "jobs/breaker", "queue", "queue/outcome", "tenant"}, // tenant, for the probe of a key
	// Whether JazzHR as a whole takes writes.
	"jobs/breaker": {"db", "db/gen", "intrvio", "queue", "queue/outbox"},

	// Webhooks: received, stored, replayed; what is done with each event.
	"queue/intake": {"db", "db/gen", "intrvio", "jazzhr", "queue", "queue/outcome", "tenant"},
	// The API's tokens. tenant, for the sealing keys and the record of what people did.
	"token": {"db", "db/gen", "queue", "record", "tenant"},
	// Who the customers are. Its changes end writebacks and announce events.
	"tenant": {"db", "db/gen", "intrvio", "queue", "queue/outbox", "queue/writeback", "record"},
	// Who did what: the record, its chain and its export.
	"record": {"db", "db/gen"},
	// What Intrvio's engineers import: writebacks, their views and cases.
	"queue/writeback": {"db", "db/gen", "intrvio", "queue", "queue/outbox", "queue/outcome"},
	// Events for Intrvio.
	"queue/outbox": {"db", "db/gen", "intrvio", "queue"},
	// The queue itself: args, client, tick, admission, call budget, nodes.
	"queue": {"db", "db/gen", "queue/outcome"},
	// Why work waits, needs a person, or ended.
	"queue/outcome": {},
	"queue/queuetest": {
		"db", "db/dbtest", "db/gen", "intrvio", "jazzhr", "queue", "queue/intake", "queue/outbox", "queue/writeback", "tenant",
	},

	"db":               {"db/gen", "sql"},
	"db/gen":           {},
	"db/localpg":       {},
	"db/dbtest":        {"db", "db/gen", "db/localpg", "sql"},
	"db/dbtest/withpg": {"db/localpg"},
	"sql":              {},

	"jazzhr":              {},
	"jazzhr/jazzhrtest":   {"jazzhr"},
	"intrvio":             {},
	"intrvio/intrviotest": {"intrvio"},
}

// forbidden are folder names that say nothing of what lives there.
var forbidden = []string{
	"common", "config", "helper", "helpers", "internal", "lib", "misc", "models", "pkg", "shared", "src",
	"types", "util", "utils",
}

// A file over maxLines is too long to hold in mind, and so is a package over maxPackage lines;
// lines of tests may be more.
const (
	maxLines     = 300
	maxTestLines = 400
	maxPackage   = 2000
)

// longFiles are longer, each for its reason. Generated files need none.
var longFiles = map[string]string{}

// longPackages have more lines, each for its reason.
var longPackages = map[string]string{
	"web/console":       "its pages share one frame, and each is a file of its own",
	"web":               "one file for each resource of the API",
	"jazzhr/jazzhrtest": "a whole JazzHR is played here, one file for each of its sides",
	"cmd/jazzhr-worker": "one file for each command",
	"bench":             "one file for each thing that is measured",
}

// skipping are the tests that may skip themselves, each for its reason: no one may for want of a
// database.
var skipping = map[string]string{
	"db/localpg/localpg_test.go": "what root does differently can only be tested as root, and the reverse",
}

// goFile is a file of ours.
type goFile struct {
	path string // from the root, with slashes
	text []byte
	tree *ast.File
}

func (f goFile) isTest() bool      { return strings.HasSuffix(f.path, "_test.go") }
func (f goFile) isGenerated() bool { return ast.IsGenerated(f.tree) }

// walk goes through the folders and Go files of the repository.
func walk(t *testing.T, folder func(string), file func(goFile)) {
	t.Helper()
	read := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel("..", name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		if entry.IsDir() {
			if hidden := strings.HasPrefix(entry.Name(), ".") && len(entry.Name()) > 2; hidden || relative == "bin" {
				return filepath.SkipDir
			}
			folder(relative)
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parse(name, relative)
		if err != nil {
			return err
		}
		read++
		file(f)
		return nil
	})
	if err != nil || read < 100 {
		t.Fatalf("%d files were read, error %v", read, err)
	}
}

func parse(name, relative string) (goFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return goFile{}, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), relative, text, parser.ParseComments|parser.SkipObjectResolution)
	return goFile{relative, text, tree}, err
}

// TestHouse goes over every folder and file once.
func TestHouse(t *testing.T) {
	t.Parallel()
	packages := map[string]bool{}
	size := map[string]int{} // lines, tests and generated files aside
	checkFolder := func(folder string) {
		if slices.Contains(forbidden, path.Base(folder)) {
			t.Errorf("%s: the folder's name says nothing of what lives there", folder)
		}
	}
	walk(t, checkFolder, func(file goFile) {
		for _, problem := range slices.Concat(file.longProblem(), file.importProblems(), file.testProblems()) {
			t.Errorf("%s: %s", file.path, problem)
		}
		if !file.isTest() && !file.isGenerated() {
			size[path.Dir(file.path)] += file.lines()
		}
		packages[path.Dir(file.path)] = packages[path.Dir(file.path)] || !file.isTest()
	})
	for name, lines := range size {
		if lines > maxPackage && longPackages[name] == "" {
			t.Errorf("package %s has %d lines, more than %d", name, lines, maxPackage)
		}
	}
	for listed := range mayImport {
		if !packages[listed] {
			t.Errorf("there is no package %s", listed)
		}
	}
}

func (f goFile) lines() int { return bytes.Count(f.text, []byte("\n")) }

func (f goFile) longProblem() []string {
	limit := maxLines
	if f.isTest() {
		limit = maxTestLines
	}
	if f.lines() <= limit || f.isGenerated() || longFiles[f.path] != "" {
		return nil
	}
	return []string{fmt.Sprintf("has %d lines, more than %d", f.lines(), limit)}
}

// importProblems holds a file to the table of imports. Tests may import what they like.
func (f goFile) importProblems() (problems []string) {
	if f.isTest() {
		return nil
	}
	allowed, listed := mayImport[path.Dir(f.path)]
	if !listed {
		return []string{"its package is not in the table of imports"}
	}
	for _, spec := range f.tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return []string{err.Error()}
		}
		if ours, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, ours) {
			problems = append(problems, fmt.Sprintf("%s may not import %s", path.Dir(f.path), ours))
		}
	}
	return problems
}

// testProblems finds tests that sleep instead of waiting for an event, and tests that skip
// themselves.
func (f goFile) testProblems() (problems []string) {
	if !f.isTest() {
		return nil
	}
	ast.Inspect(f.tree, func(node ast.Node) bool {
		called, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		on, ok := called.X.(*ast.Ident)
		switch {
		case !ok:
		case on.Name == "time" && called.Sel.Name == "Sleep":
			problems = append(problems, "sleeps: wait for an event")
		case slices.Contains([]string{"t", "tb", "b", "f"}, on.Name) && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, called.Sel.Name) &&
			skipping[f.path] == "":
			problems = append(problems, "skips itself")
		}
		return true
	})
	return problems
}

// TestChecks holds that each check sees what it is there for.
func TestChecks(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\n", maxTestLines+1)
	tests := map[string]struct {
		path, text string
		problems   int
	}{
		"fine":                    {"queue/x.go", "package queue\nimport _ \"" + module + "db\"", 0},
		"a package of another's":  {"queue/x.go", "package queue\nimport _ \"github.com/riverqueue/river\"", 0},
		"not allowed":             {"queue/x.go", "package queue\nimport _ \"" + module + "tenant\"", 1},
		"web and jobs":            {"web/x.go", "package web\nimport _ \"" + module + "jobs\"", 1},
		"two of them":             {"sql/x.go", "package sql\nimport (\n_ \"" + module + "db\"\n_ \"" + module + "web\"\n)", 2},
		"in a test":               {"queue/x_test.go", "package queue\nimport _ \"" + module + "jazzhr\"", 0},
		"a package not listed":    {"billing/x.go", "package billing", 1},
		"long":                    {"queue/x.go", "package queue" + long, 1},
		"long and generated":      {"db/gen/x.go", "// Code generated by sqlc. DO NOT EDIT.\n\npackage gen" + long, 0},
		"long test":               {"queue/x_test.go", "package queue" + long, 1},
		"sleeps":                  {"queue/x_test.go", "package queue\nfunc f() { time.Sleep(1) }", 1},
		"sleeps outside of tests": {"queue/x.go", "package queue\nfunc f() { time.Sleep(1) }", 0},
		"skips":                   {"queue/x_test.go", "package queue\nfunc f() { t.Skip(); t.Skipf(); b.SkipNow() }", 3},
		"may skip":                {"db/localpg/localpg_test.go", "package localpg\nfunc f() { t.Skip() }", 0},
	}
	for name, test := range tests {
		tree, err := parser.ParseFile(token.NewFileSet(), test.path, test.text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		file := goFile{test.path, []byte(test.text), tree}
		if got := slices.Concat(file.longProblem(), file.importProblems(), file.testProblems()); len(got) != test.problems {
			t.Errorf("%s: the problems are %q", name, got)
		}
	}
}
