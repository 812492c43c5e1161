package jobs_test

import (
	"slices"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// TestFinding10NoRowFailsForEver has the database refuse what the work on a row is to store, each time:
// at the tenth time a person is asked.
func TestFinding10NoRowFailsForEver(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		table, kind string
		begin       func(c *customer)
		state       string
	}{
		"a webhook": {
			"people", queue.ResolveExport{}.Kind(), func(c *customer) {
				_, err := c.account.Export(t.Context(), c.person("Ada", "Lovelace", "ada@example.com").ID, c.job.ID)
				check(t, err)
			}, "SELECT concat_ws(' ', state, problem) FROM jazzhr.webhooks",
		},
		"a move to a stage": {
			"interview_requests", queue.ResolveStageEntry{}.Kind(), func(c *customer) {
				c.insertEntry(c.person("Ada", "Lovelace", "ada@example.com"))
			}, "SELECT concat_ws(' ', state, outcome) FROM jazzhr.stage_entries",
		},
		"a writeback": {
			"effects", queue.StepCreateApplicant, func(c *customer) {
				c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
			}, "SELECT concat_ws(' ', state, last_error) FROM jazzhr.writebacks",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).triggered("acme")
			c.refuse(test.table)
			c.failTenTimes(test.kind, func() { test.begin(c) }, func() {
				var state string
				c.scan(test.state, nil, &state)
				if state != "" && state[:7] != queue.StatePending {
					t.Errorf("after nine tries it is %s", state)
				}
			})
			var state string
			c.scan(test.state, nil, &state)
			if state != queue.StateAttention+" "+string(outcome.KeepsFailing) {
				t.Errorf("after ten tries it is %s", state)
			}
			if cases := c.attention(); len(cases) != 1 || cases[0].Problem != outcome.KeepsFailing {
				t.Errorf("the cases are %+v", cases)
			}
		})
	}
}

// refuse has the database refuse each new row of a table, as if it could not hold the data.
func (c *customer) refuse(table string) {
	c.t.Helper()
	c.exec(`CREATE FUNCTION jazzhr.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE data_exception USING MESSAGE = 'Ada'; END $$`)
	c.exec("CREATE TRIGGER refuse BEFORE INSERT ON jazzhr." + table + " FOR EACH ROW EXECUTE FUNCTION jazzhr.refuse()")
}

// failTenTimes begins work that fails each time, and goes on until it is given up. nine looks at it
// after the ninth time.
func (c *customer) failTenTimes(kind string, begin, nine func()) {
	c.t.Helper()
	failed := c.journal.count(c.attempts(kind, "error"))
	givenUp := c.journal.count(c.attempts(kind, string(outcome.KeepsFailing), queue.StateAttention))
	begin()
	c.attempted(failed+1, kind, "error")
	c.retry(kind, ", errors = array_fill(errors[1], ARRAY[8]), attempt = 8") // seven tries later, for which River would wait for minutes
	c.attempted(failed+2, kind, "error")
	nine()
	c.retry(kind, "")
	c.attempted(givenUp+1, kind, string(outcome.KeepsFailing), queue.StateAttention)
}

// retry has a job that failed tried again at once, with a change of its row.
func (c *customer) retry(kind, change string) {
	c.t.Helper()
	for tried := int64(0); tried == 0; {
		tag, err := c.db.Pool.Exec(c.t.Context(), `UPDATE jazzhr.river_job SET state = 'available', scheduled_at = now()`+
			change+` WHERE kind = $1 AND state = 'retryable'`, kind)
		check(c.t, err)
		tried = tag.RowsAffected()
	}
}

// TestFailingPollIsNamed has the database refuse a new applicant: the poll's other lists go on, and
// what the console asks for names the tenant, as long as it is tried and when it is given up.
func TestFailingPollIsNamed(t *testing.T) {
	t.Parallel()
	c := newWorld(t).triggered("acme")
	kind := queue.PollActivities{}.Kind()
	c.refuse("applicants")
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.move(ada.ID, c.job.ID, "Reviewed")
	failing := func() []gen.SystemFailingAccountsRow {
		t.Helper()
		rows, err := gen.New().SystemFailingAccounts(t.Context(), c.db.Pool, gen.SystemFailingAccountsParams{
			Kinds: []string{kind}, Hours: []int32{1}, Tries: 3, MaxRows: 10,
		})
		check(t, err)
		return rows
	}
	if rows := failing(); len(rows) != 0 {
		t.Errorf("before the poll %+v keep failing", rows)
	}
	c.insert(queue.PollActivities{TenantID: c.id})
	c.attempted(3, kind, "error")
	named := failing()
	for len(named) == 0 { // River stores the error after the journal has it
		check(t, t.Context().Err())
		named = failing()
	}
	c.retry(kind, ", max_attempts = attempt + 1")
	for discarded := 0; discarded == 0; {
		c.scan("SELECT count(*) FROM jazzhr.river_job WHERE kind = $1 AND state = 'discarded'", []any{kind}, &discarded)
	}
	for _, row := range slices.Concat(named, failing()) {
		if row.TenantID != c.id || row.Failures < 3 || row.Error != "store applicants: SQLSTATE 22000" {
			t.Errorf("%+v keeps failing", row)
		}
	}
	if len(named) != 1 || len(failing()) != 1 {
		t.Errorf("%+v keep failing, and %+v when it is given up", named, failing())
	}
	if changes := c.changes(); len(changes) != 1 || changes[0].ApplicantID != ada.ID {
		t.Errorf("Intrvio was told of the moves %+v", changes)
	}
}
