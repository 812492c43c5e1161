package main

import (
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/jobs/audit"
)

// TestAuditCommand shows what stands twice, by ids alone, and fails only if it is ours.
func TestAuditCommand(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
	account := sim.AddAccount("the-api-key")
	job := account.AddJob(jazzhrtest.Job{Title: "Welder"})
	database := dbtest.New(t)
	p := program{goodSettings(t)}
	p.vars["DATABASE_URL"], p.vars["JAZZHR_BASE_URL"] = database.URL, sim.BaseURL
	arguments := []string{"audit", "duplicates", "--tenant", "c-1"}
	p.do(t, "tenant", "create", "Acme", "--region", "us", "--external-id", "c-1")
	if _, _, err := p.try(t, "", arguments...); err == nil || exitCode(err) != 1 || !strings.Contains(err.Error(), "not connected") {
		t.Errorf("before it is connected: %v", err)
	}
	if _, _, err := p.try(t, "the-api-key\n", "tenant", "connect", "c-1"); err != nil {
		t.Fatal(err)
	}
	if text := p.do(t, arguments...); !strings.Contains(text, "ours    0           0      0") {
		t.Errorf("of an empty account: %s", text)
	}

	ada := account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, job.ID)
	twin := account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"})
	if _, err := account.AddLink(ada.ID, job.ID); err != nil {
		t.Fatal(err)
	}
	found := decode[audit.Audit](t, p, "", arguments...)
	if found.Theirs.Applicants != 1 || found.Theirs.Links != 1 || found.Ours.Total() != 0 || len(found.Findings) != 2 {
		t.Errorf("found %+v", found)
	}

	p.do(t, "tenant", "pause", "c-1")
	if text, _, err := p.try(t, "", arguments...); exitCode(err) != 1 || !strings.Contains(text, "Not read to the end (paused)") {
		t.Errorf("of a paused tenant: %v, %s", err, text)
	}
	p.do(t, "tenant", "resume", "c-1")

	// What makes a pair ours is that the ledger sent its link.
	if _, err := database.Pool.Exec(t.Context(), `INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, sends)
		VALUES ($1, gen_random_uuid(), 'link_applicant_to_job', $2, 'done', 1)`, found.TenantID, ada.ID+"/"+job.ID); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{arguments, append(arguments, "--json")} {
		stdout, stderr, err := p.try(t, "", args...)
		if exitCode(err) != 1 || err == nil || !strings.Contains(err.Error(), "wrote: 1;") {
			t.Errorf("%v: %v", args, err)
		}
		for _, want := range []string{ada.ID, twin.ID, job.ID, "ours", "theirs"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("%v does not show %s: %s", args, want, stdout)
			}
		}
		if !strings.Contains(stderr, "links: 2 read") {
			t.Errorf("the progress is %q", stderr)
		}
		for _, kept := range []string{"Ada", "example.com", "the-api-key"} {
			if strings.Contains(stdout+stderr+err.Error(), kept) {
				t.Errorf("%v shows %s", args, kept)
			}
		}
	}
}
