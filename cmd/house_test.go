// Package cmd_test holds the whole repository to the rules of its house: which package may import which, how folders are
// named, how long files are, and what tests may not do.
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

// mayImport says which of our packages each may import, tests aside. A package that is not listed fails: where it belongs
// is decided here first.
var mayImport = map[string][]string{
	// The service joins everything; dev brings the simulator and the stand-in along.
	"cmd/jazzhr-worker": {
		"db", "db/gen", "db/localpg", "intrvio", "intrvio/intrviotest", "jazzhr", "jazzhr/jazzhrtest",
		"jobs", "queue", "tenant", "web",
	},
	"cmd/jazzhr-sim": {"jazzhr", "jazzhr/jazzhrtest"},
	// The bench fills databases itself and runs the service as a program.
	"bench": {"db", "db/localpg", "jazzhr/jazzhrtest", "queue", "tenant"},

	"web":         {"db", "db/gen", "intrvio", "jazzhr", "queue", "tenant", "web/console"},
	"web/console": {"db", "db/gen", "jazzhr", "queue", "tenant"}, // jazzhr, to read whom an export is about

	"jobs":   {"db", "db/gen", "intrvio", "jazzhr", "queue", "tenant"},
	"queue":  {"db", "db/gen", "intrvio", "tenant"}, // tenant, for the state that its events tell
	"tenant": {"db", "db/gen"},

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

// maxLines is where a file has become too long to hold in mind; the aim is 300.
const maxLines = 400

// longFiles are longer, each for its reason. Generated files need none.
var longFiles = map[string]string{}

// skipping are the tests that may skip themselves, each for its reason: no one may for want of a database.
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
	checkFolder := func(folder string) {
		if slices.Contains(forbidden, path.Base(folder)) {
			t.Errorf("%s: the folder's name says nothing of what lives there", folder)
		}
	}
	walk(t, checkFolder, func(file goFile) {
		for _, problem := range slices.Concat(file.longProblem(), file.importProblems(), file.testProblems()) {
			t.Errorf("%s: %s", file.path, problem)
		}
		packages[path.Dir(file.path)] = packages[path.Dir(file.path)] || !file.isTest()
	})
	for listed := range mayImport {
		if !packages[listed] {
			t.Errorf("there is no package %s", listed)
		}
	}
}

func (f goFile) longProblem() []string {
	lines := bytes.Count(f.text, []byte("\n"))
	if reason := longFiles[f.path]; lines <= maxLines || f.isGenerated() || reason != "" {
		return nil
	}
	return []string{fmt.Sprintf("has %d lines, more than %d", lines, maxLines)}
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

// testProblems finds tests that sleep instead of waiting for an event, and tests that skip themselves.
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
	long := strings.Repeat("\n", maxLines+1)
	tests := map[string]struct {
		path, text string
		problems   int
	}{
		"fine":                    {"queue/x.go", "package queue\nimport _ \"" + module + "db\"", 0},
		"a package of another's":  {"queue/x.go", "package queue\nimport _ \"github.com/riverqueue/river\"", 0},
		"not allowed":             {"queue/x.go", "package queue\nimport _ \"" + module + "jazzhr\"", 1},
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
