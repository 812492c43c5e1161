package jobs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs/audit"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// auditor is what a nightly audit is done with.
func (c *customer) auditor() audit.Auditor {
	return audit.Auditor{
		Accounts: work.Accounts{Pool: c.config.Pool, JazzHR: c.config.JazzHR, Keys: c.config.Keys, Bucket: c.config.Bucket},
		Client:   c.client,
	}
}

// audit runs an audit that must get through.
func (c *customer) audit() audit.Audit {
	c.t.Helper()
	done := c.auditBy(c.auditor())
	if done.StoppedBy != "" || len(done.Unfinished) > 0 {
		c.t.Fatalf("the audit was stopped: %+v", done)
	}
	return done
}

func (c *customer) auditBy(auditor audit.Auditor) audit.Audit {
	c.t.Helper()
	done, err := auditor.Audit(c.t.Context(), c.id)
	check(c.t, err)
	return done
}

// wantFound fails unless an audit counted so many applicants, links and notes.
func (c *customer) wantFound(done audit.Audit, ours, theirs [3]int) {
	c.t.Helper()
	counts := func(of [3]int) intrvio.DuplicateCounts {
		return intrvio.DuplicateCounts{Applicants: of[0], Links: of[1], Notes: of[2]}
	}
	if done.Ours != counts(ours) || done.Theirs != counts(theirs) {
		c.t.Errorf("found %+v, want ours %v, theirs %v", done, ours, theirs)
	}
}

// toldOfDuplicates reads the events that told of duplicates, delivered or not.
func (c *customer) toldOfDuplicates() (told []intrvio.DuplicatesFound) {
	c.t.Helper()
	rows, err := c.db.Pool.Query(c.t.Context(), `SELECT data FROM jazzhr.events WHERE tenant_id = $1 AND type = $2 ORDER BY sequence`,
		c.id, string(intrvio.AuditDuplicatesFound))
	check(c.t, err)
	defer rows.Close()
	for rows.Next() {
		e := intrvio.Envelope{Type: intrvio.AuditDuplicatesFound}
		check(c.t, rows.Scan(&e.Data))
		found, err := intrvio.Decode[intrvio.DuplicatesFound](e)
		check(c.t, err)
		told = append(told, found)
	}
	check(c.t, rows.Err())
	return told
}

// raw is the account as the API shows it, past the ledger and the budget.
func (c *customer) raw() (*jazzhr.Account, jazzhr.Send) {
	return c.config.JazzHR.Account(c.account.Key(), nil), jazzhr.Send{NotAfter: time.Now().Add(patience)}
}

// graceAgain applies the writes of a seasoned customer's writeback a second time.
func (c *customer) graceAgain() {
	c.t.Helper()
	raw, send := c.raw()
	grace := c.account.ApplicantsByEmail("grace@example.com")[0]
	_, err := raw.CreateApplicant(c.t.Context(), send, jazzhr.NewApplicant{FirstName: "Grace", LastName: "Hopper", Email: "Grace@Example.com"})
	check(c.t, err)
	_, err = raw.LinkApplicant(c.t.Context(), send, grace.ID, c.job.ID)
	check(c.t, err)
	c.noteAgain()
}

func (c *customer) noteAgain() {
	c.t.Helper()
	raw, send := c.raw()
	note := c.account.Notes("")[0]
	_, err := raw.WriteNote(c.t.Context(), send, jazzhr.NoteRouteNotes, note.ApplicantID, note.Text)
	check(c.t, err)
}

// theirDuplicates puts duplicates into an account as its own people do, and what only looks like
// some.
func (c *customer) theirDuplicates() {
	c.t.Helper()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.person("ADA", "Lovelace", "Ada@example.com")
	c.person("Ada", "Lovelace", "another.ada@example.com")
	c.person("Ada", "Lovelace", "")
	c.person("Ada", "Lovelace", "")
	_, err := c.account.AddLink(ada.ID, c.job.ID)
	check(c.t, err)
	other := c.account.AddJob(jazzhrtest.Job{Title: "Welder"})
	_, err = c.account.AddLink(ada.ID, other.ID)
	check(c.t, err)
	for range 2 {
		_, err = c.account.AddNote(ada.ID, "Called, no answer.")
		check(c.t, err)
	}
}

func TestAuditOfACleanAccount(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	for range 130 { // more than a page, and a row for each application
		c.person("Alan", "Turing "+fresh("the"), fresh("alan")+"@example.com")
	}
	lists := []string{jazzhrtest.EndpointApplicants, jazzhrtest.EndpointLinks}
	before := []int{c.account.Count(lists[0]), c.account.Count(lists[1])}
	done := c.audit()
	c.wantFound(done, [3]int{}, [3]int{})
	if len(done.Findings) != 0 || len(c.toldOfDuplicates()) != 0 {
		t.Errorf("found %+v", done.Findings)
	}
	var latest bool
	c.scan(`SELECT latest FROM jazzhr.audits WHERE audit_id = $1 AND finished_at IS NOT NULL`, []any{done.AuditID}, &latest)
	if !latest {
		t.Error("it is not the latest audit")
	}
	for i, list := range lists {
		if n := c.account.Count(list) - before[i]; n != 2 {
			t.Errorf("%d pages were read of %s", n, list)
		}
	}
}

func TestAuditTellsTheirs(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.theirDuplicates()
	done := c.audit()
	c.wantFound(done, [3]int{}, [3]int{1, 1, 0})
	for _, finding := range done.Findings {
		if finding.Ours || len(finding.IDs) != 2 {
			t.Errorf("found %+v", finding)
		}
	}
	if told := c.toldOfDuplicates(); len(told) != 0 {
		t.Errorf("Intrvio was told of %+v", told)
	}
	// The emails are known by now: nobody's detail is read again but whose note is looked at.
	before := c.account.Count(jazzhrtest.EndpointApplicant)
	c.wantFound(c.audit(), [3]int{}, [3]int{1, 1, 0})
	if n := c.account.Count(jazzhrtest.EndpointApplicant) - before; n != 1 {
		t.Errorf("%d applicants were read, want Grace alone", n)
	}
}

// TestAuditTellsOurs applies each write twice behind the ledger's back: Intrvio is told once, and
// again when it becomes more.
func TestAuditTellsOurs(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.NoteForm = jazzhrtest.NoteHTML })
	c.theirDuplicates()
	c.graceAgain()
	c.insert(queue.AuditDuplicates{TenantID: c.id})
	c.attempted(1, "audit_duplicates", "ok")
	event := c.event(func(e intrvio.Envelope) bool { return e.Type == intrvio.AuditDuplicatesFound })
	told, err := intrvio.Decode[intrvio.DuplicatesFound](event)
	check(t, err)
	if told.Ours != (intrvio.DuplicateCounts{Applicants: 1, Links: 1, Notes: 1}) || told.Theirs.Total() != 2 || len(told.Findings) != 3 {
		t.Errorf("told of %+v", told)
	}
	for _, finding := range told.Findings {
		if finding.Kind == intrvio.DuplicateNote && !strings.HasPrefix(finding.Reference, "IV-") {
			t.Errorf("told of %+v", finding)
		}
	}
	if strings.Contains(strings.ToLower(string(event.Data)), "grace") {
		t.Errorf("the event holds a name: %s", event.Data)
	}

	c.wantFound(c.audit(), [3]int{1, 1, 1}, [3]int{1, 1, 0})
	if told := c.toldOfDuplicates(); len(told) != 1 {
		t.Errorf("told %d times of the same", len(told))
	}
	c.noteAgain()
	c.wantFound(c.audit(), [3]int{1, 1, 2}, [3]int{1, 1, 0})
	if told := c.toldOfDuplicates(); len(told) != 2 || told[1].Ours.Notes != 2 {
		t.Errorf("told %+v", told)
	}
	var text string
	c.scan(`SELECT string_agg(counts::text || findings::text, ' ') FROM jazzhr.audits`, nil, &text)
	if strings.Contains(strings.ToLower(text), "example.com") || strings.Contains(strings.ToLower(text), "grace") {
		t.Errorf("the rows hold personal data: %s", text)
	}
}

// TestAuditAfterAMerge has a link of ours come to stand beside one of theirs.
func TestAuditAfterAMerge(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	stays := c.person("Grace", "Brewster", "brewster@example.com")
	check(t, c.account.Merge(c.account.ApplicantsByEmail("grace@example.com")[0].ID, stays.ID))
	c.wantFound(c.audit(), [3]int{}, [3]int{0, 1, 0})
}

// TestAuditReadsStaleEmailsAgain before it says that a duplicate is ours.
func TestAuditReadsStaleEmailsAgain(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	other := c.person("Alan", "Turing", "alan@example.com")
	c.exec(`INSERT INTO jazzhr.applicants (tenant_id, applicant_id, email, read_at) VALUES ($1, $2, 'grace@example.com', jazzhr.now())`, c.id, other.ID)
	c.wantFound(c.audit(), [3]int{}, [3]int{})
}

// TestAuditedNotes: a nightly audit reads those of the latest days and those found before, the
// command all.
func TestAuditedNotes(t *testing.T) {
	t.Parallel()
	c := newWorld(t).seasoned("acme")
	c.noteAgain()
	c.exec(`UPDATE jazzhr.effects SET settled_at = settled_at - interval '3 days'`)
	c.wantFound(c.audit(), [3]int{}, [3]int{})
	all := c.auditor()
	all.AllNotes = true
	c.wantFound(c.auditBy(all), [3]int{0, 0, 1}, [3]int{})
	c.wantFound(c.audit(), [3]int{0, 0, 1}, [3]int{})
	// One that was settled before the window, and after the last audit that got through.
	c.exec(`DELETE FROM jazzhr.audits`)
	c.exec(`INSERT INTO jazzhr.audits (tenant_id, audit_id, started_at, finished_at) VALUES ($1, gen_random_uuid(),
		jazzhr.now() - interval '4 days', jazzhr.now() - interval '4 days')`, c.id)
	c.wantFound(c.audit(), [3]int{0, 0, 1}, [3]int{})
}
