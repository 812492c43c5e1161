package jobs_test

import (
	"testing"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// TestFinding10NoRowFailsForEver has the database refuse what the work on a row is to store, each time:
// at the tenth time a person is asked, or the move ends, and other rows go on.
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
			c.exec(`CREATE FUNCTION jazzhr.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE data_exception USING MESSAGE = 'Ada'; END $$`)
			c.exec("CREATE TRIGGER refuse BEFORE INSERT ON jazzhr." + test.table + " FOR EACH ROW EXECUTE FUNCTION jazzhr.refuse()")
			test.begin(c)
			c.attempted(1, test.kind, "error")
			// Seven tries later, for which River would wait for hours.
			for tried := int64(0); tried == 0; {
				tag, err := c.db.Pool.Exec(t.Context(), `UPDATE jazzhr.river_job SET state = 'available', scheduled_at = now(),
					errors = array_fill(errors[1], ARRAY[8]), attempt = 8 WHERE kind = $1 AND state = 'retryable'`, test.kind)
				check(t, err)
				tried = tag.RowsAffected()
			}
			c.attempted(2, test.kind, "error")
			var state string
			c.scan(test.state, nil, &state)
			if state != "" && state[:7] != queue.StatePending {
				t.Errorf("after nine tries it is %s", state)
			}
			for tried := int64(0); tried == 0; {
				tag, err := c.db.Pool.Exec(t.Context(), `UPDATE jazzhr.river_job SET state = 'available', scheduled_at = now()
					WHERE kind = $1 AND state = 'retryable'`, test.kind)
				check(t, err)
				tried = tag.RowsAffected()
			}
			c.attempted(1, test.kind, string(outcome.KeepsFailing), queue.StateAttention)
			want := queue.StateAttention
			if test.kind == (queue.ResolveStageEntry{}).Kind() {
				want = queue.StateDone
			}
			c.scan(test.state, nil, &state)
			if state != want+" "+string(outcome.KeepsFailing) {
				t.Errorf("after ten tries it is %s", state)
			}
		})
	}
}
