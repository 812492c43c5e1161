package db_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryQueryIsUsed checks that no query outlives the code that called it. Each must be called
// outside of tests, as a method of what gen.New returned.
func TestEveryQueryIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path == filepath.Join("..", "db", "gen") || len(name) > 2 && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		collectQueries(file, used)
		return nil
	})
	if err != nil || files < 50 {
		t.Fatalf("%d files were read, error %v", files, err)
	}
	for _, query := range queries(t) {
		if !used[query.name] {
			t.Errorf("query %s is used nowhere", query.name)
		}
	}
}

// collectQueries adds the methods that a file selects on queries: on a field named Q or q, on a
// variable named q, or on gen.New().
func collectQueries(file *ast.File, used map[string]bool) {
	ast.Inspect(file, func(node ast.Node) bool {
		method, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch on := method.X.(type) {
		case *ast.Ident:
			used[method.Sel.Name] = used[method.Sel.Name] || on.Name == "q"
		case *ast.SelectorExpr:
			used[method.Sel.Name] = used[method.Sel.Name] || strings.EqualFold(on.Sel.Name, "q")
		case *ast.CallExpr:
			if made, ok := on.Fun.(*ast.SelectorExpr); ok && made.Sel.Name == "New" {
				if from, ok := made.X.(*ast.Ident); ok && from.Name == "gen" {
					used[method.Sel.Name] = true
				}
			}
		}
		return true
	})
}

// TestCollectQueries checks that collectQueries finds each way of calling a query, and nothing
// else.
func TestCollectQueries(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
func f() {
	tx.Q.One(ctx)
	q.Two(ctx)
	gen.New().Three(ctx)
	do(gen.New().Four)
	s.q.Five(ctx)
	other.Six(ctx)
	row.Seven = 1
	other.New().Eight(ctx)
}`, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	collectQueries(file, used)
	for name, want := range map[string]bool{
		"One": true, "Two": true, "Three": true, "Four": true, "Five": true,
		"Six": false, "Seven": false, "Eight": false,
	} {
		if used[name] != want {
			t.Errorf("%s is used %v", name, used[name])
		}
	}
}
