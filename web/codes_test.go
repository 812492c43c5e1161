package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/web"
)

// TestCodes holds the table of codes to the code: each constant stands in it once, means something,
// and is used.
func TestCodes(t *testing.T) {
	t.Parallel()
	constants, used := codesOfSource(t)
	inTable := map[web.Code]bool{}
	for _, info := range web.Codes() {
		if inTable[info.Code] {
			t.Errorf("%s stands in the table twice", info.Code)
		}
		inTable[info.Code] = true
		if info.Meaning == "" || info.Status < 400 {
			t.Errorf("%s has status %d and means %q", info.Code, info.Status, info.Meaning)
		}
	}
	for name, code := range constants {
		if !inTable[code] {
			t.Errorf("%s (%s) is not in the table", name, code)
		}
		if !used[name] {
			t.Errorf("%s is never used", name)
		}
	}
	if len(constants) != len(web.Codes()) {
		t.Errorf("%d constants, %d rows", len(constants), len(web.Codes()))
	}
}

// codesOfSource returns the package's constants of type Code by name, and which are used outside of
// codes.go, be it as their text in the console.
func codesOfSource(t *testing.T) (constants map[string]web.Code, used map[string]bool) {
	t.Helper()
	constants, used = map[string]web.Code{}, map[string]bool{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	console, err := os.ReadFile("console/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.ValueSpec:
				if of, ok := n.Type.(*ast.Ident); ok && of.Name == "Code" {
					constants[n.Names[0].Name] = web.Code(strings.Trim(n.Values[0].(*ast.BasicLit).Value, `"`))
				}
			case *ast.Ident:
				if entry.Name() != "codes.go" {
					used[n.Name] = true
				}
			}
			return true
		})
	}
	for name, code := range constants {
		used[name] = used[name] || strings.Contains(string(console), strconv.Quote(string(code)))
	}
	for _, literal := range regexp.MustCompile(`Code: "(\w+)"`).FindAllSubmatch(console, -1) {
		if !slices.Contains(slices.Collect(maps.Values(constants)), web.Code(literal[1])) {
			t.Errorf("the console has a code of its own: %s", literal[1])
		}
	}
	return constants, used
}
