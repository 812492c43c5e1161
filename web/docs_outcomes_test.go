package web_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// doc returns a file of the documentation.
func doc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tableOf returns the rows of the table that follows a header, without the header.
func tableOf(t *testing.T, file, header string) (rows []string) {
	t.Helper()
	_, after, found := strings.Cut(doc(t, file), "\n"+header+"\n")
	if !found {
		t.Fatalf("docs/%s has no table with the header %s", file, header)
	}
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows = append(rows, strings.TrimSuffix(line, "\n"))
	}
	return rows[1:] // the first is the line below the header
}

var firstCode = regexp.MustCompile("^\\| `([^`]+)`")

// TestDocsListTheOutcomes holds each table of outcomes to package outcome: it has a row for each
// code of its subject, in the order of the package, and no other.
func TestDocsListTheOutcomes(t *testing.T) {
	t.Parallel()
	person := func(i outcome.Info) bool { return i.Code == outcome.WaitsPerson }
	waits := outcome.Waiting.Of(outcome.Waits)
	for _, table := range []struct {
		file, header string
		infos        []outcome.Info
		texts        bool // the rows are the package's texts
	}{
		{"http-api.md", "| `waiting_for` | meaning |", waits, false},
		{"http-api.md", "| problem of a writeback | meaning | what a person does |", outcome.Writeback.Of(outcome.Case), true},
		{"http-api.md", "| problem of a webhook | meaning | what a person does |", outcome.Webhook.Of(outcome.Case), true},
		{"http-api.md", "| problem of a move to a stage | meaning | what a person does |", outcome.StageMove.Of(outcome.Case), true},
		{"operations.md", "| reason | red when | what to do |", slices.DeleteFunc(slices.Clone(waits), person), false},
		{"operations.md", "| `stopped_by` | meaning |", outcome.Audit.Of(outcome.Ended), true},
	} {
		rows := tableOf(t, table.file, table.header)
		var got, want []string
		for _, row := range rows {
			if match := firstCode.FindStringSubmatch(row); match != nil {
				got = append(got, match[1])
			}
		}
		var texts []string
		for _, info := range table.infos {
			want = append(want, string(info.Code))
			text := fmt.Sprintf("| `%s` | %s |", info.Code, info.Meaning)
			if info.Do != "" {
				text += " " + info.About("it").Do + " |"
			}
			texts = append(texts, text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("docs/%s, %s: the codes are %q, want %q", table.file, table.header, got, want)
		} else if table.texts && !slices.Equal(rows, texts) {
			t.Errorf("docs/%s, %s: the rows should be\n%s", table.file, table.header, strings.Join(texts, "\n"))
		}
	}
}

// TestDocsNameWhatIntrvioIsTold holds docs/events.md to the codes that an event can hold as a
// reason.
func TestDocsNameWhatIntrvioIsTold(t *testing.T) {
	t.Parallel()
	for _, subject := range []outcome.Subject{outcome.Writeback, outcome.Webhook} {
		for _, info := range subject.Of(outcome.Ended) {
			if info.Told && !strings.Contains(doc(t, "events.md"), "`"+string(info.Code)+"`") {
				t.Errorf("docs/events.md does not name %s, which ends a %s", info.Code, subject)
			}
		}
	}
}
