package db_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// unseen are the queries that show or change nothing of a tenant's own rows in any scene, each with the
// reason. What the walls do for them is not shown.
var unseen = map[string]string{
	"LockRequests":    "it locks, and returns nothing",
	"SharersOfEffect": "it counts other writebacks, and a scene has one",
}

// TestQueriesOfTheWrongTenant runs every query that is not named System… in a transaction for one
// tenant, with arguments that name another, the victim, and its rows. It must answer as if there were
// no such tenant, and leave the victim's rows as they are. In a transaction for the victim, the same
// arguments must show or change something: else the test would prove nothing.
func TestQueriesOfTheWrongTenant(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	parameters := parameterNames(t)
	tables := all(t, database, "SELECT name FROM jazzhr.walls()")
	shown := map[string]bool{}
	attacker, victim := uuid.New(), uuid.New()
	for _, scene := range scenes {
		emptyTables(t, database)
		fill(t, database, attacker, scene)
		of := fill(t, database, victim, scene)
		exec(t, database, "INSERT INTO jazzhr.nodes (node_id) VALUES ('node')")
		exec(t, database, "INSERT INTO jazzhr.breakers (kind, opened_at) VALUES ('write_note', jazzhr.now() - interval '1 day')")
		for _, query := range queries(t) {
			if strings.HasPrefix(query.name, "System") || shown[query.name] {
				continue
			}
			call := newCall(t, query.name, parameters[query.name], of)
			ran := attempt{t, database, tables, call}
			nothing := ran.as(attacker, uuid.New(), victim)
			if wrong := ran.as(attacker, victim, victim); wrong != nothing {
				t.Errorf("%s, %s: for another tenant it does %s instead of %s", query.name, scene.name, wrong, nothing)
			}
			own := ran.as(victim, victim, victim)
			if strings.Contains(own.answer, "permission denied") {
				t.Errorf("%s: %s", query.name, own.answer)
			}
			shown[query.name] = own != nothing
		}
	}
	for name, shows := range shown {
		if reason := unseen[name]; shows == (reason != "") {
			t.Errorf("%s: shown %v, although %q: give a scene what it asks for", name, shows, reason)
		}
	}
	if len(shown) < 100 {
		t.Errorf("only %d queries were run", len(shown))
	}
}

// outcome is what came of a call: its answer, and the victim's rows after it.
type outcome struct{ answer, rows string }

type attempt struct {
	t        *testing.T
	database *dbtest.Database
	tables   []string
	call     func(db.TenantTx, uuid.UUID) (string, error)
}

// as calls the query in a transaction for one tenant with arguments that name another, and rolls back.
func (a attempt) as(tenant, named, victim uuid.UUID) (o outcome) {
	a.t.Helper()
	err := db.InTenant(a.t.Context(), a.database.Pool, tenant, func(tx db.TenantTx) error {
		answer, err := a.call(tx, named)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err // the transaction is aborted
		}
		o.answer = answer
		if err != nil {
			o.answer = err.Error()
		}
		if _, err := tx.Exec(a.t.Context(), "RESET ROLE"); err != nil {
			return err
		}
		if o.rows, err = a.rowsOf(tx, victim); err != nil {
			return err
		}
		return errRefused
	})
	var refused *pgconn.PgError
	switch {
	case errors.Is(err, errRefused):
		return o
	case !errors.As(err, &refused):
		a.t.Fatal(err)
	case refused.Code == pgerrcode.InsufficientPrivilege && strings.Contains(refused.Message, "row-level security"):
		return outcome{answer: "refused"}
	}
	return outcome{answer: err.Error()}
}

// rowsOf hashes the rows of a tenant in all tables.
func (a attempt) rowsOf(tx pgx.Tx, tenant uuid.UUID) (hash string, err error) {
	a.t.Helper()
	var parts []string
	for _, table := range a.tables {
		parts = append(parts, "SELECT '"+table+"' || to_jsonb(r)::text AS row FROM "+table+" r WHERE tenant_id = $1")
	}
	err = tx.QueryRow(a.t.Context(), "SELECT coalesce(md5(string_agg(row, ' ' ORDER BY row)), '') FROM ("+
		strings.Join(parts, " UNION ALL ")+") AS rows", tenant).Scan(&hash)
	return hash, err
}

// newCall returns a call of a query. Its arguments are values of the columns that they are named after.
func newCall(t *testing.T, name string, parameters []string, of columns) func(db.TenantTx, uuid.UUID) (string, error) {
	t.Helper()
	method := reflect.ValueOf(gen.New()).MethodByName(name)
	if !method.IsValid() || len(parameters) != method.Type().NumIn() {
		t.Fatalf("query %s has no method with the parameters %q", name, parameters)
	}
	return func(tx db.TenantTx, tenant uuid.UUID) (string, error) {
		args := []reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(tx)}
		for i := 2; i < len(parameters); i++ {
			into := reflect.New(method.Type().In(i)).Elem()
			if !strings.HasSuffix(into.Type().Name(), "Params") {
				of.set(t, into, name, snake(parameters[i]), tenant)
			} else {
				for n := range into.NumField() {
					of.set(t, into.Field(n), name, snake(into.Type().Field(n).Name), tenant)
				}
			}
			args = append(args, into)
		}
		results := method.Call(args)
		err, _ := reflect.TypeAssert[error](results[len(results)-1])
		if len(results) == 1 || err != nil {
			return "", err
		}
		answer, jsonErr := json.Marshal(results[0].Interface())
		return string(answer), jsonErr
	}
}

// parameterNames returns the names of the parameters of each query's method.
func parameterNames(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("gen/*.sql.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string][]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range file.Decls {
			method, ok := declared.(*ast.FuncDecl)
			if !ok || method.Recv == nil {
				continue
			}
			for _, field := range method.Type.Params.List {
				for _, name := range field.Names {
					named[method.Name.Name] = append(named[method.Name.Name], name.Name)
				}
			}
		}
	}
	return named
}

// snake returns the column that a Go name stands for.
func snake(name string) string {
	name = strings.NewReplacer("ID", "Id", "URL", "Url").Replace(name)
	var text strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			text.WriteByte('_')
		}
		text.WriteRune(unicode.ToLower(r))
	}
	return text.String()
}

func emptyTables(t *testing.T, database *dbtest.Database) {
	t.Helper()
	err := db.InTx(t.Context(), database.Pool, func(tx pgx.Tx) error {
		tables, err := dbtest.Tables(t.Context(), tx)
		if err != nil {
			return err
		}
		if err := gen.New().SystemAllowRecordPurge(t.Context(), tx); err != nil {
			return err
		}
		ofOneRow := []string{"jazzhr.distrust", "jazzhr.record_chain"}
		for _, table := range slices.DeleteFunc(tables, func(name string) bool { return slices.Contains(ofOneRow, name) }) {
			if _, err := tx.Exec(t.Context(), "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
