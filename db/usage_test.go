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
	forEachFile(t, func(_ string, file *ast.File) { collectQueries(file, used) })
	for _, query := range queries(t) {
		if !used[query.name] {
			t.Errorf("query %s is used nowhere", query.name)
		}
	}
}

// forEachFile calls look with every file of Go that is neither a test nor generated.
func forEachFile(t *testing.T, look func(path string, file *ast.File)) {
	t.Helper()
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
		look(path, file)
		return nil
	})
	if err != nil || files < 50 {
		t.Fatalf("%d files were read, error %v", files, err)
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

// TestTenantQueriesAreWalled checks that no query of one tenant is given a pool, on which it would run in
// the login role. It belongs into a transaction of InTenant, or is given what Of returns.
func TestTenantQueriesAreWalled(t *testing.T) {
	t.Parallel()
	ofTenants := map[string]bool{}
	for _, query := range queries(t) {
		ofTenants[query.name] = !strings.HasPrefix(query.name, "System")
	}
	calls := 0
	forEachFile(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			if method, ok := call.Fun.(*ast.SelectorExpr); ok && ofTenants[method.Sel.Name] {
				calls++
				if onPool(call.Args[1]) {
					t.Errorf("%s: %s is given a pool", path, method.Sel.Name)
				}
			}
			return true
		})
	})
	if calls < 100 {
		t.Errorf("only %d calls were found", calls)
	}
}

// onPool reports whether an argument is a variable or a field named pool.
func onPool(argument ast.Expr) bool {
	switch is := argument.(type) {
	case *ast.Ident:
		return strings.EqualFold(is.Name, "pool")
	case *ast.SelectorExpr:
		return strings.EqualFold(is.Sel.Name, "pool")
	}
	return false
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
