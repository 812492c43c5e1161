package main

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// namedQuery is a query of sql/queries, in the text that the service sends.
type namedQuery struct{ name, text string }

// queryNames finds the name that sqlc puts in front of a query. River's queries have one too.
var queryNames = regexp.MustCompile(`^\s*-- name: (\w+) :\w+`)

// readQueries reads the queries from the generated code, which holds them in the text that is sent.
func readQueries(folder string) (queries []namedQuery, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.sql.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("there are no queries in %s: run from the root of the repository", folder)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(literal.Value)
			if found := queryNames.FindStringSubmatch(text); found != nil {
				queries = append(queries, namedQuery{found[1], text})
			}
			return true
		})
	}
	slices.SortFunc(queries, func(a, b namedQuery) int { return strings.Compare(a.name, b.name) })
	return queries, nil
}

// plan is a node of a query plan, with its measurements if the statement ran.
type plan struct {
	NodeType  string  `json:"Node Type"`
	Relation  string  `json:"Relation Name"`
	Index     string  `json:"Index Name"`
	Cost      float64 `json:"Total Cost"`
	Rows      float64 `json:"Actual Rows"`
	Loops     float64 `json:"Actual Loops"`
	Filtered  float64 `json:"Rows Removed by Filter"`
	Rechecked float64 `json:"Rows Removed by Index Recheck"`
	Hit       int64   `json:"Shared Hit Blocks"`
	Read      int64   `json:"Shared Read Blocks"`
	Plans     []plan  `json:"Plans"`
}

func (p plan) walk(visit func(plan)) {
	visit(p)
	for _, child := range p.Plans {
		child.walk(visit)
	}
}

// scans returns how the plan reaches rows: the names of indexes, and "Seq Scan" with the names of
// tables.
func (p plan) scans() (scans []string) {
	p.walk(func(p plan) {
		switch {
		case p.NodeType == "Seq Scan":
			scans = append(scans, "Seq Scan "+p.Relation)
		case p.Index != "":
			scans = append(scans, p.Index)
		}
	})
	slices.Sort(scans)
	return slices.Compact(scans)
}

// rowsRead returns how many rows the plan looked at to get its result.
func (p plan) rowsRead() (rows float64) {
	p.walk(func(p plan) {
		if p.Relation != "" && p.NodeType != "ModifyTable" {
			rows += (p.Rows + p.Filtered + p.Rechecked) * p.Loops
		}
	})
	return rows
}

// result returns how many rows the statement returned or changed.
func (p plan) result() float64 {
	if p.NodeType == "ModifyTable" && p.Rows == 0 && len(p.Plans) > 0 {
		return p.Plans[0].Rows * p.Plans[0].Loops
	}
	return p.Rows * p.Loops
}

// seqScans returns the large tables that the plan reads from end to end.
func (p plan) seqScans(large map[string]int64) (tables []string) {
	p.walk(func(p plan) {
		if p.NodeType == "Seq Scan" && large[p.Relation] > 0 {
			tables = append(tables, p.Relation)
		}
	})
	return tables
}

// genericPlans returns the generic plan of each query, which does not depend on the values.
// PostgreSQL considers it from the sixth run of a prepared statement on. The plans are also written
// as files below out.
func genericPlans(ctx context.Context, d *database, queries []namedQuery, out string) (map[string]plan, error) {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan"); err != nil {
		return nil, err
	}
	plans := map[string]plan{}
	for _, query := range queries {
		statement := "generic_" + query.name
		prepared, err := conn.Conn().Prepare(ctx, statement, query.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query.name, err)
		}
		values := ""
		if len(prepared.ParamOIDs) > 0 {
			values = "(NULL" + strings.Repeat(", NULL", len(prepared.ParamOIDs)-1) + ")"
		}
		lines, err := explain(ctx, conn.Conn(), fmt.Sprintf("EXPLAIN (FORMAT JSON) EXECUTE %q%s", statement, values))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query.name, err)
		}
		var parsed []struct {
			Plan plan `json:"Plan"`
		}
		if err := json.Unmarshal([]byte(lines), &parsed); err != nil {
			return nil, fmt.Errorf("%s: %w", query.name, err)
		}
		if len(parsed) > 0 {
			plans[query.name] = parsed[0].Plan
		}
		readable, err := explain(ctx, conn.Conn(), fmt.Sprintf("EXPLAIN EXECUTE %q%s", statement, values))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query.name, err)
		}
		file := filepath.Join(out, "plans", query.name+".generic.txt")
		if err := os.WriteFile(file, []byte(readable), 0o600); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

func explain(ctx context.Context, conn *pgx.Conn, statement string) (string, error) {
	rows, err := conn.Query(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n") + "\n", err
}
