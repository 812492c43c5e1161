package jobs_test

import (
	"testing"

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
	again := func(change string) {
		for tried := int64(0); tried == 0; {
			tag, err := c.db.Pool.Exec(c.t.Context(), `UPDATE jazzhr.river_job SET state = 'available', scheduled_at = now() `+
				change+` WHERE kind = $1 AND state = 'retryable'`, kind)
			check(c.t, err)
			tried = tag.RowsAffected()
		}
	}
	begin()
	c.attempted(failed+1, kind, "error")
	again(", errors = array_fill(errors[1], ARRAY[8]), attempt = 8") // seven tries later, for which River would wait for minutes
	c.attempted(failed+2, kind, "error")
	nine()
	again("")
	c.attempted(givenUp+1, kind, string(outcome.KeepsFailing), queue.StateAttention)
}
