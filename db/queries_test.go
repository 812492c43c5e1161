package db_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

// systemQueries are the queries that work across tenants, each with the reason why it names none.
var systemQueries = map[string]string{
	"SystemDueEndWork":            "the tick looks for due work of all tenants",
	"SystemLockEmail":             "its lock is of a tenant and an email, and no row",
	"SystemActions":               "operators see what was done for all tenants",
	"SystemAdmitEvents":           "the tick looks for due work of all tenants",
	"SystemAdmitStageEntries":     "the tick looks for due work of all tenants",
	"SystemAdmitWebhooks":         "the tick looks for due work of all tenants",
	"SystemAdmitWritebacks":       "the tick looks for due work of all tenants",
	"SystemAttentionCount":        "a metric, which has no tenant label",
	"SystemBreaker":               "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemBreakers":              "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemCloseBreaker":          "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemCloseIdleBreakers":     "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemEndedOutages":          "the tick tells all tenants that an outage is over",
	"SystemLockBreaker":           "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemSetBreaker":            "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemWrites":                "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemTakeProbe":             "breakers belong to no tenant: they are about JazzHR as a whole",
	"SystemBeat":                  "nodes belong to no tenant",
	"SystemDatabaseNow":           "reads no table",
	"SystemDelivery":              "the console's page Health is about the whole service",
	"SystemDistrustLedger":        "a restore concerns all tenants",
	"SystemJumpSequences":         "a restore concerns all tenants",
	"SystemTrustLedger":           "a restore concerns all tenants",
	"SystemDeleteSession":         "operators' sessions belong to no tenant",
	"SystemDropLeader":            "River's leader belongs to no tenant",
	"SystemDueAudits":             "the tick looks for due work of all tenants",
	"SystemDueFullSyncs":          "the tick looks for due work of all tenants",
	"SystemDueKeyChecks":          "the tick looks for due work of all tenants",
	"SystemDueOpenings":           "the tick looks for due work of all tenants",
	"SystemDuePolls":              "the tick looks for due work of all tenants",
	"SystemDuplicatesFound":       "a metric, which has no tenant label",
	"SystemEmptyTranscripts":      "retention holds for all tenants",
	"SystemEmptyWebhookBodies":    "retention holds for all tenants",
	"SystemFailingAccounts":       "the console's page Health is about the whole service",
	"SystemFingerprintOwner":      "asks whether another tenant has the key",
	"SystemInsertAction":          "an action may concern no tenant, such as a sign-in",
	"SystemActionsAfter":          "an export is of the whole record",
	"SystemAllowRecordPurge":      "the record's chain is one over all tenants",
	"SystemChainActions":          "the record's chain is one over all tenants",
	"SystemChainedActions":        "the record's chain is one over all tenants",
	"SystemLockRecordChain":       "the record's chain is one over all tenants",
	"SystemMoveRecordBase":        "the record's chain is one over all tenants",
	"SystemMoveRecordHead":        "the record's chain is one over all tenants",
	"SystemPurgeActions":          "the record's chain is one over all tenants",
	"SystemRecordChain":           "the record's chain is one over all tenants",
	"SystemRecordKept":            "reads no table",
	"SystemUnchainedActions":      "the record's chain is one over all tenants",
	"SystemInsertWebhooks":        "webhooks of several tenants are stored together",
	"SystemInsertSession":         "operators' sessions belong to no tenant",
	"SystemCompleteJob":           "a job is named by its id in River's own table",
	"SystemLeader":                "River's leader belongs to no tenant",
	"SystemListTenants":           "lists all tenants for an operator, or those that a token is bound to",
	"SystemConnectedElsewhere":    "at its start a process looks for tenants of another region",
	"SystemMinReleaseSchema":      "the schema's mark belongs to no tenant",
	"SystemNodes":                 "nodes belong to no tenant",
	"SystemOldestEvent":           "a metric, which has no tenant label",
	"SystemOldestWaiting":         "a metric, which has no tenant label",
	"SystemPollLateness":          "a metric, which has no tenant label",
	"SystemPrepay":                "the tick takes polls' calls of all tenants",
	"SystemPurgeEvents":           "retention holds for all tenants",
	"SystemPurgeSessions":         "operators' sessions belong to no tenant",
	"SystemRedeliver":             "Intrvio may ask for the events of all tenants",
	"SystemReleaseEvents":         "the sweep looks for lost jobs of all tenants",
	"SystemReleaseStageEntries":   "the sweep looks for lost jobs of all tenants",
	"SystemReleaseWebhooks":       "the sweep looks for lost jobs of all tenants",
	"SystemReleaseWritebacks":     "the sweep looks for lost jobs of all tenants",
	"SystemRemoveNode":            "nodes belong to no tenant",
	"SystemReturnJobs":            "a dead node ran jobs of all tenants",
	"SystemReturnOrphans":         "a dead node ran jobs of all tenants",
	"SystemReturnUnknown":         "a node runs jobs of all tenants",
	"SystemSealedSecrets":         "a new sealing key is for all tenants",
	"SystemEndOtherRoles":         "operators' sessions belong to no tenant",
	"SystemEndSession":            "operators' sessions belong to no tenant",
	"SystemSessions":              "operators' sessions belong to no tenant",
	"SystemSession":               "operators' sessions belong to no tenant",
	"SystemTakeDeadNode":          "nodes belong to no tenant",
	"SystemAttentionTenants":      "operators see how many tenants have a case",
	"SystemFindApplicants":        "support looks for a candidate among all tenants",
	"SystemFindByID":              "support looks for a candidate among all tenants",
	"SystemFindByKey":             "support looks for a candidate among all tenants",
	"SystemFindRequests":          "support looks for a candidate among all tenants",
	"SystemFindUnresolved":        "support looks for a candidate among all tenants",
	"SystemFindWritebacks":        "support looks for a candidate among all tenants",
	"SystemLastHeard":             "if nothing is found, support sees which tenants' webhooks are refused",
	"SystemStoryJobs":             "jobs are named by their arguments in River's own table",
	"SystemTenantDays":            "a page of tenants is read at once",
	"SystemTenantFigures":         "a page of tenants is read at once",
	"SystemTenantJobs":            "reads River's own table, which knows no tenants",
	"SystemTenantList":            "lists all tenants for an operator",
	"SystemTenantStates":          "counts all tenants for an operator",
	"SystemTenantsNamed":          "finds out who the tenant is",
	"SystemTenantByExternalID":    "finds out who the tenant is",
	"SystemWebhookReceivers":      "finds out who the tenants are",
	"SystemAttention":             "operators see the cases of all tenants",
	"SystemAttentionProblems":     "operators see the cases of all tenants",
	"SystemJob":                   "a job is named by its id in River's own table",
	"SystemJobDepth":              "the console's page Queue is about the whole service",
	"SystemJobErrors":             "the console's page Queue is about the whole service",
	"SystemJobsFinished":          "the console's page Queue is about the whole service",
	"SystemJobsOfTenant":          "reads River's own table, which knows no tenants",
	"SystemQueues":                "River's queues belong to no tenant",
	"SystemRefusedWebhooks":       "operators see which tenants' webhooks are refused",
	"SystemRunningJobs":           "the console's page Queue is about the whole service",
	"SystemTenantsLike":           "finds out who the tenant is",
	"SystemWaitingRows":           "the console's page Queue is about the whole service",
	"SystemWebhooks":              "operators see the webhooks of all tenants",
	"SystemWebhooksOfProblem":     "operators see the webhooks of all tenants",
	"SystemWebhooksOfTenants":     "operators may look at the webhooks of several tenants",
	"SystemBringBackBreakers":     "a step of the clock concerns all tenants",
	"SystemBringBackBuckets":      "a step of the clock concerns all tenants",
	"SystemBringBackEffects":      "a step of the clock concerns all tenants",
	"SystemBringBackEvents":       "a step of the clock concerns all tenants",
	"SystemBringBackNodes":        "a step of the clock concerns all tenants",
	"SystemBringBackPolls":        "a step of the clock concerns all tenants",
	"SystemBringBackStageEntries": "a step of the clock concerns all tenants",
	"SystemBringBackWebhooks":     "a step of the clock concerns all tenants",
	"SystemBringBackWritebacks":   "a step of the clock concerns all tenants",
	"SystemClockStepMended":       "a step of the clock concerns all tenants",
	"SystemClockStepToMend":       "a step of the clock concerns all tenants",
	"SystemRecordClockStep":       "a step of the clock concerns all tenants",
	"SystemAPITokenByHash":        "a token is found before it is known which tenants it is for",
	"SystemAPITokenForChange":     "a token may be for all tenants",
	"SystemCountStaleAPITokens":   "a new sealing key is for all tokens",
	"SystemInsertAPIToken":        "a token may be for all tenants",
	"SystemKnownTenants":          "a token is made for several tenants",
	"SystemListAPITokens":         "a token may be for all tenants",
	"SystemRehashAPIToken":        "a new sealing key is for all tokens",
	"SystemRevokeAPIToken":        "a token may be for all tenants",
	"SystemRollAPIToken":          "a token may be for all tenants",
	"SystemTouchAPITokens":        "uses of several tokens are written together",
	"SystemTouchPreviousSecrets":  "uses of several tokens are written together",
}

// query is a query of sql/queries.
type query struct{ name, text string }

var (
	queryName = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+$`)
	comment   = regexp.MustCompile(`(?m)--.*$`)
	blank     = regexp.MustCompile(`\s+`)
	// brackets removes the space that a line break leaves inside of brackets.
	brackets = strings.NewReplacer("( ", "(", " )", ")")
)

// queries reads sql/queries, each query as one line without comments.
func queries(t *testing.T) []query {
	t.Helper()
	files, err := filepath.Glob("../sql/queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of queries, error %v", len(files), err)
	}
	var found []query
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := queryName.FindAllSubmatchIndex(content, -1)
		for i, at := range names {
			end := len(content)
			if i+1 < len(names) {
				end = names[i+1][0]
			}
			text := comment.ReplaceAllString(string(content[at[1]:end]), "")
			text = brackets.Replace(strings.TrimSpace(blank.ReplaceAllString(text, " ")))
			found = append(found, query{string(content[at[2]:at[3]]), text})
		}
	}
	return found
}

// tenantTables returns our tables that hold rows of tenants.
func tenantTables(t *testing.T) []string {
	t.Helper()
	tables := all(t, dbtest.New(t), `SELECT table_name::text
		FROM information_schema.columns
		WHERE table_schema = 'jazzhr' AND column_name = 'tenant_id'`)
	if len(tables) < 10 {
		t.Fatalf("the tables of tenants are %q", tables)
	}
	return tables
}

// TestQueriesNameTheirTenant checks every query that is not named System…: wherever it names a
// table with rows of tenants, it must bind them to its tenant.
func TestQueriesNameTheirTenant(t *testing.T) {
	t.Parallel()
	tables, all := tenantTables(t), queries(t)
	for _, query := range all {
		reason, justified := systemQueries[query.name]
		if strings.HasPrefix(query.name, "System") {
			if !justified || reason == "" {
				t.Errorf("%s is system work without a reason in this test", query.name)
			}
			continue
		}
		if problem := unbound(query.text, tables); problem != "" {
			t.Errorf("%s: %s", query.name, problem)
		}
	}
	for name := range systemQueries {
		if !slices.ContainsFunc(all, func(q query) bool { return q.name == name }) {
			t.Errorf("there is no query %s", name)
		}
	}
}

const tenantArgument = `(?:@tenant_id\b|sqlc\.arg\(tenant_id\))`

var (
	tableUse = regexp.MustCompile(`(INTO|FROM|JOIN|UPDATE|USING|,) jazzhr\.(\w+)(?: AS)?(?: (\w+))?`)
	// keyword matches a word that may follow a table's name and is not its alias.
	keyword = regexp.MustCompile(`^(SET|WHERE|ON|USING|JOIN|LEFT|CROSS|INNER|ORDER|GROUP|LIMIT|FOR|` +
		`RETURNING|VALUES|SELECT)$`)
	// inserted matches the columns and the first value of an INSERT.
	inserted = regexp.MustCompile(`INSERT INTO jazzhr\.\w+ \(tenant_id[,)][^)]*\)? ?` +
		`(?:VALUES \(|SELECT )` + tenantArgument)
	named = regexp.MustCompile(`\b(?:\w+\.)?tenant_id = ` + tenantArgument)
)

// unbound returns what is wrong with a query's use of tenant tables, or an empty text.
func unbound(text string, tables []string) string {
	inserts := strings.Count(text, "INSERT INTO jazzhr.")
	if got := len(inserted.FindAllString(text, -1)); got != inserts {
		return fmt.Sprintf("%d of %d INSERTs have the tenant's id as their first column", got, inserts)
	}
	bareBounds := len(regexp.MustCompile(`(?:^|[ (])tenant_id = `+tenantArgument).FindAllString(text, -1))
	touches := false
	for _, use := range tableUse.FindAllStringSubmatch(text, -1) {
		verb, table, alias := use[1], use[2], use[3]
		if !slices.Contains(tables, table) {
			continue
		}
		touches = true
		if verb == "INTO" { // counted above
			continue
		}
		if alias == "" || keyword.MatchString(alias) {
			if bareBounds--; bareBounds < 0 {
				return "table " + table + " is used without tenant_id = @tenant_id"
			}
			continue
		}
		bound := regexp.MustCompile(`\b` + alias + `\.tenant_id = (?:` + tenantArgument + `|\w+\.tenant_id)` +
			`|\w+\.tenant_id = ` + alias + `\.tenant_id` +
			`|jazzhr\.` + table + ` ` + alias + ` USING \(tenant_id\)`)
		if !bound.MatchString(text) {
			return "table " + table + " " + alias + " is used without its tenant_id"
		}
	}
	switch {
	case !touches:
		return "touches no tenant's table: name it System…"
	case inserts == 0 && !named.MatchString(text):
		return "does not name its tenant"
	}
	return ""
}

// TestUnbound checks that unbound finds each way in which a query can miss its tenant.
func TestUnbound(t *testing.T) {
	t.Parallel()
	tables := []string{"events", "steps", "writebacks"}
	right := []string{
		"SELECT * FROM jazzhr.events WHERE tenant_id = @tenant_id",
		"SELECT * FROM jazzhr.events e WHERE e.tenant_id = sqlc.arg(tenant_id)",
		"SELECT * FROM jazzhr.steps s JOIN jazzhr.writebacks w ON w.tenant_id = s.tenant_id " +
			"WHERE s.tenant_id = @tenant_id",
		"SELECT * FROM jazzhr.steps s JOIN jazzhr.writebacks w USING (tenant_id) WHERE s.tenant_id = @tenant_id",
		"INSERT INTO jazzhr.events (tenant_id, sequence) VALUES (@tenant_id, @sequence)",
		"INSERT INTO jazzhr.events (tenant_id, sequence) " +
			"SELECT @tenant_id, max(s.sequence) FROM jazzhr.events s WHERE s.tenant_id = @tenant_id",
	}
	wrong := []string{
		"SELECT * FROM jazzhr.events WHERE sequence = @sequence",
		"SELECT * FROM jazzhr.events WHERE tenant_id = @other",
		"SELECT * FROM jazzhr.events WHERE tenant_id = @tenant_ids",
		"DELETE FROM jazzhr.events",
		"UPDATE jazzhr.events SET state = @state WHERE event_id = @event_id",
		"SELECT * FROM jazzhr.steps s JOIN jazzhr.writebacks w ON w.writeback_id = s.writeback_id " +
			"WHERE s.tenant_id = @tenant_id",
		"SELECT * FROM jazzhr.steps s JOIN jazzhr.writebacks w ON w.tenant_id = s.tenant_id WHERE s.part = 1",
		"SELECT (SELECT count(*) FROM jazzhr.steps), count(*) FROM jazzhr.events WHERE tenant_id = @tenant_id",
		"INSERT INTO jazzhr.events (tenant_id, sequence) SELECT @tenant_id, max(s.sequence) FROM jazzhr.events s",
		"INSERT INTO jazzhr.events (tenant_id, sequence) VALUES (@other_id, @sequence)",
		"INSERT INTO jazzhr.events (sequence) VALUES (@sequence)",
		"SELECT 1",
	}
	for _, text := range right {
		if problem := unbound(text, tables); problem != "" {
			t.Errorf("%s: %q", text, problem)
		}
	}
	for _, text := range wrong {
		if unbound(text, tables) == "" {
			t.Errorf("%s: no problem found", text)
		}
	}
}
