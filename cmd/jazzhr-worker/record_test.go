package main

import (
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/record"
)

// TestRecordCommands records what commands change, exports it, and finds a row that was changed.
func TestRecordCommands(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	p := program{goodSettings(t)}
	p.vars["DATABASE_URL"] = database.URL
	p.do(t, "tenant", "create", "Acme", "--region", "us", "--external-id", "c-1")
	p.do(t, "tenant", "pause", "c-1")
	p.do(t, "ledger", "distrust")
	p.do(t, "ledger", "trust")
	for _, format := range []string{"jsonl", "csv"} {
		text := p.do(t, "record", "export", "--format", format, "--from", "2020-01-01")
		for _, want := range []string{"create_tenant", "pause", "distrust_ledger", "trust_ledger", "export_record", "command line"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not show %s: %s", format, want, text)
			}
		}
		if strings.Contains(text, "unknown") {
			t.Errorf("a command is recorded as nobody's: %s", text)
		}
	}
	for _, args := range [][]string{{"--from", "soon"}, {"--to", "soon"}, {"--tenant", "c-1"}} {
		if _, _, err := p.try(t, "", append([]string{"record", "export"}, args...)...); exitCode(err) != 2 || !strings.Contains(err.Error(), args[0]) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := record.Chain(t.Context(), database.Pool); err != nil {
		t.Fatal(err)
	}
	if text := p.do(t, "record", "verify"); !strings.Contains(text, "whole: 6 rows") {
		t.Errorf("verified: %s", text)
	}
	if _, err := database.Pool.Exec(t.Context(), `ALTER TABLE jazzhr.actions DISABLE TRIGGER ALL;
		UPDATE jazzhr.actions SET who = 'eve' WHERE position = 2; ALTER TABLE jazzhr.actions ENABLE TRIGGER ALL`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.try(t, "", "record", "verify"); exitCode(err) != 1 || !strings.Contains(err.Error(), "position 2") {
		t.Errorf("of a changed row: %v", err)
	}
}
