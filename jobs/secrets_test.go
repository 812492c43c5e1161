package jobs_test

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// clumsy opens a tenant's key and, at times, panics or fails with it in its words.
type clumsy struct {
	work.Keys
	panics atomic.Int32
}

func (c *clumsy) KeyOf(tenant gen.Tenant) (string, error) {
	key, err := c.Keys.KeyOf(tenant)
	if c.panics.Add(-1) >= 0 {
		panic(fmt.Errorf("no idea what to do with %s", key))
	}
	return key, err
}

// TestNothingIsGivenAway runs through a customer's day with everything that goes wrong in it, and
// then looks for the key, the webhook secret and personal data where they have no business.
func TestNothingIsGivenAway(t *testing.T) {
	t.Parallel()
	between := &clumsy{}
	w := newWorld(t, withLevel(slog.LevelDebug), withTenants(func(tenants work.Keys) work.Keys {
		between.Keys = tenants
		return between
	}))
	c := w.customer("acme")
	key := c.account.Key()
	secrets, err := c.tenants.Secrets(t.Context(), c.db.Pool, c.id)
	check(t, err)
	c.polled()
	c.day(between)

	kept := map[string]string{
		"key": key, "secret": secrets[0].Text, "transcript": "Xylophone", "first name": "Adalbertine",
		"last name": "Lovelorn", "email": "@private",
	}
	for place, text := range map[string]string{"the log": w.journal.String(), "a job": w.rows("river_job"), "a metric": w.metrics(t)} {
		for name, value := range kept {
			if at := strings.Index(strings.ToLower(text), strings.ToLower(value)); at >= 0 {
				t.Errorf("the %s stands in %s: …%s…", name, place, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
	if text := w.journal.String(); !strings.Contains(text, "panicked") || !strings.Contains(text, "SQLSTATE") {
		t.Error("the panic or the database's error was not told at all")
	}
	for _, table := range w.tables() {
		text := w.rows(table)
		for _, value := range []string{key, secrets[0].Text} {
			if strings.Contains(text, value) || strings.Contains(text, hex.EncodeToString([]byte(value))) {
				t.Errorf("%s holds a secret in clear", table)
			}
		}
	}
}

// day is a customer's, with a panic, an error of the database that quotes what it was given,
// refusals, lost answers and a refused key in it.
func (c *customer) day(between *clumsy) {
	c.t.Helper()
	c.exec(`CREATE FUNCTION jazzhr.test_quote() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE given text;
		BEGIN
			SELECT email INTO given FROM jazzhr.writebacks w WHERE w.writeback_id = NEW.writeback_id;
			IF given LIKE ''eve%'' THEN RAISE EXCEPTION ''what is %'', given; END IF;
			RETURN NEW;
		END' `)
	c.exec(`CREATE TRIGGER test_quote BEFORE UPDATE ON jazzhr.steps FOR EACH ROW EXECUTE FUNCTION jazzhr.test_quote()`)
	write := func(interview, email string) uuid.UUID {
		return c.enqueue(writeback.Writeback{
			InterviewID: interview, Job: &writeback.Job{ID: c.job.ID},
			Candidate: writeback.Candidate{ID: "c", FirstName: "Adalbertine", LastName: "Lovelorn", Email: email},
			Note:      writeback.Note{Transcript: "Q: Do you play?\nA: The Xylophone."},
		})
	}
	between.panics.Store(1)
	c.finish(queue.StateDone, write("i-1", "ada@private.example"))
	quoted := write("i-2", "eve@private.example")
	c.attempted(2, queue.StepCreateApplicant, "error")
	c.exec(`DROP TRIGGER test_quote ON jazzhr.steps`)
	c.finish(queue.StateDone, quoted)
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Times: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML)})
	c.finish(queue.StateDone, write("i-3", "ada@private.example"))
	ada := c.account.ApplicantsByEmail("ada@private.example")[0]
	c.export(ada.ID, c.job.ID)
	c.poll("ok")
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicantNotes, Times: 1, Fault: jazzhrtest.Refuse(401)})
	refused := write("i-4", "ada@private.example")
	c.attempted(1, queue.StepWriteNotes, "waits_credentials")
	c.advance(time.Minute + time.Second)
	c.finish(queue.StateDone, refused)
	refuseCreates(c, "Adalbertine")
	c.finish(queue.StateRejected, write("i-5", "new@private.example"))
}

func (w *world) tables() (tables []string) {
	w.t.Helper()
	rows, err := w.db.Pool.Query(w.t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'jazzhr' AND table_type = 'BASE TABLE'`)
	check(w.t, err)
	tables, err = pgx.CollectRows(rows, pgx.RowTo[string])
	check(w.t, err)
	if len(tables) < 15 {
		w.t.Fatalf("only the tables %v", tables)
	}
	return tables
}

// rows is all of a table as text.
func (w *world) rows(table string) (text string) {
	w.t.Helper()
	w.scan(`SELECT coalesce(string_agg(row_to_json(t)::text, E'\n'), '') FROM `+pgx.Identifier{"jazzhr", table}.Sanitize()+` t`, nil, &text)
	return text
}

// metrics is everything that is measured, as Prometheus reads it.
func (w *world) metrics(t *testing.T) string {
	t.Helper()
	families, err := w.registry.Gather()
	check(t, err)
	var text strings.Builder
	for _, family := range families {
		text.WriteString(family.String())
	}
	return text.String()
}
