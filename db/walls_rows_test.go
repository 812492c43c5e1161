package db_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

// scene says which values the columns of a tenant's rows have: of one table ("steps.kind"), or of each
// table that has the column. What is not said has a value of its type; times may be missing.
type scene struct {
	name   string
	values map[string]any
}

var ago = time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)

// scenes are drawn so that each query finds something in one of them.
var scenes = []scene{
	{"pending", map[string]any{
		"done_at": nil, "admitted_at": nil, "steps.state": "done", "steps.kind": "link_applicant_to_job", "step": "write_notes",
		"effects.state": "unknown", "latest": false, "interview_requests.webhook_id": nil, "interview_requests.activity_id": nil,
		"end_work_at": ago, "webhook_seen_at": ago, "listed_at": ago, "openings.status": "open", "writebacks.waiting_for": "earlier_step",
	}},
	{"sending", map[string]any{"effects.state": "sending", "admitted_at": ago, "steps.state": "rejected", "outcome": "matched"}},
	{"planned", map[string]any{
		"openings.status": "open", "gone_at": ago, "read_at": ago, "list": "links", "full_at": ago, "finished_at": ago,
	}},
	{"attention", map[string]any{
		"state": "attention", "stage_entries.state": "attention", "events.state": "failed", "effects.problem": "no_control",
		"webhooks.problem": "unreadable", "connection": "awaiting_verify", "key_state": "rejected", "paused_at": ago,
	}},
	{"done", map[string]any{"state": "done", "events.state": "delivered", "step": "write_notes", "settled_at": ago}},
	{"noted", map[string]any{
		"stage_entries.state": "done", "steps.kind": "write_notes", "steps.state": "done", "effects.kind": "write_note",
		"effects.state": "done", "settled_at": ago, "list": "openings",
	}},
	{"rejected", map[string]any{"effects.state": "rejected"}},
}

// always are values that every scene has.
var always = map[string]any{
	"region": "us", "connection": "verified", "key_state": "ok", "note_route": "applicant",
	"state": "pending", "step": "create_applicant", "steps.kind": "create_applicant",
	"effects.state": "planned", "effects.kind": "create_applicant", "visibility.kind": "create_applicant",
	"list": "activities", "trigger": "export", "decision": "adopt", "result": "done", "problem": nil,
	"decisions.problem": "two_matches", "waiting_for": nil, "stopped_by": nil, "outcome": nil,
	"events.type": "candidate.exported", "events.data": json.RawMessage(`{"webhook_id":"subject"}`),
	"effects.key": "email name", "applicants.email": "email", "actor_kind": "person", "position": nil, "actions.hash": nil,
}

// asked are arguments that are no value of a column, or another one: of one query ("Opening.job_id"), or
// of each that has the parameter.
var asked = map[string]any{
	"evidence": json.RawMessage(`[1]`), "after": uuid.Nil, "EventsAfter.after": 0, "before": uuid.Max, "email": "email",
	"emails": []string{"email"}, "ApplicantsBefore.before": ago.Add(24 * time.Hour), "known_at": ago.Add(24 * time.Hour),
	"KnownApplicants.after": "", "AskedByBody.webhook_id": uuid.Nil, "AskedByBody.since": time.Unix(0, 0), "AddEvidence.evidence": json.RawMessage(`[2]`),
	"EarlierApplicant.revision": 2, "WakeLaterRevisions.revision": 0, "ExpireOldSecrets.version": 2,
	"ExportAnnounced.webhook_id": "subject", "subjects": []string{"subject"}, "activity_ids": []string{"new"},
	"link_ids": []string{"new"}, "KnownLinks.link_ids": nil, "EnterStage.activity_id": "new", "full_page": 2, "RenameTenant.name": "New",
	"SetNoteRoute.note_route": "notes", "SetWritebackApplicant.applicant_id": "new", "SetWritebackJob.job_id": "new",
	"ReplaceSealedKey.key_sealed": []byte("new"), "ReplaceSealedSecret.sealed": []byte("new"),
	"kind": "create_applicant", "days": []string{""}, "EventDays.days": 10, "MissedDays.days": 10,
	"since": ago.Add(-time.Hour), "until": time.Now().Add(time.Hour), "ReplaceSealedKey.was": column("key_sealed"),
	"ReplaceSealedSecret.was": column("sealed"),
	"from_state":              "planned", "from_sends": 1, "node_id": "node", "BeginStep.step": "create_applicant",
}

// column stands for the value of a column.
type column string

// columns are the values of a tenant's rows by column.
type columns map[string]any

// fill adds a row of the tenant to each table that has rows of tenants.
func fill(t *testing.T, database *dbtest.Database, tenant uuid.UUID, s scene) columns {
	t.Helper()
	rows, err := database.Pool.Query(t.Context(), `SELECT c.table_name::text, c.column_name::text, c.udt_name::text,
			c.is_nullable = 'YES' AS optional
		FROM jazzhr.walls() w JOIN information_schema.columns c
			ON c.table_schema = 'jazzhr' AND 'jazzhr.' || c.table_name = w.name
		ORDER BY c.table_name <> 'tenants', c.table_name <> 'writebacks', c.table_name, c.ordinal_position`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Table, Column, Type string
		Optional            bool
	}])
	if err != nil {
		t.Fatal(err)
	}
	of := columns{"tenant_id": tenant}
	for len(all) > 0 {
		table := all[0].Table
		var names, places []string
		var args []any
		for len(all) > 0 && all[0].Table == table {
			c := all[0]
			all = all[1:]
			value, said := s.value(table, c.Column)
			switch {
			case c.Column == "tenant_id":
				value = tenant
			case !said && c.Optional && strings.Contains("timestamptz date interval int4", c.Type):
				continue
			case !said:
				value = valueOf(t, tenant, c.Column, c.Type)
			}
			names, places, args = append(names, c.Column), append(places, fmt.Sprintf("$%d", len(args)+1)), append(args, value)
			if _, known := of[c.Column]; !known || value != nil {
				of[c.Column] = value
			}
			of[table+"."+c.Column] = value
		}
		exec(t, database, "INSERT INTO jazzhr."+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
	}
	return of
}

func (s scene) value(table, column string) (any, bool) {
	for _, values := range []map[string]any{s.values, always} {
		for _, key := range []string{table + "." + column, column} {
			if value, said := values[key]; said {
				return value, true
			}
		}
	}
	return nil, false
}

// valueOf returns a value for a column. IDs and texts are the same in all tables of a tenant, and
// others in those of another tenant.
func valueOf(t *testing.T, tenant uuid.UUID, column, kind string) any {
	t.Helper()
	id := uuid.NewSHA1(tenant, []byte(column))
	switch kind {
	case "uuid":
		return id
	case "text":
		return column + " " + id.String()
	case "bytea":
		return id[:]
	case "int4", "int8", "float8":
		return 1
	case "bool":
		return true
	case "timestamptz", "date":
		return ago
	case "jsonb":
		return json.RawMessage(`{}`)
	case "interval":
		return time.Hour
	case "_text":
		return []string{}
	}
	t.Fatalf("column %s has the type %s, of which the test makes no value", column, kind)
	return nil
}

// set gives a parameter its value: that of the column of its name, or one of its type.
func (of columns) set(t *testing.T, into reflect.Value, query, name string, tenant uuid.UUID) {
	t.Helper()
	value, known := asked[query+"."+name]
	if !known {
		value, known = asked[name]
	}
	if !known || value == nil {
		value, known = of[name]
	}
	if other, is := value.(column); is {
		value = of[string(other)]
	}
	if name == "tenant_id" {
		value = tenant
	}
	if !known && into.Kind() == reflect.Slice {
		value, known = of[strings.TrimSuffix(name, "s")]
	}
	if !known {
		value = nil
	}
	assign(t, into, name, value)
}

func assign(t *testing.T, into reflect.Value, name string, value any) {
	t.Helper()
	from := reflect.ValueOf(value)
	switch {
	case into.Kind() == reflect.Pointer:
		if value != nil || into.Type().Elem() == reflect.TypeFor[time.Time]() {
			into.Set(reflect.New(into.Type().Elem()))
			assign(t, into.Elem(), name, value)
		}
	case value != nil && from.Type().ConvertibleTo(into.Type()) && from.Kind() != reflect.Int:
		into.Set(from.Convert(into.Type()))
	case value != nil && from.Kind() == reflect.Int && (into.CanInt() || into.CanFloat()):
		into.Set(from.Convert(into.Type()))
	case into.Type() == reflect.TypeFor[json.RawMessage]():
		into.SetBytes([]byte(`{}`))
	case into.Kind() == reflect.Slice && into.Type().Elem().Kind() != reflect.Uint8:
		into.Set(reflect.MakeSlice(into.Type(), 1, 1))
		assign(t, into.Index(0), name, value)
	case into.Type() == reflect.TypeFor[time.Time]():
		into.Set(reflect.ValueOf(ago.Add(-time.Hour)))
	case into.Type() == reflect.TypeFor[time.Duration]():
		into.SetInt(int64(time.Hour))
	case into.CanInt():
		into.SetInt(10)
	case into.CanFloat():
		into.SetFloat(10)
	case into.Kind() == reflect.Slice:
		into.SetBytes([]byte(name))
	case into.Kind() == reflect.String:
		into.SetString(name)
	case into.Kind() == reflect.Bool, into.Type() == reflect.TypeFor[uuid.UUID]():
	default:
		t.Fatalf("parameter %s has the type %s, of which the test makes no value", name, into.Type())
	}
}
